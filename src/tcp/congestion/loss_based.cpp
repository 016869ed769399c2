#include "tcp/congestion/loss_based.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {
// How much one ACK may count for in slow start, in segments. RFC 5681 says one and RFC 3465 two; receivers that merge segments
// acknowledge many at once, so RFC 9406 4.2 takes eight, or any number where pacing spreads what follows.
constexpr std::uint64_t unpaced_segments = 8;
// After a timeout an ACK may cover much that arrived long ago (RFC 3465 2.3).
constexpr std::uint64_t segments_after_timeout = 2;
// One segment in 64 round trips is as slow as marks make us.
constexpr std::uint8_t most_halvings = 6;
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
  srtt_ = ack.srtt;
  observe(ack, round_begins);
  const bool unproven_for_long = usage_.on_ack(ack, round_begins, cwnd_);
  // HyStart++ looks after the first slow start only (RFC 9406 4.3).
  if (ssthresh_ == UINT64_MAX) (void)hystart_.on_ack(round_begins, ack.rtt);
  if (ack.in_recovery && !after_timeout_) {
    beyond_hole_ = 0;
    return;  // proportional rate reduction has the word
  }
  const std::uint64_t octets = std::uint64_t{ack.newly_delivered} + beyond_hole_;
  beyond_hole_ = ack.acked == 0 ? static_cast<std::uint32_t>(std::min<std::uint64_t>(octets, UINT32_MAX)) : 0;
  // A duplicate lets a new segment out, it opens no window (RFC 3042 2). What it delivered counts when the hole is filled: on a
  // path that reorders there is always one, and the window would hardly grow.
  if (ack.acked == 0) return;
  if (unproven_for_long) {
    // RFC 7661 4.4.3: remember what the path may still take, give back half.
    ssthresh_ = std::max(ssthresh_, cwnd_ / 4 * 3);
    if (cwnd_ > initial_window()) set_window(std::max(cwnd_ / 2, initial_window()));
  }
  //= rfc9438 4.6-3
  if (!ack.cwnd_limited) return on_unused(ack.now);  // RFC 7661 4.3
  if (halvings_ != 0 && ack.ce == 0) --halvings_;
  //= rfc5681 3.1-1
  //= rfc9438 4.10-1
  if (in_slow_start()) {
    slow_start(ack, octets);
  } else {
    climb(ack, static_cast<std::uint32_t>(std::min<std::uint64_t>(octets, UINT32_MAX)));
  }
}

void LossBased::slow_start(const CongestionAck& ack, std::uint64_t octets) {
  //= rfc9438 4.10-2
  const bool first = ssthresh_ == UINT64_MAX;
  const auto phase = first ? hystart_.phase() : HyStart::Phase::done;
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
    if (octets > room) climb(ack, static_cast<std::uint32_t>(std::min<std::uint64_t>(octets - room, UINT32_MAX)));
  }
}

std::uint64_t LossBased::reduce(Instant now, CongestionSignal signal, std::uint64_t in_flight) {
  kept_cwnd_ = cwnd_;
  kept_ssthresh_ = ssthresh_;
  beyond_hole_ = 0;
  keep();
  const std::uint64_t to = std::min(reduced(now, signal, in_flight), largest_window);
  ssthresh_ = std::max<std::uint64_t>(to, 2ull * mss_);
  hystart_.finish();
  return to;
}

//= rfc5681 3.1-7
//= rfc5681 3.2-7
//= rfc9438 4.6-1
void LossBased::on_congestion(Instant now, CongestionSignal signal, std::uint64_t in_flight) {
  const bool at_bottom = cwnd_ <= mss_;
  const std::uint64_t to = reduce(now, signal, in_flight);
  if (signal == CongestionSignal::loss) {
    set_window(std::min(cwnd_, ssthresh_));  // never up: after a timeout the window may be less than two segments
  } else {
    //= rfc9438 4.6-4
    set_window(std::min(cwnd_, to));
    //= rfc9438 4.6-5
    if (at_bottom && halvings_ < most_halvings) ++halvings_;
  }
  after_timeout_ = false;
  on_new_climb();
}

//= rfc5681 3.1-12
//= rfc5681 3.1-13
void LossBased::on_rto(Instant now, std::uint64_t in_flight, bool first) {
  if (first) (void)reduce(now, CongestionSignal::loss, in_flight);
  hystart_.finish();
  set_window(mss_);
  after_timeout_ = true;
  on_new_climb();
  on_timeout();
}

void LossBased::on_recovered(Instant now, std::uint64_t in_flight) {
  (void)now, (void)in_flight;
  after_timeout_ = false;
}

//= rfc9438 4.9.2-2
//= rfc9438 4.9.2-3
void LossBased::on_undo(Instant now) {
  (void)now;
  after_timeout_ = false;
  if (cwnd_ < kept_cwnd_) {
    set_window(kept_cwnd_);
    ssthresh_ = std::max<std::uint64_t>(kept_ssthresh_, 2ull * mss_);
    bring_back();
  }
  kept_cwnd_ = 0;
}

void LossBased::on_restart(Instant now, Duration idle) {
  (void)now, (void)idle;
  usage_.restart();
  //= rfc5681 4.1-1
  if (cwnd_ <= initial_window()) return;
  // Nothing is known of the path any more, but how far it reached is worth remembering (RFC 7661 4.4.3).
  if (!in_slow_start() || ssthresh_ != UINT64_MAX) ssthresh_ = std::max(ssthresh_, cwnd_ / 4 * 3);
  set_window(initial_window());
  on_new_climb();
}

void LossBased::set_mss(std::uint32_t mss) {
  const std::uint32_t before = mss_;
  mss_ = std::max(mss, 1u);
  //= rfc5681 3.1-5
  set_window(mss_ < before ? mul_div(cwnd_, mss_, before) : cwnd_);
  if (ssthresh_ != UINT64_MAX) ssthresh_ = std::max<std::uint64_t>(ssthresh_, 2ull * mss_);
  on_new_climb();
}

std::uint64_t LossBased::pacing_rate() const {
  if (halvings_ == 0 || srtt_ <= Duration::zero()) return 0;
  return std::max<std::uint64_t>((std::uint64_t{mss_} * 1'000'000'000 / static_cast<std::uint64_t>(srtt_.count())) >> halvings_,
                                 1);
}

std::string_view LossBased::phase() const {
  if (!in_slow_start()) return "avoidance";
  if (ssthresh_ == UINT64_MAX && hystart_.phase() == HyStart::Phase::conservative) return "conservative slow start";
  return "slow start";
}

}  // namespace ft::tcp
