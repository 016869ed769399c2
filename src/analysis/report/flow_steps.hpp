// One connection's segments, kept small and in order, for whatever tells of a single connection: its story, its ladder, its
// graphs, its lab report. The only place where a record per packet is kept, and only for a connection that was chosen, up to a
// limit.
#pragma once

#include "analysis/dissect/segment.hpp"
#include "analysis/flow/analysis.hpp"
#include "analysis/flow/connection.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace ft::analysis::report {

struct FlowStep {
  std::uint64_t frame = 0;
  Instant at{};
  std::uint8_t side = 0;  // who sent it: 0 the opener
  Label label = Label::original;
  RepeatCause cause = RepeatCause::none;
  std::uint8_t flags = 0;
  bool ae = false;
  std::uint8_t traffic_class = 0;
  std::uint16_t window = 0;  // as on the wire
  std::uint16_t urgent = 0;
  ChecksumState checksum = ChecksumState::unknown;
  Seq seq, ack;
  std::uint32_t length = 0;
  SegmentOptions options;
  std::int64_t relative_seq = 0;  // 0 = the sender's SYN, or one before the first number seen
  std::int64_t relative_ack = 0;
  std::uint64_t scaled_window = 0;   // octets
  std::uint64_t in_flight = 0;       // of the sender, after it
  std::uint64_t peer_in_flight = 0;  // of the other side, after it
  std::uint64_t peer_window = 0;     // that the other side announced last
  std::uint64_t fresh = 0;           // octets never sent before
  std::optional<Duration> rtt;       // of the other side's text, taken from this ACK
  bool dsack = false;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  bool has_text() const { return length > 0; }
  /// Sent for the first time, as far as anybody knows.
  bool is_fresh() const { return label == Label::original || label == Label::reordered; }
  bool is_repeat() const { return label == Label::retransmission || label == Label::needless; }
  bool is_copy() const { return label == Label::network_duplicate || label == Label::capture_duplicate; }
  bool is_pure_ack() const;
  std::uint32_t sequence_length() const;
};

class FlowSteps final : public SeriesSink {
 public:
  static constexpr std::size_t default_limit = 200'000;

  explicit FlowSteps(std::uint32_t stream, std::size_t limit = default_limit) : stream_(stream), limit_(limit) {}

  bool wants(std::uint32_t stream) override { return stream == stream_; }
  void on_sample(const Sample& sample) override;
  /// The capture has ended: what is known of the connection, and of each segment now.
  void settle(const Connection& connection, const Analysis& analysis);
  /// The same for those who know the labels already.
  void settle(const Connection& connection) { connection_ = connection; }

  const std::vector<FlowStep>& steps() const { return steps_; }
  std::uint32_t stream() const { return stream_; }
  /// Segments that came after the limit was reached.
  std::uint64_t left_out() const { return left_out_; }
  const Connection& connection() const { return connection_; }
  /// Since the connection's first segment.
  Duration since_begin(Instant at) const { return at - connection_.first; }

 private:
  struct Numbers {
    Seq base;
    bool known = false;
    std::int64_t furthest = 0;  // relative; past 4 GiB the numbers are unwrapped along the way
  };
  std::int64_t relative(std::uint8_t side, Seq number, bool may_begin);

  Connection connection_;
  std::uint32_t stream_;
  std::size_t limit_;
  std::vector<FlowStep> steps_;
  std::uint64_t left_out_ = 0;
  std::array<Numbers, 2> numbers_;
  std::array<std::uint64_t, 2> in_flight_{};
};

}  // namespace ft::analysis::report
