// TIME-WAIT as a small record, and what arrives for it: RFC 9293 3.6.1 and 3.10.7.4, RFC 1337 (a RST does not cut it short),
// RFC 6191 (a new SYN may).
#pragma once

#include "tcp/segment.hpp"

#include <cstdint>

namespace ft::tcp {

struct TimeWait {
  Seq snd_nxt;
  Seq rcv_nxt;
  std::uint32_t ts_recent = 0;
  std::uint32_t ts_offset = 0;
  std::uint16_t window = 0;  // the field last sent
  bool timestamps = false;
  std::uint8_t ace = 0;  // AE, CWR, ECE of what we sent last
};

namespace arrival {

enum class TimeWaitMeaning : std::uint8_t {
  ignore,
  acknowledge,
  restart,  // the peer's FIN again: acknowledge and wait 2 MSL once more
  reopen,   // a SYN that cannot be an old duplicate
};

/// `use_timestamps`: a listener would take the SYN's timestamps.
inline TimeWaitMeaning judge_in_time_wait(const Segment& seg, const TimeWait& record, bool use_timestamps = true) {
  if (seg.rst()) return TimeWaitMeaning::ignore;
  if (seg.syn() && !seg.has_ack()) {
    const auto& timestamps = seg.header.options.timestamps;
    if (timestamps && use_timestamps) {
      // Timestamps where there were none tell the old connection's segments from the new one's by themselves.
      const std::int32_t newer = record.timestamps ? static_cast<std::int32_t>(timestamps->val - record.ts_recent) : 1;
      if (newer > 0 || (newer == 0 && after(seg.seq(), record.rcv_nxt))) return TimeWaitMeaning::reopen;
    } else if (after(seg.seq(), record.rcv_nxt)) {
      return TimeWaitMeaning::reopen;
    }
    return TimeWaitMeaning::acknowledge;
  }
  if (seg.fin()) return TimeWaitMeaning::restart;
  // An ACK of our FIN that comes late needs no answer; text or foreign numbers do.
  if (seg.length() == 0 && seg.seq() == record.rcv_nxt) return TimeWaitMeaning::ignore;
  return TimeWaitMeaning::acknowledge;
}

}  // namespace arrival
}  // namespace ft::tcp
