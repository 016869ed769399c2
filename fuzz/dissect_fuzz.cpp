// Any octets as packets of any link type: layers lie within the packet and within one another's, text lies where the packet is,
// memory for fragments stays bounded; an anonymised packet is the same segment of somebody else; and the short way reads what the
// long way does.
#include "analysis/anonymise/anonymiser.hpp"
#include "analysis/dissect/dissector.hpp"
#include "analysis/dissect/usual.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace ft;
using namespace ft::analysis;

namespace {

constexpr std::array<std::uint16_t, 15> link_types{1, 0, 101, 108, 113, 228, 229, 276, 9, 50, 51, 104, 166, 12, 147};

bool lies_within(std::span<const std::byte> part, std::span<const std::byte> whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_layers(const Frame& frame) {
  FT_ASSERT(frame.layers().size() <= Frame::most_layers);
  FT_ASSERT(!(frame.has_segment && frame.has_icmp_error));
  FT_ASSERT(!describe(frame.problem).empty());
  for (const Layer& layer : frame.layers()) {
    FT_ASSERT(!to_string(layer.protocol).empty());
    FT_ASSERT(layer.header <= layer.length);
    FT_ASSERT(layer.offset + std::size_t{layer.length} <= frame.octets_of(layer).size());
    FT_ASSERT(lies_within(frame.contents_of(layer), frame.octets_of(layer)));
  }
  if (!frame.has_segment) return;
  const Segment& s = frame.segment;
  FT_ASSERT(s.text.size() <= s.length && s.options.sack_count <= s.options.sack.size());
  FT_ASSERT(lies_within(s.text, frame.octets) || lies_within(s.text, frame.reassembled));
}

void check_anonymised(const Frame& frame, const Frame& other) {
  if (!frame.reassembled.empty()) return;  // put together of what may have been cut within a header
  FT_ASSERT(frame.has_segment == other.has_segment || !other.reassembled.empty());
  FT_ASSERT(frame.has_icmp_error == other.has_icmp_error || !other.reassembled.empty());
  if (!frame.has_segment || !other.reassembled.empty()) return;
  const Segment &a = frame.segment, &b = other.segment;
  FT_ASSERT(a.seq == b.seq && a.ack == b.ack && a.length == b.length && a.flags == b.flags && a.window == b.window);
  FT_ASSERT(a.source_port == b.source_port && a.destination_port == b.destination_port && a.options.stamps == b.options.stamps);
  FT_ASSERT(a.checksum == b.checksum || a.checksum == ChecksumState::bad || a.checksum == ChecksumState::partial);
}

/// What the short way takes is read again the long way: without its Ethernet header, which only the short way wants.
void check_usual(pcap::Packet packet) {
  Segment quick;
  if (!read_usual(packet, true, quick)) return;
  constexpr std::uint32_t ethernet = 14;
  packet.link_type = pcap::LinkType::raw_ip;
  packet.octets = packet.octets.subspan(ethernet);
  packet.original_length -= ethernet;
  Dissector dissector;
  const Frame& frame = dissector.dissect(packet);
  FT_ASSERT(frame.has_segment);
  const Segment& slow = frame.segment;
  FT_ASSERT(quick.source == slow.source && quick.destination == slow.destination);
  FT_ASSERT(quick.source_port == slow.source_port && quick.destination_port == slow.destination_port);
  FT_ASSERT(quick.seq == slow.seq && quick.ack == slow.ack && quick.flags == slow.flags && quick.ae == slow.ae);
  FT_ASSERT(quick.window == slow.window && quick.urgent == slow.urgent && quick.length == slow.length);
  FT_ASSERT(quick.packet_length == slow.packet_length && quick.checksum == slow.checksum);
  FT_ASSERT(quick.text.data() == slow.text.data() && quick.text.size() == slow.text.size());
  FT_ASSERT(quick.ttl == slow.ttl && quick.traffic_class == slow.traffic_class && quick.fragmented == slow.fragmented);
  FT_ASSERT(quick.has_ip_id == slow.has_ip_id && quick.ip_id == slow.ip_id && quick.dont_fragment == slow.dont_fragment);
  const SegmentOptions &a = quick.options, &b = slow.options;
  FT_ASSERT(a.has == b.has && a.mss_value == b.mss_value && a.shift == b.shift && a.nops == b.nops && a.stamps == b.stamps);
  FT_ASSERT(a.fast_open_length == b.fast_open_length && a.sack_count == b.sack_count);
  FT_ASSERT(std::equal(a.sack.begin(), a.sack.begin() + a.sack_count, b.sack.begin()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto input = std::as_bytes(std::span{data, size});
  const auto link = static_cast<pcap::LinkType>(link_types[data[0] % link_types.size()]);
  const unsigned cut = data[1];  // of each packet so much was on the wire and not captured
  const ReassemblyLimits limits{.most_octets = 100'000, .most_packets = 4};
  Dissector first({.verify_checksums = true, .reassembly = limits}), second({.verify_checksums = true, .reassembly = limits});
  Anonymiser anonymiser(AnonymiseKey{1, 2, 3});
  std::vector<std::byte> other;
  std::size_t at = 2;
  while (at + 2 <= size) {
    const std::size_t length = std::min<std::size_t>((data[at] & 15u) * 256u + data[at + 1], size - at - 2);
    pcap::Packet packet{
        .link_type = link, .original_length = static_cast<std::uint32_t>(length + cut), .octets = input.subspan(at + 2, length)};
    at += 2 + length;
    check_usual(packet);
    const Frame& frame = first.dissect(packet);
    check_layers(frame);
    FT_ASSERT(first.reassembler().octets_held() <= limits.most_octets &&
              first.reassembler().packets_waiting() <= limits.most_packets + 1);
    anonymiser.anonymise(frame, other);
    FT_ASSERT(other.size() == length);
    packet.octets = other;
    const Frame& again = second.dissect(packet);
    check_layers(again);
    check_anonymised(frame, again);
  }
  return 0;
}
