// The numbers of a conversation that people read instead of those on the wire: sequence numbers from where each side began,
// scaled windows, times since the stream's first and last packet. One small record a stream; which stream a segment belongs to is
// told by flow/. A second pass over the same capture knows from the start what the first one learnt.
#pragma once

#include "analysis/fields/context.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace ft::analysis {

class StreamNumbers {
 public:
  static constexpr std::size_t most_udp = 1u << 20;  // conversations; more have no number

  /// In the order of the capture. Valid until the next call.
  const TcpNumbers& on(const Segment& segment, std::uint32_t stream);
  /// For a segment that an ICMP error quotes: what is known of its stream. Valid until the next call.
  const TcpNumbers& on(const IcmpError& error, std::uint32_t stream);
  /// The number of a datagram's conversation; nullopt when the frame holds none.
  std::optional<std::uint32_t> on_udp(const Frame& frame);
  /// Before a second pass.
  void restart();

 private:
  struct Record {
    std::array<std::uint32_t, 2> base{};  // of sequence numbers, by direction
    std::array<std::int8_t, 2> shift{-1, -1};
    std::array<bool, 2> based{}, syn{};
    std::uint8_t completeness = 0;
    bool begun = false;
    Instant first{}, last{};
  };
  struct Pair {
    Endpoint low, high;
    friend auto operator<=>(const Pair&, const Pair&) = default;
  };
  void learn(Record& record, const Segment& segment, std::size_t way);

  std::vector<Record> records_;        // by stream
  std::map<Pair, std::uint32_t> udp_;  // of no hash that a capture could be made to collide in
  TcpNumbers numbers_;
  bool again_ = false;
};

}  // namespace ft::analysis
