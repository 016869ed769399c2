// RFC 9293 3.1 and 3.2: what the header of a segment must and may look like.
#include "script.hpp"

#include <algorithm>

using namespace ft;
using namespace ft::test;

namespace {

/// The options of the segment that left last, as they are in the packet.
std::vector<std::uint8_t> options_sent(const Script& s, bool v6) {
  const auto tcp = s.last_packet().subspan(v6 ? 40 : 20);
  const auto header_length = std::to_integer<std::size_t>(tcp[12]) / 16 * 4;
  std::vector<std::uint8_t> octets;
  for (const std::byte octet : tcp.subspan(20, header_length - 20)) octets.push_back(std::to_integer<std::uint8_t>(octet));
  return octets;
}

}  // namespace

SCRIPT_CASE("a window field with its highest bit set is a large window, not a negative one") {
  FT_COVERS("rfc9293 MUST-1", "rfc9293 REC-1");
  auto s = Script::established(name, variant, {.peer_window = 1000});
  s.receives(". 1:1(0) ack 1 win 60000"_seg);
  CHECK(s.info().snd_wnd == 60000);
  s.app_writes(9000);
  s.expects_full_segments(8);
  s.expects("P. 8001:9001(1000) ack 1"_seg);
}

SCRIPT_CASE("each segment that leaves bears the right checksum over its pseudo-header") {
  FT_COVERS("rfc9293 MUST-2");
  auto s = Script::accepted(name, variant, {.timestamps = true});  // the harness fails when a checksum is wrong
  s.app_writes(101);
  s.expects("P. 1:102(101) ack 1"_seg);
  s.app_closes();
  s.expects("F. 102:102(0) ack 1"_seg);
  s.receives("P. 1:11(10) ack 103"_seg);
  s.expects("R. 103:103(0) ack 1"_seg);
}

SCRIPT_CASE("a segment with a wrong checksum is dropped without a word") {
  FT_COVERS("rfc9293 MUST-3");
  auto s = Script::established(name, variant);
  s.receives("P. 1:11(10) ack 1"_seg, {.bad_checksum = true});
  s.dropped(DropReason::bad_transport_checksum);
  s.receives("R 1:1(0)"_seg, {.bad_checksum = true});
  s.stays_silent_for(1s);
  s.has_state("ESTABLISHED");
  CHECK(s.info().receive_queued == 0);
}

SCRIPT_CASE("end of list, no operation and MSS are understood; what follows the end of the list is not read") {
  FT_COVERS("rfc9293 MUST-4", "rfc9293 MUST-14", "rfc9293 MUST-69");
  Script s(name, variant);
  s.listens();
  // nop, nop, mss 700, end, then what would be mss 100
  s.receives("S 0:0(0) win 9000"_seg, {.tcp_options = {1, 1, 2, 4, 2, 188, 0, 2, 4, 0, 100, 0}});
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 win 9000"_seg);
  s.accepts();
  s.app_writes(700);
  s.expects("P. 1:701(700) ack 1"_seg);
}

SCRIPT_CASE("options are read although none begins at a word") {
  FT_COVERS("rfc9293 MUST-64");
  Script s(name, variant);
  s.listens();
  // wscale 2, mss 600, sackOK, one nop
  s.receives("S 0:0(0) win 9000"_seg, {.tcp_options = {3, 3, 2, 2, 4, 2, 88, 4, 2, 1}});
  s.expects("S. 0:0(0) ack 1"_seg);
  CHECK(s.last_sent().options.window_scale.has_value());
  CHECK(s.last_sent().options.sack_permitted);
  s.receives(". 1:1(0) ack 1 win 9000"_seg);
  s.accepts();
  CHECK(s.info().mss == 600);
}

