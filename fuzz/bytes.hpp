// The fuzzer's octets as decisions. When they run out every answer is zero, so a program made of them comes to its end.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ft::fuzz {

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t u8() {
    if (rest_.empty()) return 0;
    const std::uint8_t value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }
  std::uint16_t u16() {
    const std::uint8_t high = u8();
    return static_cast<std::uint16_t>((high << 8) | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return (high << 16) | u16();
  }
  bool flag() { return (u8() & 1) != 0; }
  /// In [0, n), for n up to 256.
  std::size_t below(std::size_t n) { return u8() % n; }
  template <typename T, std::size_t N>
  const T& pick(const std::array<T, N>& choices) {
    return choices[below(N)];
  }
  /// Mostly near zero, sometimes anything: how far a number lies from the one that would be right.
  std::uint32_t offset() {
    const std::uint8_t kind = u8();
    if (kind < 160) return 0;
    if (kind < 240) return static_cast<std::uint32_t>(static_cast<std::int8_t>(u8()));
    if (kind < 250) return static_cast<std::uint32_t>(static_cast<std::int16_t>(u16()));
    return u32();
  }
  std::span<const std::byte> take(std::size_t n) {
    const auto taken = rest_.first(std::min(n, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return std::as_bytes(taken);
  }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace ft::fuzz
