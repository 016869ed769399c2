// A number with a unit behind it: "64KiB", "1.5ms".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ft::analysis::filter {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Unit {
  std::string_view name;
  std::uint64_t size;  // at most 3.6e12
};

/// Digits, perhaps with a fraction of nine digits at most, times a unit. Without one they count in `bare`; 0 there: a unit is a
/// must. nullopt when it is no such thing, or does not fit 63 bits.
std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units, std::uint64_t bare);

}  // namespace ft::analysis::filter
