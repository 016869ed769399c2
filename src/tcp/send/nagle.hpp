// When a segment smaller than the MSS may leave: Nagle (RFC 9293 3.7.4) and the sender's side of silly-window avoidance
// (3.8.6.2.1).
#pragma once

#include <cstdint>

namespace ft::tcp {

struct SmallSegment {
  std::uint32_t length;      // octets that could leave now, within the windows
  std::uint32_t mss;         // effective
  std::uint32_t queued;      // octets queued and not sent, `length` among them
  std::uint32_t max_wnd;     // largest window the peer ever offered
  bool nothing_outstanding;  // SND.UNA = SND.NXT
  bool nagle;                // the application did not switch it off
  bool cork;                 // the application said that more follows
  bool closing;              // the FIN follows the queued octets
};

//= rfc9293 MUST-17
//= rfc9293 MUST-38
//= rfc9293 SHLD-7
constexpr bool may_leave(const SmallSegment& s) {
  if (s.length == 0) return false;
  if (s.length >= s.mss) return true;
  if (s.length == s.queued) return s.closing || (!s.cork && (s.nothing_outstanding || !s.nagle));
  // Cut short by the window: worth sending only when it is a good part of what the peer can take at all.
  return s.max_wnd != 0 && s.length >= s.max_wnd / 2;
}

}  // namespace ft::tcp
