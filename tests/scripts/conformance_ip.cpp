// RFC 9293 3.9.1.8, 3.9.1.9 and 3.9.2: what TCP asks of IP, hears from it, and passes on.
#include "script.hpp"

using namespace ft;
using namespace ft::test;

SCRIPT_CASE("the Diffserv field is the application's, may change while the connection lives, and leaves as it was given") {
  FT_COVERS("rfc9293 MUST-48", "rfc9293 SHLD-21", "rfc9293 SHLD-22");
  Setup setup;
  setup.options.dscp = 10;
  auto s = Script::established(name, variant, setup);
  CHECK((s.last_traffic_class() >> 2) == 10);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  CHECK((s.last_traffic_class() >> 2) == 10);
  REQUIRE(s.stack().set_dscp(s.connection(), 46));
  s.receives("P. 1:11(10) ack 11"_seg);
  s.expects(". 11:11(0) ack 11"_seg);
  CHECK((s.last_traffic_class() >> 2) == 46);
  s.app_writes(10);
  s.expects("P. 11:21(10) ack 11"_seg);
  CHECK((s.last_traffic_class() >> 2) == 46);
  CHECK(s.stack().set_dscp(s.connection(), 64).error() == Error::invalid_argument);
}

SCRIPT_CASE("nobody changes the Diffserv field of a connection but the application") {
  FT_COVERS("rfc9293 SHLD-23");
  Setup setup;
  setup.options.dscp = 18;
  auto s = Script::established(name, variant, setup);
  const auto same = [&] { CHECK((s.last_traffic_class() >> 2) == 18); };
  s.app_writes(500);
  s.expects("P. 1:501(500) ack 1"_seg);
  same();
  s.expects("P. 1:501(500) ack 1"_seg);  // repeated
  same();
  s.receives("R 100:100(0)"_seg);
  s.expects(". 501:501(0) ack 1"_seg);  // a challenge
  same();
  s.receives(". 1:1(0) ack 501"_seg);
  s.app_closes();
  s.expects("F. 501:501(0) ack 1"_seg);
  same();
}

SCRIPT_CASE("the TTL or hop limit of a connection's packets is a setting") {
  FT_COVERS("rfc9293 MUST-49");
  auto usual = Script::established(name, variant);
  CHECK(usual.last_ttl() == 64);
  Setup setup;
  setup.options.ttl = 3;
  auto s = Script::established(name, variant, setup);
  CHECK(s.last_ttl() == 3);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  CHECK(s.last_ttl() == 3);
}

SCRIPT_CASE("IP options that mean nothing to TCP are passed over") {
  FT_COVERS("rfc9293 MUST-50");
  auto s = Script::established(name, variant);
  Wrapping with_options;
  if (variant.v6) {
    with_options.ip_options = {0x1e, 2, 0, 0};  // RFC 4727: experimental, to be skipped
  } else {
    with_options.ip_options = {7, 7, 4, 0, 0, 0, 0, 68, 8, 5, 0, 0, 0, 0, 0, 94, 4, 1, 2};  // record route, timestamp, unknown
  }
  s.receives("P. 1:11(10) ack 1"_seg, with_options);
  s.expects(". 1:1(0) ack 11"_seg);
  s.receives("P. 11:21(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 21"_seg);
  s.app_reads(20);
}

SCRIPT_CASE("an ICMP error finds the connection that caused it, and no other") {
  FT_COVERS("rfc9293 MUST-54", "rfc9293 SHLD-25");
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  const auto other = s.stack().connect(s.now(), {s.peers(), 81});
  REQUIRE(other);
  s.router_says(3, 1, 1, 0, 0);
  CHECK(s.info().soft_error == Error::host_unreachable);
  CHECK(s.stack().info(*other)->soft_error == Error::none);
}

SCRIPT_CASE("a source quench is dropped without a word") {
  FT_COVERS("rfc9293 MUST-55");
  if (variant.v6) return;  // RFC 4443 has none
  auto s = Script::established(name, variant);
  s.app_writes(3000);
  s.expects_full_segments(2);
  s.expects("P. 2001:3001(1000) ack 1"_seg);
  const auto cwnd = s.info().cwnd;
  s.router_says(4, 0, 0, 0, 1);
  s.dropped(DropReason::icmp_ignored);
  CHECK(s.info().cwnd == cwnd);
  CHECK(!s.told(Event::Kind::trouble));
  CHECK(s.info().soft_error == Error::none);
  s.stays_silent_for(100ms);
}

SCRIPT_CASE("no soft error ends a connection, nor a handshake") {
  FT_COVERS("rfc9293 MUST-56", "rfc9293 SHLD-25");
  struct Message {
    std::uint8_t type_v4, code_v4, type_v6, code_v6;
  };
  // Unreachable: net, host, source route failed (no route, address); time exceeded; parameter problem.
  for (const auto& m : {Message{3, 0, 1, 0}, {3, 1, 1, 3}, {3, 5, 1, 0}, {11, 0, 3, 0}, {11, 1, 3, 1}, {12, 0, 4, 0}}) {
    CAPTURE(m.type_v4);
    CAPTURE(m.code_v4);
    Script opening(name, variant);
    opening.connects();
    opening.expects("S 0:0(0)"_seg);
    opening.router_says(m.type_v4, m.code_v4, m.type_v6, m.code_v6, 0);
    opening.has_state("SYN-SENT");
    auto s = Script::established(name, variant);
    s.app_writes(100);
    s.expects("P. 1:101(100) ack 1"_seg);
    s.router_says(m.type_v4, m.code_v4, m.type_v6, m.code_v6, 1);
    s.has_state("ESTABLISHED");
    CHECK(s.told(Event::Kind::trouble));
    CHECK(s.info().soft_error != Error::none);
    s.receives("P. 1:11(10) ack 101"_seg);
    s.expects(". 101:101(0) ack 11"_seg);
  }
}

SCRIPT_CASE("the application can do without reports of trouble") {
  FT_COVERS("rfc9293 SHLD-20");
  Setup setup;
  setup.options.tell_trouble = false;
  auto s = Script::established(name, variant, setup);
  s.app_writes(100);
  s.expects("P. 1:101(100) ack 1"_seg);
  s.router_says(3, 1, 1, 0, 1);
  CHECK(!s.told(Event::Kind::trouble));
  CHECK(s.info().soft_error == Error::host_unreachable);  // who asks is told
  for (int i = 0; i < 4; ++i) s.expects("P. 1:101(100) ack 1"_seg);
  CHECK(!s.told(Event::Kind::trouble));
}

SCRIPT_CASE("timestamps shorten TIME-WAIT: a SYN with a newer one reopens, whatever its number (RFC 6191)") {
  FT_COVERS("rfc9293 SHLD-4", "rfc9293 MAY-2");
  auto s = Script::accepted(name, variant, {.timestamps = true});
  s.app_closes();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives("F. 1:1(0) ack 2"_seg);
  s.expects(". 2:2(0) ack 2"_seg);
  s.has_state("TIME-WAIT");
  s.receives("S 4000000000:4000000000(0) win 1000 <mss 1000,TS val 900 ecr 0>"_seg);  // older in both
  s.dropped(DropReason::time_wait);
  s.expects(". 2:2(0) ack 2"_seg);
  s.receives("S 4000000000:4000000000(0) win 1000 <mss 1000,TS val 5000 ecr 0>"_seg);
  s.expects("S. 0:0(0) ack 4000000001"_seg);
  s.has_state("SYN-RECEIVED");
}
