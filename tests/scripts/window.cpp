#include "script.hpp"

using namespace ft;
using namespace ft::test;

SCRIPT_CASE("a zero window is probed with one octet after one RTO, then at doubling intervals") {
  FT_COVERS("rfc9293 MUST-36", "rfc9293 SHLD-29", "rfc9293 SHLD-30");
  auto s = Script::established(name, variant, {.peer_window = 0, .rtt = 50ms});
  s.app_writes(2000);
  // srtt 50 ms, rttvar 25 ms, but the variation's floor is 200 ms
  s.expects_after(250ms, "P. 1:2(1) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 win 0"_seg);
  s.expects_after(500ms, "P. 1:2(1) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 win 0"_seg);
  s.expects_after(1000ms, "P. 1:2(1) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 win 5000"_seg);
  s.expects_after(0ms, ". 1:1001(1000) ack 1"_seg);
  s.expects("P. 1001:2001(1000) ack 1"_seg);
}

SCRIPT_CASE("when the probe's octet is taken the rest follows it") {
  auto s = Script::established(name, variant, {.peer_window = 0});
  s.app_writes(2000);
  s.expects("P. 1:2(1) ack 1"_seg);
  s.receives(". 1:1(0) ack 2 win 5000"_seg);
  s.expects(". 2:1002(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1002 win 5000"_seg);
  s.expects("P. 1002:2001(999) ack 1"_seg);  // a small one: Nagle held it
}

