// RFC 5681, and what RFC 6298 and RFC 2018 ask of a sender, seen from the wire: windows, timers, and what goes again.
#include "script.hpp"

using namespace ft;
using namespace ft::test;

namespace {

/// The timer alone repairs losses.
Setup timer_only(Duration rtt = 100ms) {
  Setup setup;
  setup.rtt = rtt;
  setup.options.tail_loss_probe = false;
  setup.options.rack = false;
  return setup;
}

}  // namespace

SCRIPT_CASE("no more leaves than the congestion window allows, and the handshake does not widen it") {
  FT_COVERS("rfc5681 3-1", "rfc5681 3.1-1", "rfc5681 3.1-3", "rfc5681 3.1-6");
  for (const bool active : {false, true}) {
    CAPTURE(active);
    auto s = active ? Script::established(name, variant) : Script::accepted(name, variant);
    CHECK(s.info().cwnd == 10'000);
    CHECK(s.info().ssthresh > 1'000'000'000);
    s.app_writes(30'000);
    s.expects_full_segments(10);
    s.stays_silent_for(15ms);
  }
}

SCRIPT_CASE("after a SYN that had to be repeated the first flight is one segment, and its timeout three seconds") {
  FT_COVERS("rfc5681 3.1-4", "rfc6298 5.7-1", "rfc9293 MUST-19");
  Script s(name, variant, timer_only());
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.expects_after(1s, "S 0:0(0)"_seg);
  s.receives("S. 0:0(0) ack 1 win 65535 <mss 1000>"_seg);
  s.expects(". 1:1(0) ack 1"_seg);
  s.app_writes(3000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects_after(3s, ". 1:1001(1000) ack 1"_seg);
}

SCRIPT_CASE("a listener whose SYN-ACK had to be repeated begins with one segment") {
  FT_COVERS("rfc5681 3.1-4");
  Script s(name, variant);
  s.listens();
  s.receives("S 0:0(0) win 65535 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.expects_after(1s, "S. 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 win 65535"_seg);
  s.accepts();
  s.app_writes(3000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.stays_silent_for(100ms);
}

SCRIPT_CASE("a loss makes ssthresh smaller, and a timeout leaves one segment") {
  FT_COVERS("rfc5681 3.1-7", "rfc5681 3.1-12", "rfc5681 3.1-13", "rfc9293 MUST-19");
  Setup setup = timer_only();
  setup.options.congestion = Congestion::new_reno;
  auto s = Script::established(name, variant, setup);
  s.app_writes(10'000);
  s.expects_full_segments(9);
  s.expects("P. 9001:10001(1000) ack 1"_seg);
  s.expects_after(300ms, ". 1:1001(1000) ack 1"_seg);
  CHECK(s.info().ssthresh == 5000);
  CHECK(s.info().cwnd == 1000);
  s.stays_silent_for(100ms);
  s.receives(". 1:1(0) ack 1001"_seg);
  CHECK(s.info().cwnd == 2000);
  s.expects(". 1001:2001(1000) ack 1"_seg);
  s.expects(". 2001:3001(1000) ack 1"_seg);
  s.stays_silent_for(100ms);
}

SCRIPT_CASE("a retransmission that is lost as well lowers the window once more") {
  FT_COVERS("rfc5681 4.3-2");
  Setup setup = timer_only();
  setup.options.rack = true;
  setup.sack = true;
  setup.options.congestion = Congestion::new_reno;
  auto s = Script::established(name, variant, setup);
  s.app_writes(10'000);
  s.expects_full_segments(9);
  s.expects("P. 9001:10001(1000) ack 1"_seg);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:10001>"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  const auto once = s.info().ssthresh;
  CHECK(once == 5000);
  s.expects(". 1:1001(1000) ack 1"_seg);  // the timer: the repeat is lost, and nothing left after it
  CHECK(s.info().cwnd == 1000);
}

SCRIPT_CASE("two duplicate ACKs let out one new segment each and leave cwnd alone; the third repeats the first segment") {
  FT_COVERS("rfc5681 3.2-3", "rfc5681 3.2-4", "rfc5681 3.2-5", "rfc5681 3.2-7");
  Setup setup;
  setup.rtt = 100ms;
  setup.options.congestion = Congestion::new_reno;
  setup.options.pacing = false;
  auto s = Script::established(name, variant, setup);
  s.app_writes(13'000);
  s.expects_full_segments(10);
  s.waits(10ms);
  const auto cwnd = s.info().cwnd;
  s.receives(". 1:1(0) ack 1"_seg);
  s.expects_after(0ms, ". 10001:11001(1000) ack 1"_seg);
  CHECK(s.info().cwnd == cwnd);
  s.receives(". 1:1(0) ack 1"_seg);
  s.expects_after(0ms, ". 11001:12001(1000) ack 1"_seg);
  CHECK(s.info().cwnd == cwnd);
  s.receives(". 1:1(0) ack 1"_seg);
  s.expects_after(0ms, ". 1:1001(1000) ack 1"_seg);
  CHECK(s.info().ssthresh <= 6000);
}

SCRIPT_CASE("a duplicate ACK that reports nothing new lets nothing out") {
  FT_COVERS("rfc5681 3.2-6", "rfc5681 4.3-1", "rfc2018 5.1-1");
  Setup setup;
  setup.sack = true;
  setup.rtt = 100ms;
  auto s = Script::established(name, variant, setup);
  s.app_writes(13'000);
  s.expects_full_segments(10);
  s.waits(10ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:2001>"_seg);
  s.expects(". 10001:11001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 <sack 1001:2001>"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  s.stays_silent_for(1ms);
  const auto cwnd = s.info().cwnd;
  s.receives(". 1:1(0) ack 1 <sack 1001:4001>"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  CHECK(s.info().ssthresh < cwnd);
}

SCRIPT_CASE("after an idle time longer than the RTO no more than an initial window leaves at once") {
  FT_COVERS("rfc5681 4.1-1");
  Setup setup;
  setup.rtt = 10ms;
  setup.options.send_buffer = 1u << 20;
  auto s = Script::established(name, variant, setup);
  s.app_writes(60'000);
  for (std::uint32_t at = 1; at < 60'001;) {  // the window grows
    s.lets_pass_until(s.now() + 10ms);
    at += s.info().snd_nxt - s.info().snd_una;
    s.receives(". 1:1(0) ack 1"_seg.acking(at));
  }
  CHECK(s.info().cwnd > 20'000);
  s.waits(10min);
  s.app_writes(60'000);
  std::uint32_t at_once = 0;
  while (s.leaves_now()) ++at_once;
  CHECK(at_once <= 10);
}

SCRIPT_CASE("the timer runs with data, starts anew with each ACK of new data, and stops when nothing is outstanding") {
  FT_COVERS("rfc6298 5-1", "rfc6298 5-2", "rfc6298 1-1");
  auto s = Script::established(name, variant, timer_only());
  s.app_writes(2000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects("P. 1001:2001(1000) ack 1"_seg);
  s.waits(90ms);
  s.receives(". 1:1(0) ack 1001"_seg);
  const Duration rto = s.info().rto;
  s.expects_after(rto, "P. 1001:2001(1000) ack 1"_seg);
  s.expects_after(2 * rto, "P. 1001:2001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 2001"_seg);
  s.stays_silent_for(1h);
}

SCRIPT_CASE("on a path that never varies the timeout still leaves room above the round trip") {
  FT_COVERS("rfc6298 4-1");
  Setup setup = timer_only();
  setup.options.min_rto = 1ms;
  auto s = Script::established(name, variant, setup);
  for (std::uint32_t at = 1; at < 100; ++at) {
    s.app_writes(1);
    s.expects_something();
    s.waits(100ms);
    s.receives(". 1:1(0) ack 1"_seg.acking(at + 1));
  }
  CHECK(s.info().rttvar < 1us * 10);
  CHECK(s.info().rto >= 101ms);
}

SCRIPT_CASE("the timeout never grows beyond its ceiling, which is above a minute") {
  FT_COVERS("rfc6298 2.5-1");
  Setup setup = timer_only();
  setup.options.user_timeout = 1h;
  auto s = Script::established(name, variant, setup);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  Duration gap = 300ms;
  for (int i = 0; i < 12; ++i) {
    s.expects_after(gap, "P. 1:11(10) ack 1"_seg);
    gap = std::min<Duration>(2 * gap, 120s);
  }
}

SCRIPT_CASE("SACK-permitted goes on SYNs only, and blocks tell of nothing but what is held") {
  FT_COVERS("rfc2018 2-1", "rfc2018 8-3");
  auto s = Script::accepted(name, variant, {.sack = true});
  CHECK(s.last_sent().options.sack_permitted);
  s.receives(". 1001:1501(500) ack 1"_seg);
  s.expects(". 1:1(0) ack 1 <sack 1001:1501>"_seg);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1501 <>"_seg);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1501 <>"_seg);
}

SCRIPT_CASE("what was selectively acknowledged is kept until the cumulative ACK covers it") {
  FT_COVERS("rfc2018 8-4", "rfc2018 5-3");
  Setup setup = timer_only();
  setup.sack = true;
  auto s = Script::established(name, variant, setup);
  s.app_writes(2000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects("P. 1001:2001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 <sack 1001:2001>"_seg);
  CHECK(s.info().rings.unacknowledged == 2000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1001"_seg);        // reneged
  s.expects("P. 1001:2001(1000) ack 1"_seg);  // the harness compares the octets
  s.receives(". 1:1(0) ack 2001"_seg);
}

SCRIPT_CASE("before a round trip was measured the end of a flight is probed after a second") {
  FT_COVERS("rfc8985 7.2-2");
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.expects_after(1s, "S 0:0(0)"_seg);
  s.receives("S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>"_seg);  // of which SYN? nothing is measured (Karn)
  s.expects(". 1:1(0) ack 1"_seg);
  s.app_writes(1000);
  s.expects("P. 1:1001(1000) ack 1"_seg);
  s.expects_after(1s, "P. 1:1001(1000) ack 1"_seg);
}

SCRIPT_CASE("CUBIC gives up three tenths of its window at a loss, at once") {
  FT_COVERS("rfc9438 4.6-1", "rfc9438 4.6-2");
  Setup setup;
  setup.sack = true;
  setup.rtt = 100ms;
  setup.options.congestion = Congestion::cubic;
  setup.options.pacing = false;
  auto s = Script::established(name, variant, setup);
  s.app_writes(10'000);
  s.expects_full_segments(9);
  s.expects("P. 9001:10001(1000) ack 1"_seg);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:4001>"_seg);
  CHECK(s.info().ssthresh == 7000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 10001"_seg);
  CHECK(s.info().cwnd >= 7000);
  CHECK(s.info().cwnd <= 8000);
}
