// RFC 9293 3.8.1, 3.8.3 and 3.8.4: the retransmission timer, when a connection is given up, and keep-alive.
#include "script.hpp"

using namespace ft;
using namespace ft::test;

SCRIPT_CASE("the timeout is the smoothed round trip and four times its variation, each sample by its weight") {
  FT_COVERS("rfc9293 MUST-18", "rfc6298 2.2-1", "rfc6298 2.3-1", "rfc6298 2.3-2", "rfc6298 2.3-3", "rfc6298 2.3-4",
            "rfc6298 3-3");
  Setup setup;
  setup.rtt = 400ms;
  setup.options.min_rto = 1ms;
  auto s = Script::established(name, variant, setup);
  CHECK(*s.info().srtt == 400ms);
  CHECK(s.info().rttvar == 200ms);
  CHECK(s.info().rto == 1200ms);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  s.waits(480ms);
  s.receives(". 1:1(0) ack 11"_seg);
  CHECK(s.info().rttvar == 170ms);  // 3/4 * 200 + 1/4 * |400 - 480|: with the old average
  CHECK(*s.info().srtt == 410ms);   // 7/8 * 400 + 1/8 * 480
  CHECK(s.info().rto == 1090ms);
}

SCRIPT_CASE("an ACK of what was sent twice measures nothing (Karn)") {
  FT_COVERS("rfc9293 MUST-18", "rfc6298 3-1", "rfc6298 3-2");
  auto s = Script::established(name, variant, {.rtt = 100ms});
  const auto srtt = *s.info().srtt;
  s.app_writes(500);
  s.expects("P. 1:501(500) ack 1"_seg);
  s.expects_after(300ms, "P. 1:501(500) ack 1"_seg);
  s.waits(7ms);
  s.receives(". 1:1(0) ack 501"_seg);
  CHECK(*s.info().srtt == srtt);
  s.app_writes(500);
  s.expects("P. 501:1001(500) ack 1"_seg);
  s.waits(60ms);
  s.receives(". 1:1(0) ack 1001"_seg);
  CHECK(*s.info().srtt == 95ms);
}

SCRIPT_CASE("with timestamps the echo tells which copy was acknowledged, and a repeated segment is measured") {
  FT_COVERS("rfc6298 3-2", "rfc7323 4.1-2");
  auto s = Script::established(name, variant, {.timestamps = true, .rtt = 100ms});
  s.app_writes(500);
  s.expects("P. 1:501(500) ack 1"_seg);
  s.expects("P. 1:501(500) ack 1"_seg);
  s.waits(60ms);
  s.receives(". 1:1(0) ack 501"_seg);  // echoes the second, in whole milliseconds
  CHECK(*s.info().srtt > 94ms);
  CHECK(*s.info().srtt < 96ms);
}

SCRIPT_CASE("after R1 retransmissions trouble is told, and after R2 the connection is given up and says so") {
  FT_COVERS("rfc9293 MUST-20", "rfc9293 SHLD-9", "rfc9293 SHLD-10", "rfc9293 MUST-47", "rfc9293 UNL-1");
  auto s = Script::established(name, variant, {.rtt = 100ms});
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  s.expects("P. 1:11(10) ack 1"_seg);
  s.expects("P. 1:11(10) ack 1"_seg);
  CHECK(!s.told(Event::Kind::trouble));
  s.expects("P. 1:11(10) ack 1"_seg);
  CHECK(s.told(Event::Kind::trouble));
  s.lets_pass_until(s.now() + 5min);
  s.has_closed(CloseReason::timed_out);
}

SCRIPT_CASE("unless the application says otherwise R2 is five minutes, more than the hundred seconds that it should be") {
  FT_COVERS("rfc9293 SHLD-11", "rfc9293 MUST-20");
  auto s = Script::established(name, variant);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  const Instant first = s.now();
  s.lets_pass_until(first + 100s);
  s.has_state("ESTABLISHED");
  s.lets_pass_until(first + 299s);
  s.has_state("ESTABLISHED");
  s.lets_pass_until(first + 301s);
  s.has_closed(CloseReason::timed_out);
}

SCRIPT_CASE("the application sets R2 for its connection") {
  FT_COVERS("rfc9293 MUST-21");
  auto s = Script::established(name, variant);
  REQUIRE(s.stack().set_user_timeout(s.connection(), 20s));
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  const Instant first = s.now();
  s.lets_pass_until(first + 19s);
  s.has_state("ESTABLISHED");
  s.lets_pass_until(first + 21s);
  s.has_closed(CloseReason::timed_out);
}

