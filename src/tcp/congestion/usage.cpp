#include "tcp/congestion/usage.hpp"

#include <algorithm>

namespace ft::tcp {

bool Usage::on_ack(const CongestionAck& ack, bool round_begins, std::uint64_t window) {
  if (round_begins) {
    if (counting_) {
      // The pipeACK sampling period is three round trips and at least a second (RFC 7661 4.2); two of them overlap here.
      if (ack.now - period_began_ >= std::max<Duration>(3 * ack.srtt, std::chrono::seconds(1))) {
        best_before_ = best_;
        best_ = 0;
        period_began_ = ack.now;
      }
      best_ = std::max(best_, ack.delivered - round_began_);
      measured_ = true;
    } else {
      period_began_ = ack.now;
    }
    counting_ = true;
    round_began_ = ack.delivered;
  }
  if (ack.cwnd_limited || is_validated(window)) {
    unproven_since_ = never;
    return false;
  }
  if (unproven_since_ == never) unproven_since_ = ack.now;
  if (ack.now - unproven_since_ < non_validated_period) return false;
  unproven_since_ = ack.now;
  return true;
}

void Usage::restart() {
  best_ = best_before_ = 0;
  measured_ = counting_ = false;
  unproven_since_ = never;
}

}  // namespace ft::tcp
