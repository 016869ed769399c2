// Packets for the fuzzers, made whole: lengths and checksums right, so that what is fuzzed is reached.
#pragma once

#include "base/cursor.hpp"
#include "fourtuple/address.hpp"
#include "wire/arp.hpp"
#include "wire/checksum.hpp"
#include "wire/ethernet.hpp"
#include "wire/icmp.hpp"
#include "wire/icmpv6.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"
#include "wire/ndp.hpp"
#include "wire/tcp.hpp"

#include <array>
#include <span>
#include <vector>

namespace ft::fuzz {

using Packet = std::vector<std::byte>;

inline Packet wrap_ip(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                      std::span<const std::byte> payload, std::uint8_t hop_limit = 64) {
  Packet packet(payload.size() + (source.is_v4() ? wire::ipv4_min_header : wire::ipv6_header_length));
  std::size_t at = 0;
  if (source.is_v4()) {
    wire::Ipv4Header h;
    h.total_length = static_cast<std::uint16_t>(packet.size());
    h.ttl = hop_limit;
    h.protocol = protocol;
    h.source = source;
    h.destination = destination;
    at = wire::write_ipv4(h, packet);
  } else {
    wire::Ipv6Header h;
    h.payload_length = static_cast<std::uint16_t>(payload.size());
    h.next_header = protocol;
    h.hop_limit = hop_limit;
    h.source = source;
    h.destination = destination;
    at = wire::write_ipv6(h, packet);
  }
  std::copy(payload.begin(), payload.end(), packet.begin() + static_cast<std::ptrdiff_t>(at));
  return packet;
}

inline void fix_tcp_checksum(const IpAddress& source, const IpAddress& destination, std::span<std::byte> segment) {
  store_be16(&segment[16], 0);
  const auto sum = wire::pseudo_header(source, destination, wire::protocol::tcp, static_cast<std::uint32_t>(segment.size()));
  store_be16(&segment[16], wire::finish(wire::add_octets(sum, segment)));
}

/// `tuple` as the stack sees it: the packet goes from its remote to its local end.
inline Packet make_segment(const FourTuple& tuple, wire::TcpHeader header, std::span<const std::byte> text) {
  header.source_port = tuple.remote.port;
  header.destination_port = tuple.local.port;
  Packet segment(wire::tcp_header_length(header) + text.size());
  const std::size_t at = wire::write_tcp(header, segment);
  std::copy(text.begin(), text.end(), segment.begin() + static_cast<std::ptrdiff_t>(at));
  fix_tcp_checksum(tuple.remote.address, tuple.local.address, segment);
  return wrap_ip(tuple.remote.address, tuple.local.address, wire::protocol::tcp, segment);
}

/// An IPv4 or IPv6 packet in two fragments, cut at a multiple of 8 octets.
inline std::array<Packet, 2> make_fragments(const Packet& packet, std::size_t cut, std::uint32_t id) {
  std::array<Packet, 2> out;
  if (const auto v4 = wire::parse_ipv4(packet)) {
    const std::size_t at = std::min(cut / 8 * 8, v4->payload.size() / 8 * 8);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto part = i == 0 ? v4->payload.first(at) : v4->payload.subspan(at);
      wire::Ipv4Header h = v4->header;
      h.total_length = static_cast<std::uint16_t>(wire::ipv4_min_header + part.size());
      h.id = static_cast<std::uint16_t>(id);
      h.fragment_offset = static_cast<std::uint32_t>(i == 0 ? 0 : at);
      h.more_fragments = i == 0;
      out[i].resize(h.total_length);
      const auto start = wire::write_ipv4(h, out[i]);
      std::copy(part.begin(), part.end(), out[i].begin() + static_cast<std::ptrdiff_t>(start));
    }
  } else if (const auto v6 = wire::parse_ipv6(packet)) {
    const std::size_t at = std::min(cut / 8 * 8, v6->payload.size() / 8 * 8);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto part = i == 0 ? v6->payload.first(at) : v6->payload.subspan(at);
      Packet payload(wire::fragment_header_length);
      wire::write_fragment({.next_header = v6->header.next_header,
                            .offset = static_cast<std::uint32_t>(i == 0 ? 0 : at),
                            .more_fragments = i == 0,
                            .id = id},
                           payload);
      payload.insert(payload.end(), part.begin(), part.end());
      out[i] = wrap_ip(v6->header.source, v6->header.destination, wire::next_header::fragment, payload);
    }
  }
  return out;
}

/// An ICMP or ICMPv6 error about `quoted`, a packet that `to` had sent.
inline Packet make_icmp_error(const IpAddress& from, const IpAddress& to, std::uint8_t type, std::uint8_t code,
                              std::uint32_t rest, std::span<const std::byte> quoted) {
  Packet message(8 + quoted.size());
  if (from.is_v4()) {
    wire::write_icmp({.type = type, .code = code, .rest = rest, .body = quoted}, message);
    return wrap_ip(from, to, wire::protocol::icmp, message);
  }
  wire::write_icmpv6(from, to, {.type = type, .code = code, .rest = rest, .body = quoted}, message);
  return wrap_ip(from, to, wire::protocol::icmpv6, message);
}

inline Packet make_frame(const MacAddress& from, const MacAddress& to, std::uint16_t type, std::span<const std::byte> payload) {
  Packet frame(wire::ethernet_header_length + payload.size());
  const std::size_t at = wire::write_ethernet({.destination = to, .source = from, .type = type}, frame);
  std::copy(payload.begin(), payload.end(), frame.begin() + static_cast<std::ptrdiff_t>(at));
  return frame;
}

inline Packet make_arp_reply(const wire::ArpPacket& request, const MacAddress& answer) {
  Packet body(wire::arp_length);
  wire::write_arp({.operation = wire::ArpPacket::Operation::reply,
                   .sender_mac = answer,
                   .sender = request.target,
                   .target_mac = request.sender_mac,
                   .target = request.sender},
                  body);
  return make_frame(answer, request.sender_mac, wire::ethertype::arp, body);
}

inline Packet make_advertisement(const IpAddress& neighbour, const IpAddress& asker, const MacAddress& asker_mac,
                                 const MacAddress& answer) {
  wire::NdpBody body;
  const auto message = wire::make_neighbour_advertisement(
      {.target = neighbour, .solicited = true, .override_cached = true, .target_mac = answer}, body);
  Packet icmp(wire::icmpv6_header_length + message.body.size());
  wire::write_icmpv6(neighbour, asker, message, icmp);
  const Packet packet = wrap_ip(neighbour, asker, wire::protocol::icmpv6, icmp, wire::ndp_hop_limit);
  return make_frame(answer, asker_mac, wire::ethertype::ipv6, packet);
}

}  // namespace ft::fuzz
