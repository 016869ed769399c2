#include "tcp/send/nagle.hpp"
#include "tcp/send/rto.hpp"
#include "tcp/send/sender.hpp"

#include "covers.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

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
  FT_COVERS("rfc6298 4-1");
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
  FT_COVERS("rfc6298 5.7-1");
  Rto rto;
  rto.restart_after_lost_syn();
  CHECK(rto.value(limits) == 3s);
  rto.on_sample(50ms);
  CHECK(rto.value(limits) == Duration(250ms));
}

TEST_CASE("Nagle: a small segment leaves when nothing is outstanding, when it closes, or when the switch is off") {
  SmallSegment s{.length = 10,
                 .mss = 1000,
                 .queued = 10,
                 .max_wnd = 65535,
                 .nothing_outstanding = false,
                 .nagle = true,
                 .cork = false,
                 .closing = false};
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
  SmallSegment s{.length = 400,
                 .mss = 1000,
                 .queued = 5000,
                 .max_wnd = 1000,
                 .nothing_outstanding = true,
                 .nagle = false,
                 .cork = false,
                 .closing = false};
  CHECK_FALSE(may_leave(s));
  s.length = 500;
  CHECK(may_leave(s));
}

TEST_CASE("a mark of urgent data that was acknowledged long ago never comes back, however many octets follow") {
  BufferPool pool{1u << 20};
  Deadlines deadlines;
  const ft::TcpOptions options;
  const SendLimits send_limits{
      .options = options, .mss = 1000, .max_text = 1000, .headers = 40, .cork = false, .sack = true, .r2 = 100s, .syn_text = 0};
  Sender sender;
  sender.open(Seq{0});
  sender.assume_syn_sent(Instant{});
  sender.on_syn_acked(pool, Instant{} + 1ms, Seq{1}, deadlines);
  sender.snd.up = Seq{101};
  for (int gigabyte = 0; gigabyte < 9; ++gigabyte) {
    sender.snd.nxt = sender.snd.max = sender.snd.una + (1u << 30);
    AckNews news;
    news.ack = sender.snd.max;
    sender.on_ack(pool, Instant{} + 1s, news, {}, send_limits, deadlines);
    CHECK(distance(sender.snd.nxt, sender.snd.up) <= 0);
  }
}

TEST_CASE("a tail loss probe that an ACK made needless, before it could leave, holds up no repair") {
  BufferPool pool{1u << 20};
  Deadlines deadlines;
  const ft::TcpOptions options;
  const SendLimits send_limits{
      .options = options, .mss = 1000, .max_text = 1000, .headers = 40, .cork = false, .sack = true, .r2 = 100s, .syn_text = 0};
  const Instant opened = Instant{} + 1s;
  Sender sender;
  sender.open(Seq{0});
  sender.assume_syn_sent(opened);
  sender.on_syn_acked(pool, opened + 100ms, Seq{1}, deadlines);
  sender.start(1000, 10, false);
  sender.on_window(pool, 60'000, deadlines);
  const std::vector<std::byte> text(5000);
  REQUIRE(sender.buffer.write(pool, 60'000, text) == text.size());
  for (int i = 0; i < 5; ++i) REQUIRE(sender.next(pool, opened + 100ms, send_limits, deadlines));
  const Instant probe_at = deadlines[Timer::retransmit];
  REQUIRE(sender.timer_kind() == RetransmitTimer::tail_loss_probe);
  REQUIRE(sender.on_timeout(pool, probe_at, send_limits, deadlines) == Sender::Timeout::goes_on);
  // The link takes nothing just now. Meanwhile the peer reports the tail, and that the first is missing.
  const std::array blocks{wire::SackBlock{Seq{1001}, Seq{5001}}};
  AckNews news;
  news.ack = Seq{1};
  news.sack = blocks;
  news.duplicate = true;
  CHECK(sender.on_ack(pool, probe_at, news, {}, send_limits, deadlines).entered_recovery);
  const auto repeat = sender.next(pool, probe_at, send_limits, deadlines);
  REQUIRE(repeat);
  CHECK(repeat->seq == Seq{1});
  CHECK(repeat->cause == Cause::retransmit_rack);
  sender.release(pool);
}
