// Connections made by hand for the printers' tests: segments as an analysis would hand them on, and what it would know at the
// end.
#pragma once

#include "analysis/report/explain.hpp"
#include "wire/tcp.hpp"

#include <doctest/doctest.h>

#include <string>

namespace ft::analysis::report {

using namespace std::chrono_literals;
namespace flag = wire::tcp_flag;

class Case {
 public:
  Case() {
    connection.sides[0].endpoint = *Endpoint::parse("10.0.0.1:49152");
    connection.sides[1].endpoint = *Endpoint::parse("10.0.0.2:80");
    connection.first = at(0ns);
    connection.state = FlowState::closed;
    connection.closer = 0;
    connection.time_wait_holder = 0;
    connection.verdict = "complete";
    connection.history = "ShADadFf";
    connection.vantage = Vantage::client;
    connection.vantage_confidence = 0.9F;
  }

  static Instant at(Duration since) { return Instant{} + std::chrono::seconds{1'700'000'000} + since; }

  struct Sent {
    std::uint8_t side = 0;
    Duration when{};
    std::uint8_t flags = flag::ack;
    std::uint32_t seq = 0, ack = 0;  // relative to the ISNs
    std::uint32_t length = 0;
    Label label = Label::original;
    RepeatCause cause = RepeatCause::none;
    std::uint16_t window = 500;
    std::optional<Duration> rtt{};
  };
  /// The next frame.
  void send(const Sent& s) {
    Segment segment;
    segment.frame = ++frame_;
    segment.at = at(s.when);
    segment.flags = s.flags;
    segment.seq = Seq{isn(s.side) + s.seq};
    segment.ack = Seq{isn(1 - s.side) + s.ack};
    segment.length = s.length;
    segment.window = s.window;
    if ((s.flags & flag::syn) != 0) {
      segment.options.has = SegmentOptions::mss | SegmentOptions::window_scale | SegmentOptions::sack_permitted;
      segment.options.mss_value = 1460;
      segment.options.shift = 7;
    }
    Sample sample;
    sample.segment = &segment;
    sample.judged = {.stream = 0, .side = s.side, .label = s.label, .cause = s.cause};
    sample.window = std::uint64_t{s.window} << ((s.flags & flag::syn) != 0 ? 0U : 7U);
    sample.fresh = s.label == Label::original ? s.length : 0;
    sample.in_flight = s.length;
    sample.rtt = s.rtt;
    steps.on_sample(sample);
    Side& side = connection.sides[s.side];
    ++side.packets;
    side.octets += 40 + s.length;
    side.text += s.length;
    side.unique_text += sample.fresh;
    if (s.label == Label::retransmission || s.label == Label::needless) ++side.retransmissions;
    connection.last = segment.at;
    connection.last_frame = frame_;
    if (connection.first_frame == 0) connection.first_frame = frame_;
  }

  /// Three packets, 10 ms each way as seen at the client.
  void shake_hands() {
    send({.side = 0, .when = 0ms, .flags = flag::syn});
    send({.side = 1, .when = 20ms, .flags = flag::syn | flag::ack, .ack = 1});
    send({.side = 0, .when = 20ms, .seq = 1, .ack = 1});
    connection.handshake = 20ms;
    connection.handshake_frames = {1, 2, 3};
  }
  /// Both FINs, the client's first.
  void close(Duration when, std::uint32_t client_end, std::uint32_t server_end) {
    send({.side = 0, .when = when, .flags = flag::fin | flag::ack, .seq = client_end, .ack = server_end});
    send({.side = 1, .when = when + 20ms, .flags = flag::fin | flag::ack, .seq = server_end, .ack = client_end + 1});
    send({.side = 0, .when = when + 20ms, .seq = client_end + 1, .ack = server_end + 1});
  }
  const FlowSteps& settled() {
    steps.settle(connection);
    return steps;
  }

  static constexpr std::uint32_t isn(int side) { return side == 0 ? 0xfffffff0U : 5000U; }

  Connection connection;
  FlowSteps steps{0};

 private:
  std::uint64_t frame_ = 0;
};

inline Finding finding_of(std::string_view id, Severity severity, std::vector<std::uint64_t> frames) {
  Finding finding;
  finding.id = id;
  finding.severity = severity;
  finding.frame_count = frames.size();
  finding.frames = std::move(frames);
  return finding;
}

}  // namespace ft::analysis::report
