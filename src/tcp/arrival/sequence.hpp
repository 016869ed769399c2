// First step of RFC 9293 3.10.7.4: is any of the segment inside the receive window?
#pragma once

#include "tcp/segment.hpp"
#include "tcp/variables.hpp"

namespace ft::tcp::arrival {

//= rfc9293 MUST-66
inline bool is_acceptable(const Segment& seg, const RecvVars& rcv) {
  const std::uint32_t length = seg.length();
  // Who has filled our window acknowledges from its edge. Of what it sent something may be lost, and until that is repaired all
  // its ACKs come from there: unheard (as the RFC's table has it), they would leave our own losses to the timer.
  if (length == 0 && seg.seq() == rcv.edge()) return !seg.rst() || rcv.wnd == 0;
  if (length == 0) return in_range(seg.seq(), rcv.nxt, rcv.edge());
  // A shut window takes no text, but the ACK, RST and URG of the segment that is next are still processed (MUST-66).
  if (rcv.wnd == 0) return seg.seq() == rcv.nxt;
  return in_range(seg.seq(), rcv.nxt, rcv.edge()) || in_range(seg.seq() + (length - 1), rcv.nxt, rcv.edge());
}

/// Old by no more than `reach` octets. When a window shuts while octets are on their way, the sender cannot know whether they
/// were taken, and goes on with the lowest number that might be acceptable (Connection::acceptable_seq). If they were taken,
/// that number is old, and so is every segment until its ACK is heard; if this happens in both directions, only one who reads
/// the ACK of an old segment can end it. (RFC 9293 3.10.7.4 drops the segment unread; the checks of RFC 5961 5.2 still apply.)
inline bool is_stale(const Segment& seg, const RecvVars& rcv, std::uint32_t reach) {
  const std::int32_t behind = distance(seg.seq(), rcv.nxt);
  return behind > 0 && static_cast<std::uint32_t>(behind) <= reach;
}

/// It begins where it should and fits: nothing is to be cut off.
inline bool is_whole(const Segment& seg, const RecvVars& rcv) {
  return seg.seq() == rcv.nxt && !seg.syn() && seg.text.size() <= rcv.wnd;
}

/// Cuts off what lies outside the window: octets received already on the left, octets beyond the edge on the right, and with
/// them SYN and FIN.
inline Segment trim(Segment seg, const RecvVars& rcv) {
  if (seg.syn() && before(seg.seq(), rcv.nxt)) {
    seg.header.seq += 1;
    seg.header.flags = static_cast<std::uint8_t>(seg.header.flags & ~wire::tcp_flag::syn);
  }
  if (const std::int32_t known = distance(seg.seq(), rcv.nxt); known > 0) {
    const auto cut = static_cast<std::uint32_t>(known);
    if (cut > seg.text_length()) seg.header.flags = static_cast<std::uint8_t>(seg.header.flags & ~wire::tcp_flag::fin);
    seg.text = seg.text.subspan(cut < seg.text.size() ? cut : seg.text.size());
    seg.header.seq = rcv.nxt;
  }
  const std::uint32_t room = rcv.edge().value() - seg.seq().value();
  if (seg.text_length() > room) {
    seg.text = seg.text.first(room);
    seg.header.flags = static_cast<std::uint8_t>(seg.header.flags & ~wire::tcp_flag::fin);
  }
  return seg;
}

}  // namespace ft::tcp::arrival
