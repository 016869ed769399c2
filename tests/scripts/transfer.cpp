#include "script.hpp"

using namespace ft;
using namespace ft::test;

SCRIPT_CASE("ten segments leave at once, PSH only on the last of the write") {
  FT_COVERS("rfc9293 MUST-60", "rfc9293 MUST-61", "rfc9293 SHLD-27", "rfc9293 SHLD-28");
  auto s = Script::established(name, variant);
  s.app_writes(12000);
  s.expects_full_segments(9);
  s.expects(". 9001:10001(1000) ack 1"_seg);
  s.stays_silent_for(50ms);
  s.receives(". 1:1(0) ack 2001"_seg);
  s.expects(". 10001:11001(1000) ack 1"_seg);
  s.expects("P. 11001:12001(1000) ack 1"_seg);
}

SCRIPT_CASE("Nagle holds a small second write back until the first is acknowledged") {
  FT_COVERS("rfc9293 SHLD-7");
  auto s = Script::established(name, variant);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  s.app_writes(10);
  s.app_writes(10);
  s.stays_silent_for(20ms);
  s.receives(". 1:1(0) ack 11"_seg);
  s.expects("P. 11:31(20) ack 1"_seg);
}

SCRIPT_CASE("without Nagle small writes leave at once") {
  Setup setup;
  setup.options.nagle = false;
  auto s = Script::established(name, variant, setup);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  s.app_writes(10);
  s.expects("P. 11:21(10) ack 1"_seg);
}

SCRIPT_CASE("a lost segment is repeated after the RTO, which doubles") {
  FT_COVERS("rfc9293 MUST-19", "rfc9293 SHLD-9", "rfc9293 SHLD-10", "rfc6298 2.2-1", "rfc6298 5.5-1", "rfc6298 5-1");
  auto s = Script::established(name, variant, {.rtt = 100ms});
  s.app_writes(500);
  s.expects("P. 1:501(500) ack 1"_seg);
  // srtt 100 ms and rttvar 50 ms from the handshake: 100 + 4 * 50 = 300 ms
  s.expects_after(300ms, "P. 1:501(500) ack 1"_seg);
  s.expects_after(600ms, "P. 1:501(500) ack 1"_seg);
  s.expects_after(1200ms, "P. 1:501(500) ack 1"_seg);
  s.receives(". 1:1(0) ack 501"_seg);
  CHECK(s.info().retransmissions == 3);
  CHECK(s.told(Event::Kind::trouble));
  s.stays_silent_for(5s);
}

