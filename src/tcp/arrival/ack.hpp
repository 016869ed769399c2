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

inline AckMeaning judge_ack(Seq ack, const SendVars& snd) {
  if (ack == snd.una) return AckMeaning::same;
  if (after(ack, snd.max)) return AckMeaning::not_sent;
  if (after(ack, snd.una)) return AckMeaning::fresh;
  return before(ack, snd.una - snd.max_wnd) ? AckMeaning::too_old : AckMeaning::old;
}

/// RFC 9293 3.10.7.4: only a segment that is not older than the last update may change SND.WND.
inline bool updates_window(const Segment& seg, const SendVars& snd) {
  return before(snd.wl1, seg.seq()) || (snd.wl1 == seg.seq() && before_or_equal(snd.wl2, seg.ack()));
}

}  // namespace ft::tcp::arrival
