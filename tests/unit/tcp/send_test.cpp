#include "tcp/congestion/new_reno.hpp"
#include "tcp/send/nagle.hpp"
#include "tcp/send/recovery.hpp"
#include "tcp/send/rto.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;

namespace {
constexpr RtoLimits limits{1s, 200ms, 120s};
}

TEST_CASE("before any sample the RTO is one second and doubles up to its ceiling") {
  Rto rto;
  CHECK(rto.value(limits) == 1s);
  rto.back_off();
  CHECK(rto.value(limits) == 2s);
  for (int i = 0; i < 40; ++i) rto.back_off();
  CHECK(rto.value(limits) == 120s);
  CHECK_FALSE(rto.srtt());
}

TEST_CASE("the first sample sets srtt to R and rttvar to R/2, later ones smooth by 1/8 and 1/4") {
  Rto rto;
  rto.on_sample(100ms);
  CHECK(rto.srtt() == Duration(100ms));
  CHECK(rto.rttvar() == Duration(50ms));
  CHECK(rto.value(limits) == Duration(300ms));
  rto.on_sample(180ms);
  CHECK(rto.srtt() == Duration(110ms));
  CHECK(rto.rttvar() == Duration(57500us));
}

TEST_CASE("on a steady path the RTO never falls under the round trip plus 200 ms") {
  Rto rto;
  for (int i = 0; i < 1000; ++i) rto.on_sample(190ms);
  CHECK(rto.value(limits) >= Duration(389ms));
  CHECK(rto.value(limits) <= Duration(391ms));
}

TEST_CASE("a sample ends the backoff, and absurd samples are bounded") {
  Rto rto;
  rto.back_off();
  rto.on_sample(10ms);
  CHECK(rto.backoff() == 0);
  rto.on_sample(-5s);
  rto.on_sample(10h);
  CHECK(rto.value(limits) <= 120s);
}

TEST_CASE("a lost SYN makes the first data wait three seconds unless something was measured") {
  Rto rto;
  rto.restart_after_lost_syn();
  CHECK(rto.value(limits) == 3s);
  rto.on_sample(50ms);
  CHECK(rto.value(limits) == Duration(250ms));
}

TEST_CASE("slow start doubles a window per round trip, congestion avoidance adds one segment") {
  NewReno reno;
  reno.open(1000, 10);
  CHECK(reno.window() == 10'000);
  for (int i = 0; i < 10; ++i) reno.on_ack(1000, true);
  CHECK(reno.window() == 20'000);
  reno.on_loss(20'000);
  CHECK(reno.ssthresh() == 10'000);
  reno.on_recovered(20'000);
  CHECK(reno.window() == 10'000);
  for (int i = 0; i < 10; ++i) reno.on_ack(1000, true);
  CHECK(reno.window() == 11'000);
}

TEST_CASE("one ACK counts for at most eight segments in slow start") {
  NewReno reno;
  reno.open(1000, 10);
  reno.on_ack(20'000, true);
  CHECK(reno.window() == 18'000);
}

TEST_CASE("a window that was not used does not grow") {
  NewReno reno;
  reno.open(1000, 10);
  for (int i = 0; i < 100; ++i) reno.on_ack(1000, false);
  CHECK(reno.window() == 10'000);
}

TEST_CASE("a timeout leaves one segment, and only the first one halves the threshold") {
  NewReno reno;
  reno.open(1000, 10);
  reno.on_rto(10'000, true);
  CHECK(reno.window() == 1000);
  CHECK(reno.ssthresh() == 5000);
  reno.on_rto(1000, false);
  CHECK(reno.ssthresh() == 5000);
}

TEST_CASE("windows saturate instead of wrapping after years of ACKs") {
  NewReno reno;
  reno.open(65'000, 10);
  std::uint64_t last = 0;
  for (int i = 0; i < 4'000'000; ++i) {
    reno.on_ack(UINT32_MAX, true);
    REQUIRE(reno.window() >= last);
    last = reno.window();
  }
  CHECK(last == std::uint64_t{1} << 40);
}

TEST_CASE("the third duplicate enters recovery once, progress up to the recovery point leaves it") {
  Recovery recovery;
  recovery.open(Seq{0});
  const Seq una{1};
  const Seq max{10'001};
  CHECK(recovery.on_duplicate(una, max) == Recovery::Verdict::nothing);
  CHECK(recovery.on_duplicate(una, max) == Recovery::Verdict::nothing);
  CHECK(recovery.on_duplicate(una, max) == Recovery::Verdict::enter);
  CHECK(recovery.on_duplicate(una, max) == Recovery::Verdict::inflate);
  CHECK(recovery.on_progress(Seq{2001}) == Recovery::Verdict::partial);
  CHECK(recovery.on_progress(Seq{10'001}) == Recovery::Verdict::full);
  CHECK_FALSE(recovery.active());
}

TEST_CASE("duplicates of what a timeout already repeats do not enter recovery") {
  Recovery recovery;
  recovery.open(Seq{0});
  recovery.on_rto(Seq{10'001});
  for (int i = 0; i < 5; ++i) CHECK(recovery.on_duplicate(Seq{5001}, Seq{10'001}) == Recovery::Verdict::nothing);
  recovery.on_progress(Seq{12'001});
  for (int i = 0; i < 2; ++i) CHECK(recovery.on_duplicate(Seq{12'001}, Seq{20'001}) == Recovery::Verdict::nothing);
  CHECK(recovery.on_duplicate(Seq{12'001}, Seq{20'001}) == Recovery::Verdict::enter);
}

TEST_CASE("Nagle: a small segment leaves when nothing is outstanding, when it closes, or when the switch is off") {
  SmallSegment s{
      .length = 10, .mss = 1000, .queued = 10, .max_wnd = 65535, .nothing_outstanding = false, .nagle = true, .closing = false};
  CHECK_FALSE(may_leave(s));
  s.nothing_outstanding = true;
  CHECK(may_leave(s));
  s.nothing_outstanding = false;
  s.nagle = false;
  CHECK(may_leave(s));
  s.nagle = true;
  s.closing = true;
  CHECK(may_leave(s));
}

TEST_CASE("a piece cut off by the window leaves only when it is half the largest window") {
  SmallSegment s{
      .length = 400, .mss = 1000, .queued = 5000, .max_wnd = 1000, .nothing_outstanding = true, .nagle = false, .closing = false};
  CHECK_FALSE(may_leave(s));
  s.length = 500;
  CHECK(may_leave(s));
}
