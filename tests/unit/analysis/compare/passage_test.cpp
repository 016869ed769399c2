#include "path.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

TEST_CASE("a segment that only one place saw was lost between them, and its repeat is not taken for it") {
  Path path;
  path.handshake(start);
  path.send(start + 100ms, true, path.segment(true, 101, 100), false);
  path.send(start + 200ms, true, path.segment(true, 201, 100));
  path.send(start + 400ms, true, path.segment(true, 101, 100));
  path.send(start + 500ms, false, path.segment(false, 501, 0));
  const Comparison c = path.compare();
  const Passage& out = c.connections.at(0).ways[0];
  CHECK(out.lost_count == 1);
  CHECK(out.lost_octets == 100);
  REQUIRE(out.lost.size() == 1);
  CHECK(out.lost[0].frame == 4);
  CHECK(out.arrived == 4);
  CHECK(out.most == 10ms);
  CHECK(out.reordered == 0);
}

TEST_CASE("copies, overtaking and strangers are told apart") {
  Path path;
  path.handshake(start);
  Segment doubled = path.segment(true, 101, 100);
  path.send(start + 100ms, true, doubled);
  path.see(false, start + 111ms, doubled);
  path.send(start + 200ms, true, path.segment(true, 201, 100), true, 5ms);
  path.send(start + 201ms, true, path.segment(true, 301, 100));
  path.see(false, start + 300ms, path.segment(true, 401, 0, flag::rst));
  path.send(start + 500ms, true, path.segment(true, 401, 100));
  path.send(start + 600ms, false, path.segment(false, 501, 0));
  const Comparison compared = path.compare();
  const Passage& out = compared.connections.at(0).ways[0];
  CHECK(out.duplicated == 1);
  CHECK(out.reordered == 1);
  CHECK(out.extra_count == 1);
  REQUIRE(out.extra.size() == 1);
  CHECK(out.extra[0].flags == flag::rst);
}

TEST_CASE("of a late segment and all that overtook it, only the late one was overtaken") {
  Path path;
  path.handshake(start);
  path.send(start + 100ms, true, path.segment(true, 101, 100), true, 8ms);
  for (std::uint32_t i = 1; i < 6; ++i) path.send(start + 100ms + i * 1ms, true, path.segment(true, 101 + 100 * i, 100));
  path.send(start + 200ms, true, path.segment(true, 701, 100), true, 8ms);
  path.send(start + 201ms, true, path.segment(true, 801, 100), true, 8ms);  // as late: it overtook nobody
  path.send(start + 202ms, true, path.segment(true, 901, 100));
  path.send(start + 300ms, false, path.segment(false, 501, 0));
  const Comparison compared = path.compare();
  CHECK(compared.connections.at(0).ways[0].reordered == 3);
  CHECK(compared.connections[0].ways[1].reordered == 0);
}

TEST_CASE("copies that the path made are copies in whichever capture they arrive") {
  Path path;
  path.handshake(start);
  path.send(start + 50ms, true, path.segment(true, 101, 100));
  const Segment ack = path.segment(false, 501, 0);
  path.send(start + 100ms, false, ack);
  path.see(true, start + 112ms, ack);  // the server sent it once, the client's capture has it twice
  for (const bool exchanged : {false, true}) {
    const Comparison compared = path.compare(exchanged);
    const Passage& back = compared.connections.at(0).ways[1];
    CHECK(back.duplicated == 1);
    CHECK(back.extra_count == 0);
    CHECK(back.lost_count == 0);
  }
}

TEST_CASE("a packet that a capture holds twice where it was sent was not lost once") {
  Path path;
  path.handshake(start);
  const Segment text = path.segment(true, 101, 100);
  path.see(true, start + 100ms, text);
  path.send(start + 100ms + 10us, true, text);
  path.send(start + 200ms, false, path.segment(false, 501, 0));
  const Comparison compared = path.compare();
  const Passage& out = compared.connections.at(0).ways[0];
  CHECK(out.lost_count == 0);
  CHECK(out.copies_near == 1);
  CHECK(out.sent == 3);
}

