#include "path.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

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

TEST_CASE("memory is bounded: what comes beyond the limit is counted") {
  Comparer comparer({.most_segments = 10, .most_connections = 5});
  Path path;
  for (std::uint32_t i = 0; i < 25; ++i) comparer.on(0, path.segment(true, i, 1));
  const Comparison c = comparer.finish();
  CHECK(c.not_compared == 15);
  CHECK(c.only_first == 1);
  CHECK_FALSE(c.clocks_known);
}
