// Where ECN meets the rest of a connection.
#include "tcp/connection.hpp"

#include <algorithm>

namespace ft::tcp {

void Connection::take_mark(const Segment& segment) {
  const bool unacknowledged = receiver_.ack.has_unacknowledged();
  const Cause cause = ecn_.in.on_segment(segment, unacknowledged);
  if (cause == Cause::none) return;
  if (ecn_.in.mode() == EcnMode::classic && unacknowledged) ecn_.in.remember_earlier(receiver_.rcv.nxt);
  receiver_.ack.at_once(cause);
}

void Connection::take_feedback(Instant now, const Segment& segment, std::uint32_t newly_delivered, Arrival& arrival) {
  if (ecn_.out.mode() == EcnMode::off || segment.syn()) return;
  // Without a timestamp nothing tells an ACK that delivers nothing from one that was overtaken (RFC 9768 A.1).
  if (newly_delivered == 0 && !negotiated_.timestamps && ecn_.out.mode() == EcnMode::accurate) return;
  EcnFeedback feedback;
  feedback.ace = segment.header.ace();
  feedback.option = segment.header.options.accecn;
  feedback.ack = segment.ack();
  feedback.max = sender_.snd.max;
  feedback.newly_acked = newly_delivered;
  feedback.mss = negotiated_.mss();
  if (negotiated_.timestamps && segment.header.options.timestamps) feedback.ts_val = segment.header.options.timestamps->val;
  const EcnMarks marks = ecn_.out.on_ack(feedback);
  if (marks.packets == 0) return;
  sender_.note_marks(marks.octets);
  keep_diary().delivered_ce += marks.octets;
  //= rfc3168 5-2
  if (!ecn_.out.calls_for_reduction(marks, segment.ack()) || !sender_.answer_marks(now)) return;
  ecn_.out.on_reduced(sender_.snd.max);
  ++keep_diary().ecn_reductions;
  arrival.effect = Effect::congestion_echoed;
}

void Connection::note_reduction(std::uint64_t ssthresh) {
  if (sender_.ssthresh() < ssthresh) ecn_.out.on_reduced(sender_.snd.max);
}

std::uint32_t Connection::option_room(const wire::TcpHeader& header, std::uint32_t text) const {
  constexpr std::uint32_t most = wire::tcp_max_header - wire::tcp_min_header;
  const std::uint32_t fixed = negotiated_.timestamps ? Negotiated::timestamp_octets : 0;
  const std::uint32_t beside = negotiated_.mss() + fixed > text ? negotiated_.mss() + fixed - text : 0;
  const auto used = static_cast<std::uint32_t>(wire::tcp_header_length(header) - wire::tcp_min_header);
  return std::min(most, beside) > used ? std::min(most, beside) - used : 0;
}

void Connection::mark(Outgoing& out, const Chunk& chunk) {
  const bool new_text = chunk.length != 0 && !chunk.retransmission && chunk.cause != Cause::window_probe;
  out.ip_ecn = ecn_.out.codepoint_for(new_text);
  const bool first_again = chunk.retransmission && chunk.seq == sender_.snd.iss + 1;  // perhaps its option was the trouble
  const std::uint32_t text = out.segment_size != 0 ? out.segment_size : chunk.length;
  const std::uint32_t room = first_again || !ecn_.in.has_option(true) ? 0 : option_room(out.header, text);
  ecn_.fill_in(out.header, {.new_text = new_text ? chunk.length : 0, .room = room});
}

std::optional<Outgoing> Connection::earlier_ack(Context context) {
  const auto earlier = ecn_.in.take_earlier();
  if (!earlier || receiver_.ack.need() == Cause::none) return std::nullopt;
  const std::uint32_t newer = receiver_.rcv.nxt.value() - earlier->nxt.value();
  Outgoing out;
  out.before = out.after = state_;
  out.cause = Cause::ack_ce_changed;
  wire::TcpHeader& header = out.header;
  header.seq = acceptable_seq();
  header.ack = earlier->nxt;
  header.flags = wire::tcp_flag::ack;
  // The right edge is where it was: nothing is promised or taken back.
  const std::uint32_t field = (receiver_.rcv.wnd + newer) >> negotiated_.rcv_shift;
  header.window = static_cast<std::uint16_t>(std::min<std::uint32_t>(field, UINT16_MAX));
  if (negotiated_.timestamps)
    header.options.timestamps = wire::Timestamps{timestamp_clock(context.now, ts_offset_), receiver_.paws.recent()};
  header.set_ace(earlier->ece ? 1 : 0);
  return out;
}

}  // namespace ft::tcp
