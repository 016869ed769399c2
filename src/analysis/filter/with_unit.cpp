#include "analysis/filter/with_unit.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace ft::analysis::filter {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

/// The part of `size` that the digits after a decimal point say.
std::optional<std::uint64_t> share_of(std::uint64_t size, std::string_view digits) {
  if (digits.empty() || digits.size() > 9) return std::nullopt;
  std::uint64_t part = 0;
  std::uint64_t whole = 1;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;  // a second point
    part = part * 10 + static_cast<std::uint64_t>(c - '0');
    whole *= 10;
  }
  // size is at most 3.6e12 and part below 1e9: divided first, so that the product fits.
  return size / whole * part + size % whole * part / whole;
}

}  // namespace

std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units, std::uint64_t bare) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  std::uint64_t size = bare;
  if (end < text.size()) {
    const auto unit = std::ranges::find(units, text.substr(end), &Unit::name);
    if (unit == units.end()) return std::nullopt;
    size = unit->size;
  }
  if (size == 0) return std::nullopt;
  const std::string_view number = text.substr(0, end);
  const std::size_t point = number.find('.');
  const std::string_view before = number.substr(0, point);
  std::uint64_t whole = 0;
  if (std::from_chars(before.data(), before.data() + before.size(), whole).ec != std::errc{}) return std::nullopt;
  if (whole > most / size) return std::nullopt;
  if (point == std::string_view::npos) return whole * size;
  const auto share = share_of(size, number.substr(point + 1));
  if (!share || *share > most - whole * size) return std::nullopt;
  return whole * size + *share;
}

}  // namespace ft::analysis::filter
