// Arrivals that open a connection: in SYN-SENT (RFC 9293 3.10.7.3), and the ACK of our SYN in SYN-RECEIVED.
#include "tcp/arrival/sequence.hpp"
#include "tcp/connection.hpp"

namespace ft::tcp {

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
    check_urgent(segment);
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

}  // namespace ft::tcp
