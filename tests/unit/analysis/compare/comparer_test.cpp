#include "analysis/compare/comparer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

using namespace ft;
using namespace ft::analysis;
using namespace std::chrono_literals;
namespace flag = wire::tcp_flag;

namespace {

/// A path between two places: what passes is seen at both, `there` later by the second clock, which is wrong by `offset`.
struct Path {
  Duration there = 10ms, back = 10ms, offset = 3s;
  double skew = 0;
  bool second_is_server = true;
  std::vector<std::pair<Instant, Segment>> first{}, second{};
  std::uint16_t id = 1;
  std::function<void(Segment&)> alters = [](Segment&) {};

  Instant second_clock(Instant t) const {
    return t + offset + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(t - Instant{}) * skew);
  }
  Segment segment(bool from_client, std::uint32_t seq, std::uint32_t length, std::uint8_t flags = flag::ack) {
    Segment s;
    s.source = IpAddress::v4(10, 0, 0, from_client ? 1 : 2);
    s.destination = IpAddress::v4(10, 0, 0, from_client ? 2 : 1);
    s.source_port = from_client ? 40000 : 80;
    s.destination_port = from_client ? 80 : 40000;
    s.seq = Seq{seq};
    s.length = length;
    s.flags = flags;
    s.has_ip_id = true;
    s.ip_id = id++;
    s.ttl = 64;
    return s;
  }
  void see(bool at_first, Instant at, Segment s) {
    auto& into = at_first ? first : second;
    into.emplace_back(at_first ? at : second_clock(at), s);
  }
  /// Sent at `at` by true time; arrives unless it is lost.
  void send(Instant at, bool from_client, Segment s, bool arrives = true, Duration late = {}) {
    see(from_client, at, s);
    if (!arrives) return;
    s.ttl = 61;
    alters(s);
    see(!from_client, at + (from_client ? there : back) + late, s);
  }
  void handshake(Instant at) {
    send(at, true, segment(true, 100, 0, flag::syn));
    send(at + there, false, segment(false, 500, 0, flag::syn | flag::ack));
    send(at + there + back, true, segment(true, 101, 0));
  }
  Comparison compare(bool exchanged = false) {
    Comparer comparer;
    unsigned capture = exchanged ? 1 : 0;
    for (auto* side : {&first, &second}) {
      std::ranges::stable_sort(*side, {}, [](const auto& p) { return p.first; });
      std::uint64_t frame = 0;
      for (auto& [at, s] : *side) {
        s.at = at;
        s.frame = ++frame;
        comparer.on(capture, s);
      }
      capture = 1 - capture;
    }
    return comparer.finish();
  }
};

constexpr Instant start{1000s};

}  // namespace

TEST_CASE("two clocks are aligned by what passed both ways, and each way's delay is known") {
  Path path;
  path.handshake(start);
  for (int i = 0; i < 10; ++i) {
    path.send(start + 100ms * (i + 1), true, path.segment(true, 101 + 100u * static_cast<std::uint32_t>(i), 100), true,
              i == 5 ? 30ms : 0ms);
    path.send(start + 100ms * (i + 1) + 50ms, false, path.segment(false, 501, 0));
  }
  const Comparison c = path.compare();
  REQUIRE(c.connections.size() == 1);
  CHECK(c.clocks_known);
  CHECK(c.first_is_nearer_opener);
  CHECK(c.offset == 3s);
  CHECK(c.rtt == 20ms);
  CHECK(c.skew == 0);
  const Passage& out = c.connections[0].ways[0];
  CHECK(out.sent == 12);
  CHECK(out.arrived == 12);
  CHECK(out.lost_count == 0);
  CHECK(out.least == 10ms);
  CHECK(out.median == 10ms);
  CHECK(out.most == 40ms);
  CHECK(out.hops == 3);
  CHECK(out.altered.empty());
  CHECK(out.from.to_string() == "10.0.0.1:40000");
}

