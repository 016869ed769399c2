// Second step of RFC 9293 3.10.7.4: what a RST means, with RFC 5961 3.2 against blind ones.
#pragma once

#include "tcp/segment.hpp"
#include "tcp/variables.hpp"

namespace ft::tcp::arrival {

enum class ResetMeaning : std::uint8_t { genuine, challenge };

/// `seg` is acceptable. Only the exact next sequence number proves that the peer sent it.
inline ResetMeaning judge_reset(const Segment& seg, const RecvVars& rcv) {
  return seg.seq() == rcv.nxt ? ResetMeaning::genuine : ResetMeaning::challenge;
}

}  // namespace ft::tcp::arrival
