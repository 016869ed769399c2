// BBR's model of the path: what each ACK, loss and mark says about it.
#include "tcp/congestion/bbr.hpp"

#include <algorithm>

namespace ft::tcp {

using namespace std::chrono_literals;

namespace {
constexpr std::uint64_t loss_thresh_percent = 2;
constexpr std::uint64_t beta_percent = 70;
constexpr std::uint64_t headroom_percent = 15;
constexpr std::uint32_t extra_acked_rounds = 5;  // two slots of five: the last ten rounds, about
constexpr Duration min_rtt_filter_length = 10s;
constexpr Duration probe_rtt_interval = 5s;
}  // namespace

bool Bbr::is_app_limited(const CongestionAck& ack) const {
  return ack.rate.app_limited || ack.rate.prior_delivered < limited_until_;
}

void Bbr::update_round(const CongestionAck& ack) {
  round_start_ = ack.newly_delivered != 0 && ack.rate.prior_delivered >= next_round_delivered_;
  if (!round_start_) return;
  start_round();
  ++round_count_;
  ++rounds_since_probe_up_;
}

void Bbr::update_latest_signals(const CongestionAck& ack) {
  loss_round_start_ = false;
  bw_latest_ = std::max(bw_latest_, ack.rate.rate());
  inflight_latest_ = std::max(inflight_latest_, ack.rate.delivered);
  if (ack.newly_delivered != 0 && ack.rate.prior_delivered >= loss_round_delivered_) {
    loss_round_delivered_ = ack.delivered;
    loss_round_start_ = true;
  }
}

void Bbr::update_congestion_signals(const CongestionAck& ack) {
  update_round(ack);
  const std::uint64_t rate = ack.rate.rate();
  if (rate != 0 && (rate >= max_bw_.best() || !is_app_limited(ack))) max_bw_.add(rate);
  if (!loss_round_start_) return;
  adapt_lower_bounds();
  loss_in_round_ = false;
  if (!in_recovery_) saved_ = false;
}

void Bbr::adapt_lower_bounds() {
  if (is_probing_bw() || !loss_in_round_) return;
  if (bw_shortterm_ == infinite) bw_shortterm_ = max_bw_.best();
  if (inflight_shortterm_ == infinite) inflight_shortterm_ = cwnd_;
  bw_shortterm_ = std::max(bw_latest_, mul_div(bw_shortterm_, beta_percent, 100));
  inflight_shortterm_ = std::max(inflight_latest_, mul_div(inflight_shortterm_, beta_percent, 100));
}

void Bbr::update_ack_aggregation(const CongestionAck& ack) {
  const Duration interval = std::max(ack.now - extra_acked_since_, Duration::zero());
  std::uint64_t expected = mul_div(bw_, static_cast<std::uint64_t>(interval.count()), 1'000'000'000);
  if (extra_acked_delivered_ <= expected) {
    extra_acked_delivered_ = 0;
    extra_acked_since_ = ack.now;
    expected = 0;
  }
  extra_acked_delivered_ = saturating_add(extra_acked_delivered_, ack.newly_delivered);
  if (round_start_ && round_count_ - extra_acked_round_ >= (full_bw_reached_ ? extra_acked_rounds : 1)) {
    extra_acked_.next_slot();
    extra_acked_round_ = round_count_;
  }
  extra_acked_.add(std::min(extra_acked_delivered_ - expected, cwnd_));
}

void Bbr::update_min_rtt(const CongestionAck& ack) {
  probe_rtt_expired_ = ack.now > probe_rtt_min_stamp_ + probe_rtt_interval;
  if (ack.rtt && *ack.rtt > Duration::zero() && (*ack.rtt < probe_rtt_min_delay_ || probe_rtt_expired_)) {
    probe_rtt_min_delay_ = *ack.rtt;
    probe_rtt_min_stamp_ = ack.now;
  }
  const bool expired = ack.now > min_rtt_stamp_ + min_rtt_filter_length;
  if (probe_rtt_min_delay_ < min_rtt_ || (expired && probe_rtt_min_delay_ != unknown)) {
    min_rtt_ = probe_rtt_min_delay_;
    min_rtt_stamp_ = probe_rtt_min_stamp_;
  }
}

bool Bbr::adapt_long_term_model(const CongestionAck& ack) {
  if (ack_phase_ == AckPhase::probe_starting && round_start_) ack_phase_ = AckPhase::probe_feedback;
  if (ack_phase_ == AckPhase::probe_stopping && round_start_) {
    bw_probe_sample_ = false;
    ack_phase_ = AckPhase::init;
    if (in_probe_bw() && !is_app_limited(ack) && max_bw_.has_sample()) max_bw_.next_slot();
    if (in_probe_bw() && prev_probe_precautionary_ && !prev_probe_too_high_) {
      start_refill();  // the careful probe went well: a real one follows at once
      return true;
    }
  }
  if (is_inflight_too_high(ack.rate.lost, ack.rate.tx_in_flight) || inflight_longterm_ == infinite) return false;
  inflight_longterm_ = std::max(inflight_longterm_, ack.rate.tx_in_flight);
  if (state_ == State::up) probe_inflight_upward(ack);
  return false;
}

void Bbr::raise_inflight_slope() {
  const std::uint64_t growth = std::uint64_t{1} << probe_up_rounds_;
  probe_up_rounds_ = static_cast<std::uint8_t>(std::min(probe_up_rounds_ + 1, 30));
  probe_up_acked_per_inc_ = std::max<std::uint64_t>(cwnd_ / growth, mss_);
}

void Bbr::probe_inflight_upward(const CongestionAck& ack) {
  if (!ack.cwnd_limited || cwnd_ < inflight_longterm_) return;
  probe_up_acked_ += ack.newly_delivered;
  const std::uint64_t steps = probe_up_acked_ / probe_up_acked_per_inc_;
  probe_up_acked_ -= steps * probe_up_acked_per_inc_;
  inflight_longterm_ = std::min(saturating_add(inflight_longterm_, saturating_multiply(steps, mss_)), largest_window);
  if (round_start_) raise_inflight_slope();
}

void Bbr::note_loss() {
  if (!loss_in_round_) {
    loss_round_delivered_ = delivered_;
    save_state_upon_loss();
  }
  loss_in_round_ = true;
}

// What a needless recovery gives back is what held before its first loss, not before its last.
void Bbr::save_state_upon_loss() {
  save_cwnd();
  if (saved_) return;
  saved_ = undoable_ = true;
  undo_ = Undo::none;
  undo_bw_shortterm_ = bw_shortterm_;
  undo_inflight_shortterm_ = inflight_shortterm_;
  undo_inflight_longterm_ = inflight_longterm_;
}

bool Bbr::is_inflight_too_high(std::uint64_t lost, std::uint64_t tx_in_flight) const {
  return saturating_multiply(lost, 100) > saturating_multiply(tx_in_flight, loss_thresh_percent) || (lost > 0 && !sack_);
}

void Bbr::on_lost(Instant now, const LostSegment& segment) {
  lost_since_ack_ = true;
  note_loss();
  if (!bw_probe_sample_ || !is_inflight_too_high(segment.lost, segment.tx_in_flight)) return;
  // Which part of the segment (it may have been a long one) still fitted: (lost + x) / (in flight + x) is the threshold.
  const std::uint64_t before = segment.tx_in_flight - std::min<std::uint64_t>(segment.octets, segment.tx_in_flight);
  const std::uint64_t lost_before = segment.lost - std::min<std::uint64_t>(segment.octets, segment.lost);
  const std::uint64_t budget = mul_div(before, loss_thresh_percent, 100);
  const std::uint64_t prefix = budget > lost_before ? mul_div(budget - lost_before, 100, 100 - loss_thresh_percent) : 0;
  handle_inflight_too_high(now, saturating_add(before, prefix), segment.app_limited);
}

// The draft leaves the answer to marks open, but they MUST count as congestion: a marked octet counts like a lost one.
void Bbr::note_marks(const CongestionAck& ack) {
  if (ack.ce == 0) return;
  note_loss();
  marked_in_round_ = saturating_add(marked_in_round_, ack.ce);
  if (bw_probe_sample_ && is_inflight_too_high(marked_in_round_, ack.rate.tx_in_flight))
    handle_inflight_too_high(ack.now, ack.rate.tx_in_flight, ack.rate.app_limited);
}

void Bbr::handle_inflight_too_high(Instant now, std::uint64_t tx_in_flight, bool app_limited) {
  prev_probe_too_high_ = true;
  bw_probe_sample_ = false;  // once a probe
  if (!app_limited) inflight_longterm_ = std::max(tx_in_flight, mul_div(target_inflight(), beta_percent, 100));
  if (state_ != State::up) return;
  undo_ = Undo::up;
  start_down(now);
}

void Bbr::reset_signals() {
  loss_in_round_ = false;
  bw_latest_ = 0;
  inflight_latest_ = 0;
}

void Bbr::reset_short_term_model() {
  bw_shortterm_ = infinite;
  inflight_shortterm_ = infinite;
}

std::uint64_t Bbr::bdp(unsigned gain) const {
  if (min_rtt_ == unknown) return initial_cwnd_;
  const std::uint64_t product = mul_div(bw_, static_cast<std::uint64_t>(min_rtt_.count()), 1'000'000'000);
  return std::min(mul_div(product, gain, 100), largest_window);
}

std::uint64_t Bbr::with_budget(std::uint64_t inflight) const {
  // Room for what senders, receivers and their hardware hold back: three quanta.
  const std::uint64_t least = std::max(3 * quantum(), min_pipe_cwnd());
  return std::max(inflight, least) + (state_ == State::up ? 2ull * mss_ : 0);
}

std::uint64_t Bbr::inflight_with_headroom() const {
  if (inflight_longterm_ == infinite) return infinite;
  const std::uint64_t headroom = std::max<std::uint64_t>(mss_, mul_div(inflight_longterm_, headroom_percent, 100));
  return std::max(inflight_longterm_ - std::min(headroom, inflight_longterm_), min_pipe_cwnd());
}

std::uint64_t Bbr::target_inflight() const { return std::min(bdp(100), cwnd_); }

}  // namespace ft::tcp
