#include "tcp/recv/receiver.hpp"

#include <algorithm>
#include <utility>

namespace ft::tcp {

//= rfc9293 SHLD-31
//= rfc9293 MAY-13
//= rfc5681 3.2-1
//= rfc5681 3.2-2
//= rfc5681 4.2-5
//= rfc5681 4.2-6
//= rfc5681 4.2-7
Receiver::Arrived Receiver::on_text(BufferPool& pool, Instant now, const Segment& seg, std::uint32_t mss, Duration ack_delay,
                                    Deadlines& deadlines) {
  if (seg.text.empty()) return Arrived::nothing;
  const std::uint32_t offset = seg.seq().value() - rcv.nxt.value();
  const bool had_islands = text.has_islands();
  //= rfc2883 4-3
  if (const auto known = text.overlap(offset, seg.text_length())) note_duplicate(rcv.nxt + known->from, rcv.nxt + known->to);
  // What comes too early is the first to go when memory is short: it will come again.
  const bool too_early = offset != 0 && pool.is_tight();
  const auto grown = too_early ? std::nullopt : text.insert(pool, offset, seg.text);
  if (!grown) {
    ack.at_once(Cause::ack_out_of_order);
    return Arrived::no_memory;
  }
  if (*grown == 0) {
    ack.at_once(Cause::ack_out_of_order);
    return Arrived::out_of_order;
  }
  advance(*grown);
  ack.on_text(now, *grown, mss, had_islands, ack_delay, deadlines);
  return Arrived::in_order;
}

std::uint8_t Receiver::take_reports(std::uint8_t limit, std::array<wire::SackBlock, 4>& blocks) {
  //= rfc2883 4-1
  //= rfc2883 4-2
  //= rfc2883 4-4
  //= rfc2883 4-5
  const bool duplicate = std::exchange(has_duplicate_, false);
  std::uint8_t count = text.sack_blocks(rcv.nxt, duplicate ? static_cast<std::uint8_t>(limit - 1) : limit, blocks);
  if (!duplicate) return count;
  std::rotate(blocks.begin(), blocks.end() - 1, blocks.end());
  blocks[0] = duplicate_;
  return ++count;
}

bool Receiver::on_fin(const Segment& seg) {
  // Text beyond a FIN contradicts it: who held the text sent no such FIN.
  const std::int32_t ahead = distance(rcv.nxt, seg.text_seq() + seg.text_length());
  if (seg.fin() && (ahead < 0 || !text.has_beyond(static_cast<std::uint32_t>(ahead)))) {
    fin_known_ = true;
    fin_at_ = seg.text_seq() + seg.text_length();
  }
  if (!fin_known_ || fin_taken_ || rcv.nxt != fin_at_) return false;
  fin_taken_ = true;
  advance(1);
  return true;
}

}  // namespace ft::tcp
