#include "base/interval_set.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace {

using ft::Interval;
using ft::IntervalSet;
using Intervals = std::vector<Interval>;

Intervals all(const IntervalSet& set) { return {set.begin(), set.end()}; }

TEST_CASE("an interval set keeps its intervals sorted and apart") {
  IntervalSet set(8);
  CHECK(set.empty());
  CHECK(set.insert(30, 40));
  CHECK(set.insert(10, 20));
  CHECK(set.insert(50, 60));
  CHECK(all(set) == Intervals{{10, 20}, {30, 40}, {50, 60}});
  CHECK(set.first() == Interval{10, 20});
  CHECK(set.last() == Interval{50, 60});
}

TEST_CASE("intervals that overlap or touch become one") {
  IntervalSet set(8);
  set.insert(10, 20);
  set.insert(30, 40);
  set.insert(50, 60);
  SUBCASE("touching below") {
    set.insert(5, 10);
    CHECK(all(set) == Intervals{{5, 20}, {30, 40}, {50, 60}});
  }
  SUBCASE("touching above") {
    set.insert(20, 25);
    CHECK(all(set) == Intervals{{10, 25}, {30, 40}, {50, 60}});
  }
  SUBCASE("closing a hole exactly") {
    set.insert(20, 30);
    CHECK(all(set) == Intervals{{10, 40}, {50, 60}});
  }
  SUBCASE("over everything") {
    set.insert(0, 100);
    CHECK(all(set) == Intervals{{0, 100}});
  }
  SUBCASE("inside one") {
    set.insert(12, 15);
    CHECK(set.size() == 3);
  }
  SUBCASE("nothing") {
    CHECK(set.insert(25, 25));
    CHECK(set.size() == 3);
  }
}

TEST_CASE("an interval set at its limit refuses a new interval but still joins") {
  IntervalSet set(2);
  CHECK(set.insert(10, 20));
  CHECK(set.insert(30, 40));
  CHECK_FALSE(set.insert(50, 60));
  CHECK(all(set) == Intervals{{10, 20}, {30, 40}});
  CHECK(set.insert(40, 60));
  CHECK(set.insert(15, 35));
  CHECK(all(set) == Intervals{{10, 60}});
  CHECK_FALSE(IntervalSet(0).insert(1, 2));
}

TEST_CASE("erase_below forgets what is below, also half an interval") {
  IntervalSet set(8);
  set.insert(10, 20);
  set.insert(30, 40);
  set.erase_below(5);
  CHECK(set.size() == 2);
  set.erase_below(15);
  CHECK(all(set) == Intervals{{15, 20}, {30, 40}});
  set.erase_below(20);
  CHECK(all(set) == Intervals{{30, 40}});
  set.erase_below(40);
  CHECK(set.empty());
  set.erase_below(100);
  CHECK(set.empty());
}

TEST_CASE("contains wants every offset, covers one") {
  IntervalSet set(8);
  set.insert(10, 20);
  set.insert(30, 40);
  CHECK(set.contains(10, 20));
  CHECK(set.contains(12, 13));
  CHECK_FALSE(set.contains(9, 11));
  CHECK_FALSE(set.contains(19, 31));
  CHECK(set.contains(25, 25));
  CHECK(set.covers(10));
  CHECK_FALSE(set.covers(20));
}

TEST_CASE("offsets up to the end of 64 bits are offsets like others") {
  IntervalSet set(2);
  CHECK(set.insert(UINT64_MAX - 5, UINT64_MAX));
  CHECK(set.covers(UINT64_MAX - 1));
  set.erase_below(UINT64_MAX);
  CHECK(set.empty());
}

TEST_CASE("a moved interval set leaves an empty one behind that still works") {
  IntervalSet set(2);
  set.insert(1, 2);
  IntervalSet other = std::move(set);
  CHECK(all(other) == Intervals{{1, 2}});
  set = IntervalSet(3);
  CHECK(set.insert(5, 6));
  set = std::move(other);
  CHECK(all(set) == Intervals{{1, 2}});
}

}  // namespace
