// The window to offer (RFC 9293 3.8.6): its right edge never moves left (SHLD-14), and only moves right by steps worth
// sending (silly-window avoidance, 3.8.6.2.2, MUST-39).
#pragma once

#include "tcp/variables.hpp"

#include <algorithm>
#include <cstdint>

namespace ft::tcp {

struct WindowSpace {
  std::uint32_t limit;   // the receive buffer, octets
  std::uint32_t unread;  // in-order octets in it
  std::uint32_t mss;     // of the peer's segments
  std::uint8_t shift;    // of the window field

  /// Octets that could be offered. What rounding to the scale may add is set aside, so the promise is always kept.
  std::uint32_t possible() const {
    const std::uint32_t mask = (1u << shift) - 1;
    const std::uint32_t most = limit > mask ? limit - mask : 0;
    const std::uint32_t free = most > unread ? most - unread : 0;
    return std::min(free, static_cast<std::uint32_t>(UINT16_MAX) << shift) & ~mask;
  }
  std::uint32_t worthwhile() const { return std::max(std::min(limit / 2, mss), 1u); }
};

/// Moves the right edge if that is worthwhile, and returns the field that says so. Where the edge lies between two values of the
/// field it is moved up to the next, if the buffer has that much; else the field says less than what stays promised, by less
/// than one step (RFC 7323 2.4).
//= rfc9293 MUST-39
//= rfc9293 MAY-8
//= rfc9293 SHLD-14
//= rfc7323 2.4-2
//= rfc7323 2.4-3
inline std::uint16_t offer_window(RecvVars& rcv, const WindowSpace& space) {
  const std::uint32_t possible = space.possible();
  if (possible >= rcv.wnd + space.worthwhile()) rcv.wnd = possible;
  const std::uint32_t mask = (1u << space.shift) - 1;
  const std::uint32_t rounded = (rcv.wnd + mask) & ~mask;
  if (rounded >> space.shift <= UINT16_MAX && std::uint64_t{space.unread} + rounded <= space.limit) rcv.wnd = rounded;
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(rcv.wnd >> space.shift, UINT16_MAX));
}

/// After a read: is the news worth a segment of its own? Yes when the window was (almost) shut, or half the buffer opened.
inline bool should_announce(const RecvVars& rcv, const WindowSpace& space) {
  const std::uint32_t possible = space.possible();
  if (possible < rcv.wnd + space.worthwhile()) return false;
  return rcv.wnd < space.mss || possible - rcv.wnd >= space.limit / 2;
}

}  // namespace ft::tcp
