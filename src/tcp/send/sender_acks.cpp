// What the sender learns from the peer: acknowledgements, windows and marks.
#include "tcp/send/sender.hpp"

#include "base/assert.hpp"
#include "tcp/congestion/controller.hpp"

#include <algorithm>
#include <utility>

namespace ft::tcp {

RecoveryRules Sender::rules(const SendLimits& limits) const {
  const TcpOptions& options = limits.options;
  return {.mss = mss_,
          .sack = limits.sack,
          .rack = options.rack,
          .tail_loss_probe = options.tail_loss_probe,
          .limited_transmit = options.limited_transmit,
          .duplicate_sack = options.duplicate_sack,
          .frto = options.frto,
          .undo = options.undo,
          .srtt = rto.srtt().value_or(Duration::zero()),
          .min_rtt = min_rtt.value(),
          .controller = controller_.get()};
}

void Sender::take_una(BufferPool& pool, Seq ack) {
  snd.una = ack;
  snd.up = later(snd.up, ack);  // a mark left behind would lie ahead again after half a round of the numbers
  snd.nxt = later(snd.nxt, ack);
  if (snd.nxt == snd.max) go_back_ = Cause::none;
  buffer.drop_before(pool, ack);
  rto.end_backoff();
  retries_ = 0;
  stalled_since_ = never;
  probing_ = probe_due_ = tail_probe_due_ = false;
}

AckOutcome Sender::on_ack(BufferPool& pool, Instant now, const AckNews& news, std::optional<Duration> timestamp_rtt,
                          const SendLimits& limits, Deadlines& deadlines) {
  FT_ASSERT(after_or_equal(news.ack, snd.una) && before_or_equal(news.ack, snd.max));
  AckOutcome outcome;
  outcome.acked = news.ack.value() - snd.una.value();
  const bool advanced = outcome.acked != 0;
  if (!flight_) {
    if (!advanced) return outcome;
    take_una(pool, news.ack);
    set_timers(now, true, {}, limits);
    arm(deadlines);
    return outcome;
  }
  if (!advanced && probing_) return outcome;  // it answers a window probe
  const AckVerdict verdict = flight_->recovery.on_ack(now, snd.una, snd.max, news, rules(limits));
  if (advanced) take_una(pool, news.ack);
  if (advanced) pmtud.on_ack(now, news.ack);
  if (verdict.path_probe_lost) on_path_probe_lost(pool, now);
  measure(now, verdict.delivery, advanced ? timestamp_rtt : std::nullopt);
  outcome.rate = tell_controller(now, verdict, outcome.acked, limits);
  if (verdict.delivery.newest_original != never) outcome.rtt = now - verdict.delivery.newest_original;
  flight_->pace = pace_of(*controller_, rto.srtt().value_or(Duration::zero()), mss_);
  set_timers(now, advanced, verdict, limits);
  arm(deadlines);
  outcome.entered_recovery = verdict.entered;
  outcome.recovered = verdict.recovered;
  outcome.undone = verdict.undone;
  outcome.duplicate_seen = verdict.duplicate_seen;
  outcome.newly_lost = verdict.newly_lost;
  if (snd.una == snd.max) end_flight(pool);
  return outcome;
}

/// One sample a round trip (RFC 6298 3), of a segment that was sent once (Karn); the timestamp speaks where there is none.
void Sender::measure(Instant now, const Delivery& delivery, std::optional<Duration> timestamp_rtt) {
  //= rfc6298 3-1
  //= rfc6298 3-2
  //= rfc6298 3-3
  if (delivery.newest_original != never) {
    const Duration rtt = now - delivery.newest_original;
    min_rtt.on_sample(now, rtt);
    if (delivery.newest_original < flight_->rtt_round) return;
    rto.on_sample(rtt);
    flight_->rtt_round = now;
  } else if (timestamp_rtt) {
    rto.on_sample(*timestamp_rtt);
  }
}

bool Sender::is_cwnd_limited() const {
  const std::uint64_t most = flight_->recovery.most_in_flight();
  const std::uint64_t window = controller_->window();
  // In slow start half of the window is use enough: it doubles in a round trip (RFC 7661 4.3 has the same half).
  return window < controller_->ssthresh() ? 2 * most >= window : most + mss_ > window;
}

RateSample Sender::tell_controller(Instant now, const AckVerdict& verdict, std::uint32_t acked, const SendLimits& limits) {
  Recovery& recovery = flight_->recovery;
  if (verdict.undone) controller_->on_undo(now);
  if (verdict.recovered) controller_->on_recovered(now, recovery.in_flight());
  //= rfc8985 7.4.2-2
  if (verdict.entered || verdict.tail_was_lost)
    controller_->on_congestion(now, CongestionSignal::loss, std::uint64_t{snd.outstanding()} + acked);
  const std::uint32_t in_flight = recovery.in_flight();
  if (recovery.phase() == Phase::recovery)
    //= rfc8985 9.3-1
    //= rfc9937 5-1
    recovery.prr.on_ack(verdict.delivery.octets, acked != 0 && verdict.newly_lost == 0, in_flight, controller_->ssthresh(),
                        limits.mss);

  CongestionAck ack;
  ack.now = now;
  ack.acked = acked;
  ack.newly_delivered = verdict.delivery.octets;
  ack.newly_lost = verdict.newly_lost;
  ack.delivered = recovery.rate.totals().delivered;
  ack.lost = recovery.rate.totals().lost;
  ack.prior_in_flight = verdict.prior_in_flight;
  ack.in_flight = in_flight;
  if (verdict.delivery.newest_original != never) ack.rtt = now - verdict.delivery.newest_original;
  ack.srtt = rto.srtt().value_or(Duration::zero());
  ack.min_rtt = min_rtt.value();
  ack.rate = recovery.rate.sample(now, verdict.delivery, ack.min_rtt);
  ack.ce = std::exchange(marked_, 0u);
  ack.in_recovery = recovery.phase() != Phase::open;
  ack.cwnd_limited = is_cwnd_limited() || recovery.phase() == Phase::loss;
  if (ack.newly_delivered != 0 || ack.newly_lost != 0 || ack.ce != 0) controller_->on_ack(ack);
  return ack.rate;
}

void Sender::set_timers(Instant now, bool advanced, const AckVerdict& verdict, const SendLimits& limits) {
  if (snd.una == snd.max) {
    rto_at_ = early_at_ = never;
    return;
  }
  if (advanced) start_rto(now, limits);  // 6298 5.3
  if (verdict.wait) {
    early_ = RetransmitTimer::reordering;
    early_at_ = now + *verdict.wait;
  } else if (advanced || verdict.delivery.octets != 0 || early_ == RetransmitTimer::reordering) {
    schedule_tail_probe(now, limits);
  }
}

bool Sender::answer_marks(Instant now) {
  if (!controller_ || phase() != Phase::open) return false;
  controller_->on_congestion(now, CongestionSignal::ecn, snd.outstanding());
  return true;
}

void Sender::on_window(BufferPool& pool, std::uint32_t wnd, Deadlines& deadlines) {
  const bool opened = snd.wnd == 0 && wnd != 0;
  snd.wnd = wnd;
  snd.max_wnd = std::max(snd.max_wnd, wnd);
  if (!opened) return;
  probe_due_ = false;
  if (probing_) {
    // The probe's octet was not taken: it goes again with all the rest. A recovery that was under way when the window shut is
    // over: it would count what was sent back then as still in flight, and nothing might be allowed to leave.
    probing_ = false;
    rewind(pool);
    stalled_since_ = never;
    retries_ = 0;
  } else if (snd.una != snd.max) {
    return;
  }
  rto.end_backoff();
  rto_at_ = early_at_ = never;
  arm(deadlines);
}

}  // namespace ft::tcp
