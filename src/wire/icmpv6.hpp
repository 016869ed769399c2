// ICMPv6 (RFC 4443 2.1): the fixed eight octets and what follows. Its checksum covers the IPv6 pseudo-header (RFC 8200 8.1).
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/error.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

namespace ft::wire {

namespace icmpv6_type {
inline constexpr std::uint8_t destination_unreachable = 1, packet_too_big = 2, time_exceeded = 3, parameter_problem = 4,
                              echo_request = 128, echo_reply = 129, router_solicitation = 133, router_advertisement = 134,
                              neighbour_solicitation = 135, neighbour_advertisement = 136, redirect = 137;
}

/// Codes of destination_unreachable (RFC 4443 3.1).
namespace icmpv6_unreachable {
inline constexpr std::uint8_t no_route = 0, prohibited = 1, beyond_scope = 2, address = 3, port = 4, source_policy = 5,
                              reject_route = 6;
}

/// Codes of parameter_problem (RFC 4443 3.4, RFC 7112 5).
namespace icmpv6_parameter {
inline constexpr std::uint8_t bad_field = 0, unknown_next_header = 1, unknown_option = 2, incomplete_chain = 3;
}

struct Icmpv6Message {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t rest = 0;           // octets 4 to 7: echo identifier and sequence, MTU, pointer, flags, or unused
  std::span<const std::byte> body;  // borrowed: echo data, the packet quoted, or the rest of a neighbour discovery message
};

inline constexpr std::size_t icmpv6_header_length = 8;

/// Errors have the high bit of their type clear (RFC 4443 2.1).
constexpr bool is_icmpv6_error(std::uint8_t type) { return type < 128; }

/// Reads a message and verifies its checksum.
std::expected<Icmpv6Message, DropReason> parse_icmpv6(const IpAddress& source, const IpAddress& destination,
                                                      std::span<const std::byte> message);

/// Writes header, body and checksum; returns the octets written. `out` must have room for 8 + body.size(), and must not overlap
/// the body.
std::size_t write_icmpv6(const IpAddress& source, const IpAddress& destination, const Icmpv6Message& message,
                         std::span<std::byte> out);

}  // namespace ft::wire
