#include "base/timer_wheel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ft::Duration;
using ft::Instant;
using ft::TimerWheel;

Instant at(Duration since_origin) { return Instant(since_origin); }

std::vector<std::uint32_t> fired_by(TimerWheel& wheel, Instant now) {
  std::vector<std::uint32_t> fired;
  wheel.advance(now, [&](std::uint32_t id) { fired.push_back(id); });
  return fired;
}

using Ids = std::vector<std::uint32_t>;

TEST_CASE("a timer fires at its nanosecond and not before") {
  TimerWheel wheel;
  wheel.schedule(7, at(200ms));
  CHECK(fired_by(wheel, at(200ms - 1ns)).empty());
  CHECK(wheel.next() == at(200ms));
  CHECK(fired_by(wheel, at(200ms)) == Ids{7});
  CHECK_FALSE(wheel.is_scheduled(7));
  CHECK_FALSE(wheel.next());
}

TEST_CASE("timers within one tick fire in order of deadline") {
  TimerWheel wheel;
  wheel.schedule(1, at(30ns));
  wheel.schedule(2, at(10ns));
  wheel.schedule(3, at(20ns));
  CHECK(wheel.next() == at(10ns));
  CHECK(fired_by(wheel, at(20ns)) == Ids{2, 3});
  CHECK(wheel.next() == at(30ns));
  wheel.schedule(4, at(25ns));
  CHECK(wheel.next() == at(25ns));
  CHECK(fired_by(wheel, at(1s)) == Ids{4, 1});
}

TEST_CASE("next of a timer far away is never later than the timer and gets exact on the way") {
  TimerWheel wheel;
  const Instant deadline = at(std::chrono::hours(24 * 365) + 123456789ns);
  wheel.schedule(0, deadline);
  int wakes = 0;
  while (wheel.is_scheduled(0)) {
    const Instant wake = *wheel.next();
    REQUIRE(wake <= deadline);
    for (const auto id : fired_by(wheel, wake)) CHECK((id == 0 && wake == deadline));
    ++wakes;
  }
  CHECK(wakes <= 8);  // once a level
}

TEST_CASE("a timer can be moved and cancelled") {
  TimerWheel wheel;
  wheel.schedule(1, at(5ms));
  wheel.schedule(2, at(6ms));
  wheel.schedule(1, at(7s));
  CHECK(wheel.deadline(1) == at(7s));
  CHECK(wheel.size() == 2);
  wheel.cancel(2);
  wheel.cancel(2);
  wheel.cancel(99);
  CHECK_FALSE(wheel.deadline(2));
  CHECK(fired_by(wheel, at(6s)).empty());
  CHECK(fired_by(wheel, at(8s)) == Ids{1});
}

TEST_CASE("a firing timer may set itself and others, and what is due fires in the same call") {
  TimerWheel wheel;
  wheel.schedule(0, at(1ms));
  wheel.schedule(1, at(50ms));
  std::vector<std::pair<std::uint32_t, Instant>> fired;
  int periods = 0;
  wheel.advance(at(10ms), [&](std::uint32_t id) {
    ++periods;
    wheel.cancel(1);
    wheel.schedule(2, at(20ms));
    wheel.schedule(id, at(Duration(periods * 1ms + 1ms)));
  });
  CHECK(periods == 10);
  CHECK(wheel.deadline(0) == at(11ms));
  CHECK_FALSE(wheel.is_scheduled(1));
  CHECK(wheel.next() == at(11ms));
}

TEST_CASE("an overdue timer fires at the next turn, before the later ones") {
  TimerWheel wheel;
  CHECK(fired_by(wheel, at(10s)).empty());
  wheel.schedule(1, at(10s + 1us));
  wheel.schedule(2, at(3s));
  CHECK(wheel.next() == at(3s));
  CHECK(fired_by(wheel, at(10s)) == Ids{2});
  CHECK(fired_by(wheel, at(10s + 1us)) == Ids{1});
}

TEST_CASE("instants at both ends of time and times that run backwards are survived") {
  TimerWheel wheel;
  wheel.schedule(0, ft::never);
  wheel.schedule(1, Instant::min());
  CHECK(fired_by(wheel, at(5s)) == Ids{1});
  CHECK(fired_by(wheel, at(2s)).empty());
  wheel.schedule(2, at(3s));
  CHECK(fired_by(wheel, at(2s)).empty());
  CHECK(fired_by(wheel, at(3s)) == Ids{2});
  CHECK(wheel.next() <= ft::never);
  CHECK(fired_by(wheel, ft::never) == Ids{0});
}

TEST_CASE("a hundred thousand timers of one tick do not make the turn quadratic") {
  TimerWheel wheel;
  std::mt19937 random(1);
  for (std::uint32_t id = 0; id < 100'000; ++id) wheel.schedule(id, at(10s + Duration(random() % 1'000'000)));
  std::vector<Instant> deadlines;
  for (std::uint32_t id = 0; id < 100'000; ++id) deadlines.push_back(*wheel.deadline(id));
  std::vector<Instant> fired;
  wheel.advance(at(11s), [&](std::uint32_t id) { fired.push_back(deadlines[id]); });
  CHECK(fired.size() == 100'000);
  CHECK(std::is_sorted(fired.begin(), fired.end()));
}

}  // namespace
