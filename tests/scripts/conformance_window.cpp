// RFC 9293 3.8.5 and 3.8.6: urgent data, windows that shrink and shut, and silly ones.
#include "script.hpp"

using namespace ft;
using namespace ft::test;

SCRIPT_CASE("a window that shuts after data flowed is probed like one that was shut from the start") {
  FT_COVERS("rfc9293 MUST-35", "rfc9293 MUST-36", "rfc9293 SHLD-29", "rfc9293 SHLD-30");
  auto s = Script::established(name, variant, {.peer_window = 2000});
  s.app_writes(5000);
  s.expects_full_segments(2);
  s.receives(". 1:1(0) ack 2001 win 0"_seg);
  const Duration first = s.info().rto;
  s.expects_after(first, "P. 2001:2002(1) ack 1"_seg);
  s.receives(". 1:1(0) ack 2001 win 0"_seg);
  s.expects_after(2 * first, "P. 2001:2002(1) ack 1"_seg);
  s.receives(". 1:1(0) ack 2001 win 0"_seg);
  s.expects_after(4 * first, "P. 2001:2002(1) ack 1"_seg);
  s.receives(". 1:1(0) ack 2001 win 9000"_seg);
  s.expects(". 2001:3001(1000) ack 1"_seg);
}

SCRIPT_CASE("nothing new leaves while the window ends before what was sent already") {
  FT_COVERS("rfc9293 SHLD-15", "rfc9293 MUST-34", "rfc7323 2.4-4", "rfc7323 2.4-1");
  auto s = Script::established(name, variant, {.peer_window = 4000});
  s.app_writes(9000);
  s.expects_full_segments(4);
  s.receives(". 1:1(0) ack 1001 win 1500"_seg);  // up to 2501, and 4001 is sent
  s.stays_silent_for(100ms);
  s.receives(". 1:1(0) ack 4001 win 500"_seg);  // taken all the same
  s.has_state("ESTABLISHED");
  s.receives(". 1:1(0) ack 4001 win 3000"_seg);
  s.expects(". 4001:5001(1000) ack 1"_seg);
  s.expects(". 5001:6001(1000) ack 1"_seg);
  s.expects(". 6001:7001(1000) ack 1"_seg);
}

SCRIPT_CASE("after the window shrank, what is still inside it is retransmitted as ever") {
  FT_COVERS("rfc9293 SHLD-16", "rfc9293 MUST-34");
  auto s = Script::established(name, variant, {.peer_window = 4000});
  s.app_writes(4000);
  s.expects_full_segments(3);
  s.expects("P. 3001:4001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1001 win 1000"_seg);
  s.expects(". 1001:2001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 2001 win 2000"_seg);
  s.expects(". 2001:3001(1000) ack 1"_seg);
}

