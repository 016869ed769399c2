#include "analysis/filter/literal_time.hpp"

#include <doctest/doctest.h>

using namespace ft::analysis::filter;

TEST_CASE("a length of time is read to the nanosecond, with a unit or in seconds") {
  CHECK(read_time("250ms") == 250'000'000);
  CHECK(read_time("0.25") == 250'000'000);
  CHECK(read_time("1.5h") == 5'400'000'000'000);
  CHECK(read_time("0.000000001") == 1);
  CHECK(read_time("9223372036.854775807") == INT64_MAX);
}

TEST_CASE("what is no length of time, or is longer than 63 bits of nanoseconds, is none") {
  for (const char* text : {"", "s", ".5s", "1.s", "1.2.3", "1 s", "1x", "0.1234567890", "9223372036.854775808", "99999999999h"}) {
    CAPTURE(text);
    CHECK_FALSE(read_time(text));
  }
}

TEST_CASE("a date is read in either form, and counts in UTC unless it says how far from it") {
  constexpr std::int64_t noon = 1'795'348'800'000'000'000;
  for (const char* text : {"2026-11-22 12:00:00", "2026-11-22T12:00Z", "Nov 22, 2026 12:00:00.0 UTC", "2026-11-22 13:30:00+01:30",
                           "2026-11-22 04:00:00 -0800"}) {
    CAPTURE(text);
    CHECK(read_date(text) == noon);
  }
  CHECK(read_date("2026-11-22") == noon - 12 * 3'600'000'000'000);
  CHECK(read_date("2026-11-22 12:00:00.000000001") == noon + 1);
}

TEST_CASE("what no calendar and no clock has is no date") {
  for (const char* text : {"", "2026-02-29", "2026-13-01", "Foo 22, 2026", "1969-12-31", "2026-11-22 24:00:00",
                           "2026-11-22 12:60", "2026-11-22 12:00:00 CET", "2026-11-22 12:00:00.", "2026-11-22x"}) {
    CAPTURE(text);
    CHECK_FALSE(read_date(text));
  }
}
