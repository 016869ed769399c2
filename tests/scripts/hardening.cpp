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

SCRIPT_CASE("what was acknowledged before a RST can still be read; then the reader learns of it") {
  auto s = Script::established(name, variant);
  s.receives("P. 1:101(100) ack 1"_seg);
  s.expects(". 1:1(0) ack 101"_seg);
  s.receives("R 101:101(0)"_seg);
  s.has_closed(CloseReason::reset);
  std::array<std::byte, 100> into{};
  CHECK(s.stack().read(s.connection(), into) == std::size_t{100});
  CHECK(s.stack().read(s.connection(), into).error() == Error::connection_reset);
  CHECK(s.stack().close(s.connection()).has_value());
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

SCRIPT_CASE("a segment with an impossible ACK does not move TS.Recent, so PAWS goes on believing the peer") {
  auto s = Script::accepted(name, variant, {.timestamps = true});
  s.receives("P. 1:11(10) ack 5000 <TS val 200000 ecr 0>"_seg);
  s.dropped(DropReason::ack_challenged);
  s.expects(". 1:1(0) ack 1"_seg);
  s.receives("P. 1:11(10) ack 1 <TS val 5000 ecr 0>"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
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

SCRIPT_CASE("text beyond the window, as a stranger guesses it, is answered no more often than ten times in five seconds") {
  FT_COVERS("rfc5961 7-2");
  auto s = Script::established(name, variant);
  for (int i = 0; i < 10; ++i) {
    s.receives("P. 70000:70010(10) ack 1"_seg);
    s.dropped(DropReason::not_acceptable);
    s.expects(". 1:1(0) ack 1"_seg);
  }
  s.receives("P. 70000:70010(10) ack 1"_seg);
  s.receives("P. 4000000:4000010(10) ack 1"_seg);
  s.stays_silent_for(4s);
  s.has_state("ESTABLISHED");
}

SCRIPT_CASE("text that came before is acknowledged each time: the peer never heard our ACK") {
  auto s = Script::established(name, variant);
  s.receives("P. 1:11(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  for (int i = 0; i < 20; ++i) {
    s.receives("P. 1:11(10) ack 1"_seg);
    s.expects(". 1:1(0) ack 11"_seg);
  }
}

SCRIPT_CASE("the throttle can be set for each connection, and for the whole stack") {
  FT_COVERS("rfc5961 7-1");
  Setup setup;
  setup.options.challenge_acks = 2;
  setup.options.challenge_period = 1s;
  auto s = Script::established(name, variant, setup);
  const auto two = [&] {
    for (int i = 0; i < 2; ++i) {
      s.receives("R 100:100(0)"_seg);
      s.expects(". 1:1(0) ack 1"_seg);
    }
    s.receives("R 100:100(0)"_seg);
    s.stays_silent_for(900ms);
  };
  two();
  s.waits(200ms);
  two();

  setup = {};
  setup.stack_wide = [](StackConfig& config) { config.max_challenge_acks = 1; };
  auto t = Script::established(name, variant, setup);
  t.receives("R 100:100(0)"_seg);
  t.expects(". 1:1(0) ack 1"_seg);
  t.receives("R 100:100(0)"_seg);
  t.stays_silent_for(20ms);
  t.waits(1s);
  t.receives("R 100:100(0)"_seg);
  t.expects(". 1:1(0) ack 1"_seg);
}

SCRIPT_CASE("a connection that may challenge nobody answers a keepalive all the same") {
  Setup setup;
  setup.options.challenge_acks = 0;
  setup.options.challenge_period = 1s;
  auto s = Script::established(name, variant, setup);
  for (int i = 0; i < 3; ++i) {
    s.receives(". 0:0(0) ack 1"_seg);
    s.expects(". 1:1(0) ack 1"_seg);
    s.waits(1s);
  }
}

SCRIPT_CASE("a RST in SYN-SENT that does not acknowledge the SYN is dropped in silence") {
  FT_COVERS("rfc5961 3.2-5");
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.receives("R 0:0(0)"_seg);
  s.dropped(DropReason::rst_unacceptable);
  s.receives("R. 0:0(0) ack 77"_seg);
  s.dropped(DropReason::rst_unacceptable);
  s.stays_silent_for(500ms);
  s.has_state("SYN-SENT");
}

SCRIPT_CASE("an ACK older than any window the peer offered is challenged; the oldest that may be is not") {
  FT_COVERS("rfc5961 5.2-1");
  FT_COVERS("rfc5961 5.2-2");
  Setup setup;
  setup.peer_window = 3000;
  auto s = Script::established(name, variant, setup);
  for (std::uint32_t at = 1; at < 5001; at += 1000) {
    s.app_writes(1000);
    s.expects("P. 1:1001(1000) ack 1"_seg.with_text(at, 1000));
    s.receives(". 1:1(0) ack 1"_seg.acking(at + 1000));
  }
  s.receives("P. 1:11(10) ack 2001"_seg);  // SND.UNA - MAX.SND.WND
  s.expects(". 5001:5001(0) ack 11"_seg);
  s.receives("P. 11:21(10) ack 2000"_seg);
  s.dropped(DropReason::ack_challenged);
  s.expects(". 5001:5001(0) ack 11"_seg);
}

SCRIPT_CASE("a RST never ends TIME-WAIT, nor do old text and old ACKs (RFC 1337)") {
  auto s = Script::established(name, variant);
  s.app_closes();
  s.expects("F. 1:1(0) ack 1"_seg);
  s.receives("F. 1:1(0) ack 2"_seg);
  s.expects(". 2:2(0) ack 2"_seg);
  for (const auto& stray : {"R 2:2(0)"_seg, "R. 2:2(0) ack 2"_seg, "R 1:1(0)"_seg, ". 2:2(0) ack 2"_seg}) {
    s.receives(stray);
    s.dropped(DropReason::time_wait);
  }
  s.stays_silent_for(30s);
  s.receives("P. 1:2(1) ack 1"_seg);  // hazard 2: answered, and the other end of an old duplicate is nobody
  s.expects(". 2:2(0) ack 2"_seg);
  s.waits(29s);
  CHECK(s.stack().ports().size() == 1);
  s.waits(2s);
  CHECK(s.stack().ports().empty());
}
