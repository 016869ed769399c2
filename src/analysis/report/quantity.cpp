#include "analysis/report/quantity.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string_view>

namespace ft::analysis::report {

namespace {

/// Four digits at most: 1.234, 12.34, 123.4, 1234; zeros at the end are left out.
std::string four_digits(double value) {
  const double size = std::fabs(value);
  const int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
  std::string text = fixed(value, digits);
  if (digits > 0) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
  }
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

std::string time_text(Duration time) {
  const double ns = static_cast<double>(time.count());
  const double size = std::fabs(ns);
  if (size < 999.5) return std::to_string(time.count()) + " ns";
  if (size < 999.5e3) return four_digits(ns / 1e3) + " µs";
  if (size < 999.5e6) return four_digits(ns / 1e6) + " ms";
  if (size < 600e9) return four_digits(ns / 1e9) + " s";
  const std::int64_t seconds = time.count() / 1'000'000'000;
  const std::int64_t hours = seconds / 3600, minutes = seconds / 60 % 60;
  if (hours == 0) return std::to_string(minutes) + " min " + std::to_string(seconds % 60) + " s";
  if (hours < 48) return std::to_string(hours) + " h " + std::to_string(minutes) + " min";
  return std::to_string(hours / 24) + " d " + std::to_string(hours % 24) + " h";
}

std::string clock_text(Duration since_begin) { return fixed(static_cast<double>(since_begin.count() / 1000) / 1e6, 6); }

std::string octets_text(std::uint64_t octets) {
  static constexpr std::array<std::string_view, 5> units{" kB", " MB", " GB", " TB", " PB"};
  if (octets < 10'000) return std::to_string(octets) + " B";
  double value = static_cast<double>(octets) / 1e3;
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < units.size(); ++unit) value /= 1e3;
  return four_digits(value) + std::string(units[unit]);
}

std::string rate_text(double octets_per_second) {
  static constexpr std::array<std::string_view, 5> units{" bit/s", " kbit/s", " Mbit/s", " Gbit/s", " Tbit/s"};
  double value = octets_per_second * 8;
  if (!std::isfinite(value)) return "-";
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < units.size(); ++unit) value /= 1e3;
  return four_digits(value) + std::string(units[unit]);
}

std::string rate_text(std::uint64_t octets, Duration time) {
  if (time <= Duration::zero()) return "-";
  return rate_text(static_cast<double>(octets) / (static_cast<double>(time.count()) / 1e9));
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

}  // namespace ft::analysis::report
