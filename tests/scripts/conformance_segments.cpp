// RFC 9293 3.7, 3.8.6.3 and 3.9.1.2: how large segments are, when they leave, and when they are acknowledged.
#include "script.hpp"

using namespace ft;
using namespace ft::test;

SCRIPT_CASE("segments are as large as the smaller of the peer's MSS and our path allows, less options") {
  FT_COVERS("rfc9293 MUST-16", "rfc9293 SHLD-28");
  const std::uint16_t path = variant.v6 ? 1440 : 1460;
  CHECK(Script::established(name, variant, {.mss = 1000}).info().mss == 1000);
  CHECK(Script::established(name, variant, {.mss = 9000}).info().mss == path);
  CHECK(Script::established(name, variant, {.mss = 1000, .timestamps = true}).info().mss == 988);
  auto s = Script::established(name, variant, {.mss = 9000, .timestamps = true});
  CHECK(s.info().mss == path - 12);
  s.app_writes(4000);
  s.expects(". 1:1(0) ack 1"_seg.with_text(1, path - 12u));
  CHECK(s.last_packet().size() == 1500);
}

SCRIPT_CASE("the MSS that we offer is what the link carries less the smallest headers") {
  FT_COVERS("rfc9293 MUST-67", "rfc9293 MUST-14", "rfc9293 SHLD-5");
  for (const std::uint32_t mtu : {1280u, 1500u, 9000u, 65535u}) {
    CAPTURE(mtu);
    Setup setup;
    setup.stack_wide = [&](StackConfig& config) { config.mtu = mtu; };
    Script s(name, variant, setup);
    s.connects();
    s.expects("S 0:0(0)"_seg);
    CHECK(s.last_sent().options.mss == mtu - (variant.v6 ? 60 : 40));
  }
}

SCRIPT_CASE("where super-segments leave, the MSS offered is still that of one packet") {
  FT_COVERS("rfc9293 SHLD-6");
  Setup setup;
  setup.stack_wide = [](StackConfig& config) { config.max_super_segment = 60000; };
  Script s(name, variant, setup);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  CHECK(s.last_sent().options.mss == (variant.v6 ? 1440 : 1460));
}

SCRIPT_CASE("the application can switch Nagle off and on for its connection") {
  FT_COVERS("rfc9293 MUST-17", "rfc9293 SHLD-7");
  auto s = Script::established(name, variant);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  s.app_writes(10);
  s.stays_silent_for(10ms);
  REQUIRE(s.stack().set_nagle(s.connection(), false));
  s.expects_after(10ms, "P. 11:21(10) ack 1"_seg);
  s.app_writes(10);
  s.expects("P. 21:31(10) ack 1"_seg);
  REQUIRE(s.stack().set_nagle(s.connection(), true));
  s.app_writes(10);
  s.stays_silent_for(10ms);
  s.receives(". 1:1(0) ack 31"_seg);
  s.expects("P. 31:41(10) ack 1"_seg);
}

SCRIPT_CASE("many writes become full segments, and one PSH stands for all of theirs") {
  FT_COVERS("rfc9293 SHLD-27", "rfc9293 SHLD-28", "rfc9293 MUST-61", "rfc9293 MAY-16");
  auto s = Script::established(name, variant);
  s.app_writes(50);
  s.expects("P. 1:51(50) ack 1"_seg);
  for (int i = 0; i < 9; ++i) s.app_writes(300);
  s.expects(". 51:1051(1000) ack 1"_seg);
  s.expects(". 1051:2051(1000) ack 1"_seg);
  s.stays_silent_for(10ms);
  s.receives(". 1:1(0) ack 2051"_seg);
  s.expects("P. 2051:2751(700) ack 1"_seg);
}

SCRIPT_CASE("what is written leaves without being asked for again") {
  FT_COVERS("rfc9293 MUST-60");
  auto s = Script::established(name, variant);
  s.app_writes(1);
  s.expects_after(0ms, "P. 1:2(1) ack 1"_seg);
  s.app_writes(1);  // held by Nagle, for one round trip at most
  s.receives(". 1:1(0) ack 2"_seg);
  s.expects_after(0ms, "P. 2:3(1) ack 1"_seg);
}

SCRIPT_CASE("segments that arrive together are all processed, then acknowledged once") {
  FT_COVERS("rfc9293 MUST-58", "rfc9293 MUST-59", "rfc5681 4.2-8");
  auto s = Script::accepted(name, variant);
  s.receives_at_once(
      {". 1:1001(1000) ack 1"_seg, ". 1001:2001(1000) ack 1"_seg, ". 2001:3001(1000) ack 1"_seg, "P. 3001:3501(500) ack 1"_seg});
  s.expects(". 1:1(0) ack 3501"_seg);
  s.stays_silent_for(1s);
  s.app_reads(3500);
}

SCRIPT_CASE("an acknowledgement rides on the data that answers") {
  FT_COVERS("rfc9293 MUST-58");
  auto s = Script::accepted(name, variant);
  s.receives("P. 1:101(100) ack 1"_seg);
  s.app_reads(100);
  s.app_writes(50);
  s.expects("P. 1:51(50) ack 101"_seg);
  s.stays_silent_for(150ms);
}

SCRIPT_CASE("an ACK is never delayed for half a second, whatever is asked for") {
  FT_COVERS("rfc9293 MUST-40", "rfc5681 4.2-2", "rfc5681 4.2-4");
  auto s = Script::accepted(name, variant);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 1"_seg);
  s.receives("P. 1:2(1) ack 11"_seg);
  s.expects(". 11:11(0) ack 2"_seg);
  CHECK(s.stack().options(s.connection())->delayed_ack < 500ms);
}

SCRIPT_CASE("text beyond a hole is kept, and not asked for again once the hole is filled") {
  FT_COVERS("rfc9293 SHLD-31", "rfc9293 MAY-13", "rfc5681 3.2-1", "rfc5681 3.2-2", "rfc5681 4.2-5", "rfc5681 4.2-6",
            "rfc5681 4.2-7");
  auto s = Script::accepted(name, variant);
  s.receives(". 1001:2001(1000) ack 1"_seg);
  s.expects_after(0ms, ". 1:1(0) ack 1"_seg);
  s.receives(". 2001:3001(1000) ack 1"_seg);
  s.expects_after(0ms, ". 1:1(0) ack 1"_seg);
  s.receives(". 1:501(500) ack 1"_seg);
  s.expects_after(0ms, ". 1:1(0) ack 501"_seg);
  s.receives(". 501:1001(500) ack 1"_seg);
  s.expects_after(0ms, ". 1:1(0) ack 3001"_seg);
  s.app_reads(3000);
}

SCRIPT_CASE("a RST with text is a RST") {
  FT_COVERS("rfc9293 SHLD-2");
  auto s = Script::established(name, variant);
  s.receives("R. 1:21(20) ack 1"_seg);
  s.has_closed(CloseReason::reset);
  s.stays_silent_for(10s);
}
