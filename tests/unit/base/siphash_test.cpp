#include "base/siphash.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace {

template <std::size_t N>
constexpr auto counting() {
  std::array<std::uint8_t, N> octets{};
  for (std::size_t i = 0; i < N; ++i) octets[i] = static_cast<std::uint8_t>(i);
  return octets;
}

TEST_CASE("SipHash-2-4 gives the published values for the key 00..0f and the octets 00, 01, 02 ...") {
  constexpr auto key = counting<16>();
  const auto input = counting<64>();
  // Length and value; 15 is the worked example of the paper's appendix A.
  constexpr std::pair<std::size_t, std::uint64_t> expected[] = {
      {0, 0x726f'db47'dd0e'0e31},  {1, 0x74f8'39c5'93dc'67fd},  {2, 0x0d6c'8009'd9a9'4f5a},  {3, 0x8567'6696'd7fb'7e2d},
      {4, 0xcf27'94e0'2771'87b7},  {5, 0x1876'5564'cd99'a68d},  {6, 0xcbc9'466e'58fe'e3ce},  {7, 0xab02'00f5'8b01'd137},
      {8, 0x93f5'f579'9a93'2462},  {15, 0xa129'ca61'49be'45e5}, {16, 0x3f2a'cc7f'57c2'9bdb}, {24, 0xb8ad'50c6'f649'af94},
      {63, 0x958a'324c'eb06'4572},
  };
  for (const auto& [length, value] : expected) {
    CAPTURE(length);
    CHECK(ft::siphash(key, std::as_bytes(std::span(input)).first(length)) == value);
  }
}

TEST_CASE("a word is hashed as its octets, lowest first") {
  constexpr auto key = counting<16>();
  const auto input = counting<40>();
  std::array<std::uint64_t, 5> words{};
  for (std::size_t i = 0; i < input.size(); ++i) words[i / 8] |= std::uint64_t{input[i]} << (8 * (i % 8));
  CHECK(ft::siphash_words(key, words) == 0x0e3e'a96b'5304'a7d0);
  CHECK(ft::siphash_words(key, words) == ft::siphash(key, std::as_bytes(std::span(input))));
  CHECK(ft::siphash_words(key, {}) == 0x726f'db47'dd0e'0e31);
}

TEST_CASE("SipHash-1-3 gives the values of the implementations in wide use") {
  constexpr auto key = counting<16>();
  const std::array<std::uint64_t, 2> words{0x0706'0504'0302'0100, 0x0f0e'0d0c'0b0a'0908};
  CHECK(ft::siphash_13_words(key, {}) == 0xabac'0158'050f'c4dc);
  CHECK(ft::siphash_13_words(key, std::span(words).first(1)) == 0x3690'9511'8d29'9a8e);
  CHECK(ft::siphash_13_words(key, words) == 0xcc4f'dd1a'7d90'8b66);
}

TEST_CASE("every bit of the key and of the words changes both hashes") {
  auto key = counting<16>();
  std::array<std::uint64_t, 3> words{1, 2, 3};
  const std::uint64_t before_24 = ft::siphash_words(key, words);
  const std::uint64_t before_13 = ft::siphash_13_words(key, words);
  const auto check = [&] {
    CHECK(ft::siphash_words(key, words) != before_24);
    CHECK(ft::siphash_13_words(key, words) != before_13);
  };
  for (unsigned bit = 0; bit < 128; ++bit) {
    key[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    check();
    key[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
  }
  for (unsigned bit = 0; bit < 192; ++bit) {
    words[bit / 64] ^= 1ull << bit % 64;
    check();
    words[bit / 64] ^= 1ull << bit % 64;
  }
}

}  // namespace
