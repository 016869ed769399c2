// What the SYN exchange agreed on (RFC 9293 3.7.1, RFC 7323, RFC 2018), and the numbers a connection knows about its path.
#pragma once

#include "fourtuple/config.hpp"
#include "tcp/send/pmtud.hpp"
#include "wire/tcp.hpp"

#include <algorithm>
#include <cstdint>

namespace ft::tcp {

/// All that TCP is told about IP.
struct Path {
  std::uint16_t mss = 1460;         // octets of text that fit into the path's MTU without options (MMS_S - 20)
  std::uint16_t link_mss = 1460;    // and into our link's: what we can receive (RFC 9293 MUST-67)
  std::uint16_t headers = 40;       // octets of IP and TCP header in front of them, IP options included
  std::uint16_t ip_options = 0;     // of these
  std::uint16_t least = 576;        // octets of packet: what routers claim below it is raised to it
  std::uint16_t floor = 296;        // octets of packet: where black holes lead at the most
  std::uint16_t default_mss = 536;  // what a peer that sends no MSS option can take: 536 or 1220 (MUST-15)
  std::uint8_t signature = 0;       // octets of options that the signature of each segment takes
};

struct Negotiated {
  std::uint16_t peer_mss = 536;
  std::uint16_t path_mss = 1460;
  std::uint8_t snd_shift = 0;  // the peer's window is shifted left by this
  std::uint8_t rcv_shift = 0;  // ours is shifted right by this
  std::uint8_t signature = 0;  // octets of options in each segment
  bool window_scale = false;
  bool sack = false;
  bool timestamps = false;
  bool fast_open = false;  // text crossed with the SYN (RFC 7413)

  /// Octets of text in a full segment: Eff.snd.MSS of RFC 9293 3.7.1 (MUST-16), options deducted.
  std::uint32_t mss() const {
    // A peer that claims a few octets would have us send mostly headers; the floor is Linux's kind of floor.
    const std::uint32_t limit = std::max<std::uint32_t>(std::min(peer_mss, path_mss), least_mss);
    return limit - (timestamps ? timestamp_octets : 0) - signature;
  }

  /// Blocks of SACK that fit beside the other options of every segment.
  std::uint8_t sack_blocks() const {
    const std::uint32_t room = 40 - (timestamps ? timestamp_octets : 0) - signature;
    return static_cast<std::uint8_t>(room < 12 ? 0 : std::min<std::uint32_t>((room - 4) / 8, 4));
  }

  static constexpr std::uint32_t least_mss = 64;
  static constexpr std::uint32_t timestamp_octets = 12;
};

/// The shift that lets 16 bits express `receive_buffer` (RFC 7323 2.3: at most 14).
std::uint8_t shift_for(std::uint32_t receive_buffer);

/// The options of a SYN, or of a SYN-ACK that answers `peer` (an option is offered back only if the peer offered it).
wire::TcpOptions syn_options(const ft::TcpOptions& ours, const Path& path, const wire::TcpOptions* peer);

/// Both sides' options put together once both SYNs are known.
Negotiated negotiate(const ft::TcpOptions& ours, const Path& path, const wire::TcpOptions& peer);

/// Where the search for the path's MTU begins and ends.
PmtudConfig path_search(const ft::TcpOptions& ours, const Path& path, const Negotiated& agreed);

/// The window field of a SYN, never scaled (RFC 7323 2.2).
std::uint16_t syn_window(const ft::TcpOptions& ours);

/// TSval: a 1 ms clock with an offset of the connection's own (RFC 7323 5.4, 7.1).
//= rfc7323 4.1-1
//= rfc7323 5.4-1
//= rfc7323 5.4-2
//= rfc7323 5.4-3
constexpr std::uint32_t timestamp_clock(Instant now, std::uint32_t offset) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count()) +
         offset;
}

}  // namespace ft::tcp
