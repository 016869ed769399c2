#include "analysis/quantity.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace std::chrono_literals;

TEST_CASE("times have at most four digits and the unit that people would choose") {
  CHECK(time_text(0ns) == "0 ns");
  CHECK(time_text(999ns) == "999 ns");
  CHECK(time_text(1500ns) == "1.5 µs");
  CHECK(time_text(20'100us) == "20.1 ms");
  CHECK(time_text(-20ms) == "-20 ms");
  CHECK(time_text(999'600us) == "1 s");
  CHECK(time_text(2310ms) == "2.31 s");
  CHECK(time_text(599s) == "599 s");
  CHECK(time_text(620s) == "10 min 20 s");
  CHECK(time_text(7260s) == "2 h 1 min");
  CHECK(time_text(100h) == "4 d 4 h");
  CHECK(time_text(7200s) == "2 h");
  CHECK(time_text(-7260s) == "-2 h 1 min");
  CHECK(time_text(20'140us, 3) == "20.1 ms");
  CHECK(time_text(1'236ms, 3) == "1.24 s");
  CHECK(time_text(Duration::min()).starts_with("-106751 d"));
}

TEST_CASE("octets count in thousands, rates in bits") {
  CHECK(octets_text(0) == "0 B");
  CHECK(octets_text(9999) == "9999 B");
  CHECK(octets_text(10'000) == "10 kB");
  CHECK(octets_text(1'234'567) == "1.235 MB");
  CHECK(octets_text(~0ULL) == "18447 PB");
  CHECK(rate_text(1'000'000, 1s) == "8 Mbit/s");
  CHECK(rate_text(1, 0s) == "-");
  CHECK(rate_text(-1e-9) == "0 bit/s");
  CHECK(percent_text(1, 3) == "33 %");
  CHECK(percent_text(1, 50) == "2.0 %");
  CHECK(percent_text(1, 0) == "-");
  CHECK(count_text(1'500'000) == "1,500,000");
  CHECK(count_text(999) == "999");
}

TEST_CASE("an instant is a date in UTC, also before 1970") {
  CHECK(date_text(Instant{} + 1'700'000'000s + 123'456us) == "2023-11-14 22:13:20.123456 UTC");
  CHECK(date_text(Instant{} - 1s) == "1969-12-31 23:59:59.000000 UTC");
}
