// An IP packet after its headers were read and judged, as one value for both families.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ft::net {

/// Where a fragment lies in its datagram (RFC 791 3.1, RFC 8200 4.5).
struct FragmentPlace {
  std::uint32_t id = 0;
  std::uint32_t offset = 0;  // octets, a multiple of 8
  bool more = false;
  std::uint32_t room = 0;  // octets that the whole datagram may have after its headers
};

struct Datagram {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;
  bool checksum_verified = false;         // the link vouches for the transport checksum
  bool looped = false;                    // it never was on a link: we sent it to ourselves
  bool link_group = false;                // the frame went to a group MAC
  bool was_fragmented = false;            // it had a fragment header, even if it is whole now
  std::optional<FragmentPlace> fragment;  // set: this is a part only
  std::uint32_t protocol_offset = 0;      // where in `packet` the protocol was named
  std::span<const std::byte> ip_options;  // IPv4, borrowed, unread; empty for what was put together from fragments
  std::span<const std::byte> payload;     // borrowed
  std::span<const std::byte> packet;      // borrowed, header onwards: what an ICMP error quotes
};

/// none, or why a packet is not used, and what an ICMPv6 parameter problem would say about it.
struct Rejection {
  struct Problem {
    std::uint8_t code = 0;
    std::uint32_t pointer = 0;
    bool also_to_groups = false;  // may be told although the packet went to a group (RFC 4443 2.4 (e.3))
  };
  DropReason reason = DropReason::none;
  std::optional<Problem> problem{};
  /// True when there is something to reject.
  explicit operator bool() const { return reason != DropReason::none; }
};

}  // namespace ft::net
