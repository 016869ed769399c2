// The IPv4 header (RFC 791 3.1). Options are cut off and handed over unread: TCP must ignore those that it does not
// understand (RFC 9293 MUST-50); wire/ipv4_options.hpp reads the one that it does.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/error.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

namespace ft::wire {

/// IANA protocol numbers; in IPv6 the same numbers are values of Next Header.
namespace protocol {
inline constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17, icmpv6 = 58;
}

struct Ipv4Header {
  std::uint8_t traffic_class = 0;  // DSCP and ECN (RFC 2474, RFC 3168)
  std::uint16_t total_length = 0;  // octets, header included
  std::uint16_t id = 0;
  bool dont_fragment = false;
  bool more_fragments = false;
  std::uint32_t fragment_offset = 0;  // octets, a multiple of 8
  std::uint8_t ttl = 64;
  std::uint8_t protocol = 0;
  IpAddress source;
  IpAddress destination;

  constexpr bool is_fragment() const { return more_fragments || fragment_offset != 0; }
};

struct ParsedIpv4 {
  Ipv4Header header;
  std::span<const std::byte> options;  // borrowed, unread
  std::span<const std::byte> payload;  // borrowed, without what the link padded
};

inline constexpr std::size_t ipv4_min_header = 20;

/// Reads and checks a whole packet: version, header length, total length, header checksum. Octets past the total length are
/// the link's padding and cut off.
std::expected<ParsedIpv4, DropReason> parse_ipv4(std::span<const std::byte> packet);

/// Reads the start of a packet, as an ICMP error quotes it: the payload is what there is, and the checksum is not asked for,
/// since routers on the way changed what it covers.
std::expected<ParsedIpv4, DropReason> parse_quoted_ipv4(std::span<const std::byte> quote);

/// Writes 20 octets and the options that stand behind them already, `options` of them (a multiple of 4, at most 40), with a right
/// checksum over both; returns their number. `out` must have room.
std::size_t write_ipv4(const Ipv4Header& header, std::span<std::byte> out, std::size_t options = 0);

}  // namespace ft::wire
