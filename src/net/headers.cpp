#include "net/headers.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/address_octets.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <array>

namespace ft::net {

namespace {

constexpr std::size_t longest_packet = 65535;

//= rfc9293 MUST-48
//= rfc9293 MUST-49
//= rfc9293 SHLD-22
wire::Ipv4Header ipv4_header(const Envelope& envelope, std::size_t payload_length) {
  FT_ASSERT(wire::ipv4_min_header + payload_length <= longest_packet);
  return {.traffic_class = envelope.traffic_class,
          .total_length = static_cast<std::uint16_t>(wire::ipv4_min_header + payload_length),
          .dont_fragment = envelope.dont_fragment,
          .ttl = envelope.ttl,
          .protocol = envelope.protocol,
          .source = envelope.source,
          .destination = envelope.destination};
}

//= rfc9293 MUST-48
//= rfc9293 MUST-49
//= rfc9293 SHLD-22
wire::Ipv6Header ipv6_header(const Envelope& envelope, std::size_t payload_length) {
  FT_ASSERT(payload_length <= longest_packet);
  wire::Ipv6Header header;
  header.traffic_class = envelope.traffic_class;
  header.payload_length = static_cast<std::uint16_t>(payload_length);
  header.next_header = envelope.protocol;
  header.hop_limit = envelope.ttl;
  header.source = envelope.source;
  header.destination = envelope.destination;
  return header;
}

}  // namespace

std::size_t ip_header_length(Family family) { return family == Family::ipv4 ? wire::ipv4_min_header : wire::ipv6_header_length; }

std::size_t piece_header_length(Family family) {
  return ip_header_length(family) + (family == Family::ipv6 ? wire::fragment_header_length : 0);
}

HeaderWriter::HeaderWriter(KeyedHash hash)
    : hash_(hash), last_id_(static_cast<std::uint32_t>(hash(std::span<const std::byte>{}))) {}

std::size_t HeaderWriter::write(const Envelope& envelope, std::size_t payload_length, std::span<std::byte> out) {
  if (envelope.destination.is_v4()) {
    wire::Ipv4Header header = ipv4_header(envelope, payload_length);
    if (envelope.route != nullptr) return write_routed(header, *envelope.route, out);
    if (!envelope.dont_fragment) header.id = static_cast<std::uint16_t>(next_id());
    return wire::write_ipv4(header, out);
  }
  wire::Ipv6Header header = ipv6_header(envelope, payload_length);
  header.flow_label = flow_label(envelope, out.subspan(wire::ipv6_header_length, payload_length));
  return wire::write_ipv6(header, out);
}

std::size_t HeaderWriter::write_routed(wire::Ipv4Header header, const wire::SourceRoute& route, std::span<std::byte> out) {
  const std::size_t options = wire::write_source_route(route, header.destination, out.subspan(wire::ipv4_min_header));
  header.total_length = static_cast<std::uint16_t>(header.total_length + options);
  header.destination = route.hops[0];
  if (!header.dont_fragment) header.id = static_cast<std::uint16_t>(next_id());
  return wire::write_ipv4(header, out, options);
}

std::size_t HeaderWriter::write_piece(const Envelope& envelope, std::uint32_t id, const Piece& piece,
                                      std::span<std::byte> out) const {
  if (envelope.destination.is_v4()) {
    wire::Ipv4Header header = ipv4_header(envelope, piece.length);
    header.dont_fragment = false;
    header.id = static_cast<std::uint16_t>(id);
    header.fragment_offset = static_cast<std::uint32_t>(piece.offset);
    header.more_fragments = piece.more;
    return wire::write_ipv4(header, out);
  }
  wire::Ipv6Header header = ipv6_header(envelope, wire::fragment_header_length + piece.length);
  header.next_header = wire::next_header::fragment;
  const std::size_t length = wire::write_ipv6(header, out);
  const wire::FragmentHeader fragment{envelope.protocol, static_cast<std::uint32_t>(piece.offset), piece.more, id};
  return length + wire::write_fragment(fragment, out.subspan(length));
}

std::uint32_t HeaderWriter::flow_label(const Envelope& envelope, std::span<const std::byte> payload) {
  Flow flow{envelope.source, envelope.destination, 0, 0};
  const bool has_ports = envelope.protocol == wire::protocol::tcp && payload.size() >= 4;
  if (has_ports) flow.ports = load_be32(payload.data());
  if (last_flow_) {
    flow.label = last_flow_->label;
    if (flow == *last_flow_) return flow.label;
  }
  std::array<std::byte, 37> octets{};
  ByteWriter to(octets);
  wire::write_address(to, envelope.source);
  wire::write_address(to, envelope.destination);
  to.u32(flow.ports);
  to.u8(envelope.protocol);
  flow.label = static_cast<std::uint32_t>(hash_(octets)) & 0xfffff;
  if (flow.label == 0) flow.label = 1;  // 0 says "no label"
  last_flow_ = flow;
  return flow.label;
}

}  // namespace ft::net