SCRIPT_CASE("after a timeout everything outstanding goes again, one segment first, and grows from there") {
  auto s = Script::established(name, variant, {.rtt = 100ms});
  s.app_writes(4000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1001:2001(1000) ack 1"_seg);
  s.expects(". 2001:3001(1000) ack 1"_seg);
  s.expects("P. 3001:4001(1000) ack 1"_seg);
  s.expects_after(300ms, ". 1:1001(1000) ack 1"_seg);
  s.stays_silent_for(100ms);
  s.receives(". 1:1(0) ack 1001"_seg);
  s.expects(". 1001:2001(1000) ack 1"_seg);
  s.expects(". 2001:3001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 4001"_seg);
  s.stays_silent_for(5s);
}

SCRIPT_CASE("three duplicate ACKs repeat the missing segment without waiting for the timer") {
  Setup setup{.rtt = 100ms};
  setup.options.congestion = Congestion::new_reno;
  auto s = Script::established(name, variant, setup);
  s.app_writes(6000);
  s.expects_full_segments(5);
  s.expects("P. 5001:6001(1000) ack 1"_seg);
  s.waits(100ms);
  s.receives(". 1:1(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  s.stays_silent_for(10ms);
  s.receives(". 1:1(0) ack 1"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  CHECK(s.info().ssthresh == 3000);
  CHECK(s.info().cwnd == 3000);
  s.receives(". 1:1(0) ack 6001"_seg);
  CHECK(s.info().cwnd >= 3000);
  CHECK(s.info().cwnd <= 4000);
  s.stays_silent_for(5s);
}

SCRIPT_CASE("duplicate ACKs with SACK blocks count although the window moves (RFC 6675)") {
  auto s = Script::established(name, variant, {.rtt = 100ms});
  s.app_writes(6000);
  s.expects_full_segments(5);
  s.expects("P. 5001:6001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 win 60000 <sack 1001:2001>"_seg);
  s.receives(". 1:1(0) ack 1 win 61000 <sack 1001:3001>"_seg);
  s.stays_silent_for(10ms);
  s.receives(". 1:1(0) ack 1 win 62000 <sack 1001:4001>"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 6001"_seg);
  s.stays_silent_for(5s);
}

SCRIPT_CASE("the first two duplicate ACKs let one new segment out each, beyond the congestion window (RFC 3042)") {
  auto s = Script::established(name, variant, {.rtt = 100ms});
  s.app_writes(13000);
  s.expects_full_segments(10);  // the initial window
  s.stays_silent_for(10ms);
  s.receives(". 1:1(0) ack 1"_seg);
  s.expects(". 10001:11001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  s.expects(". 11001:12001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 12001"_seg);
  s.expects("P. 12001:13001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 13001"_seg);
  s.stays_silent_for(5s);
}

SCRIPT_CASE("one ACK that names three segments beyond the hole is enough (RFC 6675)") {
  auto s = Script::established(name, variant, {.rtt = 100ms});
  s.app_writes(6000);
  s.expects_full_segments(5);
  s.expects("P. 5001:6001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 <sack 1001:3001>"_seg);
  s.stays_silent_for(10ms);
  s.receives(". 1:1(0) ack 1 <sack 1001:4001>"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 6001"_seg);
  s.stays_silent_for(5s);
}

SCRIPT_CASE("a partial ACK in recovery repeats the next hole at once (RFC 6582)") {
  auto s = Script::established(name, variant, {.rtt = 100ms});
  s.app_writes(8000);
  s.expects_full_segments(7);
  s.expects("P. 7001:8001(1000) ack 1"_seg);
  for (int i = 0; i < 3; ++i) s.receives(". 1:1(0) ack 1"_seg);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 3001"_seg);
  s.expects(". 3001:4001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 8001"_seg);
  s.stays_silent_for(5s);
}

SCRIPT_CASE("the first text is acknowledged at once, a lone later segment after 40 ms once we answered") {
  FT_COVERS("rfc9293 MUST-40", "rfc9293 SHLD-18", "rfc5681 4.2-1", "rfc5681 4.2-2", "rfc5681 4.2-4");
  auto s = Script::accepted(name, variant);
  s.receives("P. 1:101(100) ack 1"_seg);
  s.expects_after(0ms, ". 1:1(0) ack 101"_seg);
  s.app_reads(100);
  s.app_writes(50);
  s.expects("P. 1:51(50) ack 101"_seg);
  s.receives("P. 101:201(100) ack 51"_seg);
  s.expects_after(40ms, ". 51:51(0) ack 201"_seg);
}

SCRIPT_CASE("every second full-sized segment is acknowledged at once") {
  FT_COVERS("rfc9293 SHLD-19", "rfc5681 4.2-3");
  auto s = Script::accepted(name, variant);
  s.app_writes(50);
  s.expects("P. 1:51(50) ack 1"_seg);
  s.receives(". 1:1001(1000) ack 51"_seg);
  s.expects(". 51:51(0) ack 1001"_seg);
  s.app_writes(50);
  s.expects("P. 51:101(50) ack 1001"_seg);
  s.receives(". 1001:2001(1000) ack 101"_seg);
  s.stays_silent_for(10ms);
  s.receives(". 2001:3001(1000) ack 101"_seg);
  s.expects_after(0ms, ". 101:101(0) ack 3001"_seg);
}

SCRIPT_CASE("many segments before one drain make one acknowledgement") {
  auto s = Script::accepted(name, variant);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1001"_seg);
}

SCRIPT_CASE("out-of-order text is kept, acknowledged with SACK blocks newest first, and joined when the hole fills") {
  FT_COVERS("rfc2018 8-3", "rfc9293 SHLD-31", "rfc9293 MAY-13", "rfc2018 3-1", "rfc2018 4-1", "rfc2018 4-3", "rfc2018 4-4",
            "rfc2018 4-5", "rfc2018 4-6", "rfc2018 4-7", "rfc2018 4-8", "rfc5681 3.2-1", "rfc5681 3.2-2", "rfc5681 4.2-5",
            "rfc5681 4.2-6", "rfc5681 4.2-7");
  auto s = Script::accepted(name, variant, {.sack = true});
  s.receives(". 1001:2001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1 <sack 1001:2001>"_seg);
  s.receives(". 3001:4001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1 <sack 3001:4001 1001:2001>"_seg);
  s.receives(". 5001:6001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1 <sack 5001:6001 3001:4001 1001:2001>"_seg);
  s.receives(". 2001:3001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1 <sack 1001:4001 5001:6001>"_seg);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 4001 <sack 5001:6001>"_seg);
  s.receives(". 4001:5001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 6001 <>"_seg);
  s.app_reads(6000);
}

SCRIPT_CASE("without SACK out-of-order text is acknowledged with plain duplicate ACKs") {
  FT_COVERS("rfc2018 4-2");
  auto s = Script::accepted(name, variant);
  s.receives(". 1001:2001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1 <>"_seg);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 2001"_seg);
  s.app_reads(2000);
}

SCRIPT_CASE("overlapping text is taken once") {
  auto s = Script::accepted(name, variant);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1001"_seg);
  s.receives(". 501:1501(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1501"_seg);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.dropped(DropReason::not_acceptable);
  s.expects(". 1:1(0) ack 1501"_seg);
  s.app_reads(1500);
}

SCRIPT_CASE("a timestamp older than the last one is an old duplicate (PAWS)") {
  FT_COVERS("rfc7323 5.3-1");
  auto s = Script::accepted(name, variant, {.timestamps = true});
  s.receives("P. 1:11(10) ack 1 <TS val 5000 ecr 0>"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  s.receives("P. 11:21(10) ack 1 <TS val 4000 ecr 0>"_seg);
  s.dropped(DropReason::paws);
  s.expects(". 1:1(0) ack 11"_seg);
  s.receives("P. 11:21(10) ack 1 <TS val 5001 ecr 0>"_seg);
  s.expects(". 1:1(0) ack 21"_seg);
}

SCRIPT_CASE("full segments make room for timestamps") {
  auto s = Script::established(name, variant, {.timestamps = true});
  s.app_writes(3000);
  s.expects(". 1:989(988) ack 1"_seg);
  s.expects(". 989:1977(988) ack 1"_seg);
  s.expects(". 1977:2965(988) ack 1"_seg);
}

SCRIPT_CASE("urgent data points at the octet after it and the reader is told how much is left") {
  FT_COVERS("rfc9293 MUST-30", "rfc9293 MUST-32", "rfc9293 MUST-33", "rfc9293 MUST-62");
  auto s = Script::established(name, variant);
  s.app_writes(20, Script::Writes::urgent);
  s.expects("PU. 1:21(20) ack 1 urg 20"_seg);
  s.receives("U. 1:11(10) ack 21 urg 10"_seg);
  s.expects(". 21:21(0) ack 11"_seg);
  CHECK(s.told(Event::Kind::urgent));
  CHECK(s.info().urgent_left == 10);
  s.app_reads(4);
  CHECK(s.info().urgent_left == 6);
}

SCRIPT_CASE("data unacknowledged for the user timeout ends the connection") {
  Setup setup;
  setup.options.user_timeout = 10s;
  auto s = Script::established(name, variant, setup);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  for (const auto gap : {220ms, 440ms, 880ms, 1760ms, 3520ms}) s.expects_after(gap, "P. 1:11(10) ack 1"_seg);
  s.stays_silent_for(3s);
  s.has_state("ESTABLISHED");
  s.waits(200ms);  // ten seconds after the octets first left
  s.has_closed(CloseReason::timed_out);
}

// --- urgent data: RFC 9293 3.8.5 ----------------------------------------------------------------------------------------

SCRIPT_CASE("urgent data of any length: the pointer reaches as far as 16 bits can, segment by segment") {
  FT_COVERS("rfc9293 MUST-30", "rfc9293 MUST-31", "rfc9293 MUST-62");
  Setup setup;
  setup.options.initial_window = 100;
  setup.options.pacing = false;
  auto s = Script::established(name, variant, setup);
  s.app_writes(65'535, Script::Writes::urgent);
  for (std::uint32_t i = 0; i < 65; ++i) {
    Seg seg = "U. 1:1(0) ack 1"_seg.with_text(1 + 1000 * i, 1000);
    seg.urgent = static_cast<std::uint16_t>(65'535 - 1000 * i);
    s.expects(seg);
  }
}

SCRIPT_CASE("the mark goes on until its octets are sent, and not beyond") {
  auto s = Script::established(name, variant);
  s.app_writes(1200, Script::Writes::urgent);
  s.expects("U. 1:1001(1000) ack 1 urg 1200"_seg);
  s.app_writes(1900);
  s.expects("U. 1001:2001(1000) ack 1 urg 200"_seg);
  s.expects(". 2001:3001(1000) ack 1"_seg);
}

SCRIPT_CASE("a second mark moves the first on, at both ends, and each move is told") {
  FT_COVERS("rfc9293 MUST-32", "rfc9293 MUST-33");
  auto s = Script::established(name, variant);
  s.receives("U. 1:11(10) ack 1 urg 10"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  CHECK(s.told(Event::Kind::urgent));
  s.forget_events();
  s.receives("U. 11:21(10) ack 1 urg 5"_seg);  // in the middle of its segment
  s.expects(". 1:1(0) ack 21"_seg);
  CHECK(s.told(Event::Kind::urgent));
  CHECK(s.info().urgent_left == 15);
  s.forget_events();
  s.receives(". 21:31(10) ack 1"_seg);  // no news
  s.expects(". 1:1(0) ack 31"_seg);
  CHECK_FALSE(s.told(Event::Kind::urgent));
  s.app_reads(15);
  CHECK(s.info().urgent_left == 0);
  s.app_reads(15);  // reading past the mark is reading on
  CHECK(s.info().urgent_left == 0);
}

SCRIPT_CASE("a mark ahead of the octets that have come is known at once") {
  auto s = Script::established(name, variant);
  s.receives("U. 1:11(10) ack 1 urg 500"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  CHECK(s.told(Event::Kind::urgent));
  CHECK(s.info().urgent_left == 500);
}

SCRIPT_CASE("a keep-alive probe behind urgent data is not urgent") {
  Setup setup;
  setup.options.keepalive = true;
  setup.options.keepalive_idle = 10s;
  auto s = Script::established(name, variant, setup);
  s.app_writes(20, Script::Writes::urgent);
  s.expects("PU. 1:21(20) ack 1 urg 20"_seg);
  s.receives(". 1:1(0) ack 21"_seg);
  s.expects_after(10s, ". 20:20(0) ack 1"_seg);
}

SCRIPT_CASE("a mark stands where the peer set it, also when the octets before it have come already") {
  FT_COVERS("rfc9293 MUST-62");
  auto s = Script::established(name, variant);
  s.receives("P. 1:11(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  s.receives("U. 1:31(30) ack 1 urg 20"_seg);  // sent again, joined with more
  s.expects(". 1:1(0) ack 31"_seg);
  CHECK(s.told(Event::Kind::urgent));
  CHECK(s.info().urgent_left == 20);
  s.app_reads(20);
  CHECK(s.info().urgent_left == 0);
}

SCRIPT_CASE("urgent marks pass a shut window, both ways") {
  FT_COVERS("rfc9293 MUST-66");
  Setup setup;
  setup.options.receive_buffer = 1000;
  auto s = Script::established(name, variant, setup);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1001 win 0"_seg);
  s.receives("U. 1001:1002(1) ack 1 urg 1"_seg);
  s.expects(". 1:1(0) ack 1001 win 0"_seg);
  CHECK(s.told(Event::Kind::urgent));
  CHECK(s.info().urgent_left == 1001);

  s.receives(". 1001:1001(0) ack 1 win 0"_seg);
  s.app_writes(10, Script::Writes::urgent);
  const auto probe = "U. 1:2(1) ack 1001 urg 10"_seg;  // the window probe bears it
  Seg pushed = probe;
  pushed.flags = static_cast<std::uint8_t>(pushed.flags | wire::tcp_flag::psh);
  s.expects(pushed);
}

SCRIPT_CASE("after a hole is filled segments are acknowledged at once, since the peer's window is small") {
  auto s = Script::established(name, variant);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1001"_seg);
  s.app_writes(10);  // a conversation: from now on ACKs are delayed
  s.expects("P. 1:11(10) ack 1001"_seg);
  s.receives(". 1001:2001(1000) ack 11"_seg);
  s.expects_after(40ms, ". 11:11(0) ack 2001"_seg);
  s.receives(". 3001:4001(1000) ack 11"_seg);
  s.expects(". 11:11(0) ack 2001"_seg);
  s.receives(". 2001:3001(1000) ack 11"_seg);
  s.expects(". 11:11(0) ack 4001"_seg);
  s.receives(". 4001:5001(1000) ack 11"_seg);
  s.expects_after(0ms, ". 11:11(0) ack 5001"_seg);
}
