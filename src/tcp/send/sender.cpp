#include "tcp/send/sender.hpp"

#include "base/assert.hpp"
#include "tcp/send/nagle.hpp"

#include <algorithm>

namespace ft::tcp {

void Sender::open(Seq iss) {
  snd.iss = snd.una = snd.nxt = snd.max = snd.up = snd.wl2 = iss;
  buffer.open(iss + 1);
  recovery_.open(iss);
}

void Sender::assume_syn_sent(Instant at) {
  snd.nxt = snd.max = snd.iss + 1;
  timed_at_ = at;
  timed_end_ = snd.max;
}

void Sender::start(std::uint32_t mss, std::uint32_t initial_segments, bool syn_was_retransmitted) {
  // RFC 5681 3.1: a lost SYN or SYN-ACK leaves an initial window of one segment.
  congestion.open(mss, syn_was_retransmitted ? 1 : initial_segments);
}

std::optional<Chunk> Sender::next(Instant now, const SendLimits& limits, Deadlines& deadlines) {
  std::optional<Chunk> chunk;
  if (snd.nxt == snd.iss) {
    chunk = send_syn();
  } else if (!syn_acked()) {
    return std::nullopt;
  } else if (resend_ != Cause::none) {
    chunk = resend_first(limits);
  } else if (probe_due_) {
    chunk = probe(limits);
  } else {
    chunk = fresh(now, limits);
  }
  if (chunk) {
    sent(now, *chunk, limits, deadlines);
  } else if ((snd.una != snd.max || has_unsent()) && !deadlines.is_set(Timer::retransmit)) {
    arm(now, limits, deadlines);  // the persist timer: only the peer's window holds us (SHLD-29: first after one RTO)
  }
  return chunk;
}

bool Sender::has_unsent() const { return before(snd.nxt, buffer.end()) || (fin_queued_ && snd.nxt == buffer.end()); }

Chunk Sender::send_syn() {
  Chunk chunk;
  chunk.seq = snd.iss;
  chunk.syn = true;
  return chunk;  // the connection names the cause: it knows whether the SYN answers one
}

Chunk Sender::resend_first(const SendLimits& limits) {
  Chunk chunk;
  chunk.seq = snd.una;
  chunk.cause = resend_;
  resend_ = Cause::none;
  const Seq text_end = earlier(snd.max, buffer.end());
  const std::int32_t text = distance(snd.una, text_end);
  chunk.length = text > 0 ? std::min(static_cast<std::uint32_t>(text), limits.mss) : 0;
  chunk.fin = fin_sent() && chunk.seq + chunk.length == buffer.end();
  return chunk;
}

std::optional<Chunk> Sender::probe(const SendLimits& limits) {
  probe_due_ = false;
  Chunk chunk;
  chunk.seq = snd.una;
  chunk.cause = Cause::window_probe;
  const std::uint32_t queued = buffer.size();
  if (queued == 0) {
    if (!fin_queued_ || fin_acked()) return std::nullopt;
    chunk.fin = true;
  } else {
    // One octet into a shut window; all that fits into one too small for silly-window avoidance (RFC 9293 3.8.6.2.1 (4)).
    chunk.length = std::clamp(std::min(snd.wnd, limits.mss), 1u, queued);
    if (snd.wnd != 0) chunk.cause = Cause::data;
    chunk.fin = snd.wnd > chunk.length && fin_queued_ && chunk.length == queued;
  }
  chunk.push = chunk.length != 0 && (snd.wnd == 0 || chunk.length == queued);
  probing_ = snd.wnd == 0;
  return chunk;
}

std::optional<Chunk> Sender::fresh(Instant now, const SendLimits& limits) {
  if (snd.una == snd.max && last_sent_ != never && now - last_sent_ > rto.value(limits.rto) && has_unsent())
    congestion.on_idle(limits.initial_window);

  const std::uint32_t flight = recovery_.active() ? snd.outstanding() : snd.nxt.value() - snd.una.value();
  const std::uint32_t offset = snd.nxt.value() - snd.una.value();
  const std::uint32_t window_left = snd.wnd > offset ? snd.wnd - offset : 0;  // a shrunken window leaves nothing (MUST-34)
  const std::uint64_t cwnd = congestion.window() + std::uint64_t{recovery_.limited_transmit()} * limits.mss;
  const std::uint32_t cwnd_left =
      cwnd > flight ? static_cast<std::uint32_t>(std::min<std::uint64_t>(cwnd - flight, UINT32_MAX)) : 0;
  const std::int32_t unsent = distance(snd.nxt, buffer.end());
  const std::uint32_t queued = unsent > 0 ? static_cast<std::uint32_t>(unsent) : 0;
  const bool again = before(snd.nxt, snd.max);

  Chunk chunk;
  chunk.seq = snd.nxt;
  chunk.length = std::min({queued, window_left, cwnd_left, again ? limits.mss : limits.max_text});
  if (chunk.length > limits.mss) chunk.length -= chunk.length % limits.mss;
  const bool last = chunk.length == queued;
  // The FIN is an octet of the peer's window; the congestion window does not count it.
  chunk.fin = fin_queued_ && last && unsent >= 0 && window_left > chunk.length;
  if (chunk.length == 0 && !chunk.fin) return std::nullopt;
  if (chunk.length != 0 && !again) {
    const SmallSegment small{.length = chunk.length,
                             .mss = limits.mss,
                             .queued = queued,
                             .max_wnd = snd.max_wnd,
                             .nothing_outstanding = snd.una == snd.nxt,
                             .nagle = limits.nagle,
                             .closing = fin_queued_};
    if (!may_leave(small)) return std::nullopt;
  }
  chunk.push = chunk.length != 0 && last;
  if (again && go_back_ != Cause::none) {
    chunk.cause = chunk.length == 0 ? Cause::retransmit_fin : go_back_;
  } else if (chunk.fin) {
    chunk.cause = chunk.length == 0 ? Cause::fin : Cause::data_fin;
  } else {
    chunk.cause = chunk.push ? Cause::data_push : Cause::data;
  }
  return chunk;
}

void Sender::sent(Instant now, Chunk& chunk, const SendLimits& limits, Deadlines& deadlines) {
  const Seq end = chunk.seq + chunk.length + (chunk.syn ? 1u : 0u) + (chunk.fin ? 1u : 0u);
  chunk.retransmission = before(chunk.seq, snd.max);
  if (chunk.retransmission) {
    timed_at_ = never;  // Karn: an ACK could answer either copy (RFC 6298 3)
  } else if (timed_at_ == never) {
    timed_at_ = now;
    timed_end_ = end;
  }
  snd.nxt = later(snd.nxt, end);
  snd.max = later(snd.max, end);
  if (snd.nxt == snd.max) go_back_ = Cause::none;
  last_sent_ = now;
  // 6298 5.1; a repeat of the first segment starts the timer anew (5.6, and RFC 6582 for fast retransmit)
  if (!deadlines.is_set(Timer::retransmit) || chunk.seq == snd.una) arm(now, limits, deadlines);
}

void Sender::arm(Instant now, const SendLimits& limits, Deadlines& deadlines) const {
  Instant at = now + rto.value(limits.rto);
  if (stalled_since_ != never) at = std::min(at, std::max(now, stalled_since_ + limits.r2));
  deadlines.set(Timer::retransmit, at);
}

AckOutcome Sender::on_new_ack(BufferPool& pool, Instant now, Seq ack, std::optional<Duration> timestamp_rtt,
                              const SendLimits& limits, Deadlines& deadlines) {
  FT_ASSERT(after(ack, snd.una) && before_or_equal(ack, snd.max));
  AckOutcome outcome;
  outcome.acked = ack.value() - snd.una.value();
  const bool handshake = !syn_acked();
  // RFC 7661 in small: a window that was not used proves nothing. In slow start half of it is use enough.
  const std::uint64_t used = snd.outstanding();
  const bool slow_start = congestion.window() < congestion.ssthresh();
  const bool limited = slow_start ? 2 * used >= congestion.window() : used + limits.mss > congestion.window();

  if (timed_at_ != never && after_or_equal(ack, timed_end_)) {
    rto.on_sample(now - timed_at_);
    timed_at_ = never;
  } else if (timed_at_ == never && timestamp_rtt) {
    rto.on_sample(*timestamp_rtt);
  }
  rto.end_backoff();
  retries_ = 0;
  stalled_since_ = never;
  probing_ = false;
  probe_due_ = false;

  snd.una = ack;
  snd.nxt = later(snd.nxt, ack);
  if (snd.nxt == snd.max) go_back_ = Cause::none;
  buffer.drop_before(pool, ack);

  bool restart_timer = true;
  switch (recovery_.on_progress(ack)) {
    case Recovery::Verdict::full:
      congestion.on_recovered(snd.outstanding());
      resend_ = Cause::none;
      timer_kept_ = false;
      break;
    case Recovery::Verdict::partial:
      congestion.on_partial_ack(outcome.acked);
      resend_ = Cause::retransmit_partial_ack;
      restart_timer = !timer_kept_;
      timer_kept_ = true;
      break;
    default:
      resend_ = Cause::none;
      if (!handshake) congestion.on_ack(outcome.acked, limited);
      break;
  }
  if (snd.una == snd.max) {
    deadlines.clear(Timer::retransmit);
  } else if (restart_timer) {
    arm(now, limits, deadlines);
  }
  return outcome;
}

AckOutcome Sender::on_duplicate_ack(std::uint32_t sacked, std::uint32_t mss) {
  AckOutcome outcome;
  if (probing_) return outcome;  // it answers a window probe
  switch (recovery_.on_duplicate(snd.una, snd.max, sacked > 2 * mss)) {
    case Recovery::Verdict::enter:
      congestion.on_loss(snd.outstanding());
      resend_ = Cause::retransmit_fast;
      timer_kept_ = false;
      outcome.entered_recovery = true;
      break;
    case Recovery::Verdict::inflate:
      congestion.on_duplicate_ack();
      break;
    default:
      break;
  }
  return outcome;
}

void Sender::on_window(std::uint32_t wnd, Deadlines& deadlines) {
  const bool opened = snd.wnd == 0 && wnd != 0;
  snd.wnd = wnd;
  snd.max_wnd = std::max(snd.max_wnd, wnd);
  if (!opened) return;
  probe_due_ = false;
  if (probing_) {
    // The probe's octet was not taken: it goes again with all the rest. A recovery that was under way when the window shut is
    // over: it would count what was sent back then as still in flight, and nothing might be allowed to leave.
    probing_ = false;
    recovery_.on_rto(snd.max);
    resend_ = Cause::none;
    snd.nxt = snd.una;
    stalled_since_ = never;
    rto.end_backoff();
    retries_ = 0;
    deadlines.clear(Timer::retransmit);
  } else if (snd.una == snd.max) {
    rto.end_backoff();
    deadlines.clear(Timer::retransmit);  // it was the persist timer
  }
}

// Data beyond a window that shrank to nothing is probed for, not repeated, and never a reason to give up (SHLD-17).
bool Sender::waits_for_window() const { return snd.una == snd.max || (syn_acked() && snd.wnd == 0); }

Sender::Timeout Sender::on_timeout(Instant now, const SendLimits& limits) {
  const bool window_holds_us = waits_for_window();
  if (stalled_since_ == never) stalled_since_ = window_holds_us ? now : now - rto.value(limits.rto);
  if (now - stalled_since_ >= limits.r2) return Timeout::gave_up;
  if (retries_ < 255) ++retries_;
  if (window_holds_us) {
    probe_due_ = true;
    rto.back_off();
    return Timeout::goes_on;
  }
  if (syn_acked()) {
    congestion.on_rto(snd.outstanding(), retries_ == 1);
    recovery_.on_rto(snd.max);
  }
  snd.nxt = snd.una;
  go_back_ = Cause::retransmit_rto;
  resend_ = Cause::none;
  timed_at_ = never;
  rto.back_off();
  return Timeout::goes_on;
}

void Sender::on_smaller_path(std::uint32_t mss) {
  congestion.set_mss(mss);
  if (snd.una == snd.max || !syn_acked()) return;
  snd.nxt = snd.una;
  go_back_ = Cause::retransmit_pmtu;
  resend_ = Cause::none;
  timed_at_ = never;
}

}  // namespace ft::tcp
