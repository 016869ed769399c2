#include "analysis/dissect/dissector.hpp"

#include "analysis/dissect/tcp_segment.hpp"
#include "analysis/dissect/walk.hpp"
#include "base/cursor.hpp"
#include "wire/ethernet.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <algorithm>
#include <cstring>

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

const Frame& Dissector::dissect(const pcap::Packet& packet) {
  ++frame_.number;
  if (packet.timed) frame_.at = packet.at;
  frame_.timed = packet.timed;
  frame_.problem = Problem::none;
  frame_.layer_count = 0;
  frame_.has_segment = frame_.has_icmp_error = false;
  frame_.link_type = packet.link_type;
  frame_.direction = packet.direction;
  frame_.interface = packet.interface;
  frame_.octets = packet.octets;
  frame_.original_length = std::max(packet.original_length, static_cast<std::uint32_t>(packet.octets.size()));
  frame_.reassembled = {};
  frame_.comments = packet.comments;
  if (packet.link_type == pcap::LinkType::ethernet && dissect_common()) return frame_;
  frame_.segment.link = 0;
  Walk{frame_, reassembler_, options_.verify_checksums, packet.fcs_length}.run();
  return frame_;
}

void Dissector::restart() {
  frame_ = Frame{};
  reassembler_ = Reassembler{options_.reassembly};
}

/// Ethernet without tags, IPv4 without options and fragments or IPv6 without extension headers, a whole TCP header within what
/// the packet says and the capture kept. False, and nothing done that matters, when it is anything else.
bool Dissector::dissect_common() {
  const auto octets = frame_.octets;
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
  if (total < header + wire::tcp_min_header || at_ip + total > frame_.original_length) return false;
  const std::size_t end = std::min(at_ip + total, octets.size());
  const std::size_t at_tcp = at_ip + header;
  if (end < at_tcp + wire::tcp_min_header) return false;

  Segment& segment = frame_.segment;
  segment = Segment{};
  const auto rest = octets.subspan(at_tcp, end - at_tcp);
  if (read_tcp_segment(rest, total - header, segment) != TcpHeaderState::whole) return false;
  segment.frame = frame_.number;
  segment.at = frame_.at;
  segment.interface = frame_.interface;
  segment.direction = frame_.direction;
  segment.link = mix_link(0, octets.first<12>());
  segment.packet_length = static_cast<std::uint32_t>(total);
  if (v4) {
    segment.has_ip_id = true;
    segment.dont_fragment = (load_u8(ip + 6) & 0x40) != 0;
    segment.ttl = load_u8(ip + 8);
    segment.traffic_class = load_u8(ip + 1);
    segment.ip_id = load_be16(ip + 4);
    segment.source = address4(ip + 12);
    segment.destination = address4(ip + 16);
  } else {
    segment.dont_fragment = true;
    segment.ttl = load_u8(ip + 7);
    segment.traffic_class = static_cast<std::uint8_t>(load_be16(ip) >> 4);
    segment.source = address6(ip + 8);
    segment.destination = address6(ip + 24);
  }
  if (at_ip + total > octets.size()) {
    frame_.problem = Problem::text_cut;
    frame_.problem_in = Protocol::tcp;
  } else if (options_.verify_checksums) {
    segment.checksum = judge_checksum(segment.source, segment.destination, rest);
  }
  frame_.has_segment = true;

  const auto u32 = [](std::size_t n) { return static_cast<std::uint32_t>(n); };
  const std::size_t tcp_header = rest.size() - segment.text.size();
  frame_.layer_room[0] = {
      .protocol = Protocol::ethernet, .offset = 0, .header = at_ip, .length = u32(octets.size()), .wire = frame_.original_length};
  frame_.layer_room[1] = {.protocol = v4 ? Protocol::ipv4 : Protocol::ipv6,
                          .offset = at_ip,
                          .header = u32(header),
                          .length = u32(end - at_ip),
                          .wire = total};
  frame_.layer_room[2] = {.protocol = Protocol::tcp,
                          .offset = u32(at_tcp),
                          .header = u32(tcp_header),
                          .length = u32(rest.size()),
                          .wire = total - header};
  frame_.layer_count = 3;
  if (!segment.text.empty()) {
    frame_.layer_room[3] = {.protocol = Protocol::data,
                            .offset = u32(at_tcp + tcp_header),
                            .header = 0,
                            .length = u32(segment.text.size()),
                            .wire = segment.length};
    frame_.layer_count = 4;
  }
  return true;
}

}  // namespace ft::analysis
