// ACKs for a controller under test, without a network: what is in flight is acknowledged a segment or two at a time.
#pragma once

#include "fourtuple/congestion.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace ft::tcp::test {

inline constexpr Instant epoch{std::chrono::seconds(1)};

inline CongestionStart start_with(std::uint32_t mss = 1000, std::uint32_t initial_segments = 10) {
  CongestionStart start;
  start.now = epoch;
  start.mss = mss;
  start.initial_segments = initial_segments;
  start.seed = 7;
  return start;
}

/// Plays a sender that always has more to send: the window is full before every ACK. Not `limited`: one ACK takes all.
struct Acks {
  CongestionController& controller;
  Instant now = epoch;
  Duration rtt = std::chrono::milliseconds(100);
  std::uint64_t delivered = 0;
  bool limited = true;
  bool in_recovery = false;

  /// One ACK for `octets`, measured as `rtt`.
  void ack(std::uint32_t octets, std::optional<Duration> sample = std::nullopt, std::uint32_t ce = 0) {
    CongestionAck ack;
    ack.now = now;
    ack.acked = ack.newly_delivered = octets;
    ack.rate.prior_delivered = delivered;
    delivered += octets;
    ack.delivered = delivered;
    ack.prior_in_flight = limited ? std::max<std::uint64_t>(controller.window(), octets) : octets;
    ack.in_flight = ack.prior_in_flight - octets;
    ack.rtt = sample ? sample : rtt;
    ack.srtt = ack.min_rtt = rtt;
    ack.in_recovery = in_recovery;
    ack.cwnd_limited = limited;
    ack.ce = ce;
    controller.on_ack(ack);
  }

  /// A round trip: the whole window, an ACK for each `segment` octets, spread over the round trip.
  void round(std::uint32_t segment = 1000, std::optional<Duration> sample = std::nullopt) {
    const std::uint64_t count = std::max<std::uint64_t>(controller.window() / segment, 1);
    const Instant begin = now;
    for (std::uint64_t i = 1; i <= count; ++i) {
      now = begin + rtt * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(count);
      ack(segment, sample);
    }
  }
};

}  // namespace ft::tcp::test
