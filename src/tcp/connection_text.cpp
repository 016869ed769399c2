// SEGMENT ARRIVES, sixth to eighth step (RFC 9293 3.10.7.4): the urgent pointer, the text and the FIN; and text that came before.
#include "tcp/arrival/sequence.hpp"
#include "tcp/connection.hpp"

namespace ft::tcp {

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

/// What came before, and not long ago, is acknowledged again and reported; false: it is nothing like that.
bool Connection::answer_old_text(const Segment& segment) {
  if (segment.syn() || segment.length() == 0 || !arrival::is_stale(segment, receiver_.rcv, stale_reach())) return false;
  receiver_.ack.at_once(Cause::ack_unacceptable);
  note_old_text(segment);
  if (traffic_ && before(segment.seq(), receiver_.rcv.nxt)) ++traffic_->diary.duplicates;
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
      traffic().octets_received += receiver_.rcv.nxt.value() - before_text.value();
      widen_receive_ring(context, trimmed);
      arrival::note(arrival, Effect::text_in_order);
      note_readable();
      return true;
    case Receiver::Arrived::out_of_order:
      arrival::note(arrival, Effect::text_out_of_order);
      return true;
    case Receiver::Arrived::no_memory:
      return arrival::stop(arrival, DropReason::receive_buffer_full);
    default:
      return true;
  }
}

void Connection::take_fin(Context context, const Segment& trimmed, Arrival& arrival) {
  if (!may_receive(state_) || !receiver_.on_fin(trimmed)) return;
  receiver_.ack.at_once(Cause::ack_fin);
  arrival::note(arrival, Effect::fin_received);
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

}  // namespace ft::tcp
