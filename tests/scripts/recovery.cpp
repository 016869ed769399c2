// Losses and their repair, seen from the wire: RACK-TLP (RFC 8985), PRR (9937), F-RTO (5682), undo (4015), D-SACK (2883).
#include "covers.hpp"
#include "script.hpp"

using namespace ft;
using namespace ft::test;

namespace {

Setup with_sack(Duration rtt = 100ms) { return {.sack = true, .rtt = rtt}; }

}  // namespace

SCRIPT_CASE("RACK: three segments reported beyond a hole, and the hole is repeated at once") {
  FT_COVERS("rfc8985 3.3.2-1", "rfc8985 4-1", "rfc8985 4-2", "rfc2018 5-1");
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(6000);
  s.expects_full_segments(5);
  s.expects("P. 5001:6001(1000) ack 1"_seg);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:2001>"_seg);
  s.receives(". 1:1(0) ack 1 <sack 1001:3001>"_seg);
  s.stays_silent_for(1ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:4001>"_seg);
  s.expects_after(0ms, ". 1:1001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 6001"_seg);
  s.stays_silent_for(5s);
}

SCRIPT_CASE("RACK: one segment reported beyond a hole, and a quarter of the round trip later the hole is repeated") {
  FT_COVERS("rfc8985 3.3.2-3", "rfc8985 6.2-2", "rfc8985 4-3");
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(2000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects("P. 1001:2001(1000) ack 1"_seg);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:2001>"_seg);
  s.expects_after(25ms, ". 1:1001(1000) ack 1"_seg);
}

SCRIPT_CASE("RACK: a repeat that is lost too is repeated when what left after it is reported") {
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(12000);
  s.expects_full_segments(10);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:5001>"_seg);
  s.expects_after(0ms, ". 1:1001(1000) ack 1"_seg);
  s.expects(". 10001:11001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 <sack 1001:10001>"_seg);
  s.expects("P. 11001:12001(1000) ack 1"_seg);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:12001>"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 12001"_seg);
  s.stays_silent_for(5s);
}

SCRIPT_CASE("a tail that is not answered is probed after two round trips, and a D-SACK says that nothing was lost") {
  FT_COVERS("rfc8985 7.2-1", "rfc8985 7.2-4", "rfc8985 7.3-5", "rfc8985 7.3-6");
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(2000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects("P. 1001:2001(1000) ack 1"_seg);
  const auto cwnd = s.info().cwnd;
  s.expects_after(200ms, "P. 1001:2001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 2001"_seg);
  s.receives(". 1:1(0) ack 2001 <sack 1001:2001>"_seg);
  s.app_writes(1000);
  s.expects("P. 2001:3001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 3001"_seg);
  CHECK(s.info().cwnd >= cwnd);
}

SCRIPT_CASE("a probe that repaired a loss in silence counts as a loss") {
  FT_COVERS("rfc8985 7.4.2-1", "rfc8985 7.4.2-2");
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(2000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects("P. 1001:2001(1000) ack 1"_seg);
  const auto cwnd = s.info().cwnd;
  s.receives(". 1:1(0) ack 1001"_seg);
  s.expects("P. 1001:2001(1000) ack 1"_seg);
  s.app_writes(1000);
  s.expects("P. 2001:3001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 2001"_seg);  // no D-SACK: only one of both arrived
  s.waits(100ms);
  s.receives(". 1:1(0) ack 3001"_seg);
  CHECK(s.info().cwnd < cwnd);
}

SCRIPT_CASE("the probe is new data where there is some") {
  FT_COVERS("rfc8985 7.3-4");
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(12000);
  s.expects_full_segments(10);
  s.expects_after(200ms, ". 10001:11001(1000) ack 1"_seg);
}

SCRIPT_CASE("after a probe the retransmission timer runs, and no second probe goes before it") {
  FT_COVERS("rfc6298 1-1", "rfc6298 5-1", "rfc8985 7.3-1", "rfc8985 7.3-2", "rfc8985 7.3-3", "rfc8985 7.3-7", "rfc8985 8-1");
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(2000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects("P. 1001:2001(1000) ack 1"_seg);
  s.expects_after(200ms, "P. 1001:2001(1000) ack 1"_seg);
  s.expects_after(300ms, ". 1:1001(1000) ack 1"_seg);  // srtt + max(4 rttvar, 200 ms)
}

SCRIPT_CASE("a lone segment waits for the peer's delayed ACK before it is probed, but never longer than the RTO") {
  FT_COVERS("rfc8985 7.2-3");
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(1000);
  s.expects("P. 1:1001(1000) ack 1"_seg);
  s.expects_after(300ms, "P. 1:1001(1000) ack 1"_seg);
}

SCRIPT_CASE("a peer without SACK is never probed") {
  auto s = Script::established(name, variant, {.rtt = 100ms});
  s.app_writes(2000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects("P. 1001:2001(1000) ack 1"_seg);
  s.expects_after(300ms, ". 1:1001(1000) ack 1"_seg);
}

SCRIPT_CASE("after a timeout only the holes are repeated") {
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(4000);
  s.expects_full_segments(3);
  s.expects("P. 3001:4001(1000) ack 1"_seg);
  s.waits(50ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:2001>"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);  // RACK, a quarter of the round trip later
  s.expects(". 1:1001(1000) ack 1"_seg);  // the repeat was lost, and nothing left after it: the timer
  s.receives(". 1:1(0) ack 2001"_seg);
  s.expects(". 2001:3001(1000) ack 1"_seg);
  s.expects("P. 3001:4001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 4001"_seg);
  s.stays_silent_for(5s);
}

SCRIPT_CASE("a peer that threw away what it had reported gets it again after the timeout") {
  FT_COVERS("rfc2018 8-4", "rfc2018 5-3");
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(3000);
  s.expects_full_segments(2);
  s.expects("P. 2001:3001(1000) ack 1"_seg);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:3001>"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1001"_seg);  // and not 3001
  s.expects(". 1001:2001(1000) ack 1"_seg);
}

SCRIPT_CASE("PRR: recovery halves the flight step by step, then sends one for one") {
  FT_COVERS("rfc2018 5.1-1", "rfc9937 6.1-1", "rfc8985 9.3-1", "rfc9937 5-1");
  Setup setup = with_sack();
  setup.options.congestion = Congestion::new_reno;
  setup.options.pacing = false;
  auto s = Script::established(name, variant, setup);
  s.app_writes(30000);
  s.expects_full_segments(10);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:4001>"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  CHECK(s.info().ssthresh == 5000);
  std::uint32_t next = 10001;
  for (std::uint32_t delivered = 4; delivered <= 9; ++delivered) {
    Seg ack = ". 1:1(0) ack 1 <sack 1001:4001>"_seg;
    ack.sack[0][1] = delivered * 1000 + 1001;
    s.receives(ack);
    if (delivered == 5 || delivered == 6) {  // by then the flight is ssthresh
      s.stays_silent_for(1ms);
      continue;
    }
    s.expects(". 0:0(0) ack 1"_seg.with_text(next, 1000));
    next += 1000;
  }
}

SCRIPT_CASE("a duplicate is reported first, below the ACK or with the island that holds it") {
  FT_COVERS("rfc2883 4-1", "rfc2883 4-2", "rfc2883 4-3", "rfc2883 4-4", "rfc2883 4-5");
  auto s = Script::accepted(name, variant, with_sack());
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1001 <>"_seg);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1001 <sack 1:1001>"_seg);
  s.receives(". 501:1501(1000) ack 1"_seg);  // half of it is news
  s.expects(". 1:1(0) ack 1501 <sack 501:1001>"_seg);
  s.receives(". 2501:3501(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1501 <sack 2501:3501>"_seg);
  s.receives(". 3501:4501(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1501 <sack 2501:4501>"_seg);
  s.receives(". 2501:3501(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1501 <sack 2501:3501 2501:4501>"_seg);
  s.receives(". 5501:6501(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1501 <sack 5501:6501 2501:4501>"_seg);  // each duplicate is reported once
}

SCRIPT_CASE("with D-SACK switched off a duplicate is answered with a plain ACK") {
  Setup setup = with_sack();
  setup.options.duplicate_sack = false;
  auto s = Script::accepted(name, variant, setup);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1001 <>"_seg);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1001 <>"_seg);
}

SCRIPT_CASE("F-RTO: a timeout that came too early is taken back when the ACKs of the first copies arrive") {
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(13000);
  s.expects_full_segments(10);
  const auto cwnd = s.info().cwnd;
  s.expects(". 10001:11001(1000) ack 1"_seg);  // tail loss probe
  s.expects(". 1:1001(1000) ack 1"_seg);       // the timer
  CHECK(s.info().cwnd == 1000);
  s.receives(". 1:1(0) ack 1001"_seg);
  s.expects(". 11001:12001(1000) ack 1"_seg);  // new data: what comes back tells which copy arrived
  s.receives(". 1:1(0) ack 2001"_seg);
  CHECK(s.info().cwnd >= cwnd);
}

SCRIPT_CASE("D-SACKs for all that was repeated bring the window back") {
  FT_COVERS("rfc2883 5-1");
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(10000);
  s.expects_full_segments(9);
  s.expects("P. 9001:10001(1000) ack 1"_seg);
  const auto cwnd = s.info().cwnd;
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:4001>"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  CHECK(s.info().cwnd < cwnd);
  s.receives(". 1:1(0) ack 4001"_seg);  // the first copy was only late
  s.receives(". 1:1(0) ack 4001 <sack 1:1001>"_seg);
  CHECK(s.info().cwnd >= cwnd);
}

SCRIPT_CASE("with the rules of RFC 6675 in RACK's place three reported segments repeat the hole, and one does not") {
  Setup setup = with_sack();
  setup.options.rack = false;
  auto s = Script::established(name, variant, setup);
  s.app_writes(6000);
  s.expects_full_segments(5);
  s.expects("P. 5001:6001(1000) ack 1"_seg);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:2001>"_seg);
  s.stays_silent_for(100ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:4001>"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
}

SCRIPT_CASE("a flight larger than the initial window is spread over the round trip") {
  FT_COVERS("rfc9937 6.4-1");
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(30000);
  s.expects_full_segments(10);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 10001"_seg);
  // Twice the window of 20000 octets in 100 ms: a segment each 2.5 ms, two at a time.
  s.expects_after(0ms, ". 10001:11001(1000) ack 1"_seg);
  s.expects_after(0ms, ". 11001:12001(1000) ack 1"_seg);
  s.expects_after(5ms, ". 12001:13001(1000) ack 1"_seg);
  s.expects_after(0ms, ". 13001:14001(1000) ack 1"_seg);
  s.expects_after(5ms, ". 14001:15001(1000) ack 1"_seg);
}

SCRIPT_CASE("SACK is permitted by the SYN and by no later segment") {
  FT_COVERS("rfc2018 2-1");
  Script s(name, variant, {.sack = true});
  s.connects();
  s.expects(variant.v6 ? "S 0:0(0) <mss 1440,sackOK,TS val 0 ecr 0,wscale 7>"_seg
                       : "S 0:0(0) <mss 1460,sackOK,TS val 0 ecr 0,wscale 7>"_seg);
  s.receives("S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK>"_seg);
  s.expects(". 1:1(0) ack 1 <>"_seg);
  s.app_writes(100);
  s.expects("P. 1:101(100) ack 1 <>"_seg);
}

SCRIPT_CASE("a loss that only the reordering timer finds makes the window smaller, too") {
  FT_COVERS("rfc8985 6.2-2");
  auto s = Script::established(name, variant, with_sack());
  s.app_writes(6000);
  s.expects_full_segments(5);
  s.expects("P. 5001:6001(1000) ack 1"_seg);
  s.waits(100ms);
  const auto before = s.info().cwnd;
  s.receives(". 1:1(0) ack 1 <sack 1001:2001>"_seg);  // one alone may have been overtaken
  CHECK(s.info().cwnd >= before);
  s.expects(". 1:1001(1000) ack 1"_seg);
  CHECK(s.info().ssthresh < before);
}

SCRIPT_CASE("a fast retransmission of the first segment starts the timer anew (RFC 6582 4)") {
  auto s = Script::established(name, variant, {.rtt = 100ms});
  s.app_writes(5000);
  s.expects_full_segments(4);
  s.expects("P. 4001:5001(1000) ack 1"_seg);
  s.waits(250ms);  // of the 300 ms that the timer has
  for (int i = 0; i < 3; ++i) s.receives(". 1:1(0) ack 1"_seg);
  s.expects_after(0ms, ". 1:1001(1000) ack 1"_seg);
  s.stays_silent_for(290ms);
}
