// Fifth step of RFC 9293 3.10.7.4: what the ACK field says, with RFC 5961 5.2 against blind data.
#pragma once

#include "tcp/segment.hpp"
#include "tcp/variables.hpp"

namespace ft::tcp::arrival {

enum class AckMeaning : std::uint8_t {
  fresh,     // acknowledges something new
  same,      // SEG.ACK = SND.UNA
  old,       // behind SND.UNA, by no more than a window
  not_sent,  // acknowledges what was never sent: challenge
  too_old,   // behind by more than any window: challenge
};

//= rfc9293 UNL-9
//= rfc5961 5.2-1
inline AckMeaning judge_ack(Seq ack, const SendVars& snd) {
  if (ack == snd.una) return AckMeaning::same;
  if (after(ack, snd.max)) return AckMeaning::not_sent;
  if (after(ack, snd.una)) return AckMeaning::fresh;
  return before(ack, snd.una - snd.max_wnd) ? AckMeaning::too_old : AckMeaning::old;
}

/// RFC 9293 3.10.7.4: only a segment that is not older than the last update may change SND.WND. One that acknowledges more is
/// newer whatever its number: a FIN sent again has an old one, and without its window SND.UNA would carry the old window along,
/// beyond what the peer ever offered.
inline bool updates_window(const Segment& seg, const SendVars& snd) {
  return before(snd.wl2, seg.ack()) || before(snd.wl1, seg.seq()) ||
         (snd.wl1 == seg.seq() && before_or_equal(snd.wl2, seg.ack()));
}

/// Octets in flight that the segment's SACK blocks name. Blocks at or before SND.UNA tell of duplicates (RFC 2883 4), blocks
/// beyond SND.MAX of nothing.
inline std::uint32_t sacked_octets(const Segment& seg, const SendVars& snd) {
  std::uint32_t octets = 0;
  for (std::uint8_t i = 0; i < seg.header.options.sack_count; ++i) {
    const auto& block = seg.header.options.sack[i];
    const bool in_flight = after(block.left, snd.una) && after(block.right, block.left) && !after(block.right, snd.max);
    if (in_flight) octets += static_cast<std::uint32_t>(distance(block.left, block.right));
  }
  return octets;
}

/// RFC 5681 2, and where SACK is agreed also RFC 6675 2: what is named beyond the hole makes a duplicate although the window
/// moves, as it does while Linux opens its window.
inline bool is_duplicate(const Segment& seg, const SendVars& snd, std::uint32_t window, std::uint32_t sacked) {
  return snd.outstanding() != 0 && seg.length() == 0 && (window == snd.wnd || sacked != 0);
}

}  // namespace ft::tcp::arrival
