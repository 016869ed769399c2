// What was found by torturing whole worlds: right edges of windows, and answers that nobody may repeat for ever.
#include "script.hpp"

using namespace ft;
using namespace ft::test;

SCRIPT_CASE("a segment sent again brings its window along with what it acknowledges") {
  auto s = Script::established(name, variant, {.peer_window = 3000});
  s.app_writes(6000);
  s.expects_full_segments(3);
  s.receives("P. 1:11(10) ack 1 win 3000"_seg);
  s.expects(". 3001:3001(0) ack 11"_seg);
  s.receives("P. 11:21(10) ack 1 win 3000"_seg);
  s.expects(". 3001:3001(0) ack 21"_seg);
  // The first ten octets again: the edge stays at 3001, so nothing new may leave.
  s.receives("P. 1:11(10) ack 1001 win 2000"_seg);
  s.expects(". 3001:3001(0) ack 21"_seg);
  s.stays_silent_for(50ms);
}

SCRIPT_CASE("a SYN-ACK sent again takes back nothing that a challenge ACK offered") {
  FT_COVERS("rfc9293 SHLD-14");
  Setup setup;
  setup.wscale = 7;
  setup.options.receive_buffer = 500'000;  // shift 3
  Script s(name, variant, setup);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.receives("S 0:0(0) win 65535 <mss 1000,wscale 7>"_seg);
  s.expects("S. 0:0(0) ack 1 win 65535"_seg);
  s.receives("S 900000:900000(0) win 65535 <mss 1000,wscale 7>"_seg);
  s.expects(". 1:1(0) ack 1 win 62499"_seg);  // up to 499993
  s.expects("S. 0:0(0) ack 1 win 65535"_seg);
  s.receives(". 1:1001(1000) ack 1 win 500"_seg);
  s.expects(". 1:1(0) ack 1001 win 62374"_seg);  // the same edge
}

SCRIPT_CASE("a half-open record offers what its SYN-ACK offered, and no more") {
  FT_COVERS("rfc9293 SHLD-14");
  Setup setup;
  setup.wscale = 7;
  setup.options.receive_buffer = 500'000;
  Script s(name, variant, setup);
  s.listens();
  s.receives("S 0:0(0) win 65535 <mss 1000,wscale 7>"_seg);
  s.expects("S. 0:0(0) ack 1 win 65535"_seg);
  s.receives(". 900000:900000(0) ack 1"_seg);
  s.expects(". 1:1(0) ack 1 win 8192"_seg);
}

SCRIPT_CASE("a half-open record answers what it cannot accept twice a second, not more") {
  Script s(name, variant);
  s.listens();
  s.receives("S 0:0(0) win 65535 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives(". 900000:900000(0) ack 1"_seg);
  s.expects(". 1:1(0) ack 1"_seg);
  s.receives(". 900000:900000(0) ack 1"_seg);
  s.stays_silent_for(499ms);
  s.waits(1ms);
  s.receives(". 900000:900000(0) ack 1"_seg);
  s.expects(". 1:1(0) ack 1"_seg);
}

SCRIPT_CASE("TIME-WAIT answers what it cannot accept twice a second, not more") {
  auto s = Script::established(name, variant);
  s.app_closes();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives("F. 1:1(0) ack 2"_seg);
  s.expects(". 2:2(0) ack 2"_seg);
  s.receives(". 900000:900000(0) ack 2"_seg);
  s.expects(". 2:2(0) ack 2"_seg);
  s.receives(". 900000:900000(0) ack 2"_seg);
  s.stays_silent_for(499ms);
  s.receives("F. 1:1(0) ack 2"_seg);  // the FIN again is answered whenever it comes
  s.expects(". 2:2(0) ack 2"_seg);
}
