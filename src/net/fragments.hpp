// Cutting our own datagrams that exceed the MTU (RFC 791 2.3, RFC 8200 4.5). Only echo replies ever do: TCP keeps its segments
// small and sets DF.
#pragma once

#include <cstddef>

namespace ft::net {

struct Piece {
  std::size_t offset = 0;
  std::size_t length = 0;
  bool more = false;
};

/// The piece that starts at `offset` of a datagram of `total` octets when `room` octets fit into a packet; all pieces but the
/// last are a multiple of 8. `room` must be at least 8.
constexpr Piece piece_at(std::size_t total, std::size_t offset, std::size_t room) {
  const std::size_t rest = total - offset;
  if (rest <= room) return {offset, rest, false};
  return {offset, room / 8 * 8, true};
}

}  // namespace ft::net
