#include "script.hpp"

using namespace ft;
using namespace ft::test;

SCRIPT_CASE("a RST with the exact next number resets") {
  FT_COVERS("rfc9293 MUST-12", "rfc9293 UNL-4", "rfc5961 3.2-2");
  auto s = Script::established(name, variant);
  s.receives("R 1:1(0)"_seg);
  s.has_closed(CloseReason::reset);
  s.stays_silent_for(10s);
}

SCRIPT_CASE("a RST discards text that nobody has read yet") {
  auto s = Script::established(name, variant);
  s.receives("P. 1:101(100) ack 1"_seg);
  s.expects(". 1:1(0) ack 101"_seg);
  s.receives("R 101:101(0)"_seg);
  s.has_closed(CloseReason::reset);
  std::array<std::byte, 100> into{};
  CHECK(s.stack().read(s.connection(), into).error() == Error::connection_reset);
  CHECK(s.stack().buffer_memory() == 0);
}

SCRIPT_CASE("a RST elsewhere in the window is challenged, one outside is ignored (RFC 5961 3)") {
  FT_COVERS("rfc9293 UNL-5", "rfc9293 UNL-6", "rfc5961 3.2-1", "rfc5961 3.2-3", "rfc5961 3.2-4");
  auto s = Script::established(name, variant);
  s.receives("R 100:100(0)"_seg);
  s.dropped(DropReason::rst_challenged);
  s.expects(". 1:1(0) ack 1"_seg);
  s.receives("R 4000000:4000000(0)"_seg);
  s.dropped(DropReason::not_acceptable);
  s.stays_silent_for(1s);
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("a SYN on a connection is challenged whatever its number (RFC 5961 4)") {
  FT_COVERS("rfc9293 UNL-7", "rfc9293 UNL-8", "rfc5961 4.2-1", "rfc5961 4.2-2", "rfc5961 4.2-3");
  auto s = Script::established(name, variant);
  s.receives("S 1:1(0) win 1000"_seg);
  s.dropped(DropReason::syn_challenged);
  s.expects(". 1:1(0) ack 1"_seg);
  s.receives("S 9000000:9000000(0) win 1000"_seg);
  s.dropped(DropReason::syn_challenged);
  s.expects(". 1:1(0) ack 1"_seg);
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("text with an impossible ACK is challenged and not taken (RFC 5961 5)") {
  FT_COVERS("rfc9293 MAY-12", "rfc9293 UNL-10", "rfc5961 5.2-2");
  auto s = Script::established(name, variant);
  s.receives("P. 1:11(10) ack 5000"_seg);
  s.dropped(DropReason::ack_challenged);
  s.expects(". 1:1(0) ack 1"_seg);
  CHECK(s.info().receive_queued == 0);
}

SCRIPT_CASE("challenges are throttled to ten in five seconds") {
  FT_COVERS("rfc5961 7-2");
  auto s = Script::established(name, variant);
  for (int i = 0; i < 10; ++i) {
    s.receives("R 100:100(0)"_seg);
    s.expects(". 1:1(0) ack 1"_seg);
  }
  s.receives("R 100:100(0)"_seg);
  s.stays_silent_for(4s);
  s.waits(2s);
  s.receives("R 100:100(0)"_seg);
  s.expects(". 1:1(0) ack 1"_seg);
}

SCRIPT_CASE("a segment without ACK is dropped on a connection") {
  auto s = Script::established(name, variant);
  s.receives("P 1:11(10)"_seg);
  s.dropped(DropReason::ack_missing);
  s.stays_silent_for(1s);
}

SCRIPT_CASE("a peer that restarted and knows nothing resets us when we speak (half-open, RFC 9293 3.5.1)") {
  auto s = Script::established(name, variant);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  s.receives("R 1:1(0)"_seg);
  s.has_closed(CloseReason::reset);
}

SCRIPT_CASE("a peer that restarted and connects again is challenged, resets us, and its next SYN is accepted") {
  FT_COVERS("rfc5961 4.2-4");
  auto s = Script::accepted(name, variant);
  s.receives("S 700000:700000(0) win 1000 <mss 1000>"_seg);
  s.expects(". 1:1(0) ack 1"_seg);
  s.receives("R 1:1(0)"_seg);
  s.has_closed(CloseReason::reset);
  s.waits(1s);
  s.receives("S 700000:700000(0) win 1000 <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 700001"_seg);
}

SCRIPT_CASE("keep-alive is off by default") {
  FT_COVERS("rfc9293 MUST-25");
  auto s = Script::established(name, variant);
  s.stays_silent_for(3h);
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("keep-alive probes carry no data, are answered, and one lost probe ends nothing") {
  FT_COVERS("rfc9293 MUST-28", "rfc9293 MUST-29", "rfc9293 SHLD-12", "rfc9293 MAY-5");
  Setup setup;
  setup.options.keepalive = true;
  auto s = Script::established(name, variant, setup);
  s.expects_after(2h, ". 0:0(0) ack 1"_seg);
  s.expects_after(75s, ". 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  s.expects_after(2h, ". 0:0(0) ack 1"_seg);
  for (int i = 0; i < 8; ++i) s.expects_after(75s, ". 0:0(0) ack 1"_seg);
  s.expects_after(75s, "R. 1:1(0) ack 1"_seg);
  s.has_closed(CloseReason::timed_out);
}

SCRIPT_CASE("we answer the peer's keep-alive probe") {
  auto s = Script::established(name, variant);
  s.receives(". 0:0(0) ack 1"_seg);
  s.expects(". 1:1(0) ack 1"_seg);
}
