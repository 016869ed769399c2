#include "net/unwrap.hpp"

#include "base/cursor.hpp"
#include "net/extensions.hpp"
#include "wire/icmpv6.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv4_options.hpp"
#include "wire/ipv6.hpp"

namespace ft::net {

namespace {

constexpr std::uint32_t max_length = 65535;
constexpr std::uint32_t ipv4_protocol_offset = 9;

/// ::ffff:0:0/96 names IPv4 peers inside a host and never travels (RFC 6890 2.2.3, RFC 4942 2.2).
bool is_mapped_v4(const IpAddress& address) {
  static constexpr std::array<std::uint8_t, 16> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return address.in_prefix(IpAddress::from_octets(Family::ipv6, prefix), 96);
}

//= rfc9293 MUST-63
bool is_bad_source(const Routes& routes, const IpAddress& source, const IpAddress& destination, std::uint8_t protocol) {
  if (source.is_v6() && source.is_unspecified()) {
    // Only a neighbour that tests whether an address is free may have none (RFC 4861 4.3).
    return protocol != wire::protocol::icmpv6 || !destination.is_multicast();
  }
  const bool is_this_network = source.is_v4() && source.octets()[0] == 0;  // RFC 1122 3.2.1.3 (a), (b)
  return is_this_network || source.is_multicast() || source.is_loopback() || routes.is_broadcast(source) ||
         routes.is_own(source) || (source.is_v6() && is_mapped_v4(source));
}

/// Source routes let strangers choose our packets' way, and look like neighbours (RFC 7126 4.3, 4.4): taken only when asked to.
/// All other options are none of our business (MUST-50).
DropReason judge_options(const Routes& routes, std::span<const std::byte> options) {
  const auto route = wire::read_source_route(options);
  if (!route) return route.error();
  if (!*route) return DropReason::none;
  return routes.accepts_source_routes() && (*route)->complete ? DropReason::none : DropReason::source_route;
}

DropReason judge(const Routes& routes, const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                 FromLink link, Judged& latest) {
  if (latest.is_good(source, destination, protocol, link)) return DropReason::none;
  const DropReason reason = judge_addresses(routes, source, destination, protocol, link);
  if (reason == DropReason::none) latest = {source, destination, protocol, link.group, link.looped, true};
  return reason;
}

//= rfc9293 MUST-50
//= rfc9293 MUST-57
Rejection unwrap_ipv4(const Routes& routes, std::span<const std::byte> packet, FromLink link, Judged& latest,
                      Datagram& datagram) {
  const auto parsed = wire::parse_ipv4(packet);
  if (!parsed) return {parsed.error()};
  const wire::Ipv4Header& header = parsed->header;
  if (const DropReason reason = judge(routes, header.source, header.destination, header.protocol, link, latest);
      reason != DropReason::none) {
    return {reason};
  }
  datagram.source = header.source;
  datagram.destination = header.destination;
  datagram.protocol = header.protocol;
  datagram.ttl = header.ttl;
  datagram.traffic_class = header.traffic_class;
  datagram.checksum_verified = link.checksum_verified;
  datagram.link_group = link.group;
  datagram.looped = link.looped;
  datagram.protocol_offset = ipv4_protocol_offset;
  datagram.payload = parsed->payload;
  datagram.packet = packet.first(header.total_length);
  if (!parsed->options.empty()) {
    const DropReason reason = judge_options(routes, parsed->options);
    if (reason != DropReason::none) return {reason};
    datagram.ip_options = parsed->options;
  }
  if (header.is_fragment()) {
    datagram.was_fragmented = true;
    const auto header_length = static_cast<std::uint32_t>(header.total_length - parsed->payload.size());
    datagram.fragment = {header.id, header.fragment_offset, header.more_fragments, max_length - header_length};
  }
  return {};
}

/// All headers up to the transport's must be in the first fragment (RFC 7112 5): filters see no other.
bool has_whole_chain(std::uint8_t protocol, std::span<const std::byte> payload) {
  const auto chain = walk_extensions(protocol, 0, 0, payload);
  if (!chain) return chain.error().reason != DropReason::too_short;
  const std::size_t left = payload.size() - chain->length;
  switch (chain->protocol) {
    case wire::protocol::tcp:
      return left >= 20;
    case wire::protocol::udp:
    case wire::protocol::icmpv6:
      return left >= 8;
    default:
      return true;
  }
}

/// Walks the extension headers of what is at `datagram.payload`, `base` octets into the packet.
Rejection open_extensions(Datagram& datagram, std::uint32_t base, bool may_be_fragment) {
  if (!is_extension(datagram.protocol)) return {};  // nearly every packet
  const auto chain = walk_extensions(datagram.protocol, datagram.protocol_offset, base, datagram.payload);
  if (!chain) return chain.error();
  datagram.protocol = chain->protocol;
  datagram.protocol_offset = chain->protocol_offset;
  datagram.payload = datagram.payload.subspan(chain->length);
  const auto fragment = chain->fragment;
  if (!fragment) return {};
  if (!may_be_fragment) return {DropReason::unsupported_extension};
  datagram.was_fragmented = true;
  const bool is_atomic = fragment->offset == 0 && !fragment->more_fragments;
  if (is_atomic)
    return open_extensions(datagram, base + chain->length, false);  // RFC 6946 4: by itself, whatever else has its id
  const auto before = static_cast<std::uint32_t>(base + chain->length - wire::ipv6_header_length - wire::fragment_header_length);
  datagram.fragment = {fragment->id, fragment->offset, fragment->more_fragments, max_length - before};
  if (fragment->offset == 0 && !has_whole_chain(datagram.protocol, datagram.payload))
    return Rejection{DropReason::fragment_bad, Rejection::Problem{wire::icmpv6_parameter::incomplete_chain, 0}};
  return {};
}

//= rfc9293 MUST-50
//= rfc9293 MUST-57
Rejection unwrap_ipv6(const Routes& routes, std::span<const std::byte> packet, FromLink link, Judged& latest,
                      Datagram& datagram) {
  const auto parsed = wire::parse_ipv6(packet);
  if (!parsed) return {parsed.error()};
  const wire::Ipv6Header& header = parsed->header;
  datagram.source = header.source;
  datagram.destination = header.destination;
  datagram.protocol = header.next_header;
  datagram.ttl = header.hop_limit;
  datagram.traffic_class = header.traffic_class;
  datagram.checksum_verified = link.checksum_verified;
  datagram.link_group = link.group;
  datagram.looped = link.looped;
  datagram.protocol_offset = wire::ipv6_next_header_offset;
  datagram.payload = parsed->payload;
  datagram.packet = packet.first(wire::ipv6_header_length + parsed->payload.size());
  const auto rejection = open_extensions(datagram, wire::ipv6_header_length, true);
  if (const DropReason reason = judge(routes, datagram.source, datagram.destination, datagram.protocol, link, latest);
      reason != DropReason::none) {
    return {reason};  // who is not spoken to does not complain
  }
  return rejection;
}

}  // namespace

DropReason judge_addresses(const Routes& routes, const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                           FromLink link) {
  if (link.looped)
    return routes.is_this_host(source) && routes.is_this_host(destination) ? DropReason::none : DropReason::not_for_us;
  const bool is_to_us = routes.is_local(destination);
  if (!is_to_us) {
    const bool is_group = destination.is_multicast() || routes.is_broadcast(destination);
    if (is_group && protocol == wire::protocol::tcp) return DropReason::not_unicast;
    if (!routes.is_own_group(destination) && !routes.is_broadcast(destination)) return DropReason::not_for_us;
  } else if (link.group) {
    return DropReason::not_unicast;  // RFC 1122 3.3.6: a unicast packet in a broadcast frame is some host's mistake
  }
  if (is_bad_source(routes, source, destination, protocol)) return DropReason::bad_source;
  return DropReason::none;
}

Rejection unwrap(const Routes& routes, std::span<const std::byte> packet, FromLink link, Judged& latest, Datagram& datagram) {
  if (packet.empty()) return {DropReason::too_short};
  switch (load_u8(packet.data()) >> 4) {
    case 4:
      return unwrap_ipv4(routes, packet, link, latest, datagram);
    case 6:
      return unwrap_ipv6(routes, packet, link, latest, datagram);
    default:
      return {DropReason::bad_version};
  }
}

Rejection open_reassembled(Datagram& datagram) {
  datagram.fragment.reset();
  datagram.ip_options = {};
  if (datagram.source.is_v4()) return {};
  return {open_extensions(datagram, wire::ipv6_header_length, false).reason};
}

}  // namespace ft::net
