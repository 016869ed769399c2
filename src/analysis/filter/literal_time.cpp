#include "analysis/filter/literal_time.hpp"

#include "analysis/filter/with_unit.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace ft::analysis::filter {
namespace {

constexpr std::array time_units{Unit{"ns", 1},
                                Unit{"us", 1000},
                                Unit{"µs", 1000},
                                Unit{"ms", 1000'000},
                                Unit{"s", 1000'000'000},
                                Unit{"min", 60'000'000'000},
                                Unit{"h", 3600'000'000'000}};

/// Reads `most` digits at most.
std::optional<int> digits_of(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t n = 0;
  int value = 0;
  while (n < most && n < text.size() && is_digit(text[n])) value = value * 10 + (text[n++] - '0');
  if (n < least) return std::nullopt;
  text.remove_prefix(n);
  return value;
}
bool skip(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

std::optional<std::chrono::year_month_day> read_day(std::string_view& text) {
  using namespace std::chrono;
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto month_name = std::ranges::find(months, text.substr(0, 3));
  std::optional<int> y, m, d;
  if (month_name != months.end()) {
    m = static_cast<int>(month_name - months.begin()) + 1;
    text.remove_prefix(3);
    while (skip(text, " ")) continue;
    d = digits_of(text, 1, 2);
    skip(text, ",");
    while (skip(text, " ")) continue;
    y = digits_of(text, 4, 4);
  } else {
    y = digits_of(text, 4, 4);
    if (!skip(text, "-")) return std::nullopt;
    m = digits_of(text, 1, 2);
    if (!skip(text, "-")) return std::nullopt;
    d = digits_of(text, 1, 2);
  }
  if (!y || !m || !d) return std::nullopt;
  const year_month_day day{year{*y}, month{static_cast<unsigned>(*m)}, std::chrono::day{static_cast<unsigned>(*d)}};
  return day.ok() && *y >= 1970 && *y < 2262 ? std::optional(day) : std::nullopt;
}

/// Nanoseconds since midnight.
std::optional<std::int64_t> read_clock(std::string_view& text) {
  const auto h = digits_of(text, 1, 2);
  if (!h || !skip(text, ":")) return std::nullopt;
  const auto m = digits_of(text, 2, 2);
  int seconds = 0;
  std::int64_t fraction = 0;
  if (skip(text, ":")) {
    const auto s = digits_of(text, 2, 2);
    if (!s) return std::nullopt;
    seconds = *s;
    if (skip(text, ".")) {
      std::int64_t scale = 100'000'000;
      std::size_t n = 0;
      for (; n < text.size() && n < 9 && is_digit(text[n]); ++n, scale /= 10) fraction += (text[n] - '0') * scale;
      if (n == 0) return std::nullopt;
      text.remove_prefix(n);
    }
  }
  if (!m || *h > 23 || *m > 59 || seconds > 60) return std::nullopt;
  return ((std::int64_t{*h} * 60 + *m) * 60 + seconds) * 1'000'000'000 + fraction;
}

/// "Z", "UTC", "+01:00", "+0100"; in minutes.
std::optional<int> read_zone(std::string_view& text) {
  while (skip(text, " ")) continue;
  if (text.empty() || skip(text, "Z") || skip(text, "UTC")) return 0;
  const int sign = text[0] == '-' ? -1 : 1;
  if (!skip(text, "+") && !skip(text, "-")) return std::nullopt;
  const auto h = digits_of(text, 2, 2);
  skip(text, ":");
  const auto m = digits_of(text, 2, 2);
  if (!h || !m) return std::nullopt;
  return sign * (*h * 60 + *m);
}

}  // namespace

std::optional<std::int64_t> read_time(std::string_view text) {
  const auto time = with_unit(text, time_units, 1'000'000'000);
  return time ? std::optional(static_cast<std::int64_t>(*time)) : std::nullopt;
}

std::optional<std::int64_t> read_date(std::string_view text) {
  const auto day = read_day(text);
  if (!day) return std::nullopt;
  std::int64_t clock = 0;
  if (!text.empty()) {
    if (!skip(text, "T") && !skip(text, " ")) return std::nullopt;
    const auto read = read_clock(text);
    if (!read) return std::nullopt;
    clock = *read;
  }
  const auto zone = read_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{*day}.time_since_epoch().count();
  return days * 86'400'000'000'000 + clock - std::int64_t{*zone} * 60'000'000'000;
}

}  // namespace ft::analysis::filter
