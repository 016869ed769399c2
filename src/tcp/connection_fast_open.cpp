// TCP Fast Open in a connection (RFC 7413 4.2). On the active side the first SYN carries text, and whatever the SYN-ACK does not
// acknowledge goes again at once. On the passive side the connection works before the handshake is over: the sender regards its
// SYN as acknowledged, and the SYN-ACK has a timer of its own (the slot of `close`, which nobody needs so early).
#include "base/assert.hpp"
#include "tcp/arrival/sequence.hpp"
#include "tcp/connection.hpp"

namespace ft::tcp {

namespace {
constexpr std::uint8_t most_syn_acks = 6;  // the first and five repeats, as for a half-open record
}

bool Connection::queue_first(BufferPool& pool, std::span<const std::byte> text) {
  return sender_.buffer.write(pool, options_->send_buffer, text) == text.size();
}

void Connection::begin_fast_open(Context context, const Segment& syn, std::optional<wire::FastOpenCookie> fresh) {
  FT_ASSERT(state_ == State::syn_received && passive_);
  fast_open_ = std::make_unique<FastOpen>();
  fast_open_->pending = true;
  fast_open_->syn_ack_due = true;
  fast_open_->fresh = fresh;
  negotiated_.fast_open = !syn.text.empty();
  sender_.assume_syn_acked();
  //= rfc7413 4.2.2-3
  sender_.start(negotiated_.mss(), options_->initial_window, false);
  Segment text = syn;
  text.header.seq = syn.text_seq();
  text.header.flags = static_cast<std::uint8_t>(text.header.flags & ~wire::tcp_flag::syn);
  Arrival arrival;
  take_text(context, arrival::trim(text, receiver_.rcv), !text.text.empty(), arrival);
  receiver_.ack.on_ack_sent(deadlines_);  // the SYN-ACK says it all
}

std::optional<Outgoing> Connection::fast_open_syn_ack(Context context) {
  if (!is_fast_open_pending() || !fast_open_->syn_ack_due) return std::nullopt;
  Chunk chunk;
  chunk.seq = sender_.snd.iss;
  chunk.syn = true;
  chunk.retransmission = fast_open_->syn_acks != 0;
  auto out = segment_for(context, chunk, send_limits(0).mss);
  //= rfc7413 4.2.2-4
  if (!chunk.retransmission) out->header.options.fast_open = fast_open_->fresh;
  out->cause = chunk.retransmission ? Cause::retransmit_syn_ack : Cause::syn_ack_fast_open;
  fast_open_->syn_ack_due = false;
  deadlines_.set(Timer::close, context.now + options_->initial_rto * (1u << fast_open_->syn_acks));
  ++fast_open_->syn_acks;
  return out;
}

/// False when the last SYN-ACK stayed unanswered.
bool Connection::on_fast_open_timer() {
  if (fast_open_->syn_acks >= most_syn_acks) return false;
  fast_open_->syn_ack_due = true;
  return true;
}

void Connection::end_fast_open() {
  const bool fin_wanted = fast_open_->fin_wanted;
  if (fast_open_->syn_acks > 1) sender_.rto.restart_after_lost_syn();
  fast_open_.reset();
  deadlines_.clear(Timer::close);
  if (fin_wanted) sender_.queue_fin();
}

void Connection::close_direction() {
  if (is_fast_open_pending()) {
    fast_open_->fin_wanted = true;
  } else {
    sender_.queue_fin();
  }
}

void Connection::learn_fast_open(const Segment& syn_ack) {
  FastOpen& f = *fast_open_;
  f.answered = true;
  f.syn_repeated = syn_retransmitted_;
  f.learnt = syn_ack.header.options.fast_open;
  f.peer_mss = negotiated_.peer_mss;
  f.text_acknowledged = syn_ack.ack().value() - sender_.snd.iss.value() - 1;
  negotiated_.fast_open = f.text_acknowledged != 0;
}

}  // namespace ft::tcp
