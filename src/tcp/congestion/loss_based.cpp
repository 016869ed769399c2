#include "tcp/congestion/loss_based.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {
// How much one ACK may count for in slow start, in segments. RFC 5681 says one and RFC 3465 two; receivers that merge segments
// acknowledge many at once, so RFC 9406 4.2 takes eight, or any number where pacing spreads what follows.
constexpr std::uint64_t unpaced_segments = 8;
// After a timeout an ACK may cover much that arrived long ago (RFC 3465 2.3).
constexpr std::uint64_t segments_after_timeout = 2;
}  // namespace

LossBased::LossBased(const CongestionStart& start, const SlowStartOptions& options)
    : hystart_(options.hystart),
      mss_(std::max(start.mss, 1u)),
      initial_segments_(static_cast<std::uint16_t>(std::clamp(start.initial_segments, 1u, 1000u))),
      paced_(options.paced) {
  cwnd_ = initial_window();
}

void LossBased::set_window(std::uint64_t cwnd) { cwnd_ = std::clamp<std::uint64_t>(cwnd, mss_, largest_window); }

void LossBased::on_ack(const CongestionAck& ack) {
  const bool round_begins = rounds_.on_ack(ack);
  observe(ack, round_begins);
  const bool unproven_for_long = usage_.on_ack(ack, round_begins, cwnd_);
  if (ack.in_recovery && !after_timeout_) return;  // proportional rate reduction has the word
  if (unproven_for_long) {
    // RFC 7661 4.4.3: remember what the path may still take, give back half.
    ssthresh_ = std::max(ssthresh_, cwnd_ / 4 * 3);
    if (cwnd_ > initial_window()) set_window(std::max(cwnd_ / 2, initial_window()));
  }
  //= rfc7661 4.3
  if (!ack.cwnd_limited) return on_unused(ack.now);
  if (in_slow_start()) {
    slow_start(ack, round_begins);
  } else {
    climb(ack, ack.newly_delivered);
  }
}

void LossBased::slow_start(const CongestionAck& ack, bool round_begins) {
  // HyStart++ looks after the first slow start only (RFC 9406 4.3).
  const bool first = ssthresh_ == UINT64_MAX;
  const auto phase = first ? hystart_.on_ack(round_begins, ack.rtt) : HyStart::Phase::done;
  std::uint64_t octets = ack.newly_delivered;
  if (after_timeout_) {
    octets = std::min(octets, segments_after_timeout * mss_);
  } else if (!paced_) {
    octets = std::min(octets, unpaced_segments * mss_);
  }
  if (phase == HyStart::Phase::conservative) octets /= HyStart::css_growth_divisor;
  const std::uint64_t room = ssthresh_ - cwnd_;
  set_window(cwnd_ + std::min(octets, room));
  if (first && phase == HyStart::Phase::done && hystart_.ended_by_delay()) {
    ssthresh_ = cwnd_;
  }
  if (!in_slow_start()) {
    on_new_climb();
    if (octets > room) climb(ack, static_cast<std::uint32_t>(octets - room));
  }
}

void LossBased::reduce(Instant now, CongestionSignal signal, std::uint64_t in_flight) {
  kept_cwnd_ = cwnd_;
  kept_ssthresh_ = ssthresh_;
  keep();
  ssthresh_ = std::clamp<std::uint64_t>(reduced(now, signal, in_flight), 2ull * mss_, largest_window);
  hystart_.finish();
}

void LossBased::on_congestion(Instant now, CongestionSignal signal, std::uint64_t in_flight) {
  reduce(now, signal, in_flight);
  // Never up: a window of one segment that waits for its timer's repair stays so.
  set_window(std::min(cwnd_, ssthresh_));
  after_timeout_ = false;
  on_new_climb();
}

void LossBased::on_rto(Instant now, std::uint64_t in_flight, bool first) {
  if (first) reduce(now, CongestionSignal::loss, in_flight);
  hystart_.finish();
  set_window(mss_);  // the loss window of RFC 5681 3.1
  after_timeout_ = true;
  on_new_climb();
}

void LossBased::on_recovered(Instant now, std::uint64_t in_flight) {
  (void)now, (void)in_flight;
  after_timeout_ = false;
}

void LossBased::on_undo(Instant now) {
  (void)now;
  if (kept_cwnd_ == 0) return;
  set_window(std::max(cwnd_, kept_cwnd_));
  ssthresh_ = kept_ssthresh_;
  kept_cwnd_ = 0;
  after_timeout_ = false;
  bring_back();
}

void LossBased::on_restart(Instant now, Duration idle) {
  (void)now, (void)idle;
  usage_.restart();
  if (cwnd_ <= initial_window()) return;
  // Nothing is known of the path any more, but how far it reached is worth remembering (RFC 7661 4.4.3).
  if (!in_slow_start() || ssthresh_ != UINT64_MAX) ssthresh_ = std::max(ssthresh_, cwnd_ / 4 * 3);
  set_window(initial_window());
  on_new_climb();
}

void LossBased::set_mss(std::uint32_t mss) {
  mss_ = std::max(mss, 1u);
  set_window(cwnd_);
  if (ssthresh_ != UINT64_MAX) ssthresh_ = std::max<std::uint64_t>(ssthresh_, 2ull * mss_);
}

std::string_view LossBased::phase() const {
  if (!in_slow_start()) return "avoidance";
  if (ssthresh_ == UINT64_MAX && hystart_.phase() == HyStart::Phase::conservative) return "conservative slow start";
  return "slow start";
}

}  // namespace ft::tcp