SCRIPT_CASE("an option that nobody knows is passed over by its length, on any segment") {
  FT_COVERS("rfc9293 MUST-5", "rfc9293 MUST-6", "rfc9293 MUST-68");
  Script s(name, variant);
  s.listens();
  // kind 200 of six octets, then mss 800; kind 253 (experiments) of four
  s.receives("S 0:0(0) win 9000"_seg, {.tcp_options = {200, 6, 2, 4, 0, 1, 2, 4, 3, 32, 253, 4, 1, 2}});
  s.expects("S. 0:0(0) ack 1"_seg);
  s.receives(". 1:1(0) ack 1 win 9000"_seg, {.tcp_options = {200, 2, 253, 5, 1, 2, 3}});
  s.accepts();
  CHECK(s.info().mss == 800);
  s.receives("P. 1:11(10) ack 1"_seg, {.tcp_options = {199, 7, 1, 2, 3, 4, 5}});
  s.expects(". 1:1(0) ack 11"_seg);
  s.receives("FP. 11:21(10) ack 1"_seg, {.tcp_options = {198, 3, 1}});
  s.expects(". 1:1(0) ack 22"_seg);
  s.app_reads(20);
}

SCRIPT_CASE("an option with an illegal length is survived: what came before it counts, what follows is not read") {
  FT_COVERS("rfc9293 MUST-7");
  for (const std::uint8_t length : std::initializer_list<std::uint8_t>{0, 1, 40, 255}) {
    CAPTURE(length);
    Script s(name, variant);
    s.listens();
    s.receives("S 0:0(0) win 9000"_seg, {.tcp_options = {2, 4, 2, 188, 200, length, 2, 4, 0, 100}});
    s.expects("S. 0:0(0) ack 1"_seg);
    s.receives(". 1:1(0) ack 1 win 9000"_seg);
    s.accepts();
    CHECK(s.info().mss == 700);
    s.receives("P. 1:11(10) ack 1"_seg, {.tcp_options = {3, length, 2}});
    s.expects(". 1:1(0) ack 11"_seg);
    s.has_state("ESTABLISHED");
  }
}

SCRIPT_CASE("an option cut off by the end of the header is survived") {
  FT_COVERS("rfc9293 MUST-7");
  auto s = Script::established(name, variant);
  s.receives("P. 1:11(10) ack 1"_seg, {.tcp_options = {1, 1, 1, 8}});
  s.expects(". 1:1(0) ack 11"_seg);
}

SCRIPT_CASE("MSS goes on SYNs and on nothing else, and a late one from the peer changes nothing") {
  FT_COVERS("rfc9293 MUST-65", "rfc7323 2.2-2");
  auto s = Script::accepted(name, variant);
  s.receives("P. 1:11(10) ack 1 <mss 100,wscale 9>"_seg);
  s.expects(". 1:1(0) ack 11 <>"_seg);
  CHECK(s.info().mss == 1000);
  s.receives(". 11:11(0) ack 1 win 4000"_seg);
  CHECK(s.info().snd_wnd == 4000);
  s.app_writes(1500);
  s.expects(". 1:1001(1000) ack 11 <>"_seg);
  s.receives(". 11:11(0) ack 1001"_seg);
  s.expects("P. 1001:1501(500) ack 11 <>"_seg);
  s.app_reads(10);
  s.app_closes();
  s.expects("F. 1501:1501(0) ack 11 <>"_seg);
}

SCRIPT_CASE("what we send has each option with its length, and nothing but zeros after an end of the list") {
  FT_COVERS("rfc9293 MUST-68", "rfc9293 MUST-69");
  auto s = Script::accepted(name, variant, {.wscale = 2, .sack = true, .timestamps = true});
  std::vector<std::vector<std::uint8_t>> seen{options_sent(s, variant.v6)};
  s.receives(". 1001:2001(1000) ack 1"_seg);
  s.expects(". 1:1(0) ack 1"_seg);
  seen.push_back(options_sent(s, variant.v6));
  s.app_writes(100);
  s.expects("P. 1:101(100) ack 1"_seg);
  seen.push_back(options_sent(s, variant.v6));
  for (const auto& list : seen) {
    CHECK(list.size() % 4 == 0);
    std::size_t at = 0;
    while (at < list.size() && list[at] != 0) {
      if (list[at] == 1) {
        ++at;
        continue;
      }
      REQUIRE(at + 1 < list.size());
      REQUIRE(list[at + 1] >= 2);
      at += list[at + 1];
    }
    CHECK(at <= list.size());
    CHECK(std::all_of(list.begin() + static_cast<std::ptrdiff_t>(at), list.end(), [](std::uint8_t octet) { return octet == 0; }));
  }
}
