// Octets for codec tests, written as hex text.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace ft::test {

/// "45 00 0a" as octets; anything but hex digits is skipped.
inline std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> octets;
  int high = -1;
  for (const char c : text) {
    int digit = -1;
    if (c >= '0' && c <= '9') digit = c - '0';
    if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      octets.push_back(static_cast<std::byte>(high * 16 + digit));
      high = -1;
    }
  }
  return octets;
}

inline std::vector<std::byte> copy_of(std::span<const std::byte> octets) { return {octets.begin(), octets.end()}; }

}  // namespace ft::test
