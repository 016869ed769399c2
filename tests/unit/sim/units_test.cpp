#include "sim/units.hpp"

#include <doctest/doctest.h>

using namespace ft::sim;
using namespace std::chrono_literals;

TEST_CASE("durations are read with their unit") {
  CHECK(parse_duration("40ms").value() == 40ms);
  CHECK(parse_duration("1.5s").value() == 1500ms);
  CHECK(parse_duration("2m").value() == 2min);
  CHECK(parse_duration("1min").value() == 1min);
  CHECK(parse_duration("2h").value() == 2h);
  CHECK(parse_duration("7us").value() == 7us);
  CHECK(parse_duration("3ns").value() == 3ns);
  CHECK(parse_duration("0").value() == 0ns);
}

TEST_CASE("a duration without number or unit is refused with an example") {
  CHECK(parse_duration("40").error().find("has no unit") != std::string::npos);
  CHECK(parse_duration("40 parsecs").error().find("no unit of time") != std::string::npos);
  for (const char* text : {"", "ms", "-1s", "1..2s", ".", "1e3s", "nans", "infs", "999999999h"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
}

TEST_CASE("rates are decimal multiples of bits per second") {
  CHECK(parse_rate("9600").value() == 9600);
  CHECK(parse_rate("64kbit").value() == 64'000);
  CHECK(parse_rate("10Mbit").value() == 10'000'000);
  CHECK(parse_rate("1.5Gbit/s").value() == 1'500'000'000);
  CHECK_FALSE(parse_rate("10MB").has_value());
}

TEST_CASE("probabilities are percent or fractions, and never more than 1") {
  CHECK(parse_probability("2%").value() == doctest::Approx(0.02));
  CHECK(parse_probability("0.5").value() == doctest::Approx(0.5));
  CHECK(parse_probability("100%").value() == 1.0);
  CHECK(parse_probability("2").error().find("more than 100%") != std::string::npos);
  CHECK_FALSE(parse_probability("2 %").has_value());
}

TEST_CASE("sizes know the units of 1024 and of 1000") {
  CHECK(parse_size("1500").value() == 1500);
  CHECK(parse_size("64KiB").value() == 65536);
  CHECK(parse_size("64k").value() == 65536);
  CHECK(parse_size("64KB").value() == 64000);
  CHECK(parse_size("2M").value() == 2 * 1048576);
  CHECK_FALSE(parse_size("2 apples").has_value());
}

TEST_CASE("counts keep to their limit") {
  CHECK(parse_count("80", 65535).value() == 80);
  CHECK(parse_count("65536", 65535).error() == "\"65536\" is more than 65535");
  CHECK(parse_count("99999999999999999999999", 65535).error().find("is more than") != std::string::npos);
  CHECK_FALSE(parse_count("8x", 65535).has_value());
  CHECK_FALSE(parse_count("", 65535).has_value());
}

TEST_CASE("durations are written in the largest unit that fits") {
  CHECK(format_duration(40ms) == "40ms");
  CHECK(format_duration(1500ms) == "1.5s");
  CHECK(format_duration(0s) == "0s");
  CHECK(format_duration(63s) == "63s");
  CHECK(format_duration(1234ns) == "1.234us");
  CHECK(format_duration(-20ms) == "-20ms");
}
