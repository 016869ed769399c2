// Numbers as people read them: "20.1 ms", "1.4 MB", "12.3 Mbit/s"; the same in English and Chinese. Tables and stories, which
// tell what was measured, show four digits; findings, which judge it, three.
#pragma once

#include "fourtuple/time.hpp"

#include <cstdint>
#include <string>

namespace ft::analysis {

constexpr double in_seconds(Duration time) { return static_cast<double>(time.count()) / 1e9; }

/// `value` with so many digits after the point, rounded.
std::string fixed(double value, int digits);

/// So many digits that count, without zeros at the end: 1.234, 12.3, 1500.
std::string significant(double value, int digits = 4);

std::string time_text(Duration time, int digits = 4);
/// Times of a capture, told from its beginning: seconds to the microsecond, "0.151882".
std::string clock_text(Duration since_begin);
/// Decimal prefixes, as in "1448 B", "339.6 kB": captures are counted in octets.
std::string octets_text(std::uint64_t octets, int digits = 4);
/// Octets in a length of time as bits per second; "-" when no time passed.
std::string rate_text(std::uint64_t octets, Duration time);
std::string rate_text(double octets_per_second, int digits = 4);
std::string percent_text(double part, double whole);
/// Thousands set apart: "1,500,000".
std::string count_text(std::uint64_t count);
/// "2026-11-22 13:05:09.123456 UTC".
std::string date_text(Instant at);

}  // namespace ft::analysis
