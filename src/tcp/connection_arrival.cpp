// SEGMENT ARRIVES (RFC 9293 3.10.7), step by step in the RFC's order.
#include "base/assert.hpp"
#include "tcp/arrival/ack.hpp"
#include "tcp/arrival/reset.hpp"
#include "tcp/arrival/sequence.hpp"
#include "tcp/connection.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {

/// How telling an effect is: a segment may have several, one is reported.
int weight(Effect effect) {
  switch (effect) {
    case Effect::none:
      return 0;
    case Effect::ack_old:
      return 1;
    case Effect::ack_duplicate:
      return 2;
    case Effect::window_update:
      return 3;
    case Effect::ack_new:
    case Effect::keepalive_answered:
      return 4;
    case Effect::text_duplicate:
    case Effect::text_out_of_order:
    case Effect::text_in_order:
      return 5;
    case Effect::our_fin_acked:
      return 6;
    case Effect::fin_received:
      return 7;
    default:
      return 8;
  }
}

void note(Arrival& arrival, Effect effect) {
  if (weight(effect) >= weight(arrival.effect)) arrival.effect = effect;
}

bool stop(Arrival& arrival, DropReason reason) {
  arrival.dropped = reason;
  return false;
}

}  // namespace

Arrival Connection::on_segment(Context context, const Segment& segment) {
  FT_ASSERT(state_ != State::closed && state_ != State::listen);
  ++segments_received_;
  if (state_ == State::syn_sent) return arrive_in_syn_sent(context, segment);
  if (state_ == State::time_wait) return arrive_in_time_wait(context, segment);
  return arrive(context, segment);
}

// --- SYN-SENT: 3.10.7.3 ------------------------------------------------------------------------------------------------

//= rfc5961 3.2-5
Arrival Connection::arrive_in_syn_sent(Context context, const Segment& segment) {
  Arrival arrival;
  const bool acked =
      segment.has_ack() && after(segment.ack(), sender_.snd.iss) && before_or_equal(segment.ack(), sender_.snd.max);
  if (segment.has_ack() && !acked) {
    if (segment.rst()) {
      arrival.dropped = DropReason::rst_unacceptable;
    } else {
      arrival.reply = make_reset(segment, Cause::rst_half_open);
      arrival.dropped = DropReason::bad_handshake_ack;
    }
    return arrival;
  }
  if (segment.rst()) {
    if (!acked) {
      arrival.dropped = DropReason::rst_unacceptable;
      return arrival;
    }
    if (ecn_.retries_after_reset(*options_)) {
      sender_.snd.nxt = sender_.snd.iss;
      arrival.effect = Effect::syn_reset_for_ecn;
      return arrival;
    }
    finish(context.pool, Transition::reset, CloseReason::refused);
    arrival.effect = Effect::refused;
    return arrival;
  }
  if (!segment.syn()) {
    arrival.dropped = DropReason::not_acceptable;
    return arrival;
  }
  learn_syn(context, segment);
  if (acked) {
    const bool lost = syn_retransmitted_;
    if (fast_open_) learn_fast_open(segment);
    sender_.on_syn_acked(context.pool, context.now, segment.ack(), deadlines_);
    // Marks this early leave one segment to begin with (RFC 9768 3.2.2.2, RFC 5562 3.2).
    const bool marked = ecn_.on_syn_ack(segment, *options_, segment.ack()).packets != 0;
    sender_.start(negotiated_.mss(), marked ? 1 : options_->initial_window, lost);
    if (lost) sender_.rto.restart_after_lost_syn();
    sender_.snd.wl2 = segment.ack();
    move(Transition::syn_ack);
    events_ |= event::connected;
    receiver_.ack.at_once(Cause::handshake_ack);
    on_keepalive_changed(context.now);
    arrival.effect = Effect::syn_ack_received;
    // Text or a FIN on the SYN-ACK go on at the sixth step.
    const Segment rest = arrival::trim(segment, receiver_.rcv);
    check_urgent(rest);
    if (take_text(context, rest, !segment.text.empty(), arrival)) take_fin(context, rest, arrival);
  } else {
    move(Transition::syn);
    ecn_.on_crossing_syn(segment, *options_, sender_.snd.iss + 1);
    //= rfc9293 MUST-10
    simultaneous_ = true;
    sender_.snd.nxt = sender_.snd.iss;  // the SYN goes again, now with an ACK
    arrival.effect = Effect::simultaneous_open;
  }
  return arrival;
}

