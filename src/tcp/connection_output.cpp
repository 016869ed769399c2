// What leaves: the sender says which octets, the receiver what to acknowledge; here they become a header.
#include "base/assert.hpp"
#include "tcp/connection.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {
constexpr std::uint32_t user_timeout_octets = 4;
constexpr std::uint32_t sack_octets(std::uint32_t blocks) { return blocks == 0 ? 0 : 4 + 8 * blocks; }
}  // namespace

//= rfc9293 MUST-16
//= rfc9293 MUST-23
//= rfc9293 SHLD-11
SendLimits Connection::send_limits(std::uint32_t max_text) const {
  std::uint32_t mss = negotiated_.mss();
  if (max_text != 0) {
    // A super-segment takes half of cwnd at most, so that acknowledgements come while the other half is under way (as Linux).
    max_text = static_cast<std::uint32_t>(std::min<std::uint64_t>(max_text, sender_.cwnd() / 2 / mss * mss));
    if (ecn_.out.cwr_due() || ecn_.in.forbids_cutting()) max_text = 0;  // said on one segment only
  }
  if (negotiated_.sack && receiver_.text.has_islands()) mss -= std::min(sack_octets(sack_limit()), mss / 2);
  if (ecn_.in.has_option(true)) mss -= std::min(ecn_.option_room(receiver_.text.has_islands(), true), mss / 2);
  return {.options = *options_,
          .mss = mss,
          .max_text = std::max(max_text, mss),
          .headers = path_.headers + (negotiated_.timestamps ? Negotiated::timestamp_octets : 0),
          .cork = is_corked(),
          .sack = negotiated_.sack,
          .r2 = sender_.syn_acked() ? user_timeout() : options_->connect_timeout,
          .syn_text = fast_open_ && state_ == State::syn_sent ? fast_open_->text_limit : 0};
}

std::uint8_t Connection::sack_limit() const { return negotiated_.sack_blocks(); }

bool Connection::sends_nothing() const { return receiver_.ack.need() == Cause::none && !keepalive_due_; }

std::optional<Outgoing> Connection::next_segment(Context context, std::uint32_t max_text) {
  if (state_ == State::closed || state_ == State::listen) return std::nullopt;
  if (auto syn_ack = fast_open_syn_ack(context)) return syn_ack;
  // How the SYN-ACK arrived goes on a pure ACK, also when there is text to send (RFC 9768 3.2.2.1).
  const bool text_waits = ecn_.in.owes_handshake_ack() && receiver_.ack.need() != Cause::none;
  if (state_ != State::time_wait && !text_waits) {
    const SendLimits limits = send_limits(max_text);
    if (const auto chunk = sender_.next(context.pool, context.now, limits, deadlines_))
      return segment_for(context, *chunk, limits.mss);
    hold_cork(context.now);
  }
  if (state_ == State::syn_sent) return std::nullopt;
  if (auto ack = earlier_ack(context)) return ack;
  //= rfc9293 SHLD-12
  //= rfc9293 MAY-5
  if (keepalive_due_) {
    keepalive_due_ = false;
    return pure(context, sender_.snd.max - 1, Cause::keepalive_probe);  // no garbage octet (SHLD-12)
  }
  if (receiver_.ack.need() != Cause::none) return pure(context, acceptable_seq(), receiver_.ack.need());
  note_limit(context.now);
  return std::nullopt;
}

/// An ACK beyond a window that shrank would be thrown away by the peer, and what it says with it.
Seq Connection::acceptable_seq() const {
  const SendVars& snd = sender_.snd;
  const Seq edge = snd.una + snd.wnd;
  return sender_.syn_acked() && after(snd.max, edge) ? edge : snd.max;
}

std::optional<Outgoing> Connection::pure(Context context, Seq seq, Cause cause) {
  std::optional<Outgoing> result(std::in_place);
  Outgoing& out = *result;
  out.before = out.after = state_;
  out.cause = cause;
  fill_in(out.header, context.now, seq, wire::tcp_flag::ack, 0);
  ecn_.fill_in(out.header, {.room = ecn_.in.has_option(false) ? option_room(out.header, 0) : 0, .pure = true});
  tell_user_timeout(out.header);
  note_sent(context.now, out);
  return result;
}

Cause Connection::syn_cause(bool again) const {
  if (state_ == State::syn_sent && fast_open_ && !again)
    return fast_open_->cookie.length != 0 || fast_open_->without_cookie ? Cause::syn_fast_open : Cause::syn_asks_cookie;
  if (state_ == State::syn_sent) return again ? Cause::retransmit_syn : Cause::syn;
  if (simultaneous_ && sender_.retries() == 0) return Cause::syn_ack_simultaneous;
  return again ? Cause::retransmit_syn_ack : Cause::syn_ack;
}

