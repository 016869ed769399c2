// The variables of RFC 9293 3.3.1 by their names, grouped as the RFC groups them.
#pragma once

#include "wire/seq.hpp"

#include <cstdint>

namespace ft::tcp {

struct SendVars {
  Seq una;  // oldest unacknowledged
  Seq nxt;  // next to be sent; falls back to una after a retransmission timeout
  Seq max;  // highest nxt ever: what an ACK may reach
  Seq up;   // octet after the urgent data
  Seq wl1;  // SEG.SEQ of the last window update
  Seq wl2;  // SEG.ACK of the last window update
  Seq iss;
  std::uint32_t wnd = 0;      // octets, scaled
  std::uint32_t max_wnd = 0;  // largest seen: RFC 5961 5.2 and silly-window avoidance

  /// Octets of sequence space sent and not acknowledged.
  std::uint32_t outstanding() const { return max.value() - una.value(); }
};

struct RecvVars {
  Seq nxt;  // next expected
  Seq up;   // octet after the peer's urgent data
  Seq irs;
  std::uint32_t wnd = 0;  // octets from nxt to the right edge last offered

  Seq edge() const { return nxt + wnd; }
};

}  // namespace ft::tcp
