// The interval set against a bitmap that does the same the slow way.
#include "base/interval_set.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <vector>

namespace {

using ft::Interval;
using ft::IntervalSet;

constexpr std::size_t offsets = 160;
using Bitmap = std::bitset<offsets>;

std::vector<Interval> runs_of(const Bitmap& bitmap) {
  std::vector<Interval> runs;
  for (std::size_t i = 0; i < offsets; ++i) {
    if (!bitmap[i]) continue;
    if (runs.empty() || runs.back().to != i) runs.push_back({i, i});
    runs.back().to = i + 1;
  }
  return runs;
}

TEST_CASE("the interval set agrees with a bitmap under any inserts and erasures") {
  CHECK(rc::check([] {
    const auto limit = *rc::gen::inRange<std::uint16_t>(0, 12);
    IntervalSet set(limit);
    Bitmap bitmap;
    const int steps = *rc::gen::inRange(1, 100);
    for (int step = 0; step < steps; ++step) {
      const auto from = *rc::gen::inRange<std::uint64_t>(0, offsets);
      const auto to = *rc::gen::inRange<std::uint64_t>(from, std::min<std::uint64_t>(offsets, from + 30) + 1);
      const int what = *rc::gen::inRange(0, 10);
      if (what == 0) {
        set.erase_below(from);
        bitmap = bitmap >> from << from;
      } else if (what == 1) {
        bool all = true;
        for (auto i = from; i < to && i < offsets; ++i) all = all && bitmap[i];
        RC_ASSERT(set.contains(from, std::min<std::uint64_t>(to, offsets)) == all);
        RC_ASSERT(set.covers(from) == bitmap[from]);
      } else {
        Bitmap after = bitmap;
        for (auto i = from; i < to && i < offsets; ++i) after.set(i);
        const bool fits = runs_of(after).size() <= limit;
        RC_ASSERT(set.insert(from, std::min<std::uint64_t>(to, offsets)) == fits);
        if (fits) bitmap = after;
      }
      RC_ASSERT(std::vector<Interval>(set.begin(), set.end()) == runs_of(bitmap));
      RC_ASSERT(set.empty() == bitmap.none());
    }
  }));
}

}  // namespace