void Connection::learn_syn(Context context, const Segment& segment) {
  receiver_.open(segment.seq(), syn_window(*options_));
  negotiated_ = negotiate(*options_, path_, segment.header.options);
  if (negotiated_.timestamps) receiver_.paws.open(segment.header.options.timestamps->val, context.now);
  hear_user_timeout(segment.header.options.user_timeout);
  open_path(context.now);
  last_ack_sent_ = receiver_.rcv.nxt;
  last_heard_ = context.now;
  sender_.snd.wnd = sender_.snd.max_wnd = segment.header.window;  // never scaled on a SYN
  sender_.snd.wl1 = segment.seq();
  sender_.snd.wl2 = segment.ack();
}

// --- all other states: 3.10.7.4 ----------------------------------------------------------------------------------------

Arrival Connection::arrive(Context context, Segment segment) {
  Arrival arrival;
  if (state_ == State::syn_received && segment.syn() && segment.has_ack() && segment.seq() == receiver_.rcv.irs &&
      after(segment.ack(), sender_.snd.iss) && before_or_equal(segment.ack(), sender_.snd.max)) {
    // Simultaneous open (3.5, figure 7): the crossing SYN-ACK repeats a SYN we know; its ACK is the news.
    segment.header.seq += 1;
    segment.header.flags = static_cast<std::uint8_t>(segment.header.flags & ~wire::tcp_flag::syn);
    // A SYN's window is never scaled (RFC 7323 2.2), and whoever takes it from here on scales it.
    segment.header.window = static_cast<std::uint16_t>(segment.header.window >> negotiated_.snd_shift);
  }
  if (is_fast_open_pending() && segment.syn() && !segment.has_ack() && segment.seq() == receiver_.rcv.irs) {
    fast_open_->syn_ack_due = true;  // our SYN-ACK was lost, or is slow
    arrival.effect = Effect::syn_received;
    return arrival;
  }
  if (!check_timestamps(context, segment, arrival) || !check_sequence(context, segment, arrival)) return arrival;
  if (!check_reset(context, segment, arrival) || !check_syn(context, segment, arrival)) return arrival;

  last_heard_ = context.now;
  hear_user_timeout(segment.header.options.user_timeout);
  if (!check_ack(context, segment, arrival)) return arrival;

  // Only now: a forger who guesses the sequence number but not the ACK must not move TS.Recent, or PAWS would turn on the peer.
  const auto& timestamps = segment.header.options.timestamps;
  if (negotiated_.timestamps && timestamps)
    receiver_.paws.on_acceptable(timestamps->val, segment.seq(), last_ack_sent_, context.now);
  take_mark(segment);
  if (keepalive_probes_ != 0) {
    keepalive_probes_ = 0;
    on_keepalive_changed(context.now);
    note(arrival, Effect::keepalive_answered);
  }
  note_old_text(segment);
  const Segment trimmed = arrival::trim(segment, receiver_.rcv);
  check_urgent(trimmed);
  if (take_text(context, trimmed, !segment.text.empty(), arrival)) take_fin(context, trimmed, arrival);
  return arrival;
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
  if (!timestamps) return segment.syn() || stop(arrival, DropReason::paws);
  if (!receiver_.paws.is_old(timestamps->val, context.now)) return true;
  // The first copy of what was repeated in vain: its sender wants to know (RFC 2883), or it would take a late path for a lossy
  // one.
  if (!answer_old_text(segment)) challenge(context, Cause::ack_unacceptable);
  return stop(arrival, DropReason::paws);
}

