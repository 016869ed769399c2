// Quantities as people write them: "40ms", "1.5s", "10Mbit", "2%", "64KiB". Used by scenario files, by --impair and by the
// command line. Every error says what was expected.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "fourtuple/time.hpp"

namespace ft::sim {

/// A number and one of ns, us, ms, s, m (or min), h; a bare "0" is fine. Never negative, at most 100 years.
std::expected<Duration, std::string> parse_duration(std::string_view text);

/// Bits per second: "9600", "64kbit", "10Mbit", "1.5Gbit" (decimal multiples; "bps" and "bit/s" are accepted endings too).
std::expected<std::uint64_t, std::string> parse_rate(std::string_view text);

/// "2%" or "0.02"; the result is in [0, 1].
std::expected<double, std::string> parse_probability(std::string_view text);

/// Octets: "1500", "64k" or "64KiB" (1024), "64KB" (1000), "10M" or "10MiB", "1G" or "1GiB".
std::expected<std::uint64_t, std::string> parse_size(std::string_view text);

/// A whole number of decimal digits, at most `most`.
std::expected<std::uint64_t, std::string> parse_count(std::string_view text, std::uint64_t most);

/// The shortest of these forms that is exact: "40ms", "1.5s", "0s".
std::string format_duration(Duration duration);

}  // namespace ft::sim