SCRIPT_CASE("a peer that keeps its window shut over what was sent is probed for ever, not given up") {
  FT_COVERS("rfc9293 SHLD-17", "rfc9293 MUST-37", "rfc9293 MUST-35");
  Setup setup;
  setup.peer_window = 3000;
  setup.options.user_timeout = 100s;
  auto s = Script::established(name, variant, setup);
  s.app_writes(3000);
  s.expects_full_segments(2);
  s.expects("P. 2001:3001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 win 0"_seg);  // the window shrinks to nothing, with three segments beyond its edge
  const Instant begin = s.now();
  while (s.now() < begin + 10min) {
    s.expects_something();
    s.receives(". 1:1(0) ack 1 win 0"_seg);
  }
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("our own window may stay shut for ever, and the connection lives") {
  FT_COVERS("rfc9293 MAY-8", "rfc9293 MUST-39");
  Setup setup;
  setup.options.receive_buffer = 2000;
  auto s = Script::accepted(name, variant, setup);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1001"_seg);
  s.receives(". 1001:2001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 2001 win 0"_seg);
  for (int minute = 0; minute < 60; ++minute) {
    s.waits(1min);
    s.receives(". 2001:2002(1) ack 1"_seg);
    s.expects(". 1:1(0) ack 2001 win 0"_seg);
  }
  s.has_state("ESTABLISHED");
  s.app_reads(2000);
  s.expects(". 1:1(0) ack 2001 win 2000"_seg);
}

SCRIPT_CASE("with our window shut an urgent pointer is heard, and so is a RST") {
  FT_COVERS("rfc9293 MUST-66");
  Setup setup;
  setup.options.receive_buffer = 1000;
  auto s = Script::accepted(name, variant, setup);
  s.receives(". 1:1001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1001 win 0"_seg);
  s.receives("U. 1001:1002(1) ack 1 urg 100"_seg);
  s.expects(". 1:1(0) ack 1001 win 0"_seg);
  CHECK(s.told(Event::Kind::urgent));
  CHECK(s.info().urgent_left == 1100);
  s.receives("R 1001:1001(0)"_seg);
  s.has_closed(CloseReason::reset);
}

SCRIPT_CASE("urgent data may be longer than the urgent pointer reaches, in both directions") {
  FT_COVERS("rfc9293 MUST-31", "rfc9293 MUST-30", "rfc9293 MUST-62");
  auto s = Script::established(name, variant, {.peer_window = 65535});
  s.app_writes(150'000, Script::Writes::urgent);
  for (std::uint32_t i = 0; i < 10; ++i) s.expects("U. 0:0(0) ack 1 urg 65535"_seg.with_text(1 + 1000 * i, 1000));
  s.lets_pass_until(s.now() + 1ms);
  // The other way: 200,000 urgent octets, told segment by segment.
  std::uint32_t at = 1;
  for (const std::uint32_t left : {200'000u, 199'000u, 150'000u, 66'000u}) {
    Seg seg = "U. 0:0(0) ack 1"_seg.with_text(at, 1000);
    seg.urgent = static_cast<std::uint16_t>(std::min(left, 65535u));
    s.receives(seg);
    s.lets_pass_until(s.now() + 1ms);
    at += 1000;
    CHECK(s.info().urgent_left == at - 1 - 1000 + 65535);
  }
}

SCRIPT_CASE("the application is told when urgent data first comes and again when its end moves on") {
  FT_COVERS("rfc9293 MUST-32", "rfc9293 MUST-33", "rfc9293 UNL-1", "rfc9293 MUST-47");
  auto s = Script::accepted(name, variant);
  s.receives("U. 1:11(10) ack 1 urg 5"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  CHECK(s.times_told(Event::Kind::urgent) == 1);
  CHECK(s.info().urgent_left == 5);
  s.receives("U. 11:21(10) ack 1 urg 5"_seg);
  s.expects(". 1:1(0) ack 21"_seg);
  CHECK(s.times_told(Event::Kind::urgent) == 2);
  CHECK(s.info().urgent_left == 15);
  s.receives("U. 1:11(10) ack 1 urg 5"_seg);  // an old one moves nothing
  s.expects(". 1:1(0) ack 21"_seg);
  CHECK(s.times_told(Event::Kind::urgent) == 2);
  s.receives("U. 11:31(20) ack 1 urg 5"_seg);  // the second again, with more behind it: the pointer is the same
  s.expects(". 1:1(0) ack 31"_seg);
  CHECK(s.times_told(Event::Kind::urgent) == 2);
  CHECK(s.info().urgent_left == 15);
  s.app_reads(15);
  CHECK(s.info().urgent_left == 0);
}

SCRIPT_CASE("the stack calls nothing urgent unless the application says so") {
  FT_COVERS("rfc9293 SHLD-13");
  auto s = Script::established(name, variant);
  s.app_writes(1500);
  s.expects(". 1:1001(1000) ack 1"_seg);  // no U
  s.receives(". 1:1(0) ack 1001"_seg);
  s.expects("P. 1001:1501(500) ack 1"_seg);
  s.app_closes();
  s.expects("F. 1501:1501(0) ack 1"_seg);
}

SCRIPT_CASE("the edge of the acceptable ACKs: a largest window behind is heard, one octet more is challenged") {
  FT_COVERS("rfc9293 UNL-9", "rfc9293 UNL-10", "rfc9293 MAY-12", "rfc5961 5.2-1", "rfc5961 5.2-2");
  auto s = Script::established(name, variant, {.peer_window = 2000});
  s.app_writes(4000);
  s.expects_full_segments(2);
  s.receives(". 1:1(0) ack 2001 win 2000"_seg);
  s.expects(". 2001:3001(1000) ack 1"_seg);
  s.expects("P. 3001:4001(1000) ack 1"_seg);
  s.receives(". 1:1(0) ack 4001 win 2000"_seg);
  // SND.UNA = SND.NXT = 4001, MAX.SND.WND = 2000
  s.receives("P. 1:11(10) ack 2001 win 2000"_seg);
  s.expects(". 4001:4001(0) ack 11"_seg);
  s.receives("P. 11:21(10) ack 2000 win 2000"_seg);
  s.dropped(DropReason::ack_challenged);
  s.expects(". 4001:4001(0) ack 11"_seg);
  s.receives("P. 11:21(10) ack 4002 win 2000"_seg);
  s.dropped(DropReason::ack_challenged);
  s.expects(". 4001:4001(0) ack 11"_seg);
  s.receives("P. 11:21(10) ack 4001 win 2000"_seg);
  s.expects(". 4001:4001(0) ack 21"_seg);
}

SCRIPT_CASE("a window probe that arrives marked is answered with the echo") {
  FT_COVERS("rfc3168 6.1.6-2");
  Setup setup;
  setup.ecn = Ecn::classic;
  setup.options.receive_buffer = 1000;
  auto s = Script::established(name, variant, setup);
  s.receives(". 1:1001(1000) ack 1 ect0"_seg);
  s.expects(". 1:1(0) ack 1001 win 0"_seg);
  s.receives(". 1001:1002(1) ack 1 ce"_seg);
  s.expects(".E 1:1(0) ack 1001 win 0"_seg);
}
