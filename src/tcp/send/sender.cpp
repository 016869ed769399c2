#include "tcp/send/sender.hpp"

#include "base/assert.hpp"
#include "tcp/congestion/controller.hpp"
#include "tcp/send/nagle.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {
/// Segments that so much text makes. One, mostly, and then nothing is divided.
std::uint32_t segments_of(std::uint32_t length, std::uint32_t mss) { return length <= mss ? 1 : (length + mss - 1) / mss; }
}  // namespace

void Sender::open(Seq iss) {
  snd.iss = snd.una = snd.nxt = snd.max = snd.up = snd.wl2 = iss;
  buffer.open(iss + 1);
}

void Sender::assume_syn_sent(Instant at) {
  snd.nxt = snd.max = snd.iss + 1;
  last_sent_ = at;
  syn_timed_ = at != never;
}

void Sender::start(std::uint32_t mss, std::uint32_t initial_segments, bool syn_was_retransmitted) {
  mss_ = mss;
  // RFC 5681 3.1: a lost SYN or SYN-ACK leaves an initial window of one segment.
  initial_segments_ =
      syn_was_retransmitted ? 1 : static_cast<std::uint16_t>(std::min<std::uint32_t>(initial_segments, UINT16_MAX));
}

void Sender::on_syn_acked(BufferPool& pool, Instant now, Seq ack, Deadlines& deadlines) {
  FT_ASSERT(!syn_acked());
  if (syn_timed_) rto.on_sample(now - last_sent_);
  if (syn_timed_) min_rtt.on_sample(now, now - last_sent_);
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
  } else {
    // A probe that is not needed any more holds up nothing else.
    if (tail_probe_due_) chunk = tail_probe(limits);
    if (!chunk && probe_due_) chunk = window_probe(pool);
    if (!chunk) chunk = paced(now, limits, deadlines);
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
  if (phase() != Phase::open || !flight_ || flight_->recovery.board.empty()) return std::nullopt;
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

void Sender::begin_flight(Instant now, const SendLimits& limits) {
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
  if (flight_) return;
  flight_ = std::make_unique<Flight>(Flight{Recovery(snd.una, totals_, learnt_)});
  flight_->pace = pace_of(*controller_, rto.srtt().value_or(Duration::zero()), mss_);
  const bool restart = last_sent_ != never && now - last_sent_ > rto.value(limits.rto());
  if (first || restart) flight_->pacing.grant(mss_ * std::min<std::uint32_t>(initial_segments_, 64));
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
  if (!recovery.board.reserve(pool, segments_of(chunk.length, most))) return false;
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
    syn_timed_ = !chunk.retransmission;
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
                      flight_->recovery.board.size() <= 1 + segments_of(chunk.length, limits.mss);
  if (is_new && !chunk.syn && (early_at_ == never || second)) schedule_tail_probe(now, limits);
}

}  // namespace ft::tcp
