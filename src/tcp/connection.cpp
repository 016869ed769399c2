#include "tcp/connection.hpp"

#include "base/assert.hpp"

#include <utility>

namespace ft::tcp {

Connection::Connection(Opening opening, Instant now)
    : options_(std::move(opening.options)),
      path_(opening.path),
      fast_open_(std::move(opening.fast_open)),
      last_heard_(now),
      ts_offset_(opening.ts_offset) {
  sender_.open(opening.iss);
}

Connection::Connection(Opening opening, const HalfOpen& half_open, Instant now)
    : options_(std::move(opening.options)), path_(opening.path), last_heard_(now), ts_offset_(half_open.ts_offset) {
  state_ = State::syn_received;
  passive_ = true;
  syn_retransmitted_ = half_open.retransmitted;
  sender_.open(half_open.iss);
  sender_.assume_syn_sent(half_open.sent_at);
  sender_.snd.wnd = sender_.snd.max_wnd = half_open.peer_window;
  sender_.snd.wl1 = half_open.irs;
  receiver_.open(half_open.irs, syn_window(*options_));
  receiver_.paws.open(half_open.ts_recent, now);
  negotiated_ = negotiate(half_open, *options_, path_);
  hear_user_timeout(half_open.peer_user_timeout);
  open_path(now);
  ecn_.continue_from(half_open, *options_, half_open.iss + 1);
  last_ack_sent_ = receiver_.rcv.nxt;
}

void Connection::move(Transition by) {
  const auto to = next(state_, by);
  FT_ASSERT(to.has_value());
  state_ = *to;
}

//= rfc9293 MUST-13
void Connection::enter_time_wait(Instant now) {
  deadlines_.clear(Timer::retransmit);
  deadlines_.clear(Timer::keepalive);
  deadlines_.set(Timer::close, now + 2 * options_->msl);
  if (why_ == CloseReason::none) {
    why_ = CloseReason::normal;
    events_ |= event::closed;
  }
}

//= rfc9293 MUST-12
void Connection::finish(BufferPool& pool, Transition by, CloseReason why) {
  move(by);
  deadlines_.clear_all();
  if (why_ == CloseReason::none) {
    why_ = why;
    events_ |= event::closed;
  }
  sender_.release(pool);
  // What came in order before a RST or a timeout stays to be read, then the reader learns of the end. (RFC 9293 3.10.7.4 would
  // throw it away; but it was acknowledged, the peer counts on it, and programs know that from elsewhere.)
  if (why == CloseReason::aborted || why == CloseReason::refused) receiver_.text.release(pool);
}

std::optional<Instant> Connection::free_at() const {
  if (deadlines_.is_set(Timer::close)) return deadlines_[Timer::close];  // TIME-WAIT, or FIN-WAIT-2 that nobody reads any more
  if (state_ == State::syn_sent) return last_heard_ + options_->connect_timeout;  // heard nothing: since the SYN
  return std::nullopt;
}

std::uint64_t Connection::pool_memory() const {
  const Recovery* recovery = sender_.recovery();
  return std::uint64_t{sender_.buffer.memory()} + receiver_.text.memory() + (recovery != nullptr ? recovery->board.memory() : 0u);
}

std::uint64_t Connection::heap_memory() const {
  return sender_.memory() + receiver_.text.islands_memory() + (traffic_ ? sizeof(Traffic) : 0) +
         (fast_open_ ? sizeof(FastOpen) : 0);
}

void Connection::release(BufferPool& pool) {
  sender_.release(pool);
  receiver_.text.release(pool);
}

std::uint8_t Connection::take_events() { return std::exchange(events_, std::uint8_t{0}); }

Error Connection::dead_error() const {
  if (why_ == CloseReason::unreachable && soft_error_ != Error::none) return soft_error_;
  return error_of(why_);
}

TimeWait Connection::time_wait_record() const {
  TimeWait record;
  record.snd_nxt = sender_.snd.max;
  record.rcv_nxt = receiver_.rcv.nxt;
  record.ts_recent = receiver_.paws.recent();
  record.ts_offset = ts_offset_;
  record.window = static_cast<std::uint16_t>(std::min<std::uint32_t>(receiver_.rcv.wnd >> negotiated_.rcv_shift, UINT16_MAX));
  record.timestamps = negotiated_.timestamps;
  record.ace = ecn_.in.flags(false);
  return record;
}

// --- calls -----------------------------------------------------------------------------------------------------------

std::expected<std::size_t, Error> Connection::write(BufferPool& pool, std::span<const std::byte> from, Write how) {
  if (const Error error = dead_error(); error != Error::none) return std::unexpected(error);
  if (!may_send(state_) || is_direction_closed()) return std::unexpected(Error::already_shut_down);
  if (from.empty()) return 0;
  if (unsent() >= options_->not_sent_low_water) {
    write_blocked_ = true;
    return std::unexpected(Error::would_block);
  }
  const std::uint32_t n = sender_.buffer.write(pool, send_limit(), from);
  write_blocked_ = n < from.size();
  if (n == 0) return std::unexpected(sender_.buffer.size() == 0 ? Error::out_of_memory : Error::would_block);
  if (how == Write::urgent) sender_.snd.up = sender_.buffer.end();
  more_follows_ = how == Write::more_follows;
  return n;
}

std::span<std::byte> Connection::reserve(BufferPool& pool) {
  constexpr std::uint32_t piece = 64 * 1024;
  if (dead_error() != Error::none || !may_send(state_) || is_direction_closed()) return {};
  const auto room = sender_.buffer.reserve(pool, send_limit(), piece);
  write_blocked_ = room.empty();
  return room;
}

void Connection::commit(std::uint32_t octets) {
  FT_ASSERT(!is_direction_closed());
  sender_.buffer.commit(octets);
}

std::expected<std::size_t, Error> Connection::read(BufferPool& pool, std::span<std::byte> into) {
  const std::uint32_t n = receiver_.text.read(pool, into);
  if (receiver_.text.ready() < readable_mark()) readable_told_ = false;
  if (n != 0) {
    traffic().receive.on_read(n);
    announce_window();
    return n;
  }
  if (const Error error = dead_error(); error != Error::none) return std::unexpected(error);
  if (receiver_.fin_taken()) return 0;
  if (into.empty()) return 0;
  return std::unexpected(Error::would_block);
}

void Connection::consume(BufferPool& pool, std::uint32_t octets) {
  receiver_.text.consume(pool, octets);
  traffic().receive.on_read(octets);
  if (receiver_.text.ready() < readable_mark()) readable_told_ = false;
  announce_window();
}

void Connection::announce_window() {
  if (!is_synchronized(state_) || !may_receive(state_)) return;
  if (should_announce(receiver_.rcv, window_space())) receiver_.ack.at_once(Cause::ack_window_update);
}

std::expected<void, Error> Connection::shutdown() {
  if (const Error error = dead_error(); error != Error::none) return std::unexpected(error);
  if (is_direction_closed() || !may_send(state_)) return std::unexpected(Error::already_shut_down);
  close_direction();
  return {};
}

std::optional<Reply> Connection::make_abort(Instant now, Cause cause) const {
  // RFC 9293 3.10.5: states with a peer that believes in us
  if (state_ == State::closed || state_ == State::listen || state_ == State::syn_sent || state_ == State::time_wait) return {};
  // Our FIN has said that all is well; octets thrown away unread must be told all the same (RFC 2525 2.17).
  if ((state_ == State::closing || state_ == State::last_ack) && cause != Cause::rst_unread_data) return {};
  Reply reply;
  reply.cause = cause;
  reply.header.seq = acceptable_seq();
  reply.header.ack = receiver_.rcv.nxt;
  reply.header.flags = wire::tcp_flag::rst | wire::tcp_flag::ack;
  //= rfc7323 5.2-5
  if (negotiated_.timestamps)
    reply.header.options.timestamps = wire::Timestamps{timestamp_clock(now, ts_offset_), receiver_.paws.recent()};
  return reply;
}

std::optional<Reply> Connection::abort(Context context, Cause cause) {
  auto reply = make_abort(context.now, cause);
  detached_ = true;
  if (state_ != State::closed) finish(context.pool, Transition::reset, CloseReason::aborted);
  return reply;
}

//= rfc9293 SHLD-3
//= rfc9293 MAY-1
std::optional<Reply> Connection::close(Context context) {
  detached_ = true;
  if (state_ == State::closed) return {};
  if (state_ == State::syn_sent) {
    finish(context.pool, Transition::close, CloseReason::aborted);
    return {};
  }
  if (state_ == State::time_wait) {
    receiver_.text.release(context.pool);  // both directions are over; the wait goes on (3.10.4)
    return {};
  }
  if (receiver_.text.ready() != 0) {
    // What we promised to take is thrown away: say so instead of a FIN that would claim all is well (SHLD-3).
    auto reply = make_abort(context.now, Cause::rst_unread_data);
    finish(context.pool, Transition::reset, CloseReason::aborted);
    return reply;
  }
  if (options_->linger && *options_->linger == Duration::zero()) return abort(context, Cause::rst_linger);
  if (!is_direction_closed() && may_send(state_)) close_direction();
  if (state_ == State::fin_wait_2 && options_->fin_wait_2_timeout > Duration::zero())
    deadlines_.set(Timer::close, context.now + options_->fin_wait_2_timeout);
  return {};
}

// --- timers ----------------------------------------------------------------------------------------------------------

//= rfc9293 MUST-24
//= rfc9293 MUST-25
//= rfc9293 MUST-27
//= rfc9293 MUST-28
void Connection::on_keepalive_changed(Instant now) {
  if (!options_->keepalive || !is_synchronized(state_) || state_ == State::time_wait) {
    deadlines_.clear(Timer::keepalive);
    return;
  }
  keepalive_probes_ = 0;
  deadlines_.set(Timer::keepalive, std::max(now, last_heard_ + options_->keepalive_idle));
}

//= rfc9293 MUST-26
//= rfc9293 MUST-29
bool Connection::on_keepalive_timer(Context context) {
  const Instant idle_until = last_heard_ + options_->keepalive_idle;
  if (keepalive_probes_ == 0 && idle_until > context.now) {
    deadlines_.set(Timer::keepalive, idle_until);  // heard since the timer was set
    return true;
  }
  if (sender_.snd.una != sender_.snd.max) {
    deadlines_.set(Timer::keepalive, context.now + options_->keepalive_idle);  // retransmission watches the peer (MUST-26)
    return true;
  }
  // A user timeout that the user chose says how long a peer may be silent, here as everywhere (so does Linux).
  const bool chosen = !options_->user_timeout_changeable;
  if (chosen ? keepalive_probes_ != 0 && context.now - last_heard_ >= options_->user_timeout
             : keepalive_probes_ >= options_->keepalive_count)
    return false;
  if (keepalive_probes_ < UINT8_MAX) ++keepalive_probes_;
  keepalive_due_ = true;
  deadlines_.set(Timer::keepalive, context.now + options_->keepalive_interval);
  return true;
}

Expiry Connection::on_deadline(Context context) {
  Expiry expiry;
  const auto take = [&](Timer timer) {
    if (!deadlines_.is_due(timer, context.now)) return false;
    deadlines_.clear(timer);
    expiry.fired = static_cast<std::uint8_t>(expiry.fired | (1u << static_cast<unsigned>(timer)));
    return true;
  };
  const auto end = [&](Transition by, CloseReason why, Trigger trigger) {
    finish(context.pool, by, why);
    expiry.ended = trigger;
    return expiry;
  };
  if (is_fast_open_pending() && take(Timer::close)) {
    if (!on_fast_open_timer()) return end(Transition::reset, CloseReason::timed_out, Trigger::connect_timeout);
  }
  if (take(Timer::close)) {
    if (state_ == State::time_wait) return end(Transition::time_out, CloseReason::normal, Trigger::timer_time_wait);
    return end(Transition::reset, CloseReason::timed_out, Trigger::fin_wait_2_timeout);
  }
  if (take(Timer::retransmit)) {
    const bool handshake = !sender_.syn_acked();
    const RetransmitTimer kind = sender_.timer_kind();
    const bool repairs = sender_.repairs();
    const std::uint64_t ssthresh = sender_.ssthresh();
    if (sender_.on_timeout(context.pool, context.now, send_limits(0), deadlines_) == Sender::Timeout::gave_up)
      return end(Transition::reset, CloseReason::timed_out, handshake ? Trigger::connect_timeout : Trigger::user_timeout);
    if (kind == RetransmitTimer::rto) ++keep_diary().retransmitted.timeouts;
    if (kind == RetransmitTimer::reordering && !repairs && sender_.repairs()) ++keep_diary().retransmitted.recoveries;
    adopt_path(context.pool);
    //= rfc9293 MUST-20
    //= rfc9293 MUST-22
    //= rfc9293 SHLD-9
    //= rfc9293 SHLD-10
    //= rfc9293 UNL-1
    if (sender_.retries() == options_->r1) events_ |= event::trouble;  // SHLD-9
    syn_retransmitted_ = syn_retransmitted_ || handshake;
    note_reduction(ssthresh);
  }
  take(Timer::pacing);  // the sender looks at the time by itself
  if (take(Timer::cork)) cork_flushed_ = true;
  if (take(Timer::delayed_ack)) receiver_.ack.at_once(Cause::ack_delayed);
  if (take(Timer::keepalive) && !on_keepalive_timer(context)) {
    expiry.reply = make_abort(context.now, Cause::rst_timeout);
    return end(Transition::reset, CloseReason::timed_out, Trigger::keepalive_timeout);
  }
  return expiry;
}

WindowSpace Connection::window_space() const {
  return {receive_limit(), receiver_.text.ready(), negotiated_.mss(), negotiated_.rcv_shift};
}

//= rfc9293 MUST-33
std::uint32_t Connection::urgent_left() const {
  const std::int32_t left = distance(receiver_.read_seq(), receiver_.rcv.up);
  return left > 0 ? static_cast<std::uint32_t>(left) : 0;
}

}  // namespace ft::tcp
