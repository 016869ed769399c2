// TCP packets as a link sees and an attacker makes them: IP and TCP header at a glance, without a stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fourtuple/address.hpp"
#include "wire/tcp.hpp"

namespace ft::sim {

struct TcpPacket {
  Endpoint source;
  Endpoint destination;
  wire::ParsedTcp tcp;  // its text is borrowed from the packet
};

/// Nothing for whatever is not the first or only piece of a TCP segment in IPv4, or in IPv6 without extension headers.
/// Checksums are not looked at: a router would not either.
std::optional<TcpPacket> look_at_tcp(std::span<const std::byte> packet);

/// The destination of an IPv4 or IPv6 packet.
std::optional<IpAddress> destination_of(std::span<const std::byte> packet);

/// The ECN field of the IP header (RFC 3168 5); nothing for what is no IP packet.
std::optional<std::uint8_t> ecn_field(std::span<const std::byte> packet);
/// Writes it as a router does: the IPv4 header's checksum follows. Does nothing to what is no IP packet.
void set_ecn_field(std::span<std::byte> packet, std::uint8_t field);
/// A SYN with ECE or CWR.
bool asks_for_ecn(std::span<const std::byte> packet);

/// A whole packet with right checksums. The ports of the endpoints go before those of the header.
std::vector<std::byte> make_tcp_packet(const Endpoint& source, const Endpoint& destination, wire::TcpHeader header,
                                       std::span<const std::byte> text);

}  // namespace ft::sim
