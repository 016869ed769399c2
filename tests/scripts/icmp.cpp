#include "script.hpp"

using namespace ft;
using namespace ft::test;

namespace {
/// A connection with one full segment of the path's MTU in flight.
Script with_full_segment(const char* name, Variant variant) {
  auto s = Script::established(name, variant, {.mss = 9000});
  s.app_writes(2000);
  Seg seg = ". 1:1(0) ack 1"_seg;
  seg.length = variant.v6 ? 1440 : 1460;
  s.expects(seg);
  return s;
}
}  // namespace

SCRIPT_CASE("packet too big makes the segments smaller and sends them again at once") {
  auto s = with_full_segment(name, variant);
  s.router_says(3, 4, 2, 0, 1, 1400);
  Seg first = ". 1:1(0) ack 1"_seg;
  first.length = variant.v6 ? 1340 : 1360;
  s.expects(first);
  // What filled a segment before goes in pieces.
  const std::uint32_t full = variant.v6 ? 1440 : 1460;
  Seg rest = ". 1:1(0) ack 1"_seg;
  rest.seq = 1 + first.length;
  rest.length = full - first.length;
  s.expects(rest);
  Seg heard = ". 1:1(0) ack 1"_seg;
  heard.ack = 1 + full;
  s.receives(heard);
  Seg last = "P. 1:1(0) ack 1"_seg;
  last.seq = 1 + full;
  last.length = 2000 - full;
  s.expects(last);
  CHECK(s.info().mss == first.length);
}

SCRIPT_CASE("packet too big about octets that are not in flight changes nothing (RFC 5927)") {
  auto s = with_full_segment(name, variant);
  s.router_says(3, 4, 2, 0, 500'000, 1400);
  s.dropped(DropReason::icmp_unrelated);
  s.stays_silent_for(10ms);
}

SCRIPT_CASE("an MTU below the minimum is not believed") {
  auto s = with_full_segment(name, variant);
  s.router_says(3, 4, 2, 0, 1, 68);
  Seg first = ". 1:1(0) ack 1"_seg;
  first.length = variant.v6 ? 1220 : 536;
  s.expects(first);
}

SCRIPT_CASE("a hard error ends a handshake but not a connection") {
  FT_COVERS("rfc9293 MUST-54", "rfc9293 SHLD-26");
  Script opening(name, variant);
  opening.connects();
  opening.expects("S 0:0(0)"_seg);
  opening.router_says(3, 3, 1, 4, 0);
  opening.has_closed(CloseReason::unreachable);

  auto s = with_full_segment(name, variant);
  s.router_says(3, 3, 1, 4, 1);
  s.has_state("ESTABLISHED");
  CHECK(s.told(Event::Kind::trouble));
}

SCRIPT_CASE("a soft error is told and changes nothing") {
  FT_COVERS("rfc9293 MUST-47", "rfc9293 MUST-54", "rfc9293 MUST-56", "rfc9293 SHLD-25");
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.router_says(3, 1, 1, 0, 0);
  s.has_state("SYN-SENT");
  CHECK(s.told(Event::Kind::trouble));
  CHECK(s.info().soft_error != Error::none);
  s.receives("S. 0:0(0) ack 1 <mss 1000>"_seg);
  s.has_state("ESTABLISHED");
}