SCRIPT_CASE("a peer that answers probes keeps the connection for ever") {
  FT_COVERS("rfc9293 MUST-37");
  Setup setup;
  setup.peer_window = 0;
  setup.options.user_timeout = 100s;
  auto s = Script::established(name, variant, setup);
  s.app_writes(10);
  for (int i = 0; i < 40; ++i) {
    s.expects("P. 1:2(1) ack 1"_seg);
    s.receives(". 1:1(0) ack 1 win 0"_seg);
  }
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("a peer that stops answering probes is given up after the user timeout") {
  Setup setup;
  setup.peer_window = 0;
  setup.options.user_timeout = 100s;
  auto s = Script::established(name, variant, setup);
  s.app_writes(10);
  for (const auto at : {1, 2, 3, 4, 5, 6, 7, 8}) {
    CAPTURE(at);
    s.expects("P. 1:2(1) ack 1"_seg);
  }
  s.waits(45s);
  s.has_closed(CloseReason::timed_out);
}

SCRIPT_CASE("a window that shrinks below what was sent is survived") {
  FT_COVERS("rfc9293 MUST-34", "rfc7323 2.4-1");
  auto s = Script::established(name, variant, {.peer_window = 3000});
  s.app_writes(5000);
  s.expects(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1001:2001(1000) ack 1"_seg);
  s.expects(". 2001:3001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1001 win 1000"_seg);
  s.receives(". 1:1(0) ack 2001 win 0"_seg);
  s.has_state("ESTABLISHED");
  s.receives(". 1:1(0) ack 3001 win 2000"_seg);
  s.expects(". 3001:4001(1000) ack 1"_seg);
  s.expects("P. 4001:5001(1000) ack 1"_seg);
}

SCRIPT_CASE("a window that shuts during recovery and opens again does not stop the connection") {
  auto s = Script::established(name, variant, {.peer_window = 10000});
  s.app_writes(12000);
  s.expects_full_segments(10);
  s.receives(". 1:1(0) ack 1001 win 0"_seg);
  for (int duplicate = 0; duplicate < 3; ++duplicate) s.receives(". 1:1(0) ack 1001 win 0"_seg);
  s.stays_silent_for(100ms);               // nothing is repeated into a window that is shut
  s.expects("P. 1001:1002(1) ack 1"_seg);  // one RTO later: a probe will do
  s.receives(". 1:1(0) ack 1001 win 3000"_seg);
  s.expects(". 1001:2001(1000) ack 1"_seg);
  s.expects(". 2001:3001(1000) ack 1"_seg);
  s.expects(". 3001:4001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 10001 win 1000"_seg);
  s.expects(". 10001:11001(1000) ack 1"_seg);
}

SCRIPT_CASE("the sender waits for half the largest window rather than send a silly segment") {
  FT_COVERS("rfc9293 MUST-38");
  auto s = Script::established(name, variant, {.peer_window = 4000});
  s.app_writes(10000);
  s.expects_full_segments(4);
  s.receives(". 1:1(0) ack 4001 win 300"_seg);
  s.stays_silent_for(100ms);
  s.receives(". 1:1(0) ack 4001 win 3000"_seg);
  s.expects(". 4001:5001(1000) ack 1"_seg);
}

SCRIPT_CASE("a small window that stays is used when the persist timer says so") {
  auto s = Script::established(name, variant, {.peer_window = 4000});
  s.app_writes(6000);
  s.expects_full_segments(4);
  s.receives(". 1:1(0) ack 4001 win 300"_seg);
  s.expects(". 4001:4301(300) ack 1"_seg);
}

SCRIPT_CASE("our window closes as text waits and never moves its right edge left") {
  FT_COVERS("rfc9293 MUST-39", "rfc9293 SHLD-14");
  Setup setup;
  setup.options.receive_buffer = 4000;
  auto s = Script::accepted(name, variant, setup);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1001 win 3000"_seg);
  s.receives(". 1001:2001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 2001 win 2000"_seg);
  s.receives(". 2001:4001(2000) ack 1"_seg);
  s.expects(". 1:1(0) ack 4001 win 0"_seg);
  s.app_reads(500);
  s.stays_silent_for(100ms);  // 500 octets are not worth a window update
  s.app_reads(500);
  s.expects(". 1:1(0) ack 4001 win 1000"_seg);
  s.app_reads(3000);
  s.expects(". 1:1(0) ack 4001 win 4000"_seg);
}

SCRIPT_CASE("with our window shut RST and ACK are still processed, text is not") {
  Setup setup;
  setup.options.receive_buffer = 1000;
  auto s = Script::accepted(name, variant, setup);
  s.app_writes(100);
  s.expects("P. 1:101(100) ack 1"_seg);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 101:101(0) ack 1001 win 0"_seg);
  s.receives("P. 1001:1002(1) ack 101"_seg);
  CHECK(s.info().send_queued == 0);
  s.expects(". 101:101(0) ack 1001 win 0"_seg);
  s.receives("R 1001:1001(0)"_seg);
  s.has_closed(CloseReason::reset);
}

SCRIPT_CASE("a window that was shut from the start is why nothing leaves, and the time is counted") {
  auto s = Script::established(name, variant, {.peer_window = 0});
  s.app_writes(1000);
  s.stays_silent_for(100ms);
  s.receives(". 1:1(0) ack 1 win 0"_seg);
  CHECK(s.info().limits.receive_window == 100ms);
}

SCRIPT_CASE("scaled windows are used in both directions") {
  FT_COVERS("rfc7323 2.3-3", "rfc7323 2.3-4");
  Setup setup;
  setup.options.receive_buffer = 1u << 20;
  setup.wscale = 4;
  setup.peer_window = 500;
  auto s = Script::established(name, variant, setup);
  s.receives(". 1:1(0) ack 1 win 500"_seg);
  CHECK(s.info().snd_wnd == 8000);
  s.receives("P. 1:101(100) ack 1 win 500"_seg);
  s.expects(". 1:1(0) ack 101"_seg);
  CHECK(s.info().rcv_wnd > 900'000);
}

SCRIPT_CASE("once the user has gone, a peer that answers probes for ever is given up after the user timeout") {
  Setup setup;
  setup.peer_window = 0;
  setup.options.user_timeout = 100s;
  auto s = Script::established(name, variant, setup);
  s.app_writes(10);
  s.app_closes();
  const Instant begin = s.now();
  while (s.whatever_leaves(1min)) s.receives(". 1:1(0) ack 1 win 0"_seg);
  CHECK(s.now() - begin >= 100s);
  CHECK(s.now() - begin < 200s);
  CHECK(s.stack().ports().empty());
  CHECK(s.stack().buffer_memory() == 0);
}

SCRIPT_CASE("once the user has gone, a peer that takes a little now and then is served to the end") {
  Setup setup;
  setup.peer_window = 0;
  setup.options.user_timeout = 100s;
  auto s = Script::established(name, variant, setup);
  s.app_writes(10);
  s.app_closes();
  for (std::uint32_t taken = 1; taken <= 10; ++taken) {
    for (int i = 0; i < 6; ++i) {
      REQUIRE(s.whatever_leaves(1min));
      s.receives(". 1:1(0) ack 1 win 0"_seg.acking(i == 5 ? taken + 1 : taken));
    }
  }
  s.expects("F. 11:11(0) ack 1"_seg);
  s.receives("F. 1:1(0) ack 12"_seg);
  s.expects(". 12:12(0) ack 2"_seg);
}

SCRIPT_CASE("who has filled our window is heard although something before its edge is missing") {
  Setup setup;
  setup.options.receive_buffer = 3000;
  auto s = Script::established(name, variant, setup);
  s.app_writes(4000);
  s.expects_full_segments(4 - 1);
  s.expects("P. 3001:4001(1000) ack 1"_seg);
  s.receives_at_once({". 1001:2001(1000) ack 1"_seg, ". 2001:3001(1000) ack 1"_seg});  // the first is lost
  s.expects(". 4001:4001(0) ack 1"_seg);
  s.receives(". 3001:3001(0) ack 2001"_seg);
  CHECK(s.info().rings.unacknowledged == 2000);
  s.receives(". 3001:3001(0) ack 4001"_seg);
  CHECK(s.info().rings.unacknowledged == 0);
  s.stays_silent_for(1min);
  s.receives("R 3001:3001(0)"_seg);  // a RST must be next
  s.dropped(DropReason::not_acceptable);
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("an old segment that brings the last ACK once more does not bring its old window back") {
  FT_COVERS("rfc9293 MUST-34");
  auto s = Script::established(name, variant);
  s.receives(". 1:101(100) ack 1 win 2000"_seg);
  s.expects(". 1:1(0) ack 101"_seg);
  s.app_writes(100);
  s.expects("P. 1:101(100) ack 101"_seg);
  s.receives(". 101:101(0) ack 101 win 50000"_seg);
  s.receives(". 1:101(100) ack 101 win 3000"_seg);  // sent again before that
  CHECK(s.info().snd_wnd == 50000);
}

SCRIPT_CASE("a window that opens ends the backoff of its probes") {
  auto s = Script::established(name, variant, {.peer_window = 0, .rtt = 50ms});
  s.app_writes(1000);
  s.expects_after(250ms, "P. 1:2(1) ack 1"_seg);
  s.expects_after(500ms, "P. 1:2(1) ack 1"_seg);
  s.expects_after(1000ms, "P. 1:2(1) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 win 5000"_seg);
  s.expects_after(0ms, "P. 1:1001(1000) ack 1"_seg);
  s.expects_after(250ms, "P. 1:1001(1000) ack 1"_seg);  // lost, and missed after one RTO
}
