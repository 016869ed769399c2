// The Internet checksum (RFC 1071) and the pseudo-headers of IPv4 and IPv6 (RFC 9293 3.1, RFC 8200 8.1).
#pragma once

#include "fourtuple/address.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ft::wire {

/// A running one's-complement sum in the host's order of octet pairs. Start with 0, feed, finish. Every part but the last must
/// have an even length.
using PartialSum = std::uint64_t;

PartialSum add_octets(PartialSum sum, std::span<const std::byte> octets);
PartialSum pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, std::uint32_t length);
/// The pseudo-header and a whole message or segment behind it.
PartialSum with_pseudo_header(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                              std::span<const std::byte> octets);
/// Copies and sums in one pass.
PartialSum copy_and_add(PartialSum sum, std::span<const std::byte> from, std::byte* to);
/// The 16 bits to store into a header (already in network order when written as two octets, high first).
std::uint16_t finish(PartialSum sum);
/// True when a sum over data that includes its checksum field is right.
bool is_valid(PartialSum sum);

}  // namespace ft::wire
