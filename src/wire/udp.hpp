// The UDP header (RFC 768). The stack has no UDP service; it reads datagrams only to answer them with "port unreachable".
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/error.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

namespace ft::wire {

struct UdpHeader {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

struct ParsedUdp {
  UdpHeader header;
  std::span<const std::byte> payload;  // borrowed
};

inline constexpr std::size_t udp_header_length = 8;

/// Reads a datagram and verifies its length and checksum. No checksum (zero) is allowed over IPv4 only (RFC 8200 8.1).
std::expected<ParsedUdp, DropReason> parse_udp(const IpAddress& source, const IpAddress& destination,
                                               std::span<const std::byte> datagram);

/// Writes header, payload and checksum; returns the octets written. `out` must have room for 8 + payload.size().
std::size_t write_udp(const IpAddress& source, const IpAddress& destination, const UdpHeader& header,
                      std::span<const std::byte> payload, std::span<std::byte> out);

}  // namespace ft::wire
