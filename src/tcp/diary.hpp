// What a connection remembers only to be able to tell it (ConnectionInfo, RFC 4898's kind of account): counts, instants and the
// chronograph. No decision reads it. A connection gets one with its first octets, so an idle one costs a pointer.
#pragma once

#include "fourtuple/info.hpp"
#include "tcp/limits.hpp"
#include "tcp/why.hpp"

namespace ft::tcp {

/// Under which heading a segment that goes again is counted.
Repeat repeat_of(Cause cause);

struct Diary {
  Chronograph limits;
  RetransmissionInfo retransmitted;
  std::uint64_t out_of_order = 0;          // segments
  std::uint64_t duplicates = 0;            // segments
  std::uint64_t duplicate_sacks_sent = 0;  // segments that carried one
  std::uint64_t segments_sent = 0;
  std::uint64_t segments_received = 0;
  std::uint64_t ecn_reductions = 0;
  std::uint64_t delivered_ce = 0;   // octets that arrived marked, as the peer says
  std::uint64_t samples = 0;        // round trips measured
  std::uint64_t delivery_rate = 0;  // octets a second, the latest sample
  Duration latest_rtt{};
  Instant data_sent = never;
  Instant data_received = never;
  Instant ack_sent = never;
  bool application_limited = false;  // the latest sample of the delivery rate

  /// `octets` of text in segments of at most `mss`, sent again.
  void on_repeat(Cause cause, std::uint32_t octets, std::uint32_t mss);
};

}  // namespace ft::tcp