bool Connection::check_sequence(Context context, const Segment& segment, Arrival& arrival) {
  if (arrival::is_acceptable(segment, receiver_.rcv)) return true;
  if (segment.rst()) return stop(arrival, DropReason::not_acceptable);
  if (segment.syn()) {
    const bool repeated_syn_ack = segment.has_ack() && segment.seq() == receiver_.rcv.irs && !passive_;
    if (repeated_syn_ack && segment.header.ace() != ecn_setup::none) ecn_.in.on_syn_ack(segment.ip_ecn);
    challenge(context, Cause::ack_challenge_syn);
    return stop(arrival, DropReason::syn_challenged);
  }
  last_heard_ = context.now;
  if (!answer_old_text(segment)) {
    // Answered, but with a brake: two ends that disagree must not talk for ever, and a stranger who guesses must not make us.
    const bool probe = segment.seq() + 1 == receiver_.rcv.nxt;
    challenge(context, probe ? Cause::ack_keepalive : Cause::ack_unacceptable);
  }
  take_stale_ack(context, segment, arrival);
  return arrival.effect == Effect::none ? stop(arrival, DropReason::not_acceptable) : false;
}

/// What came before, and not long ago, is acknowledged again and reported; false: it is nothing like that.
bool Connection::answer_old_text(const Segment& segment) {
  if (segment.syn() || segment.length() == 0 || !arrival::is_stale(segment, receiver_.rcv, stale_reach())) return false;
  receiver_.ack.at_once(Cause::ack_unacceptable);
  note_old_text(segment);
  if (diary_ && before(segment.seq(), receiver_.rcv.nxt)) ++diary_->duplicates;
  return true;
}

/// RFC 2883 4: text that lies before RCV.NXT came twice.
void Connection::note_old_text(const Segment& segment) {
  if (!negotiated_.sack || !options_->duplicate_sack || segment.text.empty()) return;
  const Seq begin = segment.text_seq();
  if (!before(begin, receiver_.rcv.nxt)) return;
  if (receiver_.rcv.nxt.value() - begin.value() > stale_reach()) return;
  receiver_.note_duplicate(begin, earlier(begin + segment.text_length(), receiver_.rcv.nxt));
}

void Connection::take_stale_ack(Context context, const Segment& segment, Arrival& arrival) {
  if (state_ == State::syn_received || !segment.has_ack() || !arrival::is_stale(segment, receiver_.rcv, stale_reach())) return;
  const auto meaning = arrival::judge_ack(segment.ack(), sender_.snd);
  if (meaning == arrival::AckMeaning::fresh) {
    take_ack(context, segment, arrival);
  } else if (meaning == arrival::AckMeaning::same) {
    take_window(context, segment, arrival);  // not counted as a duplicate: it may be a keep-alive probe
  }
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
    return stop(arrival, DropReason::rst_challenged);
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
  return stop(arrival, DropReason::syn_challenged);
}

//= rfc9293 MAY-12
//= rfc9293 UNL-10
//= rfc5961 5.2-2
bool Connection::check_ack(Context context, const Segment& segment, Arrival& arrival) {
  if (!segment.has_ack()) return stop(arrival, DropReason::ack_missing);
  const auto meaning = arrival::judge_ack(segment.ack(), sender_.snd);
  if (state_ == State::syn_received) {
    const bool known = is_fast_open_pending() && meaning == arrival::AckMeaning::same;
    if (meaning == arrival::AckMeaning::fresh || known) return establish(context, segment, arrival);
    arrival.reply = make_reset(segment, Cause::rst_bad_ack);
    return stop(arrival, DropReason::bad_handshake_ack);
  }
  switch (meaning) {
    case arrival::AckMeaning::not_sent:
    case arrival::AckMeaning::too_old:
      challenge(context, Cause::ack_challenge_ack);
      return stop(arrival, DropReason::ack_challenged);
    case arrival::AckMeaning::old:
      note(arrival, Effect::ack_old);
      return true;
    default:
      take_ack(context, segment, arrival);
      return state_ != State::closed;
  }
}

