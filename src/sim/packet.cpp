#include "sim/packet.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

namespace ft::sim {
namespace {

struct IpPacket {
  IpAddress source;
  IpAddress destination;
  std::span<const std::byte> tcp;  // empty when it carries something else
};

std::optional<IpPacket> look_at_ip(std::span<const std::byte> packet) {
  if (const auto v4 = wire::parse_quoted_ipv4(packet)) {
    const bool whole = v4->header.fragment_offset == 0 && v4->header.protocol == wire::protocol::tcp;
    return IpPacket{v4->header.source, v4->header.destination, whole ? v4->payload : std::span<const std::byte>{}};
  }
  if (const auto v6 = wire::parse_quoted_ipv6(packet)) {
    const bool whole = v6->header.next_header == wire::protocol::tcp;
    return IpPacket{v6->header.source, v6->header.destination, whole ? v6->payload : std::span<const std::byte>{}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<TcpPacket> look_at_tcp(std::span<const std::byte> packet) {
  const auto ip = look_at_ip(packet);
  if (!ip || ip->tcp.empty()) return std::nullopt;
  const auto tcp = wire::parse_tcp(ip->tcp);
  if (!tcp) return std::nullopt;
  return TcpPacket{{ip->source, tcp->header.source_port}, {ip->destination, tcp->header.destination_port}, *tcp};
}

std::optional<IpAddress> destination_of(std::span<const std::byte> packet) {
  const auto ip = look_at_ip(packet);
  if (!ip) return std::nullopt;
  return ip->destination;
}

std::optional<std::uint8_t> ecn_field(std::span<const std::byte> packet) {
  if (const auto v4 = wire::parse_quoted_ipv4(packet)) return static_cast<std::uint8_t>(v4->header.traffic_class & 3);
  if (const auto v6 = wire::parse_quoted_ipv6(packet)) return static_cast<std::uint8_t>(v6->header.traffic_class & 3);
  return std::nullopt;
}

void set_ecn_field(std::span<std::byte> packet, std::uint8_t field) {
  if (!ecn_field(packet)) return;
  const bool is_v4 = load_u8(packet.data()) >> 4 == 4;
  // IPv6: version (4 bits), traffic class (8), flow label (20): its last two bits are bits 5 and 4 of the second octet.
  const unsigned shift = is_v4 ? 0 : 4;
  std::byte& octet = packet[1];
  octet = (octet & ~(std::byte{3} << shift)) | std::byte{field} << shift;
  if (!is_v4) return;
  store_be16(&packet[10], 0);
  const std::size_t header_length = std::size_t{4} * (load_u8(packet.data()) & 0x0f);
  store_be16(&packet[10], wire::finish(wire::add_octets(0, packet.first(header_length))));
}

bool asks_for_ecn(std::span<const std::byte> packet) {
  const auto seen = look_at_tcp(packet);
  return seen && (seen->tcp.header.ace() & 3) != 0;
}

std::vector<std::byte> make_tcp_packet(const Endpoint& source, const Endpoint& destination, wire::TcpHeader header,
                                       std::span<const std::byte> text) {
  FT_ASSERT(source.address.family() == destination.address.family());
  header.source_port = source.port;
  header.destination_port = destination.port;
  const bool v4 = source.address.is_v4();
  const std::size_t ip_length = v4 ? wire::ipv4_min_header : wire::ipv6_header_length;
  const std::size_t length = wire::tcp_header_length(header) + text.size();
  FT_ASSERT(ip_length + length <= 65535);
  std::vector<std::byte> packet(ip_length + length);
  if (v4) {
    wire::Ipv4Header ip;
    ip.total_length = static_cast<std::uint16_t>(packet.size());
    ip.dont_fragment = true;
    ip.protocol = wire::protocol::tcp;
    ip.source = source.address;
    ip.destination = destination.address;
    wire::write_ipv4(ip, packet);
  } else {
    wire::Ipv6Header ip;
    ip.payload_length = static_cast<std::uint16_t>(length);
    ip.next_header = wire::protocol::tcp;
    ip.source = source.address;
    ip.destination = destination.address;
    wire::write_ipv6(ip, packet);
  }
  const auto segment = std::span{packet}.subspan(ip_length);
  const std::size_t header_length = wire::write_tcp(header, segment);
  std::copy(text.begin(), text.end(), segment.begin() + static_cast<std::ptrdiff_t>(header_length));
  const auto sum =
      wire::pseudo_header(source.address, destination.address, wire::protocol::tcp, static_cast<std::uint32_t>(length));
  const std::uint16_t checksum = wire::finish(wire::add_octets(sum, segment));
  segment[16] = static_cast<std::byte>(checksum >> 8);
  segment[17] = static_cast<std::byte>(checksum & 0xff);
  return packet;
}

}  // namespace ft::sim
