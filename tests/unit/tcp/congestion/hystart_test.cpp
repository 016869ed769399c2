#include "tcp/congestion/hystart.hpp"
#include "acks.hpp"
#include "tcp/congestion/reno.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace ft::tcp::test;
using namespace std::chrono_literals;
using Phase = HyStart::Phase;

namespace {
Phase round(HyStart& hystart, Duration rtt, int samples = 8) {
  Phase phase = hystart.on_ack(true, rtt);
  for (int i = 1; i < samples; ++i) phase = hystart.on_ack(false, rtt);
  return phase;
}
}  // namespace

TEST_CASE("a round trip that grows by an eighth leads into conservative slow start") {
  HyStart hystart{true};
  CHECK(round(hystart, 100ms) == Phase::slow_start);
  CHECK(round(hystart, 112ms) == Phase::slow_start);
  CHECK(round(hystart, 126ms) == Phase::conservative);
}

TEST_CASE("the growth that counts is never under 4 ms nor over 16 ms") {
  HyStart quick{true};
  (void)round(quick, 1ms);
  CHECK(round(quick, 4900us) == Phase::slow_start);
  CHECK(round(quick, 8900us) == Phase::conservative);
  HyStart slow{true};
  (void)round(slow, 600ms);
  CHECK(round(slow, 615ms) == Phase::slow_start);
  CHECK(round(slow, 631ms) == Phase::conservative);
}

TEST_CASE("seven samples in a round are too few to judge by") {
  HyStart hystart{true};
  (void)round(hystart, 100ms);
  CHECK(round(hystart, 200ms, 7) == Phase::slow_start);
  CHECK(hystart.on_ack(false, 200ms) == Phase::conservative);
}

TEST_CASE("five rounds of conservative slow start end it, the round in which it began included") {
  HyStart hystart{true};
  (void)round(hystart, 100ms);
  CHECK(round(hystart, 120ms) == Phase::conservative);
  for (int i = 0; i < 4; ++i) CHECK(round(hystart, 120ms) == Phase::conservative);
  CHECK(round(hystart, 120ms, 1) == Phase::done);
  CHECK(hystart.ended_by_delay());
}

TEST_CASE("delay that goes away again was jitter: slow start resumes") {
  HyStart hystart{true};
  (void)round(hystart, 100ms);
  (void)round(hystart, 120ms);
  CHECK(round(hystart, 119ms) == Phase::slow_start);
}

TEST_CASE("switched off or finished it says done and blames no delay") {
  HyStart off{false};
  CHECK(round(off, 100ms) == Phase::done);
  HyStart lost{true};
  lost.finish();
  CHECK(round(lost, 100ms) == Phase::done);
  CHECK_FALSE(lost.ended_by_delay());
}

TEST_CASE("conservative slow start climbs a quarter as steep, and its end sets the threshold") {
  Reno controller(start_with(), {.hystart = true, .paced = true});
  Acks acks{controller};
  acks.round(1000, 100ms);
  acks.round(1000, 100ms);
  REQUIRE(controller.window() == 40'000);
  // Conservative from the eighth slow ACK on (the last that still counts in full is the seventh).
  acks.round(1000, 130ms);
  CHECK(controller.phase() == "conservative slow start");
  CHECK(controller.window() == 40'000u + 7'000u + 33u * 250u);
  for (int i = 0; i < 5; ++i) acks.round(1000, 130ms);
  CHECK(controller.phase() == "avoidance");
  CHECK(controller.ssthresh() != UINT64_MAX);
}
