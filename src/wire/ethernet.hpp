// Ethernet II frames without their FCS (RFC 894 for IPv4, RFC 2464 for IPv6): destination, source, EtherType.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/error.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

namespace ft::wire {

namespace ethertype {
inline constexpr std::uint16_t ipv4 = 0x0800, arp = 0x0806, ipv6 = 0x86dd;
}

inline constexpr std::size_t ethernet_header_length = 14;
/// Shorter frames are padded to this before they are sent (64 octets less the FCS).
inline constexpr std::size_t ethernet_min_frame = 60;
inline constexpr MacAddress broadcast_mac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

struct EthernetHeader {
  MacAddress destination;
  MacAddress source;
  std::uint16_t type = 0;
};

struct ParsedEthernet {
  EthernetHeader header;
  std::span<const std::byte> payload;  // borrowed; may end in padding
};

/// The group bit: set in multicast addresses and in the broadcast address.
constexpr bool is_group(const MacAddress& mac) { return (mac.octets[0] & 1) != 0; }

/// Where a multicast or limited-broadcast packet goes: 01:00:5e and 23 bits (RFC 1112 6.4), 33:33 and 32 bits (RFC 2464 7).
MacAddress group_mac(const IpAddress& group);

std::expected<ParsedEthernet, DropReason> parse_ethernet(std::span<const std::byte> frame);

/// Writes 14 octets; returns their number. `out` must have room.
std::size_t write_ethernet(const EthernetHeader& header, std::span<std::byte> out);

}  // namespace ft::wire
