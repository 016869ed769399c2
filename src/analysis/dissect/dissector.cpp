#include "analysis/dissect/dissector.hpp"

#include "analysis/dissect/usual.hpp"
#include "analysis/dissect/walk.hpp"
#include "wire/ethernet.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <algorithm>

namespace ft::analysis {
bool Dissector::read_segment(const pcap::Packet& packet, Segment& segment) {
  if (!packet.timed || !read_usual(packet, options_.verify_checksums, segment)) return false;
  segment.frame = ++frame_.number;
  segment.at = frame_.at = packet.at;
  return true;
}

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
  if (read_usual(packet, options_.verify_checksums, frame_.segment)) {
    lay_out_usual();
    return frame_;
  }
  frame_.segment.link = 0;
  Walk{frame_, reassembler_, options_.verify_checksums, packet.fcs_length}.run();
  return frame_;
}

void Dissector::restart() {
  frame_ = Frame{};
  reassembler_ = Reassembler{options_.reassembly};
}

/// The layers of what read_usual() read: they follow from the segment.
void Dissector::lay_out_usual() {
  Segment& segment = frame_.segment;
  segment.frame = frame_.number;
  segment.at = frame_.at;
  frame_.has_segment = true;
  const bool v4 = segment.source.is_v4();
  constexpr std::uint32_t at_ip = wire::ethernet_header_length;
  const std::uint32_t ip_header = v4 ? wire::ipv4_min_header : wire::ipv6_header_length;
  const std::uint32_t at_tcp = at_ip + ip_header;
  const std::uint32_t tcp_header = segment.packet_length - ip_header - segment.length;
  const auto captured = static_cast<std::uint32_t>(frame_.octets.size());
  const std::uint32_t end = std::min(at_ip + segment.packet_length, captured);
  if (end < at_ip + segment.packet_length) {
    frame_.problem = Problem::text_cut;
    frame_.problem_in = Protocol::tcp;
  }
  frame_.layer_room[0] = {
      .protocol = Protocol::ethernet, .offset = 0, .header = at_ip, .length = captured, .wire = frame_.original_length};
  frame_.layer_room[1] = {.protocol = v4 ? Protocol::ipv4 : Protocol::ipv6,
                          .offset = at_ip,
                          .header = ip_header,
                          .length = end - at_ip,
                          .wire = segment.packet_length};
  frame_.layer_room[2] = {.protocol = Protocol::tcp,
                          .offset = at_tcp,
                          .header = tcp_header,
                          .length = end - at_tcp,
                          .wire = segment.packet_length - ip_header};
  frame_.layer_count = 3;
  if (segment.text.empty()) return;
  frame_.layer_room[3] = {.protocol = Protocol::data,
                          .offset = at_tcp + tcp_header,
                          .header = 0,
                          .length = static_cast<std::uint32_t>(segment.text.size()),
                          .wire = segment.length};
  frame_.layer_count = 4;
}

}  // namespace ft::analysis
