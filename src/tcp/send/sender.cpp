#include "tcp/send/sender.hpp"

#include "base/assert.hpp"
#include "tcp/congestion/controller.hpp"
#include "tcp/send/nagle.hpp"

#include <algorithm>
#include <utility>

namespace ft::tcp {

void Sender::open(Seq iss) {
  snd.iss = snd.una = snd.nxt = snd.max = snd.up = snd.wl2 = iss;
  buffer.open(iss + 1);
}

void Sender::assume_syn_sent(Instant at) {
  snd.nxt = snd.max = snd.iss + 1;
  syn_sent_at_ = at;
}

void Sender::start(std::uint32_t mss, std::uint32_t initial_segments, bool syn_was_retransmitted) {
  mss_ = mss;
  // RFC 5681 3.1: a lost SYN or SYN-ACK leaves an initial window of one segment.
  initial_segments_ =
      syn_was_retransmitted ? 1 : static_cast<std::uint16_t>(std::min<std::uint32_t>(initial_segments, UINT16_MAX));
}

void Sender::on_syn_acked(BufferPool& pool, Instant now, Seq ack, Deadlines& deadlines) {
  FT_ASSERT(!syn_acked());
  if (syn_sent_at_ != never) rto.on_sample(now - syn_sent_at_);
  if (syn_sent_at_ != never) min_rtt.on_sample(now, now - syn_sent_at_);
  rtt_round_ = now;
  rto.end_backoff();
  retries_ = 0;
  stalled_since_ = never;
  snd.una = snd.nxt = ack;
  buffer.drop_before(pool, ack);
  go_back_ = before(snd.nxt, snd.max) ? Cause::retransmit_fast_open : Cause::none;
  rto_at_ = early_at_ = never;
  arm(deadlines);
}

// --- what leaves -----------------------------------------------------------------------------------------------------

std::optional<Chunk> Sender::next(BufferPool& pool, Instant now, const SendLimits& limits, Deadlines& deadlines) {
  std::optional<Chunk> chunk;
  if (snd.nxt == snd.iss) {
    chunk = send_syn(limits);
  } else if (!syn_acked()) {
    return std::nullopt;
  } else if (tail_probe_due_) {
    chunk = tail_probe(limits);
  } else if (probe_due_) {
    chunk = window_probe(pool);
  } else {
    chunk = paced(now, limits, deadlines);
  }
  if (chunk && !chunk->syn && !remember(pool, now, *chunk, limits)) chunk.reset();
  if (chunk) {
    on_left(now, *chunk, limits);
  } else if (rto_at_ == never && (snd.una != snd.max || has_unsent()) && !deadlines.is_set(Timer::pacing)) {
    //= rfc9293 SHLD-29
    start_rto(now, limits);  // the persist timer: only the peer's window holds us (SHLD-29: first after one RTO)
  }
  arm(deadlines);
  return chunk;
}

bool Sender::has_unsent() const { return before(snd.nxt, buffer.end()) || (fin_queued_ && snd.nxt == buffer.end()); }

Chunk Sender::send_syn(const SendLimits& limits) {
  Chunk chunk;
  chunk.seq = snd.iss;
  chunk.syn = true;
  chunk.retransmission = before(snd.iss, snd.max);
  //= rfc7413 4.2.2-1
  if (!chunk.retransmission) chunk.length = std::min(limits.syn_text, buffer.size());
  chunk.push = chunk.length != 0 && chunk.length == buffer.size();
  return chunk;  // the connection names the cause: it knows whether the SYN answers one
}

/// Repairs first, then new data; a round trip's worth is spread over the round trip.
std::optional<Chunk> Sender::paced(Instant now, const SendLimits& limits, Deadlines& deadlines) {
  std::optional<Chunk> chunk;
  const bool new_first = flight_ && flight_->recovery.wants_new_data();
  if (!new_first) chunk = repair(limits);
  if (!chunk) {
    const std::uint16_t probe = path_probe_size(now, limits);
    chunk = probe != 0 ? path_probe(probe, limits) : fresh(now, limits, 0);
    if (!chunk && probe != 0) return chunk;
  }
  if (!chunk && new_first) chunk = repair(limits);
  if (!chunk) {
    const bool drained = flight_ && !before(snd.nxt, buffer.end()) && flight_->recovery.board.lost() == 0;
    if (drained && allowance(limits) >= limits.mss) flight_->recovery.rate.on_app_limited(flight_->recovery.in_flight());
    return chunk;
  }
  if (!flight_ || !limits.options.pacing || chunk->length == 0) return chunk;
  // With nothing in flight there is nothing to space out; and never less than a segment each round trip, however slow a
  // controller thinks the path is: a pace learnt from a trickle would stop the connection for good.
  if (flight_->recovery.in_flight() == 0) return chunk;
  Instant at = flight_->pacing.next_at(now, flight_->pace);
  if (const auto srtt = rto.srtt()) at = std::min(at, last_sent_ + *srtt);
  if (at <= now) return chunk;
  deadlines.set(Timer::pacing, at);
  return std::nullopt;
}

Chunk Sender::repeat_of(std::uint32_t position) const {
  const SentSegment& record = flight_->recovery.board[position];
  Chunk chunk;
  chunk.seq = record.seq;
  chunk.fin = record.fin;
  chunk.length = record.length - (record.fin ? 1u : 0u);
  chunk.retransmission = true;
  chunk.cause = chunk.length == 0 ? Cause::retransmit_fin : record.why;
  chunk.sent_before = record.sent_at;
  chunk.push = chunk.length != 0 && chunk.seq + chunk.length == buffer.end();
  return chunk;
}

//= rfc9293 SHLD-16
std::optional<Chunk> Sender::repair(const SendLimits& limits) const {
  if (!flight_) return std::nullopt;
  const Recovery& recovery = flight_->recovery;
  const auto position = recovery.board.first_lost();
  if (!position) return std::nullopt;
  const SentSegment& record = recovery.board[*position];
  // Beyond a window that shrank nothing is repeated (RFC 9293 3.8.6, MUST-34).
  if (after(record.end(), snd.una + snd.wnd)) return std::nullopt;
  if (record.length > allowance(limits) + (record.fin ? 1u : 0u) && recovery.in_flight() != 0) return std::nullopt;
  return repeat_of(*position);
}

std::uint64_t Sender::allowance(const SendLimits& limits) const {
  if (!flight_) return cwnd();
  const Recovery& recovery = flight_->recovery;
  if (recovery.phase() == Phase::recovery && controller_->wants_prr()) return recovery.prr.allowed();
  const std::uint64_t window = controller_->window();
  const std::uint64_t counted = recovery.counted(limits.options.limited_transmit);
  return window > counted ? window - counted : 0;
}

HoldFacts Sender::hold_facts(const SendLimits& limits) const {
  const std::uint32_t offset = snd.nxt.value() - snd.una.value();
  const std::int32_t unsent = distance(snd.nxt, buffer.end());
  HoldFacts facts;
  facts.queued = unsent > 0 ? static_cast<std::uint32_t>(unsent) : 0;
  if (flight_) facts.queued += flight_->recovery.board.lost();
  facts.unacknowledged = snd.outstanding();
  facts.window = snd.wnd;
  facts.window_left = snd.wnd > offset ? snd.wnd - offset : 0;
  facts.max_window = snd.max_wnd;
  facts.mss = limits.mss;
  facts.cwnd = cwnd();
  facts.cwnd_left = allowance(limits);
  facts.synchronized = syn_acked();
  facts.in_recovery = phase() == Phase::recovery && controller_->wants_prr();
  facts.nagle = limits.options.nagle && !fin_queued_;
  facts.corked = limits.cork;
  return facts;
}

//= rfc9293 MUST-60
//= rfc9293 SHLD-15
//= rfc9293 SHLD-28
//= rfc7323 2.4-4
std::optional<Chunk> Sender::fresh(Instant now, const SendLimits& limits, std::uint32_t beyond) {
  if (controller_ && snd.una == snd.max && last_sent_ != never && has_unsent() && now - last_sent_ > rto.value(limits.rto()))
    controller_->on_restart(now, now - last_sent_);

  const std::uint32_t offset = snd.nxt.value() - snd.una.value();
  const std::uint32_t window_left = snd.wnd > offset ? snd.wnd - offset : 0;  // a shrunken window leaves nothing (MUST-34)
  const bool idle = !flight_ || flight_->recovery.in_flight() == 0;
  const std::uint64_t allowed = std::max<std::uint64_t>(allowance(limits), idle ? limits.mss : beyond);
  const auto cwnd_left = static_cast<std::uint32_t>(std::min<std::uint64_t>(allowed, UINT32_MAX));
  const std::int32_t unsent = distance(snd.nxt, buffer.end());
  const std::uint32_t queued = unsent > 0 ? static_cast<std::uint32_t>(unsent) : 0;
  const bool again = before(snd.nxt, snd.max);

  Chunk chunk;
  chunk.seq = snd.nxt;
  std::uint32_t most = again ? limits.mss : limits.max_text;
  if (flight_ && limits.options.pacing && flight_->pace.rate != 0 && most > limits.mss)
    most = std::max(limits.mss, std::min(most, flight_->pace.quantum));
  chunk.length = std::min({queued, window_left, cwnd_left, most});
  if (chunk.length > limits.mss) chunk.length -= chunk.length % limits.mss;
  const bool last = chunk.length == queued;
  // The FIN is an octet of the peer's window; the congestion window does not count it.
  chunk.fin = fin_queued_ && last && unsent >= 0 && window_left > chunk.length;
  if (chunk.length == 0 && !chunk.fin) return std::nullopt;
  if (chunk.length != 0 && !again) {
    // Cut short by the congestion window: the rest of it opens soon, and a whole segment is worth waiting for.
    if (chunk.length < limits.mss && !last && cwnd_left < window_left && !idle) return std::nullopt;
    const SmallSegment small{.length = chunk.length,
                             .mss = limits.mss,
                             .queued = queued,
                             .max_wnd = snd.max_wnd,
                             .nothing_outstanding = snd.una == snd.nxt,
                             .nagle = limits.options.nagle,
                             .cork = limits.cork,
                             .closing = fin_queued_};
    if (!may_leave(small)) return std::nullopt;
  }
  chunk.retransmission = again;
  //= rfc9293 MUST-61
  //= rfc9293 SHLD-27
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

/// RFC 8985 7.3: new data if there is any that the peer's window takes, else the last segment again.
std::optional<Chunk> Sender::tail_probe(const SendLimits& limits) {
  tail_probe_due_ = false;
  if (!flight_ || flight_->recovery.board.empty()) return std::nullopt;
  //= rfc8985 7.3-4
  auto chunk = fresh(last_sent_, limits, limits.mss);
  if (!chunk) {
    // An ACK that came after the timer fired may have spoken of the tail already.
    const std::uint32_t last = flight_->recovery.board.tail() - 1;
    if (flight_->recovery.board[last].sacked || flight_->recovery.board[last].lost) return std::nullopt;
    //= rfc8985 7.3-5
    chunk = repeat_of(last);
  }
  if (chunk->length > limits.mss && !chunk->retransmission) {
    chunk->length = limits.mss;  // a super-segment would be more than a probe
    chunk->push = chunk->fin = false;
  }
  chunk->cause = chunk->retransmission ? Cause::tail_loss_probe : Cause::tail_loss_probe_new;
  return chunk;
}

//= rfc9293 MUST-35
//= rfc9293 MUST-36
std::optional<Chunk> Sender::window_probe(BufferPool& pool) {
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
    chunk.length = std::clamp(std::min(snd.wnd, mss_), 1u, queued);
    if (snd.wnd != 0) chunk.cause = Cause::data;
    chunk.fin = snd.wnd > chunk.length && fin_queued_ && chunk.length == queued;
  }
  chunk.push = chunk.length != 0 && (snd.wnd == 0 || chunk.length == queued);
  chunk.retransmission = before(chunk.seq, snd.max);
  probing_ = snd.wnd == 0;
  rewind(pool);  // what was beyond the shut window goes again when it opens
  return chunk;
}

bool Sender::begin_flight(Instant now, const SendLimits& limits) {
  const bool first = controller_ == nullptr;
  if (first) {
    CongestionStart start;
    start.now = now;
    start.mss = mss_;
    start.initial_segments = initial_segments_;
    start.srtt = rto.srtt();
    start.sack = limits.sack;
    start.seed = snd.iss.value();
    controller_ = make_controller(limits.options, start);
  }
  if (flight_) return true;
  flight_ = std::make_unique<Flight>(Flight{Recovery(snd.una, totals_, learnt_)});
  flight_->pace = pace_of(*controller_, rto.srtt().value_or(Duration::zero()), mss_);
  const bool restart = last_sent_ != never && now - last_sent_ > rto.value(limits.rto());
  if (first || restart) flight_->pacing.grant(mss_ * std::min<std::uint32_t>(initial_segments_, 64));
  return true;
}

void Sender::end_flight(BufferPool& pool) {
  if (!flight_ || flight_->recovery.remembers()) return;
  totals_ = flight_->recovery.rate.totals();
  learnt_ = flight_->recovery.rack.learnt();
  flight_->recovery.board.release(pool);
  flight_.reset();
}

void Sender::release(BufferPool& pool) {
  buffer.release(pool);
  if (flight_) flight_->recovery.board.release(pool);
}

bool Sender::remember(BufferPool& pool, Instant now, const Chunk& chunk, const SendLimits& limits) {
  begin_flight(now, limits);
  Recovery& recovery = flight_->recovery;
  if (before(chunk.seq, snd.nxt)) {
    const std::uint32_t position = recovery.board.position_after(chunk.seq);
    const bool probes = chunk.cause == Cause::tail_loss_probe;
    if (probes) recovery.board.mark_lost(position, Cause::tail_loss_probe);
    recovery.on_repeat(now, position);
    if (probes) recovery.on_probe(recovery.board[position].end(), true);
    return true;
  }
  const std::uint32_t most = chunk.path_probe ? chunk.length : limits.mss;
  const std::uint32_t pieces = std::max((chunk.length + most - 1) / std::max(most, 1u), 1u);
  if (!recovery.board.reserve(pool, pieces)) return false;
  const Seq end = chunk.seq + chunk.length + (chunk.fin ? 1u : 0u);
  SentSegment record;
  for (record.seq = chunk.seq; record.seq != end; record.seq = record.end()) {
    const std::uint32_t left = end.value() - record.seq.value();
    const bool last = left <= most + (chunk.fin ? 1u : 0u);
    record.length = last ? left : most;
    record.fin = chunk.fin && last;
    record.path_probe = chunk.path_probe;
    record.retransmitted = before(record.seq, snd.max);
    recovery.on_new(now, record);
  }
  if (chunk.cause == Cause::tail_loss_probe_new) recovery.on_probe(end, false);
  return true;
}

void Sender::on_left(Instant now, const Chunk& chunk, const SendLimits& limits) {
  const Seq end = chunk.seq + chunk.length + (chunk.syn ? 1u : 0u) + (chunk.fin ? 1u : 0u);
  if (chunk.syn) {
    syn_sent_at_ = chunk.retransmission ? never : now;
  } else {
    const std::uint32_t text = chunk.path_probe ? chunk.length : std::min(chunk.length, limits.mss);
    const auto packet = static_cast<std::uint16_t>(std::min(text + limits.headers, 65535u));
    if (chunk.path_probe) pmtud.on_probe_sent(chunk.seq, chunk.seq + text, packet);
    if (text != 0) pmtud.on_sent(chunk.seq, chunk.seq + text, packet);
    controller_->on_sent(now, chunk.length, flight_->recovery.in_flight());
    //= rfc9937 6.4-1
    flight_->pacing.on_sent(now, chunk.length, flight_->pace);
  }
  const bool is_new = after(end, snd.max);
  snd.nxt = later(snd.nxt, end);
  snd.max = later(snd.max, end);
  if (snd.nxt == snd.max) go_back_ = Cause::none;
  last_sent_ = now;
  // 6298 5.1; a repeat of the first segment starts the timer anew (5.6, and RFC 6582 for fast retransmit)
  const bool probes_tail = chunk.cause == Cause::tail_loss_probe || chunk.cause == Cause::tail_loss_probe_new;
  //= rfc6298 5-2
  //= rfc8985 7.3-7
  if (rto_at_ == never || chunk.seq == snd.una || probes_tail) start_rto(now, limits);
  // A probe that is due too early finds that out by itself: so a segment moves no timer.
  // Only a second segment brings it forward: nobody delays its ACK then.
  const bool second = early_ == RetransmitTimer::tail_loss_probe && flight_ &&
                      flight_->recovery.board.size() <= 1 + (chunk.length + limits.mss - 1) / limits.mss;
  if (is_new && !chunk.syn && (early_at_ == never || second)) schedule_tail_probe(now, limits);
}

// --- timers ----------------------------------------------------------------------------------------------------------

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

// --- what the peer says ----------------------------------------------------------------------------------------------

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
    if (delivery.newest_original < rtt_round_) return;
    rto.on_sample(rtt);
    rtt_round_ = now;
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

void Sender::set_mss(std::uint32_t mss) {
  mss_ = mss;
  if (controller_) controller_->set_mss(mss);
}

void Sender::on_smaller_path(BufferPool& pool, std::uint32_t mss, Cause why) {
  set_mss(mss);
  if (!flight_ || !syn_acked()) return;
  if (flight_->recovery.board.split(pool, mss, why)) return;
  rewind(pool);
  go_back_ = why;
}

/// The size of packet to try now, if there is one and enough to send behind it that its loss will show (RFC 4821 7.4).
std::uint16_t Sender::path_probe_size(Instant now, const SendLimits& limits) {
  constexpr std::uint32_t followers = 3;
  if (!pmtud.is_due(now) || phase() != Phase::open || snd.nxt != snd.max) return 0;
  if (flight_ && flight_->recovery.board.lost() != 0) return 0;
  const auto size = pmtud.probe_size(now);
  if (!size || *size <= limits.mss + limits.headers) return 0;
  const std::uint64_t needed = *size - limits.headers + std::uint64_t{followers} * limits.mss;
  const std::int32_t unsent = distance(snd.nxt, buffer.end());
  const std::uint32_t offset = snd.nxt.value() - snd.una.value();
  if (unsent < 0 || static_cast<std::uint32_t>(unsent) < needed || snd.wnd < offset + needed || cwnd() < needed) return 0;
  return *size;
}

/// One segment that is larger than the path is known to take. Nothing until the congestion window has room for all of it.
std::optional<Chunk> Sender::path_probe(std::uint16_t size, const SendLimits& limits) const {
  Chunk chunk;
  chunk.seq = snd.nxt;
  chunk.length = size - limits.headers;
  chunk.path_probe = true;
  chunk.cause = Cause::path_probe;
  if (allowance(limits) < chunk.length) return std::nullopt;
  return chunk;
}

void Sender::on_path_probe_lost(BufferPool& pool, Instant now) {
  if (pmtud.has_probe_out()) pmtud.on_probe_lost(now);
  // Without memory for the pieces it goes again as it was, until a timeout says so once more.
  flight_->recovery.board.split(pool, mss_, Cause::retransmit_path_probe);
}

}  // namespace ft::tcp
