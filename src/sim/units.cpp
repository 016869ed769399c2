#include "sim/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

namespace ft::sim {
namespace {

struct Quantity {
  double value = 0;
  std::string_view unit;
};

struct Unit {
  std::string_view name;
  double factor;
};

std::string quoted(std::string_view text) { return "\"" + std::string{text} + "\""; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

/// Digits with at most one point among them. By hand: libc++ for wasm32 has no std::from_chars for double. The division rounds
/// once, so up to 15 digits the result is the nearest double.
std::optional<double> decimal(std::string_view digits) {
  double value = 0;
  double scale = 1;
  bool any = false;
  bool after_point = false;
  for (const char c : digits) {
    if (c == '.') {
      if (after_point) return std::nullopt;
      after_point = true;
      continue;
    }
    any = true;
    value = value * 10 + (c - '0');
    if (after_point) scale *= 10;
  }
  if (!any || !std::isfinite(value / scale)) return std::nullopt;
  return value / scale;
}

/// Splits "1.5ms" into 1.5 and "ms". Signs, exponents, infinities and a missing number are refused.
std::expected<Quantity, std::string> split(std::string_view text, std::string_view example) {
  const auto end = text.find_first_not_of("0123456789.");
  const std::string_view digits = text.substr(0, end);
  const auto value = decimal(digits);
  if (!value) return std::unexpected(quoted(text) + " is not a quantity; write for example " + std::string{example});
  Quantity q{*value, {}};
  if (end != std::string_view::npos) q.unit = text.substr(end);
  return q;
}

std::optional<double> factor_of(std::string_view unit, std::span<const Unit> units) {
  for (const Unit& u : units)
    if (same_word(u.name, unit)) return u.factor;
  return std::nullopt;
}

}  // namespace

std::expected<Duration, std::string> parse_duration(std::string_view text) {
  static constexpr std::array<Unit, 7> units{
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"min", 60e9}, {"h", 3600e9}}};
  const auto q = split(text, "40ms, 1.5s or 2m");
  if (!q) return std::unexpected(q.error());
  if (q->unit.empty() && q->value == 0) return Duration{0};
  if (q->unit.empty()) return std::unexpected(quoted(text) + " has no unit; use ns, us, ms, s, m or h, as in 40ms");
  const auto factor = factor_of(q->unit, units);
  if (!factor) return std::unexpected(quoted(q->unit) + " is no unit of time; use ns, us, ms, s, m or h, as in 40ms");
  const double ns = q->value * *factor;
  constexpr double century = 100.0 * 365 * 24 * 3600e9;
  if (ns > century) return std::unexpected(quoted(text) + " is longer than 100 years");
  return Duration{std::llround(ns)};
}

std::expected<std::uint64_t, std::string> parse_rate(std::string_view text) {
  static constexpr std::array<Unit, 16> units{{{"", 1},
                                               {"bit", 1},
                                               {"bps", 1},
                                               {"bit/s", 1},
                                               {"k", 1e3},
                                               {"kbit", 1e3},
                                               {"kbps", 1e3},
                                               {"kbit/s", 1e3},
                                               {"M", 1e6},
                                               {"Mbit", 1e6},
                                               {"Mbps", 1e6},
                                               {"Mbit/s", 1e6},
                                               {"G", 1e9},
                                               {"Gbit", 1e9},
                                               {"Gbps", 1e9},
                                               {"Gbit/s", 1e9}}};
  const auto q = split(text, "10Mbit or 64kbit");
  if (!q) return std::unexpected(q.error());
  const auto factor = factor_of(q->unit, units);
  if (!factor) return std::unexpected(quoted(q->unit) + " is no unit of bits per second; use bit, kbit, Mbit or Gbit");
  const double bits = q->value * *factor;
  if (bits > 1e13) return std::unexpected(quoted(text) + " is more than 10000 Gbit");
  return static_cast<std::uint64_t>(std::llround(bits));
}

std::expected<double, std::string> parse_probability(std::string_view text) {
  const auto q = split(text, "2% or 0.02");
  if (!q) return std::unexpected(q.error());
  if (!q->unit.empty() && q->unit != "%")
    return std::unexpected(quoted(text) + " is not a probability; write for example 2% or 0.02");
  const double p = q->unit.empty() ? q->value : q->value / 100;
  if (p > 1) return std::unexpected(quoted(text) + " is more than 100%");
  return p;
}

std::expected<std::uint64_t, std::string> parse_size(std::string_view text) {
  static constexpr std::array<Unit, 11> units{{{"", 1},
                                               {"B", 1},
                                               {"k", 1024},
                                               {"KiB", 1024},
                                               {"KB", 1e3},
                                               {"M", 1048576},
                                               {"MiB", 1048576},
                                               {"MB", 1e6},
                                               {"G", 1073741824},
                                               {"GiB", 1073741824},
                                               {"GB", 1e9}}};
  const auto q = split(text, "1500 or 64KiB");
  if (!q) return std::unexpected(q.error());
  const auto factor = factor_of(q->unit, units);
  if (!factor) return std::unexpected(quoted(q->unit) + " is no unit of octets; use KiB, MiB, GiB (1024) or KB, MB, GB (1000)");
  const double octets = q->value * *factor;
  if (octets > 1e15) return std::unexpected(quoted(text) + " is more than a thousand terabytes");
  return static_cast<std::uint64_t>(std::llround(octets));
}

std::expected<std::uint64_t, std::string> parse_count(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || stop != text.data() + text.size() || error == std::errc::invalid_argument)
    return std::unexpected(quoted(text) + " is not a whole number");
  if (error != std::errc{} || value > most) return std::unexpected(quoted(text) + " is more than " + std::to_string(most));
  return value;
}

std::string format_duration(Duration duration) {
  struct Step {
    std::string_view unit;
    std::int64_t ns;
  };
  static constexpr std::array<Step, 4> steps{{{"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}}};
  const std::int64_t ns = duration.count();
  if (ns == 0) return "0s";
  for (const Step& s : steps) {
    if (ns < s.ns && ns > -s.ns) continue;
    std::string text = std::to_string(ns / s.ns);
    std::int64_t rest = (ns < 0 ? -ns : ns) % s.ns;
    if (rest != 0) {
      text += '.';
      for (std::int64_t digit = s.ns / 10; rest != 0; digit /= 10) {
        text += static_cast<char>('0' + rest / digit);
        rest %= digit;
      }
    }
    return text += s.unit;
  }
  return "0s";
}

}  // namespace ft::sim
