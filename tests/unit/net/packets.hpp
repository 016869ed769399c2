// Builds packets for the engine's tests, and reads what it sends.
#pragma once

#include "net/engine.hpp"
#include "wire/ethernet.hpp"
#include "wire/icmp.hpp"
#include "wire/icmpv6.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ft::test {

using Octets = std::vector<std::byte>;

inline IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }
inline constexpr Instant start{std::chrono::seconds(100)};

inline Octets counted(std::size_t length) {
  Octets octets(length);
  for (std::size_t i = 0; i < length; ++i) octets[i] = static_cast<std::byte>(i * 7 + i / 256);
  return octets;
}

inline Octets ipv4_packet(wire::Ipv4Header header, std::span<const std::byte> payload) {
  Octets packet(wire::ipv4_min_header + payload.size());
  header.total_length = static_cast<std::uint16_t>(packet.size());
  wire::write_ipv4(header, packet);
  std::ranges::copy(payload, packet.begin() + wire::ipv4_min_header);
  return packet;
}

inline Octets ipv6_packet(wire::Ipv6Header header, std::span<const std::byte> payload) {
  Octets packet(wire::ipv6_header_length + payload.size());
  header.payload_length = static_cast<std::uint16_t>(payload.size());
  wire::write_ipv6(header, packet);
  std::ranges::copy(payload, packet.begin() + wire::ipv6_header_length);
  return packet;
}

/// A packet of either family without fragments.
inline Octets ip_packet(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                        std::span<const std::byte> payload, std::uint8_t ttl = 64) {
  if (source.is_v4()) {
    wire::Ipv4Header header;
    header.source = source;
    header.destination = destination;
    header.protocol = protocol;
    header.ttl = ttl;
    return ipv4_packet(header, payload);
  }
  wire::Ipv6Header header;
  header.source = source;
  header.destination = destination;
  header.next_header = protocol;
  header.hop_limit = ttl;
  return ipv6_packet(header, payload);
}

inline Octets icmp_packet(const IpAddress& source, const IpAddress& destination, std::uint8_t type, std::uint8_t code,
                          std::uint32_t rest, std::span<const std::byte> body, std::uint8_t ttl = 64) {
  Octets message(8 + body.size());
  if (source.is_v4()) {
    wire::write_icmp({type, code, rest, body}, message);
  } else {
    wire::write_icmpv6(source, destination, {type, code, rest, body}, message);
  }
  return ip_packet(source, destination, source.is_v4() ? wire::protocol::icmp : wire::protocol::icmpv6, message, ttl);
}

inline Octets echo_request(const IpAddress& source, const IpAddress& destination, std::span<const std::byte> data) {
  return icmp_packet(source, destination, source.is_v4() ? wire::icmp_type::echo_request : wire::icmpv6_type::echo_request, 0,
                     0x00070001, data);
}

inline Octets framed(const MacAddress& to, const MacAddress& from, std::uint16_t type, std::span<const std::byte> payload) {
  Octets frame(wire::ethernet_header_length + payload.size());
  wire::write_ethernet({to, from, type}, frame);
  std::ranges::copy(payload, frame.begin() + wire::ethernet_header_length);
  return frame;
}

struct Sent {
  Octets octets;
  std::string why;
};

/// Everything that the engine has to say now.
inline std::vector<Sent> drain(net::Engine& engine, Instant now) {
  std::vector<Sent> sent;
  std::array<std::byte, 2048> out;
  std::string_view why;
  std::string_view clause;
  while (const std::size_t length = engine.poll_transmit(now, out, &why, &clause))
    sent.push_back({{out.begin(), out.begin() + static_cast<std::ptrdiff_t>(length)}, std::string(why)});
  return sent;
}

inline DropReason dropped(const net::Input& input) {
  const auto* reason = std::get_if<DropReason>(&input);
  return reason != nullptr ? *reason : DropReason::none;
}

}  // namespace ft::test
