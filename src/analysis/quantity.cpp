#include "analysis/quantity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string_view>

namespace ft::analysis {

namespace {

/// "2 h 5 min", "2 h".
std::string two_units(std::int64_t large, std::string_view large_unit, std::int64_t small, std::string_view small_unit) {
  std::string text = std::to_string(large) + std::string(large_unit);
  if (small != 0) text += " " + std::to_string(small) + std::string(small_unit);
  return text;
}

std::string padded(std::int64_t value, std::size_t width) {
  std::string text = std::to_string(value);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

}  // namespace

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  std::array<char, 400> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, digits);
  return error == std::errc{} ? std::string(buffer.data(), end) : "-";
}

std::string significant(double value, int digits) {
  int decimals = digits - 1;
  for (double size = std::fabs(value); size >= 10 && decimals > 0; size /= 10) --decimals;
  std::string text = fixed(value, decimals);
  if (decimals > 0) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
  }
  return text == "-0" ? "0" : text;  // what is left of something very small
}

std::string time_text(Duration time, int digits) {
  const double ns = static_cast<double>(time.count());
  const double size = std::fabs(ns);
  if (size < 999.5) return std::to_string(time.count()) + " ns";
  if (size < 999.5e3) return significant(ns / 1e3, digits) + " µs";
  if (size < 999.5e6) return significant(ns / 1e6, digits) + " ms";
  if (size < 600e9) return significant(ns / 1e9, digits) + " s";
  if (ns < 0) return "-" + time_text(-std::max(time, -Duration::max()), digits);
  const std::int64_t seconds = time.count() / 1'000'000'000;
  const std::int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
  if (hours == 0) return two_units(minutes, " min", seconds % 60, " s");
  if (hours < 48) return two_units(hours, " h", minutes % 60, " min");
  return two_units(days, " d", hours % 24, " h");
}

std::string clock_text(Duration since_begin) { return fixed(static_cast<double>(since_begin.count() / 1000) / 1e6, 6); }

std::string octets_text(std::uint64_t octets, int digits) {
  static constexpr std::array<std::string_view, 5> units{" kB", " MB", " GB", " TB", " PB"};
  if (octets < 10'000) return std::to_string(octets) + " B";
  double value = static_cast<double>(octets) / 1e3;
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < units.size(); ++unit) value /= 1e3;
  return significant(value, digits) + std::string(units[unit]);
}

std::string rate_text(double octets_per_second, int digits) {
  static constexpr std::array<std::string_view, 5> units{" bit/s", " kbit/s", " Mbit/s", " Gbit/s", " Tbit/s"};
  double value = octets_per_second * 8;
  if (!std::isfinite(value)) return "-";
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < units.size(); ++unit) value /= 1e3;
  return significant(value, digits) + std::string(units[unit]);
}

std::string rate_text(std::uint64_t octets, Duration time) {
  if (time <= Duration::zero()) return "-";
  return rate_text(static_cast<double>(octets) / in_seconds(time));
}

std::string percent_text(double part, double whole) {
  if (whole <= 0) return "-";
  const double percent = part * 100 / whole;
  return fixed(percent, percent != 0 && percent < 10 ? 1 : 0) + " %";
}

std::string count_text(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string date_text(Instant at) {
  using namespace std::chrono;
  const auto since = at.time_since_epoch();
  const auto day = floor<days>(since);
  const year_month_day date{sys_days{day}};
  const auto rest = since - day;
  const auto h = duration_cast<hours>(rest);
  const auto m = duration_cast<minutes>(rest - h);
  const auto s = duration_cast<seconds>(rest - h - m);
  const auto us = duration_cast<microseconds>(rest - h - m - s);
  return padded(static_cast<int>(date.year()), 4) + "-" + padded(static_cast<unsigned>(date.month()), 2) + "-" +
         padded(static_cast<unsigned>(date.day()), 2) + " " + padded(h.count(), 2) + ":" + padded(m.count(), 2) + ":" +
         padded(s.count(), 2) + "." + padded(us.count(), 6) + " UTC";
}

}  // namespace ft::analysis
