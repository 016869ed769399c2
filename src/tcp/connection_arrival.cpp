// SEGMENT ARRIVES (RFC 9293 3.10.7): the order of the steps, and those that judge a segment before its ACK and its text count.
// What opens a connection is in connection_opening.cpp; ACKs are in connection_acks.cpp, text in connection_text.cpp.
#include "base/assert.hpp"
#include "tcp/arrival/reset.hpp"
#include "tcp/arrival/sequence.hpp"
#include "tcp/connection.hpp"

#include <algorithm>

namespace ft::tcp {

Arrival Connection::on_segment(Context context, const Segment& segment) {
  FT_ASSERT(state_ != State::closed && state_ != State::listen);
  ++segments_received_;
  if (state_ == State::syn_sent) return arrive_in_syn_sent(context, segment);
  if (state_ == State::time_wait) return arrive_in_time_wait(context, segment);
  return arrive(context, segment);
}

Arrival Connection::arrive(Context context, const Segment& segment) {
  Arrival arrival;
  if (state_ == State::syn_received && segment.syn() && segment.has_ack() && segment.seq() == receiver_.rcv.irs &&
      after(segment.ack(), sender_.snd.iss) && before_or_equal(segment.ack(), sender_.snd.max)) {
    // Simultaneous open (3.5, figure 7): the crossing SYN-ACK repeats a SYN we know; its ACK is the news.
    Segment known = segment;
    known.header.seq += 1;
    known.header.flags = static_cast<std::uint8_t>(segment.header.flags & ~wire::tcp_flag::syn);
    // A SYN's window is never scaled (RFC 7323 2.2), and whoever takes it from here on scales it.
    known.header.window = static_cast<std::uint16_t>(segment.header.window >> negotiated_.snd_shift);
    use(context, known, arrival);
    return arrival;
  }
  if (is_fast_open_pending() && segment.syn() && !segment.has_ack() && segment.seq() == receiver_.rcv.irs) {
    fast_open_->syn_ack_due = true;  // our SYN-ACK was lost, or is slow
    arrival.effect = Effect::syn_received;
    return arrival;
  }
  use(context, segment, arrival);
  return arrival;
}

void Connection::use(Context context, const Segment& segment, Arrival& arrival) {
  if (!check_timestamps(context, segment, arrival) || !check_sequence(context, segment, arrival)) return;
  if (!check_reset(context, segment, arrival) || !check_syn(context, segment, arrival)) return;

  last_heard_ = context.now;
  hear_user_timeout(segment.header.options.user_timeout);
  if (!check_ack(context, segment, arrival)) return;

  // Only now: a forger who guesses the sequence number but not the ACK must not move TS.Recent, or PAWS would turn on the peer.
  const auto& timestamps = segment.header.options.timestamps;
  if (negotiated_.timestamps && timestamps)
    receiver_.paws.on_acceptable(timestamps->val, segment.seq(), last_ack_sent_, context.now);
  take_mark(segment);
  if (keepalive_probes_ != 0) {
    keepalive_probes_ = 0;
    on_keepalive_changed(context.now);
    arrival::note(arrival, Effect::keepalive_answered);
  }
  check_urgent(segment);  // its pointer counts from where it began, whatever is cut off
  const auto take_rest = [&](const Segment& trimmed) {
    if (take_text(context, trimmed, !segment.text.empty(), arrival)) take_fin(context, trimmed, arrival);
  };
  // What comes in order and fits, as nearly all does, is taken as it is.
  if (arrival::is_whole(segment, receiver_.rcv)) return take_rest(segment);
  note_old_text(segment);
  take_rest(arrival::trim(segment, receiver_.rcv));
}

//= rfc7323 3.2-7
//= rfc7323 3.2-8
//= rfc7323 3.2-9
//= rfc7323 5.2-6
//= rfc7323 5.3-1
//= rfc7323 5.3-2
//= rfc7323 5.3-3
bool Connection::check_timestamps(Context context, const Segment& segment, Arrival& arrival) {
  if (!negotiated_.timestamps || segment.rst()) return true;
  const auto& timestamps = segment.header.options.timestamps;
  // RFC 7323 3.2: agreed on, so it must be there. A SYN goes on to its challenge all the same: a peer that was restarted
  // without timestamps must learn that we remember another connection (RFC 5961 4.2, RFC 9293 3.5.1).
  if (!timestamps) return segment.syn() || arrival::stop(arrival, DropReason::paws);
  if (!receiver_.paws.is_old(timestamps->val, context.now)) return true;
  // The first copy of what was repeated in vain: its sender wants to know (RFC 2883), or it would take a late path for a lossy
  // one.
  if (!answer_old_text(segment)) challenge(context, Cause::ack_unacceptable);
  return arrival::stop(arrival, DropReason::paws);
}

bool Connection::check_sequence(Context context, const Segment& segment, Arrival& arrival) {
  if (arrival::is_acceptable(segment, receiver_.rcv)) return true;
  if (segment.rst()) return arrival::stop(arrival, DropReason::not_acceptable);
  if (segment.syn()) {
    const bool repeated_syn_ack = segment.has_ack() && segment.seq() == receiver_.rcv.irs && !passive_;
    if (repeated_syn_ack && segment.header.ace() != ecn_setup::none) ecn_.in.on_syn_ack(segment.ip_ecn);
    challenge(context, Cause::ack_challenge_syn);
    return arrival::stop(arrival, DropReason::syn_challenged);
  }
  last_heard_ = context.now;
  if (!answer_old_text(segment)) {
    // Answered, but with a brake: two ends that disagree must not talk for ever, and a stranger who guesses must not make us.
    const bool probe = segment.seq() + 1 == receiver_.rcv.nxt;
    challenge(context, probe ? Cause::ack_keepalive : Cause::ack_unacceptable);
  }
  take_stale_ack(context, segment, arrival);
  return arrival.effect == Effect::none ? arrival::stop(arrival, DropReason::not_acceptable) : false;
}

//= rfc9293 MUST-11
//= rfc9293 SHLD-2
//= rfc9293 UNL-4
//= rfc9293 UNL-5
//= rfc9293 UNL-6
//= rfc5961 3.2-1
//= rfc5961 3.2-2
//= rfc5961 3.2-3
//= rfc5961 3.2-4
bool Connection::check_reset(Context context, const Segment& segment, Arrival& arrival) {
  if (!segment.rst()) return true;
  if (arrival::judge_reset(segment, receiver_.rcv) == arrival::ResetMeaning::challenge) {
    challenge(context, Cause::ack_challenge_rst);
    return arrival::stop(arrival, DropReason::rst_challenged);
  }
  if (state_ == State::syn_received && passive_ && !fast_open_) {
    move(Transition::return_to_listen);
    arrival.effect = Effect::returned_to_listen;
    return false;
  }
  const bool refused = state_ == State::syn_received && !fast_open_;
  finish(context.pool, Transition::reset, refused ? CloseReason::refused : CloseReason::reset);
  arrival.effect = refused ? Effect::refused : Effect::reset;
  return false;
}

//= rfc9293 UNL-7
//= rfc9293 UNL-8
//= rfc5961 4.2-1
//= rfc5961 4.2-2
//= rfc5961 4.2-3
bool Connection::check_syn(Context context, const Segment& segment, Arrival& arrival) {
  if (!segment.syn()) return true;
  if (state_ == State::syn_received && passive_ && !fast_open_) {
    move(Transition::return_to_listen);
    arrival.effect = Effect::returned_to_listen;
    return false;
  }
  challenge(context, Cause::ack_challenge_syn);
  return arrival::stop(arrival, DropReason::syn_challenged);
}

Arrival Connection::arrive_in_time_wait(Context context, const Segment& segment) {
  Arrival arrival;
  if (!check_timestamps(context, segment, arrival)) return arrival;
  switch (arrival::judge_in_time_wait(segment, time_wait_record())) {
    case arrival::TimeWaitMeaning::restart:
      enter_time_wait(context.now);
      receiver_.ack.at_once(Cause::ack_time_wait);
      arrival.effect = Effect::time_wait_restarted;
      break;
    case arrival::TimeWaitMeaning::acknowledge:
    case arrival::TimeWaitMeaning::reopen:  // the stack offers a SYN to a listener before it asks us
      challenge(context, Cause::ack_time_wait);
      arrival.dropped = DropReason::time_wait;
      break;
    case arrival::TimeWaitMeaning::ignore:
      arrival.dropped = DropReason::time_wait;
      break;
  }
  return arrival;
}

void Connection::challenge(Context context, Cause cause) {
  if (context.now - challenge_window_ >= options_->challenge_period || challenges_ == 0) {
    challenge_window_ = context.now;
    challenges_ = 0;
  }
  // One at least: a peer's keepalive is answered here too, and a connection that never does is given up by its peer.
  if (challenges_ >= std::max<std::uint8_t>(options_->challenge_acks, 1)) return;
  if (context.challenges != nullptr && !context.challenges->take(context.now)) return;
  ++challenges_;
  receiver_.ack.at_once(cause);
}

}  // namespace ft::tcp