TEST_CASE("it does not matter which capture is given first") {
  Path path;
  path.handshake(start);
  path.send(start + 1s, true, path.segment(true, 101, 100), false);
  path.send(start + 2s, true, path.segment(true, 101, 100));
  path.send(start + 3s, false, path.segment(false, 501, 100));
  const Comparison c = path.compare(true);
  CHECK_FALSE(c.first_is_nearer_opener);
  CHECK(c.offset == -3s);
  CHECK(c.connections.at(0).ways[0].lost_count == 1);
  CHECK(c.connections[0].ways[0].least == 10ms);
  CHECK(c.connections[0].ways[1].least == 10ms);
}

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

TEST_CASE("behind a NAT a connection is found by its initial sequence numbers") {
  Path path;
  path.alters = [](Segment& s) {
    const IpAddress inside = IpAddress::v4(10, 0, 0, 1), outside = IpAddress::v4(192, 0, 2, 9);
    if (s.source == inside) s.source = outside, s.source_port = 61000;
  };
  path.send(start, true, path.segment(true, 100, 0, flag::syn));
  Segment answer = path.segment(false, 500, 0, flag::syn | flag::ack);
  path.see(true, start + 20ms, answer);
  answer.destination = IpAddress::v4(192, 0, 2, 9);
  answer.destination_port = 61000;
  path.see(false, start + 10ms, answer);
  path.send(start + 20ms, true, path.segment(true, 101, 0));
  const Comparison c = path.compare();
  REQUIRE(c.connections.size() == 1);
  CHECK(c.connections[0].second.local.to_string() == "192.0.2.9:61000");
  const auto& altered = c.connections[0].ways[0].altered;
  REQUIRE_FALSE(altered.empty());
  CHECK(altered[0].what == Altered::addresses);
  CHECK(altered[0].after == "192.0.2.9:61000 -> 10.0.0.2:80");
  CHECK(c.clocks_known);
}

