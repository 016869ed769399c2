// ICMP errors as routers and attackers make them: whole packets with right checksums.
#pragma once

#include "fourtuple/address.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ft::sim {

/// `rest`: octets 4 to 7 of the message; `quoted`: the packet that it is about, as much of it as is to be told.
std::vector<std::byte> make_icmp_error(const IpAddress& from, const IpAddress& to, std::uint8_t type, std::uint8_t code,
                                       std::uint32_t rest, std::span<const std::byte> quoted);

/// What a router says about a TCP packet that is too large for the next link (RFC 1191 4, RFC 4443 3.2), in the name of its
/// destination; empty for other packets, and for those that a router may cut itself.
std::vector<std::byte> make_too_big(std::span<const std::byte> packet, std::uint32_t mtu);

}  // namespace ft::sim
