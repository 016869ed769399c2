// The small records on both ends of a connection's life: half-open and TIME-WAIT.
#include "stack/impl.hpp"

#include <algorithm>

namespace ft {

using tcp::State;

namespace {
/// SYN-ACKs repeat after 1, 2, 4, 8 and 16 s, then the record goes: 63 s in all, as Linux.
constexpr std::uint8_t syn_ack_retries = 5;
}  // namespace

// --- half open -------------------------------------------------------------------------------------------------------

tcp::Opening Stack::Impl::opening_of(const HalfOpenRecord& record) const {
  tcp::Opening opening;
  opening.options = listeners_.at(record.listener).tcp;
  opening.path = record.path;
  opening.iss = record.half_open.iss;
  opening.ts_offset = record.half_open.ts_offset;
  return opening;
}

Verdict Stack::Impl::deliver_half_open(Instant now, std::uint32_t index, const tcp::Segment& segment) {
  HalfOpenRecord& record = records_.half_open.at(index);
  const FourTuple tuple = record.tuple;
  tcp::Arrival arrival;
  State after = State::syn_received;
  if (segment.syn() && !segment.has_ack() && !segment.rst() && segment.seq() == record.half_open.irs) {
    if (tcp::remember_repeat(record.half_open, segment, *listeners_.at(record.listener).tcp)) {
      // The peer repeats its SYN: our SYN-ACK was lost, or is slow. It goes again now, so the timer starts anew.
      record.half_open.sent_at = never;
      half_open_timers_.schedule(index, now + listeners_.at(record.listener).tcp->initial_rto * (1u << record.retries));
      syn_acks_.push_back(index);
      arrival.effect = tcp::Effect::syn_received;
    } else {
      const tcp::Connection connection(opening_of(record), record.half_open, now);
      if (const auto reset = connection.make_abort(now_, tcp::Cause::rst_ecn_mixed)) queue_reply(tuple, State::listen, *reset);
      remove_half_open(index);
      arrival.dropped = DropReason::not_acceptable;
      after = State::listen;
    }
  } else if (segment.has_ack() && !segment.rst() && listeners_.at(record.listener).full()) {
    arrival.dropped = DropReason::accept_queue_full;  // the record stays: the SYN-ACK is repeated until there is room
    if (listeners_.at(record.listener).when_full != BacklogPolicy::drop) {
      queue_reply(tuple, State::syn_received, tcp::make_reset(segment, tcp::Cause::rst_backlog_full));
      remove_half_open(index);
      after = State::listen;
    }
  } else {
    // The record becomes a connection for one segment; if that completes the handshake it stays one.
    tcp::Connection connection(opening_of(record), record.half_open, now);
    arrival = connection.on_segment(context(), segment);
    after = connection.state();
    if (arrival.reply) queue_reply(tuple, after, *arrival.reply, *connection.options());
    if (after == State::listen) {
      remove_half_open(index);
    } else if (after == State::syn_received) {
      auto out = connection.next_segment(context(), 0);
      if (out && record.brake.may_answer(now, segment)) {
        // The record remembers no offer but the SYN-ACK's, so nothing says more (SHLD-14: what is offered stays offered).
        const std::uint8_t shift = connection.negotiated().rcv_shift;
        const std::uint32_t most = (tcp::syn_window(*connection.options()) + (1u << shift) - 1) >> shift;
        out->header.window = static_cast<std::uint16_t>(std::min<std::uint32_t>(out->header.window, most));
        queue_reply(tuple, after, {out->header, out->cause}, *connection.options());
      }
    } else if (!promote(index, std::move(connection))) {
      arrival.dropped = DropReason::connection_limit;
      after = State::syn_received;
    }
    connection.release(pool_);
  }
  tracer_.received(now, tuple, segment, arrival, State::syn_received, after);
  return {arrival.dropped};
}

bool Stack::Impl::promote(std::uint32_t half_open_index, tcp::Connection&& connection) {
  const HalfOpenRecord& record = records_.half_open.at(half_open_index);
  const std::uint32_t listener_index = record.listener;
  if (records_.connections.size() == config_.max_connections) return false;
  const auto handle = records_.connections.emplace(record.tuple, std::move(connection));
  if (handle) records_.connections.at(handle->index).route = record.route;
  demux_.replace(Ref(Stage::half_open, half_open_index), Ref(Stage::connection, handle->index));
  forget_half_open(half_open_index);
  enqueue(handle->index, listener_index);
  settle(handle->index, std::nullopt);
  return true;
}

/// When the last repeat of the SYN-ACK is given up.
Instant Stack::Impl::half_open_expiry(std::uint32_t index) const {
  const HalfOpenRecord& record = records_.half_open.at(index);
  const Duration first = listeners_.at(record.listener).tcp->initial_rto;
  Instant at = half_open_timers_.deadline(index).value_or(now_);
  for (unsigned retry = record.retries + 1u; retry <= syn_ack_retries; ++retry) at += first * (1u << retry);
  return at;
}

void Stack::Impl::remove_half_open(std::uint32_t index) {
  leave_table(Ref(Stage::half_open, index));
  forget_half_open(index);
}

void Stack::Impl::forget_half_open(std::uint32_t index) {
  half_open_timers_.cancel(index);
  (records_.half_open.at(index).parked ? parked_syn_acks_ : syn_acks_).remove(index);
  --listeners_.at(records_.half_open.at(index).listener).half_open;
  records_.half_open.erase(index);
}

void Stack::Impl::on_half_open_deadline(std::uint32_t index) {
  HalfOpenRecord& record = records_.half_open.at(index);
  tracer_.fired(now_, record.tuple, "retransmit");
  if (record.retries >= syn_ack_retries) {
    tracer_.changed(now_, record.tuple, State::syn_received, State::listen, tcp::Trigger::connect_timeout);
    remove_half_open(index);
    return;
  }
  ++record.retries;
  half_open_timers_.schedule(index, now_ + listeners_.at(record.listener).tcp->initial_rto * (1u << record.retries));
  syn_acks_.push_back(index);
}

// --- TIME-WAIT -------------------------------------------------------------------------------------------------------

Verdict Stack::Impl::deliver_time_wait(Instant now, std::uint32_t index, const tcp::Segment& segment) {
  TimeWaitRecord& record = records_.time_wait.at(index);
  const FourTuple tuple = record.tuple;
  const tcp::TimeWait& waiting = record.time_wait;
  tcp::Arrival arrival;
  const auto listener = listener_for(tuple.local);
  const auto acknowledge = [&] {
    if (!record.brake.may_answer(now, segment)) return;
    tcp::Reply reply;
    reply.cause = tcp::Cause::ack_time_wait;
    reply.header.seq = waiting.snd_nxt;
    reply.header.ack = waiting.rcv_nxt;
    reply.header.flags = wire::tcp_flag::ack;
    reply.header.set_ace(waiting.ace);
    reply.header.window = waiting.window;
    if (waiting.timestamps)
      reply.header.options.timestamps = wire::Timestamps{tcp::timestamp_clock(now, waiting.ts_offset), waiting.ts_recent};
    queue_reply(tuple, State::time_wait, reply, config_.tcp);
  };
  switch (tcp::arrival::judge_in_time_wait(segment, waiting, listener && listeners_.at(*listener).tcp->timestamps)) {
    //= rfc9293 MAY-2
    //= rfc9293 SHLD-4
    case tcp::arrival::TimeWaitMeaning::reopen:
      if (listener) {
        // RFC 9293 3.6.1: the new ISN lies beyond anything the old connection used.
        const Seq least = waiting.snd_nxt + 65536;
        remove_time_wait(index);
        return on_listen(now, *listener, tuple, segment, least);
      }
      [[fallthrough]];
    case tcp::arrival::TimeWaitMeaning::acknowledge:
      if (challenges_.take(now)) acknowledge();
      arrival.dropped = DropReason::time_wait;
      break;
    case tcp::arrival::TimeWaitMeaning::restart:
      acknowledge();
      record.expires = now + 2 * record.msl;
      time_wait_timers_.schedule(index, record.expires);
      oldest_.move_to_back(index);
      arrival.effect = tcp::Effect::time_wait_restarted;
      break;
    case tcp::arrival::TimeWaitMeaning::ignore:
      arrival.dropped = DropReason::time_wait;
      break;
  }
  tracer_.received(now, tuple, segment, arrival, State::time_wait, State::time_wait);
  return {arrival.dropped};
}

void Stack::Impl::remove_time_wait(std::uint32_t index) {
  leave_table(Ref(Stage::time_wait, index));
  time_wait_timers_.cancel(index);
  oldest_.remove(index);
  records_.time_wait.erase(index);
}

}  // namespace ft
