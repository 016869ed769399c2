// Two captures of one path, written by hand.
#pragma once

#include "analysis/compare/comparer.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace ft::analysis::test {

using namespace std::chrono_literals;
namespace flag = wire::tcp_flag;

/// A path between two places: what passes is seen at both, `there` later by the second clock, which is wrong by `offset`.
struct Path {
  Duration there = 10ms, back = 10ms, offset = 3s;
  double skew = 0;
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
  /// The server acknowledges everything before `next`.
  void acknowledge(Instant at, std::uint32_t next) {
    Segment s = segment(false, 501, 0);
    s.ack = Seq{next};
    send(at, false, s);
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

inline constexpr Instant start{1000s};

}  // namespace ft::analysis::test
