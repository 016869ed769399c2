// The octets that an application writes: a function of a seed and an offset, so that everybody who knows the seed can say what
// belongs at any place of the stream, and nobody has to keep it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace ft::sim::torture {

class Pattern {
 public:
  explicit Pattern(std::uint64_t seed) : seed_(seed) {}

  void fill(std::uint64_t offset, std::span<std::byte> into) const {
    walk(offset, into.size(), [&](std::size_t at, const std::byte* from, std::size_t n) {
      std::memcpy(into.data() + at, from, n);
      return true;
    });
  }
  /// Every octet is what belongs at its offset.
  bool matches(std::uint64_t offset, std::span<const std::byte> octets) const {
    return walk(offset, octets.size(), [&](std::size_t at, const std::byte* expected, std::size_t n) {
      return std::memcmp(octets.data() + at, expected, n) == 0;
    });
  }

 private:
  static constexpr std::size_t word = sizeof(std::uint64_t);

  /// The stream in pieces of a word, the first and the last of less.
  template <class Piece>
  bool walk(std::uint64_t offset, std::size_t length, Piece piece) const {
    for (std::size_t at = 0; at < length;) {
      const std::uint64_t value = at_word((offset + at) / word);
      std::byte octets[word];
      std::memcpy(octets, &value, word);
      const std::size_t skip = static_cast<std::size_t>((offset + at) % word);
      const std::size_t n = std::min(word - skip, length - at);
      if (!piece(at, octets + skip, n)) return false;
      at += n;
    }
    return true;
  }
  std::uint64_t at_word(std::uint64_t index) const {
    std::uint64_t z = (seed_ ^ index) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 29)) * 0xbf58476d1ce4e5b9u;
    return z ^ (z >> 32);
  }

  std::uint64_t seed_;
};

}  // namespace ft::sim::torture
