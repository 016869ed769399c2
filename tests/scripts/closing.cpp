#include "script.hpp"

using namespace ft;
using namespace ft::test;

SCRIPT_CASE("an active close walks FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT and ends after 2 MSL") {
  FT_COVERS("rfc9293 MUST-13");
  auto s = Script::established(name, variant);
  s.app_closes();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.has_state("FIN-WAIT-1");
  s.receives(". 1:1(0) ack 2"_seg);
  s.has_state("FIN-WAIT-2");
  s.receives("F. 1:1(0) ack 2"_seg);
  s.expects_after(0ms, ". 2:2(0) ack 2"_seg);
  s.has_state("TIME-WAIT");
  s.stays_silent_for(59s);
  s.has_state("TIME-WAIT");
  s.waits(1100ms);
  s.has_state("CLOSED");
}

SCRIPT_CASE("a FIN that acknowledges ours closes with three segments") {
  auto s = Script::established(name, variant);
  s.app_closes();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives("F. 1:1(0) ack 2"_seg);
  s.expects(". 2:2(0) ack 2"_seg);
  s.has_state("TIME-WAIT");
}

SCRIPT_CASE("a passive close walks CLOSE-WAIT and LAST-ACK, and data flows on in between") {
  auto s = Script::established(name, variant);
  s.receives("F. 1:1(0) ack 1"_seg);
  s.expects(". 1:1(0) ack 2"_seg);
  s.has_state("CLOSE-WAIT");
  s.app_reads(0);
  s.app_writes(100);
  s.expects("P. 1:101(100) ack 2"_seg);
  s.receives(". 2:2(0) ack 101"_seg);
  s.app_closes();
  s.expects("F. 101:101(0) ack 2"_seg);
  s.has_state("LAST-ACK");
  s.receives(". 2:2(0) ack 102"_seg);
  s.has_state("CLOSED");
  s.stays_silent_for(120s);
}

SCRIPT_CASE("crossing FINs pass through CLOSING") {
  auto s = Script::established(name, variant);
  s.app_closes();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives("F. 1:1(0) ack 1"_seg);
  s.has_state("CLOSING");
  s.expects(". 2:2(0) ack 2"_seg);
  s.receives(". 2:2(0) ack 2"_seg);
  s.has_state("TIME-WAIT");
}

SCRIPT_CASE("the FIN rides on the last data, and goes again with it when lost") {
  auto s = Script::established(name, variant);
  s.app_writes(300);
  s.app_shuts_down();
  s.expects("FP. 1:301(300) ack 1"_seg);
  s.has_state("FIN-WAIT-1");
  s.expects("FP. 1:301(300) ack 1"_seg);
  s.receives(". 1:1(0) ack 301"_seg);
  s.has_state("FIN-WAIT-1");
  s.expects("F. 301:301(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 302"_seg);
  s.has_state("FIN-WAIT-2");
}

SCRIPT_CASE("after a shutdown the peer's data is still read (half-close)") {
  FT_COVERS("rfc9293 MUST-12");
  auto s = Script::established(name, variant);
  s.app_shuts_down();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 2"_seg);
  s.receives("P. 1:501(500) ack 2"_seg);
  s.expects(". 2:2(0) ack 501"_seg);
  s.app_reads(500);
  s.stays_silent_for(300s);
  s.receives("FP. 501:601(100) ack 2"_seg);
  s.expects(". 2:2(0) ack 602"_seg);
  s.app_reads(100);
  s.app_reads(0);
  s.has_closed(CloseReason::normal);
}

SCRIPT_CASE("data after a close is answered with RST, for nobody will read it") {
  FT_COVERS("rfc9293 SHLD-3", "rfc9293 MAY-1");
  auto s = Script::established(name, variant);
  s.app_closes();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 2"_seg);
  s.receives("P. 1:101(100) ack 2"_seg);
  s.expects("R. 2:2(0) ack 1"_seg);
  s.has_state("CLOSED");
}

SCRIPT_CASE("a closed connection does not wait in FIN-WAIT-2 for ever") {
  auto s = Script::established(name, variant);
  s.app_closes();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 2"_seg);
  s.stays_silent_for(59s);
  s.has_state("FIN-WAIT-2");
  s.waits(2s);
  s.has_state("CLOSED");
}

SCRIPT_CASE("a FIN that comes before missing text waits for it") {
  auto s = Script::established(name, variant);
  s.receives("FP. 101:201(100) ack 1"_seg);
  s.expects(". 1:1(0) ack 1"_seg);
  s.has_state("ESTABLISHED");
  s.receives(". 1:101(100) ack 1"_seg);
  s.expects(". 1:1(0) ack 202"_seg);
  s.has_state("CLOSE-WAIT");
  s.app_reads(200);
  s.app_reads(0);
}

SCRIPT_CASE("a FIN repeated in TIME-WAIT is acknowledged again and 2 MSL start anew") {
  auto s = Script::established(name, variant);
  s.app_closes();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives("F. 1:1(0) ack 2"_seg);
  s.expects(". 2:2(0) ack 2"_seg);
  s.waits(50s);
  s.receives("F. 1:1(0) ack 2"_seg);
  s.expects(". 2:2(0) ack 2"_seg);
  s.stays_silent_for(59s);
  s.has_state("TIME-WAIT");
  s.waits(2s);
  s.has_state("CLOSED");
}

