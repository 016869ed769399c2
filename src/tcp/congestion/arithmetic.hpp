// The sums of congestion control: 64-bit, saturating, the same on every machine. A window that wraps after weeks of ACKs is a
// classic, and so is one whose fractions get lost where it grows by less than an octet an ACK.
#pragma once

#include <bit>
#include <cstdint>

namespace ft::tcp {

/// No window grows beyond this many octets: a second of 8 Tbit/s, and small enough to multiply in 64 bits.
inline constexpr std::uint64_t largest_window = std::uint64_t{1} << 40;

constexpr std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

constexpr std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/// a * b / c, rounded down, as if in 128 bits; UINT64_MAX when that is too much, and for c = 0.
constexpr std::uint64_t mul_div(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  if (c == 0) return UINT64_MAX;
  std::uint64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return product / c;
  const std::uint64_t a_low = a & UINT32_MAX, a_high = a >> 32, b_low = b & UINT32_MAX, b_high = b >> 32;
  const std::uint64_t low = a_low * b_low;
  const std::uint64_t middle = a_high * b_low + (low >> 32);
  const std::uint64_t middle_too = a_low * b_high + (middle & UINT32_MAX);
  std::uint64_t high = a_high * b_high + (middle >> 32) + (middle_too >> 32);
  product = (middle_too << 32) | (low & UINT32_MAX);
  if (high >= c) return UINT64_MAX;
  std::uint64_t quotient = 0;
  for (int bit = 0; bit < 64; ++bit) {  // by hand, a bit at a time: rare, and needs no 128-bit type
    const bool carry = high >> 63 != 0;
    high = (high << 1) | (product >> 63);
    product <<= 1;
    quotient <<= 1;
    if (carry || high >= c) {
      high -= c;
      quotient |= 1;
    }
  }
  return quotient;
}

/// The largest n with n * n * n <= value.
constexpr std::uint64_t cube_root(std::uint64_t value) {
  std::uint64_t root = 0;
  for (int shift = 63; shift >= 0; shift -= 3) {  // three bits of the value give one of the root
    root <<= 1;
    const std::uint64_t next = 3 * root * (root + 1) + 1;  // (root + 1)^3 - root^3
    if ((value >> shift) >= next) {
      value -= next << shift;
      ++root;
    }
  }
  return root;
}

}  // namespace ft::tcp
