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

TEST_CASE("SipHash-2-4 of 40 octets is the same function") {
  constexpr auto key = counting<16>();
  const auto input = counting<40>();
  const auto octets = std::as_bytes(std::span(input));
  CHECK(ft::siphash_40(key, octets) == 0x0e3e'a96b'5304'a7d0);
  CHECK(ft::siphash_40(key, octets) == ft::siphash(key, octets));
}

TEST_CASE("every octet of the key and of the text changes the hash") {
  auto key = counting<16>();
  auto input = counting<40>();
  const auto hash = [&] { return ft::siphash_40(key, std::as_bytes(std::span(input))); };
  const std::uint64_t before = hash();
  for (auto& octet : key) {
    octet ^= 1;
    CHECK(hash() != before);
    octet ^= 1;
  }
  for (auto& octet : input) {
    octet ^= 0x80;
    CHECK(hash() != before);
    octet ^= 0x80;
  }
}

}  // namespace