TEST_CASE("of a segment sent twice with other identifications, the one that arrived is known by its own") {
  Path path;
  path.handshake(start);
  path.send(start + 50ms, true, path.segment(true, 101, 100));
  path.send(start + 100ms, true, path.segment(true, 201, 100), false);
  Segment repeat = path.segment(true, 201, 100);
  path.send(start + 400ms, true, repeat);
  path.see(false, start + 411ms, repeat);
  path.send(start + 500ms, false, path.segment(false, 501, 0));
  const Comparison compared = path.compare();
  const Passage& out = compared.connections.at(0).ways[0];
  REQUIRE(out.lost.size() == 1);
  CHECK(out.lost[0].frame == 5);
  CHECK(out.duplicated == 1);
  CHECK(out.most == 10ms);
}

TEST_CASE("what a network card cut at the second place arrived at the first") {
  Path path;
  path.handshake(start);
  path.send(start + 50ms, true, path.segment(true, 101, 10));
  path.see(false, start + 100ms, path.segment(false, 501, 3000));
  for (const std::uint32_t at : {0u, 1000u, 2000u}) path.see(true, start + 110ms, path.segment(false, 501 + at, 1000));
  path.send(start + 200ms, true, path.segment(true, 111, 0));
  const Comparison compared = path.compare();
  const Passage& back = compared.connections.at(0).ways[1];
  CHECK(back.cut_anew == 1);
  CHECK(back.lost_count == 0);
  CHECK(back.extra_count == 0);
}

TEST_CASE("a segment cut anew by offload arrived, and what is missing of it is told") {
  Path path;
  path.handshake(start);
  path.see(true, start + 100ms, path.segment(true, 101, 3000));
  for (const std::uint32_t at : {0u, 1000u, 2000u}) path.see(false, start + 110ms, path.segment(true, 101 + at, 1000));
  path.see(true, start + 200ms, path.segment(true, 3101, 3000));
  for (const std::uint32_t at : {0u, 2000u}) path.see(false, start + 210ms, path.segment(true, 3101 + at, 1000));
  path.send(start + 300ms, true, path.segment(true, 4101, 1000));  // the repair
  path.send(start + 400ms, false, path.segment(false, 501, 0));
  const Comparison compared = path.compare();
  const Passage& out = compared.connections.at(0).ways[0];
  CHECK(out.cut_anew == 2);
  CHECK(out.lost_count == 1);
  CHECK(out.lost_octets == 1000);
  CHECK(out.extra_count == 0);
  CHECK(out.least == 10ms);
}

TEST_CASE("what the path altered is named with both frames") {
  Path path;
  path.alters = [](Segment& s) {
    if (s.has(flag::syn)) {
      s.options.mss_value = 1400;
      s.options.has = SegmentOptions::mss;
    }
    s.traffic_class = 1;
  };
  Segment syn = path.segment(true, 100, 0, flag::syn);
  syn.options.has = SegmentOptions::mss | SegmentOptions::window_scale | SegmentOptions::sack_permitted;
  syn.options.mss_value = 1460;
  syn.options.shift = 7;
  path.send(start, true, syn);
  path.send(start + 10ms, false, path.segment(false, 500, 0, flag::syn | flag::ack));
  path.send(start + 20ms, true, path.segment(true, 101, 0));
  const Comparison compared = path.compare();
  const Passage& out = compared.connections.at(0).ways[0];
  REQUIRE(out.altered.size() == 4);
  CHECK(out.altered[0].what == Altered::mss);
  CHECK(out.altered[0].before == "1460");
  CHECK(out.altered[0].after == "1400");
  CHECK(out.altered[0].frame_first == 1);
  CHECK(out.altered[1].what == Altered::window_scale);
  CHECK(out.altered[1].after == "none");
  CHECK(out.altered[2].what == Altered::sack_permitted);
  CHECK(out.altered[3].what == Altered::ecn);
  CHECK(out.altered[3].times == 2);
}

TEST_CASE("what the other capture could not have seen is not called lost") {
  Path path;
  path.handshake(start);
  path.send(start + 100ms, false, path.segment(false, 501, 100));
  path.see(true, start + 10s, path.segment(true, 101, 100));  // the second capture had ended
  const Comparison compared = path.compare();
  const Passage& out = compared.connections.at(0).ways[0];
  CHECK(out.lost_count == 0);
  CHECK(out.unjudged == 1);
}
