#include "tcp/recv/receiver.hpp"

namespace ft::tcp {

Receiver::Arrived Receiver::on_text(BufferPool& pool, Instant now, const Segment& seg, Duration ack_delay, Deadlines& deadlines) {
  if (seg.text.empty()) return Arrived::nothing;
  const std::uint32_t offset = seg.seq().value() - rcv.nxt.value();
  const bool had_islands = text.has_islands();
  const auto grown = text.insert(pool, offset, seg.text);
  if (!grown) {
    ack.at_once(Cause::ack_out_of_order);
    return Arrived::no_memory;
  }
  if (*grown == 0) {
    ack.at_once(Cause::ack_out_of_order);
    return Arrived::out_of_order;
  }
  advance(*grown);
  ack.on_text(now, *grown, had_islands, ack_delay, deadlines);
  return Arrived::in_order;
}

bool Receiver::on_fin(const Segment& seg) {
  if (seg.fin()) {
    fin_known_ = true;
    fin_at_ = seg.text_seq() + seg.text_length();
  }
  if (!fin_known_ || fin_taken_ || rcv.nxt != fin_at_) return false;
  fin_taken_ = true;
  advance(1);
  return true;
}

}  // namespace ft::tcp
