// Packets that nobody asked for: whole IP packets with a TCP segment or an ICMP error in them, as an attacker makes them.
#pragma once

#include "base/cursor.hpp"
#include "fourtuple/address.hpp"
#include "wire/checksum.hpp"
#include "wire/icmp.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"
#include "wire/tcp.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace ft::test {

/// An IP packet with `payload`, whose checksum lies at `checksum_at` and covers the pseudo-header when `pseudo`.
inline std::vector<std::byte> ip_packet(const IpAddress& from, const IpAddress& to, std::uint8_t protocol,
                                        std::span<const std::byte> payload, std::size_t checksum_at, bool pseudo) {
  const std::size_t ip = from.is_v4() ? 20 : 40;
  std::vector<std::byte> packet(ip + payload.size());
  std::copy(payload.begin(), payload.end(), packet.begin() + static_cast<std::ptrdiff_t>(ip));
  const auto inner = std::span(packet).subspan(ip);
  const auto length = static_cast<std::uint32_t>(payload.size());
  const auto start = pseudo ? wire::pseudo_header(from, to, protocol, length) : wire::PartialSum{};
  store_be16(&inner[checksum_at], wire::finish(wire::add_octets(start, inner)));
  if (from.is_v4()) {
    wire::Ipv4Header h;
    h.total_length = static_cast<std::uint16_t>(packet.size());
    h.protocol = protocol;
    h.source = from;
    h.destination = to;
    wire::write_ipv4(h, packet);
  } else {
    wire::Ipv6Header h;
    h.payload_length = static_cast<std::uint16_t>(payload.size());
    h.next_header = protocol;
    h.source = from;
    h.destination = to;
    wire::write_ipv6(h, packet);
  }
  return packet;
}

/// A segment from tuple.local to tuple.remote.
inline std::vector<std::byte> segment_packet(const FourTuple& tuple, wire::TcpHeader header,
                                             std::span<const std::byte> text = {}) {
  header.source_port = tuple.local.port;
  header.destination_port = tuple.remote.port;
  std::vector<std::byte> segment(wire::tcp_header_length(header) + text.size());
  const std::size_t length = wire::write_tcp(header, segment);
  std::copy(text.begin(), text.end(), segment.begin() + static_cast<std::ptrdiff_t>(length));
  return ip_packet(tuple.local.address, tuple.remote.address, 6, segment, 16, true);
}

/// An ICMP error to the sender of a segment tuple.local -> tuple.remote with that number, from its destination.
inline std::vector<std::byte> icmp_packet(const FourTuple& tuple, std::uint8_t type, std::uint8_t code, std::uint32_t seq,
                                          std::uint16_t mtu) {
  const std::array<std::byte, 8> ports{std::byte(tuple.local.port >> 8),
                                       std::byte(tuple.local.port & 0xff),
                                       std::byte(tuple.remote.port >> 8),
                                       std::byte(tuple.remote.port & 0xff),
                                       std::byte(seq >> 24),
                                       std::byte(seq >> 16 & 0xff),
                                       std::byte(seq >> 8 & 0xff),
                                       std::byte(seq & 0xff)};
  std::vector<std::byte> quoted(20 + ports.size());
  wire::Ipv4Header h;
  h.total_length = 1000;
  h.protocol = 6;
  h.dont_fragment = true;
  h.source = tuple.local.address;
  h.destination = tuple.remote.address;
  wire::write_ipv4(h, quoted);
  std::copy(ports.begin(), ports.end(), quoted.begin() + 20);
  std::vector<std::byte> message(8);
  message[0] = std::byte{type};
  message[1] = std::byte{code};
  store_be16(&message[6], mtu);
  message.insert(message.end(), quoted.begin(), quoted.end());
  return ip_packet(tuple.remote.address, tuple.local.address, 1, message, 2, false);
}

}  // namespace ft::test
