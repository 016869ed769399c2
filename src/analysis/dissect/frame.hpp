// One packet of a capture taken apart: which protocol's header lies where in its octets, what could not be read and why, and,
// when there is one, its TCP segment or the ICMP error that quotes one. Headers are found here and read by whoever wants a field
// of them.
#pragma once

#include "analysis/dissect/segment.hpp"
#include "pcap/packet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ft::analysis {

enum class Protocol : std::uint8_t {
  ethernet,
  vlan,        // one tag: 802.1Q, 802.1ad, 0x9100
  llc,         // 802.2, with SNAP's five octets where they follow
  linux_sll,   // "any" device, version 1
  linux_sll2,  // version 2
  null_loop,   // BSD loopback: an address family
  ppp,         // with or without its HDLC address and control octets
  pppoe,       // six octets of session header
  mpls,        // one label
  arp,
  ipv4,
  ipv6,
  hop_by_hop,
  routing,
  fragment,
  destination_options,
  authentication,  // AH
  gre,
  tcp,
  udp,
  icmp,
  icmpv6,
  data,  // what follows and was not dissected further; text of TCP and UDP as well
};
std::string_view to_string(Protocol protocol);  // Wireshark's filter name where it has one: "eth", "ip", "tcp"

struct Layer {
  Protocol protocol = Protocol::data;
  bool reassembled = false;  // offset counts in Frame::reassembled, not in the packet's octets
  bool quoted = false;       // inside an ICMP error: a packet that somebody else sent
  std::uint32_t offset = 0;  // of its header
  std::uint32_t header = 0;  // octets of its header that were captured
  std::uint32_t length = 0;  // octets of header and contents that were captured, without the padding of a layer below
  std::uint64_t wire = 0;    // the same on the wire, as the layer itself says where it does
};

/// What kept a packet from being read to its end. Most are no fault of the packet.
enum class Problem : std::uint8_t {
  none,
  text_cut,               // headers whole; the capture kept only the beginning of the text
  truncated,              // the capture kept too little of it: a header is not whole
  malformed,              // a header contradicts itself or ends too early
  unsupported_link_type,  // a capture of something else than these link types
  too_many_layers,        // more than Frame::most_layers
  length_beyond_wire,     // IP says more octets than there were; read all the same
  fragment_waiting,       // a fragment; the rest of its packet has not come yet
  fragment_refused,       // a fragment that contradicts others, or beyond the limits of reassembly
};
/// A sentence without its full stop: "the capture kept too little of this packet".
std::string_view describe(Problem problem);

struct Frame {
  static constexpr std::size_t most_layers = 16;

  std::uint64_t number = 0;  // from 1
  Instant at{};              // of a packet without a time: that of the packet before it
  bool timed = true;
  Problem problem = Problem::none;
  Protocol problem_in = Protocol::data;  // the layer that could not be read
  std::uint8_t layer_count = 0;
  bool has_segment = false;
  bool has_icmp_error = false;
  pcap::LinkType link_type = pcap::LinkType::ethernet;
  pcap::Direction direction = pcap::Direction::unknown;  // the file's word, else a cooked header's
  std::uint32_t interface = 0;
  std::uint32_t original_length = 0;           // octets on the wire
  std::span<const std::byte> octets;           // what was captured, borrowed from the packet
  std::span<const std::byte> reassembled;      // contents of an IP packet put together of fragments; until the next frame
  std::span<const std::string_view> comments;  // the file's, borrowed from the packet
  std::array<Layer, most_layers> layer_room;   // only layer_count of them mean anything
  Segment segment;                             // when has_segment
  IcmpError icmp_error;                        // when has_icmp_error

  std::span<const Layer> layers() const { return {layer_room.data(), layer_count}; }
  /// The octets that a layer's offset counts in.
  std::span<const std::byte> octets_of(const Layer& layer) const { return layer.reassembled ? reassembled : octets; }
  std::span<const std::byte> header_of(const Layer& layer) const { return octets_of(layer).subspan(layer.offset, layer.header); }
  std::span<const std::byte> contents_of(const Layer& layer) const {
    return octets_of(layer).subspan(layer.offset + layer.header, layer.length - layer.header);
  }
};

}  // namespace ft::analysis
