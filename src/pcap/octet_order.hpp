// Capture files are written in the order of the host that wrote them; the reader meets both, the writer always uses
// little-endian, so that the same run gives the same file everywhere.
#pragma once

#include "base/cursor.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ft::pcap {

constexpr std::uint16_t swap_octets(std::uint16_t v) { return static_cast<std::uint16_t>((v << 8) | (v >> 8)); }
constexpr std::uint32_t swap_octets(std::uint32_t v) { return (v << 24) | ((v & 0xff00) << 8) | ((v >> 8) & 0xff00) | (v >> 24); }

/// Loads numbers in the order that a file's magic number told.
struct OctetOrder {
  bool little_endian = true;
  constexpr std::uint16_t load16(const std::byte* p) const { return little_endian ? swap_octets(load_be16(p)) : load_be16(p); }
  constexpr std::uint32_t load32(const std::byte* p) const { return little_endian ? swap_octets(load_be32(p)) : load_be32(p); }
  constexpr std::uint64_t load64(const std::byte* p) const {
    const std::uint64_t first = load32(p);
    const std::uint64_t second = load32(p + 4);
    return little_endian ? (second << 32) | first : (first << 32) | second;
  }
};

inline void append_le(std::vector<std::byte>& out, std::uint64_t value, std::size_t octets) {
  for (std::size_t i = 0; i < octets; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}
inline void append16(std::vector<std::byte>& out, std::uint16_t value) { append_le(out, value, 2); }
inline void append32(std::vector<std::byte>& out, std::uint32_t value) { append_le(out, value, 4); }

}  // namespace ft::pcap
