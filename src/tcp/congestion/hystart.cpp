#include "tcp/congestion/hystart.hpp"

#include <algorithm>

namespace ft::tcp {

void HyStart::begin_round() {
  last_round_ = current_round_;
  current_round_ = none;
  samples_ = 0;
  // The partial round in which CSS began counts (RFC 9406 4.2).
  if (phase_ == Phase::conservative && ++css_rounds_ >= css_rounds) phase_ = Phase::done;
}

bool HyStart::delay_grew() const {
  if (last_round_ == none) return false;
  return current_round_ >= last_round_ + std::clamp(last_round_ / min_rtt_divisor, min_rtt_thresh, max_rtt_thresh);
}

HyStart::Phase HyStart::on_ack(bool round_begins, const std::optional<Duration>& rtt) {
  if (phase_ == Phase::done) return phase_;
  if (round_begins) begin_round();
  if (rtt) {
    current_round_ = std::min(current_round_, *rtt);
    if (samples_ < n_rtt_sample) ++samples_;
  }
  if (samples_ < n_rtt_sample) return phase_;
  if (phase_ == Phase::slow_start && delay_grew()) {
    phase_ = Phase::conservative;
    css_baseline_ = current_round_;
    css_rounds_ = 0;
  } else if (phase_ == Phase::conservative && current_round_ < css_baseline_) {
    phase_ = Phase::slow_start;  // it was jitter
    css_baseline_ = none;
  }
  return phase_;
}

}  // namespace ft::tcp
