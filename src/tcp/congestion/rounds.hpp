// Round trips, told by what was delivered: a round ends when everything that was in flight at its beginning has arrived, and the
// ACK beyond begins the next. The controllers see no sequence numbers; without loss this is RFC 9406 4.2's windowEnd and RFC 8257
// 3.3's WindowEnd.
#pragma once

#include "fourtuple/congestion.hpp"

namespace ft::tcp {

class Rounds {
 public:
  /// True when this ACK begins a round.
  bool on_ack(const CongestionAck& ack) {
    if (ack.delivered <= end_) return false;
    end_ = ack.delivered + ack.in_flight;
    return true;
  }

 private:
  std::uint64_t end_ = 0;  // on the scale of CongestionAck::delivered
};

}  // namespace ft::tcp