TEST_CASE("a clock that runs faster is noticed, and delays do not drift with it") {
  Path path;
  path.skew = 50e-6;
  path.handshake(start);
  for (int i = 0; i < 2000; ++i) {
    const Duration queue = std::chrono::microseconds((i * 7919) % 400);
    path.send(start + 100ms * (i + 1), true, path.segment(true, 101 + 10u * static_cast<std::uint32_t>(i), 10), true, queue);
    path.send(start + 100ms * (i + 1) + 20ms, false, path.segment(false, 501 + 10u * static_cast<std::uint32_t>(i), 10), true,
              queue);
  }
  const Comparison c = path.compare();
  CHECK(c.skew > 48e-6);
  CHECK(c.skew < 52e-6);
  const Passage& out = c.connections.at(0).ways[0];
  CHECK(out.least > 9900us);
  CHECK(out.most < 10600us);
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

TEST_CASE("a SYN that somebody forged into a connection does not part it") {
  Path path;
  path.handshake(start);
  path.see(false, start + 100ms, path.segment(true, 90000, 0, flag::syn));
  path.send(start + 200ms, true, path.segment(true, 101, 100));
  path.send(start + 300ms, false, path.segment(false, 501, 0));
  const Comparison c = path.compare();
  CHECK(c.connections.size() == 1);
  CHECK(c.only_second == 0);
  CHECK(c.connections.at(0).ways[0].extra_count == 1);
  CHECK(c.connections[0].ways[0].lost_count == 0);
}

TEST_CASE("a SYN that is answered inside an older connection begins another one") {
  Path path;
  path.handshake(start);
  path.send(start + 100ms, true, path.segment(true, 101, 100));
  path.send(start + 9s, true, path.segment(true, 70000, 0, flag::syn));
  Segment answer = path.segment(false, 80000, 0, flag::syn | flag::ack);
  answer.ack = Seq{70001};
  path.send(start + 9s + 10ms, false, answer);
  path.send(start + 9s + 20ms, true, path.segment(true, 70001, 0));
  const Comparison c = path.compare();
  REQUIRE(c.connections.size() == 2);
  CHECK(c.connections[1].ways[0].arrived == 2);
  CHECK(c.connections[1].frame_first == 5);
  CHECK(c.connections[0].ways[0].arrived == 3);
}

TEST_CASE("a repeat is needless when its first copy arrived, and a repair when it did not") {
  Path path;
  path.handshake(start);
  path.send(start + 100ms, true, path.segment(true, 101, 100));
  path.send(start + 110ms, true, path.segment(true, 201, 100), false);
  path.send(start + 120ms, true, path.segment(true, 301, 100));
  path.send(start + 400ms, true, path.segment(true, 101, 100));  // it had arrived
  path.send(start + 410ms, true, path.segment(true, 201, 100));  // it had not
  path.send(start + 500ms, false, path.segment(false, 501, 0));
  Segment ack = path.segment(false, 501, 0);
  ack.ack = Seq{201};
  path.send(start + 110ms, false, ack);  // as soon as it came: the receiver is right there
  const Comparison compared = path.compare();
  const auto& crossings = compared.connections.at(0).ways[0].crossings;
  REQUIRE(crossings.size() == 7);
  CHECK(crossings[2].is == 0);
  CHECK(crossings[3].any(Testimony::lost));
  CHECK(crossings[3].far == 0);
  CHECK(crossings[5].any(Testimony::needless));
  CHECK_FALSE(crossings[5].any(Testimony::refused));
  CHECK(crossings[6].any(Testimony::repeat));
  CHECK_FALSE(crossings[6].any(Testimony::needless));
}

TEST_CASE("what arrived and was still asked for was lost behind the farther place") {
  Path path;
  path.handshake(start);
  path.send(start + 50ms, true, path.segment(true, 101, 100));
  Segment first = path.segment(false, 501, 0);
  first.ack = Seq{201};
  path.send(start + 60ms + 1ms, false, first);
  path.send(start + 100ms, true, path.segment(true, 201, 100));
  for (const Duration later : {120ms, 140ms, 160ms}) {
    Segment asks = path.segment(false, 501, 0);
    asks.ack = Seq{201};
    path.send(start + later, false, asks);
  }
  path.send(start + 400ms, true, path.segment(true, 201, 100));
  const Comparison compared = path.compare();
  CHECK(compared.connections.at(0).ways[0].crossings.back().any(Testimony::refused));
  CHECK(compared.connections[0].ways[0].lost_count == 0);
}

TEST_CASE("two captures before the place of the loss do not call the repair needless") {
  Path path;
  path.there = path.back = 1ms;
  path.handshake(start);
  path.send(start + 100ms, true, path.segment(true, 101, 100));
  path.send(start + 101ms, true, path.segment(true, 201, 100));  // these two are lost farther on
  path.send(start + 102ms, true, path.segment(true, 301, 100));
  for (const Duration later : {140ms, 142ms}) {
    Segment asks = path.segment(false, 501, 0);
    asks.ack = Seq{201};
    path.send(start + later, false, asks);
  }
  path.send(start + 150ms, true, path.segment(true, 201, 100));
  path.send(start + 151ms, true, path.segment(true, 301, 100));
  const Comparison compared = path.compare();
  const auto& crossings = compared.connections.at(0).ways[0].crossings;
  CHECK_FALSE(crossings.back().any(Testimony::needless));
  CHECK(crossings.back().any(Testimony::incomplete));
}

TEST_CASE("memory is bounded: what comes beyond the limit is counted") {
  Comparer comparer({.most_segments = 10, .most_connections = 5});
  Path path;
  for (std::uint32_t i = 0; i < 25; ++i) comparer.on(0, path.segment(true, i, 1));
  const Comparison c = comparer.finish();
  CHECK(c.not_compared == 15);
  CHECK(c.only_first == 1);
  CHECK_FALSE(c.clocks_known);
}