std::optional<Outgoing> Connection::segment_for(Context context, const Chunk& chunk, std::uint32_t mss) {
  std::optional<Outgoing> result(std::in_place);
  Outgoing& out = *result;
  out.before = state_;
  out.length = chunk.length;
  out.retransmission = chunk.retransmission;
  out.cause = chunk.syn ? syn_cause(chunk.retransmission) : chunk.cause;
  if (chunk.length > mss && !chunk.retransmission && !chunk.path_probe && !chunk.syn)
    out.segment_size = mss;  // a repeat has the size that it had

  std::uint8_t flags = state_ == State::syn_sent ? 0 : wire::tcp_flag::ack;
  if (chunk.syn) flags |= wire::tcp_flag::syn;
  // The end of a burst too: a receiver that joins segments (GRO) need not wait whether more comes. Linux does the same.
  // Not on a SYN: its text is handed on at once by who takes it (RFC 7413 2), and filters know no SYN with PSH.
  if (!chunk.syn && (chunk.push || out.segment_size != 0)) flags |= wire::tcp_flag::psh;
  if (chunk.fin) flags |= wire::tcp_flag::fin;
  if (chunk.length != 0) receiver_.ack.on_data_sent();
  const std::uint32_t offered = receiver_.rcv.wnd;
  fill_in(out.header, context.now, chunk.seq, flags, out.segment_size != 0 ? out.segment_size : chunk.length);
  if (chunk.syn) {
    const wire::TcpOptions agreed = out.header.options;
    wire::TcpOptions peer;  // what we may offer back
    peer.window_scale = negotiated_.window_scale ? std::optional<std::uint8_t>(0) : std::nullopt;
    peer.sack_permitted = negotiated_.sack;
    if (negotiated_.timestamps) peer.timestamps.emplace();
    out.header.options = syn_options(*options_, path_, state_ == State::syn_sent ? nullptr : &peer);
    //= rfc7413 4.2.2-2
    if (fast_open_ && state_ == State::syn_sent && !chunk.retransmission) {
      if (!fast_open_->without_cookie) out.header.options.fast_open = fast_open_->cookie;
      fast_open_->text_sent = chunk.length;
    }
    if (out.header.options.timestamps)
      out.header.options.timestamps =
          wire::Timestamps{timestamp_clock(context.now, ts_offset_), agreed.timestamps ? agreed.timestamps->ecr : 0};
    out.header.window = syn_window(*options_);
    // Said unscaled; a challenge ACK before it may have offered more, and that stays offered (SHLD-14).
    if (state_ != State::syn_sent) receiver_.rcv.wnd = std::max<std::uint32_t>(offered, out.header.window);
    out.header.set_ace(state_ == State::syn_sent ? ecn_.ask(*options_, sender_.retries()) : ecn_.answer());
    if (out.cause == Cause::retransmit_syn && ecn_.gave_up()) out.cause = Cause::retransmit_syn_without_ecn;
  } else {
    mark(out, chunk);
  }
  if (!chunk.syn && chunk.length + user_timeout_octets <= mss) tell_user_timeout(out.header);
  if (chunk.retransmission) {
    ++traffic().retransmissions;
  } else if (chunk.length != 0) {
    traffic().octets_sent += chunk.length;
  }
  note_writable();
  if (unsent() == 0) {
    cork_flushed_ = false;
    deadlines_.clear(Timer::cork);
  }
  if (chunk.fin && may_send(state_)) move(Transition::fin_sent);
  out.after = state_;
  out.last_sent = chunk.sent_before;
  note_sent(context.now, out);
  return result;
}

bool Connection::report_received(wire::TcpHeader& header, std::uint32_t text) {
  if (!options_->duplicate_sack) receiver_.forget_duplicate();
  if (!negotiated_.sack || !receiver_.has_reports()) return true;
  const std::uint32_t room = negotiated_.mss() > text ? negotiated_.mss() - text : 0;
  std::uint8_t limit = sack_limit();
  if (limit == 0) return true;  // a signature takes all the room, in every segment
  while (limit != 0 && sack_octets(limit) > room) --limit;
  if (limit == 0) return false;
  if (receiver_.has_duplicate()) ++keep_diary().duplicate_sacks_sent;
  header.options.sack_count = receiver_.take_reports(limit, header.options.sack);
  return true;
}

//= rfc7323 2.3-5
//= rfc7323 3.2-1
//= rfc7323 3.2-2
//= rfc7323 3.2-5
//= rfc2018 4-1
//= rfc2018 4-2
//= rfc2018 4-3
void Connection::fill_in(wire::TcpHeader& header, Instant now, Seq seq, std::uint8_t flags, std::uint32_t text) {
  header.seq = seq;
  header.flags = flags;
  if ((flags & wire::tcp_flag::ack) == 0) return;

  header.ack = receiver_.rcv.nxt;
  header.window = offer_window(receiver_.rcv, window_space());
  last_ack_sent_ = receiver_.rcv.nxt;
  if (negotiated_.timestamps)
    header.options.timestamps = wire::Timestamps{timestamp_clock(now, ts_offset_), receiver_.paws.recent()};
  // A repeat may leave no room for SACK blocks: then an acknowledgement of its own follows.
  if (report_received(header, text) || receiver_.ack.need() == Cause::none) receiver_.ack.on_ack_sent(deadlines_);
  //= rfc9293 MUST-30
  //= rfc9293 MUST-62
  const SendVars& snd = sender_.snd;
  // A keep-alive probe has an old number: what was acknowledged before it is urgent no more.
  if (const std::int32_t urgent = distance(seq, snd.up); urgent > 0 && after(snd.up, snd.una) && sender_.syn_acked()) {
    header.flags |= wire::tcp_flag::urg;
    header.urgent = static_cast<std::uint16_t>(std::min(urgent, 65535));
  }
}

}  // namespace ft::tcp