SCRIPT_CASE("R1 of a SYN is told as trouble as well, and R2 of SYNs can be set") {
  FT_COVERS("rfc9293 MUST-22", "rfc9293 MUST-21");
  Setup setup;
  setup.options.connect_timeout = 20s;
  Script s(name, variant, setup);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  for (const auto gap : {1s, 2s}) s.expects_after(gap, "S 0:0(0)"_seg);
  CHECK(!s.told(Event::Kind::trouble));
  s.expects_after(4s, "S 0:0(0)"_seg);
  CHECK(s.told(Event::Kind::trouble));
  s.expects_after(8s, "S 0:0(0)"_seg);
  s.stays_silent_for(4s);
  s.has_state("SYN-SENT");
  s.waits(2s);
  s.has_closed(CloseReason::timed_out);
}

SCRIPT_CASE("keep-alive is switched on and off for one connection") {
  FT_COVERS("rfc9293 MUST-24", "rfc9293 MUST-25", "rfc9293 MAY-5");
  auto s = Script::established(name, variant);
  REQUIRE(s.stack().set_keepalive(s.now(), s.connection(), true));
  s.expects_after(2h, ". 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1"_seg);
  REQUIRE(s.stack().set_keepalive(s.now(), s.connection(), false));
  s.stays_silent_for(3h);
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("a keep-alive probe leaves only when nothing came for the whole interval") {
  FT_COVERS("rfc9293 MUST-26", "rfc9293 MUST-27");
  Setup setup;
  setup.options.keepalive = true;
  setup.options.keepalive_idle = 10min;
  auto s = Script::established(name, variant, setup);
  s.waits(9min);
  s.receives("P. 1:11(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  s.stays_silent_for(10min - 1s);
  s.expects_after(10min, ". 0:0(0) ack 11"_seg);
}

SCRIPT_CASE("no keep-alive probe leaves while something is outstanding") {
  FT_COVERS("rfc9293 MUST-26");
  Setup setup;
  setup.options.keepalive = true;
  setup.options.keepalive_idle = 3s;
  auto s = Script::established(name, variant, setup);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  for (const auto gap : {220ms, 440ms, 880ms, 1760ms, 3520ms}) s.expects_after(gap, "P. 1:11(10) ack 1"_seg);
  s.receives(". 1:1(0) ack 11"_seg);
  s.expects_after(3s, ". 10:10(0) ack 1"_seg);
}

SCRIPT_CASE("a keep-alive that is answered counts no more: a peer that always answers is kept for ever") {
  Setup setup;
  setup.options.keepalive = true;
  setup.options.keepalive_idle = 30s;
  setup.options.keepalive_interval = 5s;
  setup.options.keepalive_count = 3;
  auto s = Script::established(name, variant, setup);
  for (int round = 0; round < 5; ++round) {
    s.expects_after(30s, ". 0:0(0) ack 1"_seg);
    s.expects_after(5s, ". 0:0(0) ack 1"_seg);
    s.receives(". 1:1(0) ack 1"_seg);
  }
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("the intervals of keep-alive and the number of its probes are the application's") {
  FT_COVERS("rfc9293 MUST-27", "rfc9293 MUST-29");
  Setup setup;
  setup.options.keepalive = true;
  setup.options.keepalive_idle = 30s;
  setup.options.keepalive_interval = 5s;
  setup.options.keepalive_count = 3;
  auto s = Script::established(name, variant, setup);
  s.expects_after(30s, ". 0:0(0) ack 1"_seg);
  s.expects_after(5s, ". 0:0(0) ack 1"_seg);
  s.expects_after(5s, ". 0:0(0) ack 1"_seg);
  s.has_state("ESTABLISHED");
  s.expects_after(5s, "R. 1:1(0) ack 1"_seg);
  s.has_closed(CloseReason::timed_out);
}

SCRIPT_CASE("a user timeout that the application chose ends keep-alive in the place of the number of probes") {
  Setup setup;
  setup.options.keepalive = true;
  setup.options.keepalive_idle = 30s;
  setup.options.keepalive_interval = 5s;
  setup.options.keepalive_count = 3;
  auto s = Script::established(name, variant, setup);
  REQUIRE(s.stack().set_user_timeout(s.connection(), 50s));
  s.expects_after(30s, ". 0:0(0) ack 1"_seg);
  for (int i = 0; i < 3; ++i) s.expects_after(5s, ". 0:0(0) ack 1"_seg);
  s.has_state("ESTABLISHED");
  s.expects_after(5s, "R. 1:1(0) ack 1"_seg);
  s.has_closed(CloseReason::timed_out);
}
