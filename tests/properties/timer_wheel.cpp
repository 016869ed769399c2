// The timing wheel against a sorted map that does the same the slow way.
#include "base/timer_wheel.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace {

using ft::Duration;
using ft::Instant;
using ft::TimerWheel;

/// Deadlines in order, and who has which.
struct Oracle {
  std::multimap<Instant, std::uint32_t> by_deadline;
  std::map<std::uint32_t, Instant> by_id;

  void cancel(std::uint32_t id) {
    const auto known = by_id.find(id);
    if (known == by_id.end()) return;
    auto [from, to] = by_deadline.equal_range(known->second);
    while (from->second != id) ++from;
    by_deadline.erase(from);
    by_id.erase(known);
  }
  void schedule(std::uint32_t id, Instant at) {
    cancel(id);
    by_id[id] = at;
    by_deadline.emplace(at, id);
  }
};

constexpr std::uint32_t timers = 24;

// From the same tick to decades away: the exponent is drawn first.
Duration draw_distance() {
  const int bits = *rc::gen::inRange(0, 62);
  return Duration(*rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << bits));
}

Instant plus(Instant now, Duration distance) { return distance > ft::never - now ? ft::never : now + distance; }

struct World {
  TimerWheel wheel;
  Oracle oracle;
  Instant now{};

  void check() const {
    RC_ASSERT(wheel.size() == oracle.by_id.size());
    for (std::uint32_t id = 0; id < timers; ++id) {
      const auto known = oracle.by_id.find(id);
      RC_ASSERT(wheel.is_scheduled(id) == (known != oracle.by_id.end()));
      if (known != oracle.by_id.end()) RC_ASSERT(wheel.deadline(id) == known->second);
    }
    RC_ASSERT(wheel.next().has_value() == !oracle.by_deadline.empty());
    if (oracle.by_deadline.empty()) return;
    const Instant nearest = oracle.by_deadline.begin()->first;
    RC_ASSERT(*wheel.next() <= nearest);
    // Within the reach of level 0 (the rest of its 64 ticks of 2^20 ns) the answer is exact.
    const auto block = [](Instant t) { return t.time_since_epoch().count() >> 26; };
    if (block(nearest) <= block(now)) RC_ASSERT(*wheel.next() == nearest);
  }

  /// When a timer fires, `reaction` may do the same to both.
  template <class F>
  void advance(Instant to, F reaction) {
    now = std::max(now, to);
    wheel.advance(now, [&](std::uint32_t id) {
      RC_ASSERT(!oracle.by_deadline.empty());
      const Instant nearest = oracle.by_deadline.begin()->first;
      RC_ASSERT(nearest <= now);
      RC_ASSERT(oracle.by_id.at(id) == nearest);  // in order of deadline; equals in any order
      RC_ASSERT(!wheel.is_scheduled(id));
      oracle.cancel(id);
      reaction(id);
    });
    RC_ASSERT(oracle.by_deadline.empty() || oracle.by_deadline.begin()->first > now);
  }

  void schedule(std::uint32_t id, Instant at) {
    wheel.schedule(id, at);
    oracle.schedule(id, at);
  }
  void cancel(std::uint32_t id) {
    wheel.cancel(id);
    oracle.cancel(id);
  }
};

TEST_CASE("the timing wheel agrees with a sorted map under any schedule") {
  CHECK(rc::check([] {
    World world;
    const int steps = *rc::gen::inRange(1, 80);
    for (int step = 0; step < steps; ++step) {
      const auto id = *rc::gen::inRange<std::uint32_t>(0, timers);
      switch (*rc::gen::inRange(0, 8)) {
        case 0:
        case 1:
        case 2:
        case 3:
          world.schedule(id, plus(world.now, draw_distance()));
          break;
        case 4:
          world.schedule(id, world.now - std::min(draw_distance(), world.now.time_since_epoch()));
          break;
        case 5:
          world.cancel(id);
          break;
        case 6: {  // as a driver does: to the instant that next() names
          if (const auto next = world.wheel.next()) world.advance(*next, [](std::uint32_t) {});
          break;
        }
        default: {
          int reactions = 5;
          const auto other = *rc::gen::inRange<std::uint32_t>(0, timers);
          const Duration distance = draw_distance();
          world.advance(plus(world.now, draw_distance()), [&](std::uint32_t fired) {
            if (reactions-- <= 0) return;
            const Instant base = std::min(world.now, ft::never - distance);
            world.schedule(fired, base + distance);
            world.schedule(other, base - std::min(distance, base.time_since_epoch()));
          });
        }
      }
      world.check();
    }
  }));
}

}  // namespace
