// What the user may set on a connection, seen from the wire.
#include "script.hpp"

#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

using namespace ft;
using namespace ft::test;

namespace {

struct IpFields {
  std::uint8_t ttl;
  std::uint8_t traffic_class;
};

IpFields fields_of(std::span<const std::byte> packet, bool v6) {
  if (v6) {
    const auto parsed = wire::parse_ipv6(packet);
    return {parsed->header.hop_limit, parsed->header.traffic_class};
  }
  const auto parsed = wire::parse_ipv4(packet);
  return {parsed->header.ttl, parsed->header.traffic_class};
}

Setup with_user_timeout_option() {
  Setup setup;
  setup.options.user_timeout_option = true;
  setup.options.user_timeout = 300s;
  setup.options.timestamps = setup.options.sack = setup.options.window_scale = false;
  return setup;
}

/// An application that answers what it reads ends the quick acknowledgements of the opening.
Script past_the_quick_phase(const char* name, Variant variant) {
  auto s = Script::established(name, variant);
  s.receives(". 1:11(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  s.app_writes(1);
  s.expects("P. 1:2(1) ack 11"_seg);
  return s;
}

}  // namespace

// --- the user timeout (RFC 9293 3.8.3, RFC 5482) ----------------------------------------------------------------------

SCRIPT_CASE("the user timeout option goes out on the SYN and on the first segment after it") {
  Script s(name, variant, with_user_timeout_option());
  s.connects();
  s.expects(variant.v6 ? "S 0:0(0) <mss 1440,uto 300>"_seg : "S 0:0(0) <mss 1460,uto 300>"_seg);
  s.receives("S. 0:0(0) ack 1 <mss 1000,uto 1800>"_seg);
  s.expects(". 1:1(0) ack 1 <uto 300>"_seg);
  CHECK(s.info().user_timeout == 30min);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1 <>"_seg);
}

SCRIPT_CASE("the user timeout option is off by default, and the peer's is not heard then") {
  Setup setup;
  setup.options.timestamps = setup.options.sack = setup.options.window_scale = false;
  Script s(name, variant, setup);
  s.connects();
  s.expects(variant.v6 ? "S 0:0(0) <mss 1440>"_seg : "S 0:0(0) <mss 1460>"_seg);
  s.receives("S. 0:0(0) ack 1 <mss 1000,uto 1800>"_seg);
  s.expects(". 1:1(0) ack 1 <>"_seg);
  CHECK(s.info().user_timeout == 5min);
}

SCRIPT_CASE("a listener adopts the option of the SYN, and tells its own on SYN-ACK and first data") {
  Script s(name, variant, with_user_timeout_option());
  s.listens();
  s.receives("S 0:0(0) <mss 1000,uto 400>"_seg);
  s.expects(variant.v6 ? "S. 0:0(0) ack 1 <mss 1440,uto 300>"_seg : "S. 0:0(0) ack 1 <mss 1460,uto 300>"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  s.accepts();
  CHECK(s.info().user_timeout == 400s);
  s.app_writes(1000);
  s.expects("P. 1:1001(1000) ack 1 <>"_seg);        // no room beside a full segment
  s.receives(". 1:1(0) ack 1001 <uto 32771>"_seg);  // three minutes
  CHECK(s.info().user_timeout == 300s);
  s.app_writes(10);
  s.expects("P. 1001:1011(10) ack 1 <uto 300>"_seg);
}

SCRIPT_CASE("a user timeout set by the application is told, and the peer has no say any more (RFC 5482 3)") {
  auto s = Script::established(name, variant, with_user_timeout_option());
  s.receives(". 1:1(0) ack 1 <uto 1800>"_seg);
  CHECK(s.info().user_timeout == 30min);
  REQUIRE(s.stack().set_user_timeout(s.connection(), 20s));
  CHECK(s.info().user_timeout == 20s);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1 <uto 20>"_seg);
  for (const auto gap : {220ms, 440ms, 880ms, 1760ms, 3520ms, 7040ms}) s.expects_after(gap, "P. 1:11(10) ack 1"_seg);
  s.waits(6s);
  s.has_state("ESTABLISHED");
  s.waits(200ms);  // twenty seconds after the octets first left
  s.has_closed(CloseReason::timed_out);
}

SCRIPT_CASE("keep-alive intervals may change while the connection lives (MUST-27)") {
  FT_COVERS("rfc9293 MUST-27", "rfc9293 SHLD-12", "rfc9293 MAY-5");
  auto s = Script::established(name, variant);
  REQUIRE(s.stack().set_keepalive(s.now(), s.connection(), true));
  s.stays_silent_for(7199s);
  REQUIRE(s.stack().set_keepalive(s.now(), s.connection(), 7210s, 5s, 2));
  s.expects_after(7210s, ". 0:0(0) ack 1"_seg);
  s.expects_after(5s, ". 0:0(0) ack 1"_seg);
  s.expects_after(5s, "R. 1:1(0) ack 1"_seg);
  s.has_closed(CloseReason::timed_out);
}

// --- closing -----------------------------------------------------------------------------------------------------------

SCRIPT_CASE("with linger 0 a close is a RST, whatever waits to be sent") {
  auto s = Script::established(name, variant);
  s.app_writes(100);
  s.expects("P. 1:101(100) ack 1"_seg);
  REQUIRE(s.stack().set_linger(s.connection(), 0s));
  s.app_closes();
  s.expects_after(0ms, "R. 101:101(0) ack 1"_seg);
  s.has_state("CLOSED");
}

SCRIPT_CASE("with linger above 0 a close delivers as ever") {
  auto s = Script::established(name, variant);
  REQUIRE(s.stack().set_linger(s.connection(), 5s));
  s.app_writes(100);
  s.app_closes();
  s.expects("FP. 1:101(100) ack 1"_seg);
}

// --- when things are told ------------------------------------------------------------------------------------------------

SCRIPT_CASE("writable is told only while less than the low water mark was never sent") {
  Setup setup;
  setup.peer_window = 4000;
  auto s = Script::established(name, variant, setup);
  REQUIRE(s.stack().set_not_sent_low_water(s.connection(), 2000));
  CHECK(s.app_writes(10'000) == 10'000);  // the mark bounds what waits, not one write
  s.expects_full_segments(4);
  CHECK(s.app_writes(1) == 0);
  CHECK(s.stack().readiness(s.connection())->room == 0);
  s.forget_events();
  s.receives(". 1:1(0) ack 4001 win 4000"_seg);
  for (std::uint32_t seq = 4001; seq < 8001; seq += 1000) s.expects(". 0:0(0) ack 1"_seg.with_text(seq, 1000));
  s.stays_silent_for(1ms);
  CHECK_FALSE(s.told(Event::Kind::writable));  // 2000 octets never left
  s.receives(". 1:1(0) ack 8001 win 1000"_seg);
  s.expects(". 8001:9001(1000) ack 1"_seg);
  CHECK(s.told(Event::Kind::writable));
  CHECK(s.app_writes(1) == 1);
}

SCRIPT_CASE("readable is told when the low water mark is reached, or the stream ends") {
  auto s = Script::established(name, variant);
  REQUIRE(s.stack().set_receive_low_water(s.connection(), 100));
  s.receives(". 1:51(50) ack 1"_seg);
  s.expects(". 1:1(0) ack 51"_seg);
  CHECK_FALSE(s.told(Event::Kind::readable));
  s.receives(". 51:101(50) ack 1"_seg);
  s.expects(". 1:1(0) ack 101"_seg);
  CHECK(s.told(Event::Kind::readable));
  s.app_reads(60);
  s.forget_events();
  s.receives(". 101:111(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 111"_seg);
  CHECK_FALSE(s.told(Event::Kind::readable));
  s.receives("F. 111:111(0) ack 1"_seg);
  s.expects(". 1:1(0) ack 112"_seg);
  CHECK(s.told(Event::Kind::readable));
}

SCRIPT_CASE("a lower receive mark tells of what waits already") {
  auto s = Script::established(name, variant);
  REQUIRE(s.stack().set_receive_low_water(s.connection(), 100));
  s.receives(". 1:51(50) ack 1"_seg);
  s.expects(". 1:1(0) ack 51"_seg);
  CHECK_FALSE(s.told(Event::Kind::readable));
  REQUIRE(s.stack().set_receive_low_water(s.connection(), 1));
  CHECK(s.told(Event::Kind::readable));
}

// --- acknowledgements ------------------------------------------------------------------------------------------------------

SCRIPT_CASE("quick ACKs on: every segment is acknowledged at once, and one that was delayed leaves") {
  auto s = past_the_quick_phase(name, variant);
  s.receives(". 11:21(10) ack 2"_seg);
  s.stays_silent_for(10ms);
  REQUIRE(s.stack().set_quick_ack(s.connection(), true));
  s.expects_after(10ms, ". 2:2(0) ack 21"_seg);
  s.receives(". 21:31(10) ack 2"_seg);
  s.expects_after(0ms, ". 2:2(0) ack 31"_seg);
  REQUIRE(s.stack().set_quick_ack(s.connection(), false));
  s.receives(". 31:41(10) ack 2"_seg);
  s.expects_after(40ms, ". 2:2(0) ack 41"_seg);
}

SCRIPT_CASE("delayed ACKs may be changed or switched off, up to the half second of MUST-40") {
  FT_COVERS("rfc9293 MUST-40");
  auto s = past_the_quick_phase(name, variant);
  REQUIRE(s.stack().set_delayed_ack(s.connection(), 200ms));
  s.receives(". 11:21(10) ack 2"_seg);
  s.expects_after(200ms, ". 2:2(0) ack 21"_seg);
  REQUIRE(s.stack().set_delayed_ack(s.connection(), 0ms));
  s.receives(". 21:31(10) ack 2"_seg);
  s.expects_after(0ms, ". 2:2(0) ack 31"_seg);
  CHECK(s.stack().set_delayed_ack(s.connection(), 500ms).error() == Error::invalid_argument);
}

// --- the IP header ---------------------------------------------------------------------------------------------------------

SCRIPT_CASE("Diffserv and TTL are the connection's, from the SYN to the last RST (MUST-48, MUST-49, SHLD-22)") {
  FT_COVERS("rfc9293 MUST-48", "rfc9293 MUST-49", "rfc9293 SHLD-22");
  Setup setup;
  setup.options.dscp = 46;
  setup.options.ttl = 9;
  auto s = Script::established(name, variant, setup);
  CHECK(fields_of(s.last_packet(), variant.v6).ttl == 9);
  CHECK(fields_of(s.last_packet(), variant.v6).traffic_class == 46 << 2);
  REQUIRE(s.stack().set_dscp(s.connection(), 10));
  REQUIRE(s.stack().set_ttl(s.connection(), 255));
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  CHECK(fields_of(s.last_packet(), variant.v6).ttl == 255);
  CHECK(fields_of(s.last_packet(), variant.v6).traffic_class == 10 << 2);
  s.app_aborts();
  s.expects("R. 11:11(0) ack 1"_seg);
  CHECK(fields_of(s.last_packet(), variant.v6).ttl == 255);
  CHECK(fields_of(s.last_packet(), variant.v6).traffic_class == 10 << 2);
  CHECK(s.stack().set_dscp(s.connection(), 1).error() == Error::invalid_handle);
}

SCRIPT_CASE("what came from further away than min_ttl allows is dropped (RFC 5082)") {
  Setup setup;
  setup.peer_ttl = 254;
  auto s = Script::established(name, variant, setup);
  REQUIRE(s.stack().set_min_ttl(s.connection(), 254));
  s.receives("P. 1:11(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  REQUIRE(s.stack().set_min_ttl(s.connection(), 255));
  s.receives("P. 11:21(10) ack 1"_seg);
  s.dropped(DropReason::ttl_too_low);
  s.receives("R 11:11(0)"_seg);
  s.dropped(DropReason::ttl_too_low);
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("a listener with min_ttl does not answer those far away") {
  Setup setup;
  setup.options.min_ttl = 255;
  Script s(name, variant, setup);
  s.listens();
  s.receives("S 0:0(0) <mss 1000>"_seg);
  s.dropped(DropReason::ttl_too_low);
  s.stays_silent_for(10s);
}

SCRIPT_CASE("wrong values are refused and change nothing") {
  auto s = Script::established(name, variant);
  const auto id = s.connection();
  CHECK(s.stack().set_dscp(id, 64).error() == Error::invalid_argument);
  CHECK(s.stack().set_ttl(id, 0).error() == Error::invalid_argument);
  CHECK(s.stack().set_user_timeout(id, 0s).error() == Error::invalid_argument);
  CHECK(s.stack().set_linger(id, -1s).error() == Error::invalid_argument);
  CHECK(s.stack().set_not_sent_low_water(id, 0).error() == Error::invalid_argument);
  CHECK(s.stack().set_receive_low_water(id, 0).error() == Error::invalid_argument);
  CHECK(s.stack().set_keepalive(s.now(), id, 0s, 1s, 1).error() == Error::invalid_argument);
  const auto options = s.info().options;
  CHECK(options->dscp == 0);
  CHECK(options->ttl == 64);
  CHECK(options->user_timeout == 5min);
  CHECK_FALSE(options->linger);
}

// --- corking -----------------------------------------------------------------------------------------------------------

SCRIPT_CASE("corked, only full segments leave, and the rest when the cork is drawn") {
  auto s = Script::established(name, variant);
  REQUIRE(s.stack().set_cork(s.connection(), true));
  REQUIRE(s.stack().set_nagle(s.connection(), false));
  s.app_writes(300);
  s.stays_silent_for(100ms);
  s.app_writes(1200);
  s.expects_after(0ms, ". 1:1001(1000) ack 1"_seg);
  s.stays_silent_for(50ms);
  REQUIRE(s.stack().set_cork(s.connection(), false));
  s.expects("P. 1001:1501(500) ack 1"_seg);
}

SCRIPT_CASE("a cork holds for 200 ms at most") {
  auto s = Script::established(name, variant);
  REQUIRE(s.stack().set_cork(s.connection(), true));
  s.app_writes(300);
  s.expects_after(200ms, "P. 1:301(300) ack 1"_seg);
  s.receives(". 1:1(0) ack 301"_seg);
  s.app_writes(10);
  s.expects_after(200ms, "P. 301:311(10) ack 1"_seg);
}

SCRIPT_CASE("what is said to go on waits for the next write, and a close waits for nothing") {
  auto s = Script::established(name, variant);
  s.app_writes(300, Script::Writes::more);
  s.stays_silent_for(50ms);
  s.app_writes(100);
  s.expects("P. 1:401(400) ack 1"_seg);
  s.app_writes(50, Script::Writes::more);
  s.app_closes();
  s.expects("FP. 401:451(50) ack 1"_seg);
}
