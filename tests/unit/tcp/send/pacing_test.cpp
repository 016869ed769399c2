#include "tcp/send/pacing.hpp"

#include "tcp/congestion/reno.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;

namespace {
constexpr Instant start{1s};
constexpr Pace pace{.rate = 1'000'000, .quantum = 2000};  // a segment of 1000 octets each millisecond, two at once

/// Sends segments of 1000 octets whenever it may, until `end`; what left and when the last did.
std::uint64_t run(Pacing& pacing, Instant& now, Instant end, const Pace& at) {
  std::uint64_t sent = 0;
  for (;;) {
    const Instant next = pacing.next_at(now, at);
    if (next > now) now = next;
    if (now >= end) return sent;
    pacing.on_sent(now, 1000, at);
    sent += 1000;
  }
}
}  // namespace

TEST_CASE("what was granted leaves unpaced, then a quantum, then the pace holds") {
  Pacing pacing;
  pacing.grant(10'000);
  for (int i = 0; i < 12; ++i) {
    CHECK(pacing.next_at(start, pace) == start);
    pacing.on_sent(start, 1000, pace);
  }
  CHECK(pacing.next_at(start, pace) == start + 2ms);  // a whole quantum again
}

TEST_CASE("over an hour the pace does not drift, whatever the segment's share of a nanosecond") {
  for (const std::uint64_t rate : {999'983ull, 1'000'000ull, 333'333'333ull / 100}) {
    Pacing pacing;
    Instant now = start;
    const auto sent = run(pacing, now, start + 1h, {.rate = rate, .quantum = 2000});
    CHECK(sent <= rate * 3600 + 2000);
    CHECK(sent >= rate * 3600 - 2000);
  }
}

TEST_CASE("after a pause no more than a quantum leaves at once") {
  Pacing pacing;
  Instant now = start;
  (void)run(pacing, now, start + 1s, pace);
  now += 1h;
  int burst = 0;
  while (pacing.next_at(now, pace) == now) pacing.on_sent(now, 1000, pace), ++burst;
  CHECK(burst == 2);
}

TEST_CASE("a super-segment beyond the quantum is paid for afterwards") {
  Pacing pacing;
  pacing.on_sent(start, 12'000, pace);
  CHECK(pacing.next_at(start, pace) == start + 12ms);
}

TEST_CASE("a faster pace shortens the wait that is under way") {
  Pacing pacing;
  pacing.on_sent(start, 12'000, pace);
  CHECK(pacing.next_at(start, {.rate = 12'000'000, .quantum = 2000}) == start + 1ms);
}

TEST_CASE("without a rate nothing waits") {
  Pacing pacing;
  for (int i = 0; i < 100; ++i) pacing.on_sent(start, 65535, {});
  CHECK(pacing.next_at(start, {}) == start);
}

TEST_CASE("extremes neither overflow nor wait for ever") {
  Pacing pacing;
  const Pace slowest{.rate = 1, .quantum = 131'070};
  for (int i = 0; i < 10; ++i) pacing.on_sent(start, UINT32_MAX, slowest);
  CHECK(pacing.next_at(start, slowest) > start);
  CHECK(pacing.next_at(start, slowest) < start + 24h * 365);
  Pacing quick;
  const Pace fastest{.rate = std::uint64_t{1} << 40, .quantum = 65536};
  quick.on_sent(start, 65536, fastest);
  CHECK(quick.next_at(start, fastest) <= start + 60us);
  CHECK(quick.next_at(start + 24h * 365, fastest) == start + 24h * 365);
}

TEST_CASE("the pace is twice the window a round trip in slow start, a fifth more in avoidance, and none before a sample") {
  CongestionStart opening;
  opening.mss = 1000;
  Reno controller(opening, {.hystart = false});
  CHECK(pace_of(controller, {}, 1000).rate == 0);
  CHECK(pace_of(controller, 100ms, 1000).rate == 200'000);
  CHECK(pace_of(controller, 100ms, 1000).quantum == 2000);
  controller.on_congestion(start, CongestionSignal::loss, 10'000);
  CHECK(pace_of(controller, 100ms, 1000).rate == 60'000);
}

TEST_CASE("the quantum is a millisecond of the pace, at least two segments and at most 64 KiB") {
  CongestionStart opening;
  opening.mss = 1000;
  opening.initial_segments = 200;
  Reno controller(opening, {.hystart = false});
  CHECK(pace_of(controller, 40ms, 1000).quantum == 10'000);
  CHECK(pace_of(controller, 1ms, 1000).quantum == 65'536);
}
