// The sender's timers: retransmission (RFC 6298 5), tail loss probe (RFC 8985 7) and the shut window (RFC 9293 3.8.6.1).
#include "tcp/send/sender.hpp"

#include "tcp/congestion/controller.hpp"

#include <algorithm>

namespace ft::tcp {

void Sender::start_rto(Instant now, const SendLimits& limits) {
  rto_at_ = now + rto.value(limits.rto());
  if (stalled_since_ != never) rto_at_ = std::min(rto_at_, std::max(now, stalled_since_ + limits.r2));
}

void Sender::schedule_tail_probe(Instant now, const SendLimits& limits) {
  early_at_ = never;
  if (!flight_ || rto_at_ == never || probing_) return;
  const auto timeout = flight_->recovery.probe_timeout(rules(limits));
  if (!timeout) return;
  early_ = RetransmitTimer::tail_loss_probe;
  //= rfc8985 7.2-4
  early_at_ = std::min(now + *timeout, rto_at_);  // 8985 7.2
}

void Sender::arm(Deadlines& deadlines) const { deadlines.set(Timer::retransmit, std::min(rto_at_, early_at_)); }

RetransmitTimer Sender::timer_kind() const {
  if (early_at_ <= rto_at_ && early_at_ != never) return early_;
  return waits_for_window() ? RetransmitTimer::persist : RetransmitTimer::rto;
}

// Data beyond a window that shrank to nothing is probed for, not repeated, and never a reason to give up (SHLD-17).
bool Sender::waits_for_window() const { return snd.una == snd.max || (syn_acked() && snd.wnd == 0); }

//= rfc9293 MUST-20
//= rfc9293 MUST-37
//= rfc9293 SHLD-17
//= rfc9293 SHLD-30
Sender::Timeout Sender::on_timeout(BufferPool& pool, Instant now, const SendLimits& limits, Deadlines& deadlines) {
  if (early_at_ <= now) {
    on_early_timer(pool, now, limits);
    arm(deadlines);
    if (rto_at_ > now) return Timeout::goes_on;
  }
  if (rto_at_ > now) {
    arm(deadlines);
    return Timeout::goes_on;
  }
  rto_at_ = early_at_ = never;
  const bool window_holds_us = waits_for_window();
  if (stalled_since_ == never) stalled_since_ = window_holds_us ? now : now - rto.value(limits.rto());
  if (now - stalled_since_ >= limits.r2) return Timeout::gave_up;
  if (retries_ < 255) ++retries_;
  if (window_holds_us) {
    probe_due_ = true;
  } else {
    on_rto(pool, now, limits);
  }
  //= rfc6298 5.5-1
  rto.back_off();
  return Timeout::goes_on;
}

void Sender::on_early_timer(BufferPool& pool, Instant now, const SendLimits& limits) {
  early_at_ = never;
  if (!flight_) return;
  if (early_ == RetransmitTimer::tail_loss_probe) {
    const auto timeout = flight_->recovery.probe_timeout(rules(limits));
    if (!timeout) return;
    if (last_sent_ + *timeout > now && rto_at_ > now) {
      early_at_ = std::min(last_sent_ + *timeout, rto_at_);
      return;
    }
    tail_probe_due_ = true;
    start_rto(now, limits);
    return;
  }
  const AckVerdict verdict = flight_->recovery.on_reordering_timer(now, snd.una, snd.max, rules(limits));
  if (verdict.path_probe_lost) on_path_probe_lost(pool, now);
  if (verdict.entered) controller_->on_congestion(now, CongestionSignal::loss, snd.outstanding());
  if (!verdict.wait) return;
  //= rfc8985 6.2-2
  early_ = RetransmitTimer::reordering;
  early_at_ = now + *verdict.wait;
}

//= rfc9293 MUST-19
void Sender::on_rto(BufferPool& pool, Instant now, const SendLimits& limits) {
  tail_probe_due_ = false;
  if (!syn_acked()) {
    snd.nxt = snd.una;
    return;
  }
  const bool first = retries_ == 1;
  if (!flight_ || flight_->recovery.board.empty()) {
    snd.nxt = snd.una;
    go_back_ = Cause::retransmit_rto;
    return;
  }
  Recovery& recovery = flight_->recovery;
  recovery.on_rto(now, snd.una, snd.max, rules(limits), first);
  controller_->on_rto(now, snd.outstanding(), first);
  const bool probed = pmtud.has_probe_out();
  pmtud.on_timeout(now, retries_,
                   static_cast<std::uint16_t>(std::min(recovery.board[recovery.board.head()].length + limits.headers, 65535u)));
  if (probed) recovery.board.split(pool, limits.mss, Cause::retransmit_path_probe);
  if (recovery.board[recovery.board.head()].length <= snd.wnd) return;
  // The window shrank into the first segment: what fits goes again, and the rest after it.
  rewind(pool);
  go_back_ = Cause::retransmit_rto;
}

/// All that is outstanding counts as never sent, but for what an ACK may still say of it.
void Sender::rewind(BufferPool& pool) {
  snd.nxt = snd.una;
  go_back_ = Cause::none;
  tail_probe_due_ = false;
  if (!flight_) return;
  totals_ = flight_->recovery.rate.totals();
  learnt_ = flight_->recovery.rack.learnt();
  flight_->recovery.board.release(pool);
  flight_.reset();
}

}  // namespace ft::tcp
