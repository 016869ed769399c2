#include "sim/icmp_packet.hpp"

#include "sim/packet.hpp"
#include "wire/icmp.hpp"
#include "wire/icmpv6.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <algorithm>

namespace ft::sim {

namespace {

using Packet = std::vector<std::byte>;

Packet wrap(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, std::span<const std::byte> payload) {
  const bool v4 = source.is_v4();
  Packet packet((v4 ? wire::ipv4_min_header : wire::ipv6_header_length) + payload.size());
  std::size_t at = 0;
  if (v4) {
    wire::Ipv4Header h;
    h.total_length = static_cast<std::uint16_t>(packet.size());
    h.protocol = protocol;
    h.source = source;
    h.destination = destination;
    at = wire::write_ipv4(h, packet);
  } else {
    wire::Ipv6Header h;
    h.payload_length = static_cast<std::uint16_t>(payload.size());
    h.next_header = protocol;
    h.source = source;
    h.destination = destination;
    at = wire::write_ipv6(h, packet);
  }
  std::copy(payload.begin(), payload.end(), packet.begin() + static_cast<std::ptrdiff_t>(at));
  return packet;
}

}  // namespace

Packet make_icmp_error(const IpAddress& from, const IpAddress& to, std::uint8_t type, std::uint8_t code, std::uint32_t rest,
                       std::span<const std::byte> quoted) {
  if (from.is_v4()) {
    Packet message(wire::icmp_header_length + quoted.size());
    wire::write_icmp({.type = type, .code = code, .rest = rest, .body = quoted}, message);
    return wrap(from, to, wire::protocol::icmp, message);
  }
  Packet message(wire::icmpv6_header_length + quoted.size());
  wire::write_icmpv6(from, to, {.type = type, .code = code, .rest = rest, .body = quoted}, message);
  return wrap(from, to, wire::protocol::icmpv6, message);
}

Packet make_too_big(std::span<const std::byte> packet, std::uint32_t mtu) {
  const auto seen = look_at_tcp(packet);
  if (!seen) return {};
  const bool may_be_cut = seen->source.address.is_v4() && (std::to_integer<unsigned>(packet[6]) & 0x40u) == 0;
  if (may_be_cut) return {};
  const auto quoted = packet.first(std::min<std::size_t>(packet.size(), seen->source.address.is_v4() ? 68 : 1000));
  return seen->source.address.is_v4()
             ? make_icmp_error(seen->destination.address, seen->source.address, wire::icmp_type::destination_unreachable,
                               wire::icmp_unreachable::fragmentation_needed, mtu, quoted)
             : make_icmp_error(seen->destination.address, seen->source.address, wire::icmpv6_type::packet_too_big, 0, mtu,
                               quoted);
}

}  // namespace ft::sim