SCRIPT_CASE("TIME-WAIT asks for no sign of life, also when keepalive is switched on in it, and keeps what was not read yet") {
  auto s = Script::established(name, variant);
  s.app_shuts_down();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives("P. 1:101(100) ack 2"_seg);
  s.expects(". 2:2(0) ack 101"_seg);
  s.receives("F. 101:101(0) ack 2"_seg);
  s.expects(". 2:2(0) ack 102"_seg);
  s.has_state("TIME-WAIT");
  REQUIRE(s.stack().set_keepalive(s.now(), s.connection(), 1s, 1s, 1));
  REQUIRE(s.stack().set_keepalive(s.now(), s.connection(), true));
  s.stays_silent_for(59s);
  s.has_state("TIME-WAIT");
  s.waits(2s);
  s.has_state("CLOSED");
  s.app_reads(100);
  s.app_reads(0);
}

SCRIPT_CASE("a RST does not cut TIME-WAIT short (RFC 1337)") {
  auto s = Script::established(name, variant);
  s.app_closes();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives("F. 1:1(0) ack 2"_seg);
  s.expects(". 2:2(0) ack 2"_seg);
  s.receives("R 2:2(0)"_seg);
  s.dropped(DropReason::time_wait);
  s.has_state("TIME-WAIT");
}

SCRIPT_CASE("a new SYN beyond the old numbers reopens from TIME-WAIT, an old one is acknowledged") {
  FT_COVERS("rfc9293 MAY-2");
  auto s = Script::accepted(name, variant);
  s.app_closes();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives("F. 1:1(0) ack 2"_seg);
  s.expects(". 2:2(0) ack 2"_seg);
  s.receives("S 0:0(0) win 1000 <mss 1000>"_seg);
  s.dropped(DropReason::time_wait);
  s.expects(". 2:2(0) ack 2"_seg);
  s.receives("S 1000:1000(0) win 1000 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1001"_seg);
  s.has_state("SYN-RECEIVED");
}

SCRIPT_CASE("abort sends RST with the next sequence number") {
  auto s = Script::established(name, variant);
  s.app_writes(100);
  s.expects("P. 1:101(100) ack 1"_seg);
  s.app_aborts();
  s.expects("R. 101:101(0) ack 1"_seg);
  s.has_state("CLOSED");
  s.receives(". 1:1(0) ack 101"_seg);
  s.expects("R 101:101(0)"_seg);
}

SCRIPT_CASE("closing with unread text sends RST instead of FIN") {
  FT_COVERS("rfc9293 SHLD-3");
  auto s = Script::established(name, variant);
  s.receives("P. 1:101(100) ack 1"_seg);
  s.expects(". 1:1(0) ack 101"_seg);
  s.app_closes();
  s.expects("R. 1:1(0) ack 101"_seg);
  s.has_state("CLOSED");
}

SCRIPT_CASE("a FIN that only the peer's shut window holds back goes as a probe") {
  auto s = Script::established(name, variant, {.peer_window = 0});
  s.app_closes();
  s.has_state("ESTABLISHED");  // the state changes when the FIN leaves
  s.expects_after(220ms, "F. 1:1(0) ack 1"_seg);
  s.has_state("FIN-WAIT-1");
  s.receives(". 1:1(0) ack 2 win 0"_seg);
  s.has_state("FIN-WAIT-2");
}

SCRIPT_CASE("a FIN in front of text that has arrived is not the peer's") {
  auto s = Script::accepted(name, variant);
  s.receives(". 101:201(100) ack 1"_seg);
  s.expects(". 1:1(0) ack 1"_seg);
  s.receives("F. 1:1(0) ack 1"_seg);
  s.has_state("ESTABLISHED");
  s.receives(". 1:101(100) ack 1"_seg);
  s.expects(". 1:1(0) ack 201"_seg);
  s.receives("F. 201:201(0) ack 1"_seg);
  s.expects(". 1:1(0) ack 202"_seg);
  s.has_state("CLOSE-WAIT");
}

SCRIPT_CASE("text that nobody reads any more does not cut TIME-WAIT short") {
  FT_COVERS("rfc9293 MUST-13");
  auto s = Script::established(name, variant);
  s.app_shuts_down();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives("F. 1:101(100) ack 2"_seg);
  s.expects(". 2:2(0) ack 102"_seg);
  s.has_state("TIME-WAIT");
  s.app_closes();
  CHECK_FALSE(s.leaves_now());
  CHECK(s.stack().buffer_memory() == 0);
  s.receives("F. 1:101(100) ack 2"_seg);
  s.expects(". 2:2(0) ack 102"_seg);
  s.waits(61s);
  CHECK(s.stack().ports().empty());
}

SCRIPT_CASE("closing with unread text in LAST-ACK and in CLOSING is told by a RST: the FIN before it may be lost") {
  auto s = Script::established(name, variant);
  s.receives("F. 1:101(100) ack 1"_seg);
  s.expects(". 1:1(0) ack 102"_seg);
  s.app_shuts_down();
  s.expects("F. 1:1(0) ack 102"_seg);
  s.has_state("LAST-ACK");
  s.app_closes();
  s.expects("R. 2:2(0) ack 102"_seg);
  CHECK(s.stack().ports().empty());

  auto t = Script::established(name, variant);
  t.app_shuts_down();
  t.expects("F. 1:1(0) ack 1"_seg);
  t.receives("F. 1:101(100) ack 1"_seg);
  t.expects(". 2:2(0) ack 102"_seg);
  t.has_state("CLOSING");
  t.app_closes();
  t.expects("R. 2:2(0) ack 102"_seg);
  CHECK(t.stack().ports().empty());
}