bool Connection::establish(Context context, const Segment& segment, Arrival& arrival) {
  const bool fast = is_fast_open_pending();
  move(Transition::ack_of_syn);
  if (fast) {
    end_fast_open();
  } else {
    const bool lost = syn_retransmitted_;
    const bool marked = passive_ && ecn_.on_handshake_ack(segment).packets != 0;
    sender_.on_syn_acked(context.pool, context.now, segment.ack(), deadlines_);
    sender_.start(negotiated_.mss(), marked ? 1 : options_->initial_window, lost);
    if (lost) sender_.rto.restart_after_lost_syn();
  }
  if (!passive_) events_ |= event::connected;  // a listener tells of passive opens
  sender_.on_window(context.pool, static_cast<std::uint32_t>(segment.header.window) << negotiated_.snd_shift, deadlines_);
  sender_.snd.wl1 = segment.seq();
  sender_.snd.wl2 = segment.ack();
  on_keepalive_changed(context.now);
  if (fast) take_ack(context, segment, arrival);
  arrival.effect = Effect::established;
  return true;
}

/// The echoed segment left before the end of the tick that TSecr names.
AckNews Connection::ack_news(Instant now, const Segment& segment) const {
  AckNews news;
  news.ack = segment.ack();
  const auto& options = segment.header.options;
  if (negotiated_.sack) news.sack = std::span(options.sack).first(options.sack_count);
  if (!negotiated_.timestamps || !options.timestamps || options.timestamps->ecr == 0) return news;
  const std::uint32_t ago = timestamp_clock(now, ts_offset_) - options.timestamps->ecr;
  if (ago > std::uint32_t{INT32_MAX}) return news;
  const auto tick = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()) - std::chrono::milliseconds(ago);
  news.echo = Instant(tick + std::chrono::milliseconds(1));
  return news;
}

void Connection::take_ack(Context context, const Segment& segment, Arrival& arrival) {
  const std::uint32_t window = static_cast<std::uint32_t>(segment.header.window) << negotiated_.snd_shift;
  const std::uint32_t sacked = negotiated_.sack ? arrival::sacked_octets(segment, sender_.snd) : 0;
  const std::uint64_t delivered = sender_.delivery_totals().delivered;
  const std::uint64_t ssthresh = sender_.ssthresh();
  sender_.on_heard();
  const bool advances = segment.ack() != sender_.snd.una;
  AckNews news = ack_news(context.now, segment);
  news.duplicate = !advances && arrival::is_duplicate(segment, sender_.snd, window, sacked);
  if (advances || news.duplicate || !news.sack.empty()) {
    std::optional<Duration> measured;
    if (news.echo != never)
      measured = std::chrono::floor<std::chrono::milliseconds>(context.now) - (news.echo - std::chrono::milliseconds(1));
    note_ack(sender_.on_ack(context.pool, context.now, news, measured, send_limits(0), deadlines_));
    note_reduction(ssthresh);
    adopt_path(context.pool);
  }
  if (advances) {
    note(arrival, Effect::ack_new);
    widen_send_ring(context.pool);
    note_writable();
  } else if (news.duplicate) {
    note(arrival, Effect::ack_duplicate);
  }
  take_feedback(context.now, segment, static_cast<std::uint32_t>(sender_.delivery_totals().delivered - delivered), arrival);
  take_window(context, segment, arrival);
  if (!sender_.fin_acked()) return;
  if (state_ == State::fin_wait_1) {
    move(Transition::ack_of_fin);
    note(arrival, Effect::our_fin_acked);
    if (detached_ && options_->fin_wait_2_timeout > Duration::zero())
      deadlines_.set(Timer::close, context.now + options_->fin_wait_2_timeout);
  } else if (state_ == State::closing) {
    move(Transition::ack_of_fin);
    enter_time_wait(context.now);
    note(arrival, Effect::our_fin_acked);
  } else if (state_ == State::last_ack) {
    finish(context.pool, Transition::ack_of_fin, CloseReason::normal);
    note(arrival, Effect::our_fin_acked);
  }
}

