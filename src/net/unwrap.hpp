// From octets to a datagram for us: the IP header is read and checked, the addresses are judged (RFC 1122 3.2.1.3, RFC 9293
// MUST-63), IPv6 extension headers are walked. Fragments come out as fragments.
#pragma once

#include "net/datagram.hpp"
#include "net/routes.hpp"

#include <cstddef>
#include <span>

namespace ft::net {

/// What the link says about a packet.
struct FromLink {
  bool checksum_verified = false;
  bool group = false;   // the frame went to a group MAC
  bool looped = false;  // there was no link: we sent it to ourselves
};

/// The addresses of the latest packet that was for us: those of the next are mostly the same, and judged already.
struct Judged {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  bool group = false;
  bool looped = false;
  bool any = false;

  bool is_good(const IpAddress& from, const IpAddress& to, std::uint8_t what, FromLink link) const {
    return any && source == from && destination == to && protocol == what && group == link.group && looped == link.looped;
  }
};

/// Reads a packet of either family into a fresh `datagram`, in place since it is not small. When it is rejected with a problem,
/// `datagram` is what an ICMP error may quote.
Rejection unwrap(const Routes& routes, std::span<const std::byte> packet, FromLink link, Judged& latest, Datagram& datagram);

/// The rest of unwrap() for a datagram put together from fragments: IPv6 extension headers may follow the fragment header.
/// Nothing is told to the sender, since no packet on the wire has the offsets to point at.
Rejection open_reassembled(Datagram& datagram);

/// none, or why a packet between these addresses is not for us.
DropReason judge_addresses(const Routes& routes, const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                           FromLink link);

}  // namespace ft::net
