#include "analysis/dissect/usual.hpp"

#include "analysis/dissect/tcp_segment.hpp"
#include "analysis/dissect/walk.hpp"
#include "base/cursor.hpp"
#include "wire/ethernet.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <algorithm>

namespace ft::analysis {
namespace {

constexpr std::size_t at_type = 12, at_ip = wire::ethernet_header_length;

IpAddress address4(const std::byte* p) {
  return IpAddress::from_octets(Family::ipv4, {reinterpret_cast<const std::uint8_t*>(p), 4});
}
IpAddress address6(const std::byte* p) {
  return IpAddress::from_octets(Family::ipv6, {reinterpret_cast<const std::uint8_t*>(p), 16});
}

}  // namespace

bool read_usual(const pcap::Packet& packet, bool verify, Segment& segment) {
  if (packet.link_type != pcap::LinkType::ethernet) return false;
  const auto octets = packet.octets;
  const std::byte* p = octets.data();
  if (octets.size() < at_ip + wire::ipv4_min_header + wire::tcp_min_header) return false;
  const std::uint16_t type = load_be16(p + at_type);
  const bool v4 = type == wire::ethertype::ipv4;
  if (!v4 && type != wire::ethertype::ipv6) return false;
  const std::byte* ip = p + at_ip;
  std::size_t header = wire::ipv4_min_header;
  std::size_t total = load_be16(ip + 2);
  if (v4) {
    constexpr std::uint16_t fragment_bits = 0x3fff;
    if (load_u8(ip) != 0x45 || load_u8(ip + 9) != wire::protocol::tcp || (load_be16(ip + 6) & fragment_bits) != 0) return false;
  } else {
    header = wire::ipv6_header_length;
    if (load_u8(ip) >> 4 != 6 || load_u8(ip + 6) != wire::protocol::tcp) return false;
    total = header + load_be16(ip + 4);
  }
  if (total < header + wire::tcp_min_header || at_ip + total > std::max<std::size_t>(packet.original_length, octets.size()))
    return false;
  const std::size_t end = std::min(at_ip + total, octets.size());
  const std::size_t at_tcp = at_ip + header;
  if (end < at_tcp + wire::tcp_min_header) return false;

  const auto rest = octets.subspan(at_tcp, end - at_tcp);
  if (read_tcp_segment(rest, total - header, segment) != TcpHeaderState::whole) return false;
  segment.interface = static_cast<std::uint16_t>(packet.interface);
  segment.direction = packet.direction;
  segment.link = mix_link(0, octets.first<12>());
  segment.packet_length = static_cast<std::uint32_t>(total);
  segment.fragmented = false;
  segment.has_ip_id = v4;
  if (v4) {
    segment.dont_fragment = (load_u8(ip + 6) & 0x40) != 0;
    segment.ttl = load_u8(ip + 8);
    segment.traffic_class = load_u8(ip + 1);
    segment.ip_id = load_be16(ip + 4);
    segment.source = address4(ip + 12);
    segment.destination = address4(ip + 16);
  } else {
    segment.dont_fragment = true;
    segment.ip_id = 0;
    segment.ttl = load_u8(ip + 7);
    segment.traffic_class = static_cast<std::uint8_t>(load_be16(ip) >> 4);
    segment.source = address6(ip + 8);
    segment.destination = address6(ip + 24);
  }
  const bool whole = at_ip + total <= octets.size();
  segment.checksum = verify && whole ? judge_checksum(segment.source, segment.destination, rest) : ChecksumState::unknown;
  return true;
}

}  // namespace ft::analysis
