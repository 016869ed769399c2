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
  Instant data_sent = never;
  Instant data_received = never;
  Instant ack_sent = never;

  /// `octets` of text in segments of at most `mss`, sent again.
  void on_repeat(Cause cause, std::uint32_t octets, std::uint32_t mss);
};

}  // namespace ft::tcp
