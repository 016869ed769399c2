#include "script.hpp"

using namespace ft;
using namespace ft::test;

namespace {
/// A connection with one full segment of the path's MTU in flight.
Script with_full_segment(const char* name, Variant variant) {
  auto s = Script::established(name, variant, {.mss = 9000});
  s.app_writes(2000);
  s.expects(". 1:1(0) ack 1"_seg.with_text(1, variant.v6 ? 1440 : 1460));
  return s;
}
}  // namespace

SCRIPT_CASE("packet too big makes the segments smaller and sends them again at once") {
  auto s = with_full_segment(name, variant);
  s.router_says(3, 4, 2, 0, 1, 1400);
  const Seg first = ". 1:1(0) ack 1"_seg.with_text(1, variant.v6 ? 1340 : 1360);
  s.expects(first);
  // What filled a segment before goes in pieces.
  const std::uint32_t full = variant.v6 ? 1440 : 1460;
  s.expects(". 1:1(0) ack 1"_seg.with_text(1 + first.length, full - first.length));
  s.receives(". 1:1(0) ack 1"_seg.acking(1 + full));
  s.expects("P. 1:1(0) ack 1"_seg.with_text(1 + full, 2000 - full));
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
  s.expects(". 1:1(0) ack 1"_seg.with_text(1, variant.v6 ? 1220 : 536));
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

SCRIPT_CASE("packet too big against a size that works waits for a timeout (RFC 5927 7.2)") {
  auto s = with_full_segment(name, variant);
  const std::uint32_t full = variant.v6 ? 1440 : 1460;
  s.receives(". 1:1(0) ack 1"_seg.acking(1 + full));
  s.expects("P. 1:1(0) ack 1"_seg.with_text(1 + full, 2000 - full));
  s.receives(". 1:1(0) ack 2001"_seg);
  CHECK(s.info().path.proven == 1500);
  s.app_writes(full);
  s.expects("P. 2001:2001(0) ack 1"_seg.with_text(2001, full));
  s.router_says(3, 4, 2, 0, 2001, 1400);
  s.stays_silent_for(10ms);
  CHECK(s.info().path.mtu == 1500);
  const std::uint32_t second = 2001 + full;
  s.receives(". 1:1(0) ack 1"_seg.acking(second));  // it was forged: the segment arrived
  s.stays_silent_for(5s);
  CHECK(s.info().path.mtu == 1500);

  s.app_writes(full);
  s.expects("P. 2001:2001(0) ack 1"_seg.with_text(second, full));
  s.router_says(3, 4, 2, 0, second, 1400);
  s.expects(". 1:1(0) ack 1"_seg.with_text(second, full - 100));  // no ACK came: it was true
  CHECK(s.info().path.mtu == 1400);
}

SCRIPT_CASE("soft errors of every kind leave a connection alone and are told") {
  FT_COVERS("rfc9293 MUST-56", "rfc9293 MUST-47", "rfc9293 SHLD-25", "rfc9293 MUST-54");
  struct Kind {
    std::uint8_t type4, code4, type6, code6;
  };
  for (const Kind kind :
       {Kind{3, 0, 1, 0}, {3, 1, 1, 3}, {3, 5, 1, 2}, {3, 6, 3, 0}, {11, 0, 3, 1}, {11, 1, 4, 0}, {12, 0, 4, 1}, {3, 11, 4, 2}}) {
    auto s = with_full_segment(name, variant);
    s.forget_events();
    s.router_says(kind.type4, kind.code4, kind.type6, kind.code6, 1);
    s.dropped(DropReason::none);
    CHECK(s.told(Event::Kind::trouble));
    CHECK(s.info().soft_error == Error::host_unreachable);
    s.has_state("ESTABLISHED");
  }
}

SCRIPT_CASE("hard errors of every kind end a handshake") {
  FT_COVERS("rfc9293 SHLD-26");
  struct Kind {
    std::uint8_t type4, code4, type6, code6;
  };
  for (const Kind kind : {Kind{3, 2, 1, 1}, {3, 3, 1, 4}, {3, 9, 1, 5}, {3, 10, 1, 6}, {3, 13, 1, 1}}) {
    Script s(name, variant);
    s.connects();
    s.expects("S 0:0(0)"_seg);
    s.router_says(kind.type4, kind.code4, kind.type6, kind.code6, 0);
    s.has_closed(CloseReason::unreachable);
    s.stays_silent_for(10s);
  }
}

SCRIPT_CASE("a hard error about a SYN-ACK forgets the half-open connection") {
  Script s(name, variant);
  s.listens();
  s.receives("S 0:0(0) <mss 1000>"_seg);
  s.expects("S. 0:0(0) ack 1"_seg);
  s.router_says(3, 3, 1, 4, 77);
  s.dropped(DropReason::icmp_unrelated);
  s.has_state("SYN-RECEIVED");
  s.router_says(3, 3, 1, 4, 0);
  s.dropped(DropReason::none);
  s.has_state("CLOSED");
  s.stays_silent_for(70s);
}

SCRIPT_CASE("source quench is dropped in silence") {
  FT_COVERS("rfc9293 MUST-55");
  if (variant.v6) return;  // ICMPv6 has none
  auto s = with_full_segment(name, variant);
  const auto before = s.info().cwnd;
  s.router_says(4, 0, 0, 0, 1);
  s.dropped(DropReason::icmp_ignored);
  CHECK_FALSE(s.told(Event::Kind::trouble));
  CHECK(s.info().cwnd == before);
}

SCRIPT_CASE("a black hole is answered with smaller segments after the second timeout") {
  auto s = with_full_segment(name, variant);
  const std::uint32_t full = variant.v6 ? 1440 : 1460;
  s.expects(". 1:1(0) ack 1"_seg.with_text(1, full));
  s.expects(". 1:1(0) ack 1"_seg.with_text(1, full - 220));
  CHECK(s.info().path.mtu == 1280);
  CHECK(s.info().path.searching);
}