//= rfc9293 MUST-34
//= rfc9293 REC-1
//= rfc7323 2.3-4
//= rfc7323 2.4-1
void Connection::take_window(Context context, const Segment& segment, Arrival& arrival) {
  if (!arrival::updates_window(segment, sender_.snd)) return;
  const std::uint32_t window = static_cast<std::uint32_t>(segment.header.window) << negotiated_.snd_shift;
  if (window != sender_.snd.wnd) note(arrival, Effect::window_update);
  sender_.on_window(context.pool, window, deadlines_);
  sender_.snd.wl1 = segment.seq();
  sender_.snd.wl2 = segment.ack();
}

//= rfc9293 MUST-30
//= rfc9293 MUST-31
//= rfc9293 MUST-32
//= rfc9293 MUST-62
//= rfc9293 MUST-66
void Connection::check_urgent(const Segment& segment) {
  if (!segment.urg() || !may_receive(state_)) return;
  const Seq up = segment.seq() + segment.header.urgent;  // the octet after the urgent data (MUST-62)
  if (!after(up, receiver_.rcv.up)) return;
  receiver_.rcv.up = up;
  if (after(up, receiver_.read_seq())) events_ |= event::urgent;  // MUST-32: first pending, or the pointer moved on
}

//= rfc9293 SHLD-3
//= rfc9293 SHLD-31
bool Connection::take_text(Context context, const Segment& trimmed, bool had_text, Arrival& arrival) {
  if (!had_text || !may_receive(state_)) return true;
  if (trimmed.text.empty()) {
    receiver_.ack.at_once(Cause::ack_window_probe);  // only a shut window trims an acceptable segment to nothing
    return true;
  }
  if (detached_) {
    // Nobody will ever read it (SHLD-3).
    arrival.reply = make_abort(context.now, Cause::rst_data_after_close);
    finish(context.pool, Transition::reset, CloseReason::aborted);
    return false;
  }
  const Seq before_text = receiver_.rcv.nxt;
  const bool repeats_already = receiver_.has_duplicate();
  const Receiver::Arrived arrived = receiver_.on_text(context.pool, context.now, trimmed, path_.mss, ack_delay(), deadlines_);
  note_text(context.now, arrived, !repeats_already && receiver_.has_duplicate());
  switch (arrived) {
    case Receiver::Arrived::in_order:
      octets_received_ += receiver_.rcv.nxt.value() - before_text.value();
      widen_receive_ring(context, trimmed);
      note(arrival, Effect::text_in_order);
      note_readable();
      return true;
    case Receiver::Arrived::out_of_order:
      note(arrival, Effect::text_out_of_order);
      return true;
    case Receiver::Arrived::no_memory:
      return stop(arrival, DropReason::receive_buffer_full);
    default:
      return true;
  }
}

void Connection::take_fin(Context context, const Segment& trimmed, Arrival& arrival) {
  if (!may_receive(state_) || !receiver_.on_fin(trimmed)) return;
  receiver_.ack.at_once(Cause::ack_fin);
  note(arrival, Effect::fin_received);
  note_readable();
  if (state_ == State::fin_wait_1) arrival.effect = Effect::simultaneous_close;
  move(Transition::fin);
  if (state_ == State::time_wait) enter_time_wait(context.now);
}

void Connection::note_readable() {
  if (readable_told_ || (receiver_.text.ready() < readable_mark() && !receiver_.fin_taken())) return;
  readable_told_ = true;
  events_ |= event::readable;
}

// --- TIME-WAIT ---------------------------------------------------------------------------------------------------------

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
