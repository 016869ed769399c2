// RFC 7323: window scale, timestamps and PAWS.
#include "script.hpp"

using namespace ft;
using namespace ft::test;

namespace {

wire::Timestamps stamps(const Script& s) {
  REQUIRE(s.last_sent().options.timestamps.has_value());
  return *s.last_sent().options.timestamps;
}

}  // namespace

SCRIPT_CASE("windows of SYNs are plain numbers, all others are shifted by what was agreed") {
  FT_COVERS("rfc7323 2.2-3", "rfc7323 2.3-1", "rfc7323 2.3-2", "rfc7323 2.3-3", "rfc7323 2.3-4", "rfc7323 2.3-5");
  Setup setup;
  setup.options.receive_buffer = 1u << 20;
  setup.options.send_buffer = 1u << 20;
  Script s(name, variant, setup);
  s.listens();
  s.receives("S 0:0(0) win 5000 <mss 1000,wscale 3>"_seg);
  s.expects("S. 0:0(0) ack 1 win 65535"_seg);
  const auto shift = s.last_sent().options.window_scale;
  REQUIRE(shift.has_value());
  s.receives(". 1:1(0) ack 1 win 5000"_seg);
  s.accepts();
  CHECK(s.info().snd_wnd == 40000);
  s.receives("P. 1:11(10) ack 1 win 100"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  CHECK(s.info().snd_wnd == 800);
  CHECK(s.info().rcv_wnd == std::uint32_t{s.last_sent().window} << *shift);
  CHECK(s.info().rcv_wnd > 65535);
}

SCRIPT_CASE("the window of the peer's SYN is not shifted") {
  FT_COVERS("rfc7323 2.2-3");
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  s.receives("S. 0:0(0) ack 1 win 2000 <mss 1000,wscale 7>"_seg);
  CHECK(s.info().snd_wnd == 2000);
  s.expects(". 1:1(0) ack 1"_seg);
}

SCRIPT_CASE("without the peer's window scale no window is shifted, neither way") {
  FT_COVERS("rfc7323 2.3-3");
  Setup setup;
  setup.options.receive_buffer = 1u << 20;
  auto s = Script::established(name, variant, setup);
  CHECK(s.last_sent().window == 65535);
  s.receives(". 1:1(0) ack 1 win 500"_seg);
  CHECK(s.info().snd_wnd == 500);
  s.receives("P. 1:11(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  CHECK(s.info().rcv_wnd <= 65535);
}

SCRIPT_CASE("a shift above 14 is taken as 14, and ours is never above it") {
  FT_COVERS("rfc7323 2.3-6", "rfc7323 2.3-8");
  Setup setup;
  setup.options.receive_buffer = 1u << 30;
  Script s(name, variant, setup);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  REQUIRE(s.last_sent().options.window_scale.has_value());
  CHECK(*s.last_sent().options.window_scale <= 14);
  s.receives("S. 0:0(0) ack 1 win 100 <mss 1000,wscale 200>"_seg);
  s.expects(". 1:1(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 win 3"_seg);
  CHECK(s.info().snd_wnd == 3u << 14);
}

SCRIPT_CASE("what was in the window of any ACK that we sent is taken, whatever the latest one says") {
  FT_COVERS("rfc7323 2.4-2", "rfc7323 2.4-3");
  Setup setup;
  setup.options.receive_buffer = 100'000;  // shift 1
  setup.wscale = 2;
  setup.sack = true;
  auto s = Script::accepted(name, variant, setup);
  s.receives(". 1:2(1) ack 1"_seg);
  s.expects(". 1:1(0) ack 2"_seg);
  const std::uint32_t edge = 2 + s.info().rcv_wnd;
  for (std::uint32_t octet = 2; octet < 7; ++octet) {
    s.receives(". 0:0(0) ack 1"_seg.with_text(octet, 1));
    s.expects(". 1:1(0) ack 1"_seg.acking(octet + 1));
    CHECK(octet + 1 + s.info().rcv_wnd >= edge);
  }
  s.receives(". 0:0(0) ack 1"_seg.with_text(edge - 1000, 1000));
  Seg kept = ". 1:1(0) ack 7 <sack 1:2>"_seg;
  kept.sack[0] = {edge - 1000, edge};
  s.expects(kept);
}

SCRIPT_CASE("a SYN echoes nothing, and what a segment without ACK echoes is not read") {
  FT_COVERS("rfc7323 3.2-1", "rfc7323 3.2-3");
  Script s(name, variant);
  s.connects();
  s.expects("S 0:0(0)"_seg);
  CHECK(stamps(s).ecr == 0);
  Script passive(name, variant);
  passive.listens();
  passive.receives("S 0:0(0) win 1000 <mss 1000,TS val 77 ecr 123456>"_seg);
  passive.expects("S. 0:0(0) ack 1"_seg);
  CHECK(stamps(passive).ecr == 77);
  Seg ack = ". 1:1(0) ack 1 win 1000"_seg;
  passive.waits(20ms);
  ack.timestamps = std::array<std::uint32_t, 2>{97, stamps(passive).val};
  passive.receives(ack);
  passive.accepts();
  CHECK(*passive.info().srtt == 20ms);
}

SCRIPT_CASE("once agreed every segment bears timestamps that echo the peer's latest, the RST of an abort too") {
  FT_COVERS("rfc7323 3.2-2", "rfc7323 3.2-5", "rfc7323 3.2-6", "rfc7323 5.2-5");
  auto s = Script::accepted(name, variant, {.timestamps = true});
  s.receives("P. 1:11(10) ack 1 <TS val 5000 ecr 0>"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  CHECK(stamps(s).ecr == 5000);
  s.app_writes(10);
  s.expects("P. 1:11(10) ack 11"_seg);
  CHECK(stamps(s).ecr == 5000);
  s.app_shuts_down();
  s.expects("F. 11:11(0) ack 11"_seg);
  CHECK(stamps(s).ecr == 5000);
  s.app_aborts();
  s.expects("R. 12:12(0) ack 11"_seg);
  CHECK(stamps(s).ecr == 5000);
}

SCRIPT_CASE("a segment without the agreed timestamps is dropped in silence and ends nothing; a RST needs none") {
  FT_COVERS("rfc7323 3.2-7", "rfc7323 3.2-8");
  auto s = Script::established(name, variant, {.timestamps = true});
  s.receives("P. 1:11(10) ack 1"_seg, {.tcp_options = {1, 1, 1, 1}});
  s.stays_silent_for(1s);
  s.has_state("ESTABLISHED");
  CHECK(s.info().receive_queued == 0);
  s.receives("P. 1:11(10) ack 1"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  s.receives("R 11:11(0)"_seg);
  s.has_closed(CloseReason::reset);
}

SCRIPT_CASE("timestamps that nobody agreed on are not read") {
  FT_COVERS("rfc7323 3.2-9");
  auto s = Script::established(name, variant);
  s.receives("P. 1:11(10) ack 1 <TS val 9000 ecr 9000>"_seg);
  s.expects(". 1:1(0) ack 11 <>"_seg);
  s.receives("P. 11:21(10) ack 1 <TS val 1 ecr 1>"_seg);
  s.expects(". 1:1(0) ack 21 <>"_seg);
  s.app_reads(20);
}

SCRIPT_CASE("our timestamps follow real time, a millisecond a tick, and do not come around within MSL") {
  FT_COVERS("rfc7323 4.1-1", "rfc7323 5.4-1", "rfc7323 5.4-2", "rfc7323 5.4-3");
  auto s = Script::accepted(name, variant, {.timestamps = true});
  const auto value_after = [&](Duration pause) {
    s.waits(pause);
    s.receives(". 0:0(0) ack 1"_seg);  // a keep-alive probe: answered at once
    s.expects(". 1:1(0) ack 1"_seg);
    return stamps(s).val;
  };
  const std::uint32_t first = value_after(1s);
  CHECK(value_after(1s) - first == 1000);
  CHECK(value_after(10min) - first == 601'000);
  CHECK(value_after(2h) - first == 7'801'000);
}

SCRIPT_CASE("a delayed ACK echoes the earliest segment that it acknowledges") {
  FT_COVERS("rfc7323 4.3-1");
  auto s = Script::accepted(name, variant, {.timestamps = true});
  s.receives_at_once({". 1:101(100) ack 1 <TS val 5001 ecr 0>"_seg, ". 101:201(100) ack 1 <TS val 5002 ecr 0>"_seg,
                      ". 201:301(100) ack 1 <TS val 5003 ecr 0>"_seg});
  s.expects(". 1:1(0) ack 301"_seg);
  CHECK(stamps(s).ecr == 5001);
}

SCRIPT_CASE("beyond a hole the echo stays with the last segment in order; the one that fills the hole is echoed") {
  FT_COVERS("rfc7323 4.3-2", "rfc7323 4.3-3", "rfc7323 5.2-1", "rfc7323 5.3-3");
  auto s = Script::accepted(name, variant, {.timestamps = true});
  s.receives(". 1:101(100) ack 1 <TS val 5001 ecr 0>"_seg);
  s.expects(". 1:1(0) ack 101"_seg);
  CHECK(stamps(s).ecr == 5001);
  s.receives(". 201:301(100) ack 1 <TS val 5003 ecr 0>"_seg);
  s.expects(". 1:1(0) ack 101"_seg);
  CHECK(stamps(s).ecr == 5001);
  s.receives(". 101:201(100) ack 1 <TS val 5009 ecr 0>"_seg);  // sent again, later than what it joins
  s.expects(". 1:1(0) ack 301"_seg);
  CHECK(stamps(s).ecr == 5009);
  s.app_reads(300);  // 5003 is older than 5009, and was taken when it came
  s.receives(". 301:401(100) ack 1 <TS val 5005 ecr 0>"_seg);
  s.dropped(DropReason::paws);
  s.expects(". 1:1(0) ack 301"_seg);
  CHECK(stamps(s).ecr == 5009);
}

SCRIPT_CASE("PAWS comes first: an old timestamp outside the window is an old duplicate, and is acknowledged") {
  FT_COVERS("rfc7323 5.3-1", "rfc7323 5.3-2");
  auto s = Script::accepted(name, variant, {.timestamps = true});
  s.receives("P. 1:11(10) ack 1 <TS val 5000 ecr 0>"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  s.receives("P. 900000:900010(10) ack 1 <TS val 4000 ecr 0>"_seg);
  s.dropped(DropReason::paws);
  s.expects(". 1:1(0) ack 11"_seg);
}

SCRIPT_CASE("a RST resets whatever its timestamp says, and one that is challenged leaves no timestamp behind") {
  FT_COVERS("rfc7323 5.2-6", "rfc7323 5.2-7");
  auto s = Script::accepted(name, variant, {.timestamps = true});
  s.receives("P. 1:11(10) ack 1 <TS val 5000 ecr 0>"_seg);
  s.expects(". 1:1(0) ack 11"_seg);
  s.receives("R 100:100(0) <TS val 2000000 ecr 0>"_seg);
  s.dropped(DropReason::rst_challenged);
  s.expects(". 1:1(0) ack 11"_seg);
  CHECK(stamps(s).ecr == 5000);
  s.receives("P. 11:21(10) ack 1 <TS val 5001 ecr 0>"_seg);
  s.expects(". 1:1(0) ack 21"_seg);
  s.receives("R 21:21(0) <TS val 1 ecr 0>"_seg);
  s.has_closed(CloseReason::reset);
}

SCRIPT_CASE("a RST that answers timestamps echoes them, with none of its own") {
  FT_COVERS("rfc7323 5.2-2", "rfc7323 5.2-3", "rfc7323 5.2-4");
  Script s(name, variant);
  s.receives("S 0:0(0) win 1000 <mss 1000,TS val 77 ecr 0>"_seg);
  s.expects("R. 0:0(0) ack 1"_seg);
  CHECK(stamps(s).ecr == 77);
  CHECK(stamps(s).val == 0);
  s.receives("P. 10:20(10) ack 300"_seg);
  s.expects("R 300:300(0) <>"_seg);
}
