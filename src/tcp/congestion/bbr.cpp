#include "tcp/congestion/bbr.hpp"

#include "base/rng.hpp"

#include <algorithm>

namespace ft::tcp {

using namespace std::chrono_literals;

namespace {
constexpr unsigned startup_pacing_gain = 277;
constexpr unsigned rounds_of_reno_coexistence = 63;
constexpr unsigned startup_full_loss_count = 6;
constexpr std::uint32_t rounds_in_drain = 3;
constexpr Duration probe_rtt_duration = 200ms;
}  // namespace

Bbr::Bbr(const CongestionStart& start)
    : random_(start.seed),
      min_rtt_stamp_(start.now),
      probe_rtt_min_stamp_(start.now),
      extra_acked_since_(start.now),
      mss_(std::max(start.mss, 1u)),
      seen_rtt_(start.srtt.has_value() && *start.srtt > Duration::zero()),
      sack_(start.sack) {
  initial_cwnd_ = cwnd_ = std::uint64_t{mss_} * std::clamp(start.initial_segments, 1u, 1000u);
  if (seen_rtt_) min_rtt_ = *start.srtt;
  init_pacing_rate(seen_rtt_ ? *start.srtt : Duration(1ms));
}

// ---- what happens ----

void Bbr::on_sent(Instant now, std::uint32_t octets, std::uint64_t in_flight) {
  // Restarting from idle: nothing else is in flight, and no timeout emptied the flight.
  if (in_flight > octets || in_recovery_) return;
  idle_restart_ = true;
  extra_acked_since_ = now;
  if (in_probe_bw()) {
    set_pacing_rate(100);
  } else if (state_ == State::probe_rtt) {
    check_probe_rtt_done(now);
  }
}

void Bbr::on_ack(const CongestionAck& ack) {
  delivered_ = ack.delivered;
  if (!seen_rtt_ && ack.srtt > Duration::zero()) {
    seen_rtt_ = true;
    if (!full_bw_reached_) init_pacing_rate(ack.srtt);
  }
  if (ack.newly_lost != 0 && !lost_since_ack_) {
    // A sender that does not tell of each segment: the newest delivered one stands for those that are lost.
    on_lost(ack.now, {ack.newly_lost, ack.rate.tx_in_flight, ack.rate.lost, ack.rate.app_limited});
  }
  if (lost_since_ack_ && loss_events_ < UINT8_MAX) ++loss_events_;
  lost_since_ack_ = false;
  note_marks(ack);

  update_latest_signals(ack);
  update_congestion_signals(ack);
  update_ack_aggregation(ack);
  check_full_bw_reached(ack);
  check_startup_high_loss(ack);
  if (state_ == State::startup && full_bw_reached_) enter_drain();
  check_drain_done(ack);
  update_cycle(ack);
  update_min_rtt(ack);
  check_probe_rtt(ack);
  if (loss_round_start_) {
    bw_latest_ = ack.rate.rate();
    inflight_latest_ = ack.rate.delivered;
    loss_events_ = 0;
    marked_in_round_ = 0;
  }
  bw_ = std::min(max_bw_.best(), bw_shortterm_);

  set_pacing_rate(pacing_gain());
  set_cwnd(ack);
}

void Bbr::on_congestion(Instant now, CongestionSignal signal, std::uint64_t in_flight) {
  (void)now, (void)in_flight;
  if (signal == CongestionSignal::ecn) return;  // each ACK counts its marks
  save_state_upon_loss();
  in_recovery_ = true;
}

void Bbr::on_rto(Instant now, std::uint64_t in_flight, bool first) {
  (void)now, (void)in_flight, (void)first;
  save_state_upon_loss();
  in_recovery_ = true;
  cwnd_ = mss_;
}

void Bbr::on_recovered(Instant now, std::uint64_t in_flight) {
  (void)now, (void)in_flight;
  if (!in_recovery_) return;
  in_recovery_ = saved_ = false;
  restore_cwnd();
  bound_cwnd_for_model();
}

void Bbr::on_undo(Instant now) {
  (void)now;
  if (!undoable_) return;
  in_recovery_ = saved_ = undoable_ = false;
  restore_cwnd();
  loss_in_round_ = false;
  reset_full_bw();
  bw_shortterm_ = std::max(bw_shortterm_, undo_bw_shortterm_);
  inflight_shortterm_ = std::max(inflight_shortterm_, undo_inflight_shortterm_);
  inflight_longterm_ = std::max(inflight_longterm_, undo_inflight_longterm_);
  if (undo_ == Undo::startup && state_ != State::startup) {
    full_bw_reached_ = false;
    if (state_ != State::probe_rtt) state_ = State::startup;
  } else if (undo_ == Undo::up && state_ != State::up && state_ != State::probe_rtt) {
    start_refill();
  }
  undo_ = Undo::none;
}

void Bbr::set_mss(std::uint32_t mss) {
  const std::uint32_t before = mss_;
  mss_ = std::max(mss, 1u);
  if (mss_ < before) cwnd_ = mul_div(cwnd_, mss_, before);
  cwnd_ = std::max<std::uint64_t>(cwnd_, mss_);
}

// ---- the state machine ----

void Bbr::check_full_bw_reached(const CongestionAck& ack) {
  if (full_bw_now_ || !round_start_ || is_app_limited(ack)) return;
  const std::uint64_t rate = ack.rate.rate();
  if (rate >= full_bw_ + full_bw_ / 4) {
    reset_full_bw();
    full_bw_ = rate;
    return;
  }
  ++full_bw_count_;
  full_bw_now_ = full_bw_count_ >= 3;
  if (full_bw_now_) full_bw_reached_ = true;
}

void Bbr::check_startup_high_loss(const CongestionAck& ack) {
  if (state_ != State::startup || full_bw_reached_ || !loss_round_start_) return;
  const bool lost_much = in_recovery_ && is_inflight_too_high(ack.rate.lost, ack.rate.tx_in_flight) &&
                         (loss_events_ >= startup_full_loss_count || !sack_);
  const bool marked_much = is_inflight_too_high(marked_in_round_, ack.rate.tx_in_flight);
  if (!lost_much && !marked_much) return;
  undo_ = Undo::startup;
  full_bw_reached_ = true;
  inflight_longterm_ = std::max(bdp(100), inflight_latest_);
}

void Bbr::enter_drain() {
  state_ = State::drain;
  drain_start_round_ = round_count_;
}

void Bbr::check_drain_done(const CongestionAck& ack) {
  if (state_ != State::drain) return;
  if (ack.in_flight <= with_budget(bdp(100)) || round_count_ > drain_start_round_ + rounds_in_drain) start_down(ack.now);
}

void Bbr::start_down(Instant now) {
  reset_signals();
  probe_up_acked_per_inc_ = infinite;
  // How long until the next probe: two to three seconds, or as many rounds as Reno would take; a little random, so that flows
  // do not probe together.
  rounds_since_probe_up_ = static_cast<std::uint32_t>(splitmix64(random_) & 1);
  probe_wait_ = 2s + Duration(static_cast<std::int64_t>(splitmix64(random_) % 1'000'000'000));
  cycle_stamp_ = now;
  ack_phase_ = AckPhase::probe_stopping;
  start_round();
  state_ = State::down;
}

void Bbr::start_refill() {
  reset_short_term_model();
  probe_up_rounds_ = 0;
  probe_up_acked_ = 0;
  prev_probe_precautionary_ = false;
  ack_phase_ = AckPhase::refilling;
  start_round();
  state_ = State::refill;
}

void Bbr::start_up(const CongestionAck& ack) {
  ack_phase_ = AckPhase::probe_starting;
  start_round();
  reset_full_bw();
  full_bw_ = ack.rate.rate();
  state_ = State::up;
  raise_inflight_slope();
}

void Bbr::update_cycle(const CongestionAck& ack) {
  if (!full_bw_reached_ || adapt_long_term_model(ack)) return;
  switch (state_) {
    case State::down:
      if (!is_time_to_probe(ack.now) && is_time_to_cruise(ack)) state_ = State::cruise;
      break;
    case State::cruise:
      (void)is_time_to_probe(ack.now);
      break;
    case State::refill:
      if (!round_start_) break;
      bw_probe_sample_ = true;
      start_up(ack);
      break;
    case State::up:
      if (!is_time_to_go_down(ack)) break;
      prev_probe_too_high_ = false;  // no great loss, so far
      start_down(ack.now);
      break;
    default:
      break;
  }
}

bool Bbr::is_time_to_probe(Instant now) {
  const std::uint64_t reno_rounds = std::min<std::uint64_t>(target_inflight() / mss_, rounds_of_reno_coexistence);
  if (now <= cycle_stamp_ + probe_wait_ && rounds_since_probe_up_ < reno_rounds) return false;
  start_refill();
  return true;
}

bool Bbr::is_time_to_cruise(const CongestionAck& ack) const {
  return ack.in_flight <= inflight_with_headroom() && ack.in_flight <= with_budget(bdp(100));
}

bool Bbr::is_time_to_go_down(const CongestionAck& ack) {
  if (prev_probe_too_high_ && ack.in_flight >= inflight_longterm_) {
    prev_probe_precautionary_ = true;  // that much was too much last time: it is enough to have been there
    return true;
  }
  if (ack.cwnd_limited && cwnd_ >= inflight_longterm_) {
    reset_full_bw();  // it is inflight_longterm that limits, not the path
    full_bw_ = ack.rate.rate();
    return false;
  }
  return full_bw_now_;
}

void Bbr::check_probe_rtt(const CongestionAck& ack) {
  if (state_ != State::probe_rtt && probe_rtt_expired_ && !idle_restart_) {
    save_cwnd();
    state_ = State::probe_rtt;
    probe_rtt_done_stamp_ = never;
    ack_phase_ = AckPhase::probe_stopping;
    start_round();
  }
  if (state_ == State::probe_rtt) handle_probe_rtt(ack);
  if (ack.rate.delivered > 0) idle_restart_ = false;
}

void Bbr::handle_probe_rtt(const CongestionAck& ack) {
  limited_until_ = saturating_add(ack.delivered, std::max<std::uint64_t>(ack.in_flight, 1));
  if (probe_rtt_done_stamp_ == never) {
    if (ack.in_flight > probe_rtt_cwnd()) return;
    probe_rtt_done_stamp_ = ack.now + probe_rtt_duration;
    probe_rtt_round_done_ = false;
    start_round();
    return;
  }
  if (round_start_) probe_rtt_round_done_ = true;
  if (probe_rtt_round_done_) check_probe_rtt_done(ack.now);
}

void Bbr::check_probe_rtt_done(Instant now) {
  if (probe_rtt_done_stamp_ == never || now <= probe_rtt_done_stamp_) return;
  probe_rtt_min_stamp_ = now;  // the next one is due five seconds from here
  restore_cwnd();
  exit_probe_rtt(now);
}

void Bbr::exit_probe_rtt(Instant now) {
  reset_short_term_model();
  if (!full_bw_reached_) {
    state_ = State::startup;
    return;
  }
  start_down(now);
  state_ = State::cruise;  // the queue is empty already
}

// ---- what comes out ----

unsigned Bbr::pacing_gain() const {
  switch (state_) {
    case State::startup:
      return startup_pacing_gain;
    case State::drain:
      return 50;
    case State::down:
      return 90;
    case State::up:
      return 125;
    default:
      return 100;
  }
}

unsigned Bbr::cwnd_gain() const { return state_ == State::up ? 225 : state_ == State::probe_rtt ? 50 : 200; }

void Bbr::init_pacing_rate(Duration srtt) {
  const std::uint64_t nominal = mul_div(initial_cwnd_, 1'000'000'000, static_cast<std::uint64_t>(srtt.count()));
  pacing_rate_ = std::max<std::uint64_t>(mul_div(nominal, startup_pacing_gain, 100), 1);
}

void Bbr::set_pacing_rate(unsigned gain) {
  const std::uint64_t rate = mul_div(bw_, gain * 99ull, 10'000);  // one per cent below, so that queues shrink
  if (full_bw_reached_ || rate > pacing_rate_) pacing_rate_ = std::max<std::uint64_t>(rate, 1);
}

std::uint64_t Bbr::quantum() const {
  return std::max<std::uint64_t>(std::min<std::uint64_t>(pacing_rate_ / 1000, 65536), 2ull * mss_);
}

void Bbr::set_cwnd(const CongestionAck& ack) {
  const std::uint64_t max_inflight = with_budget(saturating_add(bdp(cwnd_gain()), extra_acked_.best()));
  const std::uint64_t grown = std::min(saturating_add(cwnd_, ack.newly_delivered), largest_window);
  if (full_bw_reached_) {
    cwnd_ = std::min(grown, max_inflight);
  } else if (cwnd_ < max_inflight || ack.delivered < initial_cwnd_) {
    cwnd_ = grown;
  }
  cwnd_ = std::max(cwnd_, min_pipe_cwnd());
  if (state_ == State::probe_rtt) cwnd_ = std::min(cwnd_, probe_rtt_cwnd());
  bound_cwnd_for_model();
}

void Bbr::bound_cwnd_for_model() {
  std::uint64_t cap = infinite;
  if (state_ == State::cruise || state_ == State::probe_rtt) {
    cap = inflight_with_headroom();
  } else if (in_probe_bw()) {
    cap = inflight_longterm_;
  }
  cap = std::max(std::min(cap, inflight_shortterm_), min_pipe_cwnd());
  cwnd_ = std::min({cwnd_, cap, largest_window});
}

void Bbr::save_cwnd() { prior_cwnd_ = !in_recovery_ && state_ != State::probe_rtt ? cwnd_ : std::max(prior_cwnd_, cwnd_); }

std::uint64_t Bbr::probe_rtt_cwnd() const { return std::max(bdp(50), min_pipe_cwnd()); }

std::string_view Bbr::phase() const {
  switch (state_) {
    case State::startup:
      return "startup";
    case State::drain:
      return "drain";
    case State::down:
      return "probe bandwidth down";
    case State::cruise:
      return "probe bandwidth cruise";
    case State::refill:
      return "probe bandwidth refill";
    case State::up:
      return "probe bandwidth up";
    case State::probe_rtt:
      return "probe round trip";
  }
  return "";
}

}  // namespace ft::tcp
