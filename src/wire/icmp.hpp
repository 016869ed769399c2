// ICMP for IPv4 (RFC 792): the fixed eight octets and what follows.
#pragma once

#include "fourtuple/error.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

namespace ft::wire {

namespace icmp_type {
inline constexpr std::uint8_t echo_reply = 0, destination_unreachable = 3, source_quench = 4, redirect = 5, echo_request = 8,
                              time_exceeded = 11, parameter_problem = 12;
}

/// Codes of destination_unreachable (RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1).
namespace icmp_unreachable {
inline constexpr std::uint8_t network = 0, host = 1, protocol = 2, port = 3, fragmentation_needed = 4, source_route_failed = 5,
                              network_prohibited = 9, host_prohibited = 10, prohibited = 13;
}

struct IcmpMessage {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t rest = 0;           // octets 4 to 7: echo identifier and sequence, next-hop MTU (RFC 1191 4), pointer, or unused
  std::span<const std::byte> body;  // borrowed: echo data, or the packet quoted
};

inline constexpr std::size_t icmp_header_length = 8;

/// True for the types that report an error, which must never be answered by another error (RFC 1122 3.2.2). Unknown types
/// count as errors here: silence is the safe side.
bool is_icmp_error(std::uint8_t type);

/// Reads a message and verifies its checksum.
std::expected<IcmpMessage, DropReason> parse_icmp(std::span<const std::byte> message);

/// Writes header, body and checksum; returns the octets written. `out` must have room for 8 + body.size(), and must not overlap
/// the body.
std::size_t write_icmp(const IcmpMessage& message, std::span<std::byte> out);

}  // namespace ft::wire
