// IPv4 (RFC 791), IPv6 and its extension headers (RFC 8200 4), fragments, and packets inside packets: IP in IP (RFC 2003, 2473,
// 4213) and GRE (RFC 2784, 2890).
#include "analysis/dissect/walk.hpp"

#include "base/cursor.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <algorithm>

namespace ft::analysis {
namespace {

namespace number {
inline constexpr std::uint8_t hop_by_hop = 0, ipv4 = 4, ipv6 = 41, routing = 43, fragment = 44, gre = 47, authentication = 51,
                              none = 59, destination_options = 60, mobility = 135, host_identity = 139, shim6 = 140;
}

IpAddress read_ip(const std::byte* p, Family family) {
  const std::size_t octets = family == Family::ipv4 ? 4 : 16;
  return IpAddress::from_octets(family, {reinterpret_cast<const std::uint8_t*>(p), octets});
}

/// The length of a packet too large for its header's field: the jumbo payload option of a hop-by-hop header (RFC 2675 2); 0
/// without.
std::uint32_t jumbo_length(std::span<const std::byte> hop_by_hop) {
  std::size_t at = 2;
  while (at + 2 <= hop_by_hop.size()) {
    const std::uint8_t type = load_u8(&hop_by_hop[at]);
    if (type == 0) {  // Pad1
      ++at;
      continue;
    }
    const std::size_t length = load_u8(&hop_by_hop[at + 1]);
    if (type == 0xc2 && length == 4 && at + 6 <= hop_by_hop.size()) return load_be32(&hop_by_hop[at + 2]);
    at += 2 + length;
  }
  return 0;
}

}  // namespace

void Walk::ip() {
  if (rest().empty()) {
    have(1, Protocol::ipv4);
    return;
  }
  switch (load_u8(here()) >> 4) {
    case 4:
      return ipv4();
    case 6:
      return ipv6();
    default:
      note(Problem::malformed, Protocol::ipv4);
      add_data();
  }
}

void Walk::ipv4() {
  if (!have(wire::ipv4_min_header, Protocol::ipv4)) return;
  const std::byte* p = here();
  const std::size_t header = (load_u8(p) & 15u) * 4u;
  if (load_u8(p) >> 4 != 4 || header < wire::ipv4_min_header) {
    note(Problem::malformed, Protocol::ipv4);
    return add_data();
  }
  if (!have(header, Protocol::ipv4)) return;
  std::uint64_t total = load_be16(p + 2);
  if (total == 0)
    total = wire_rest();  // segments that a network card was to cut are longer than the field can say, or left to it
  if (total < header) {
    note(Problem::malformed, Protocol::ipv4);
    add(Protocol::ipv4, header);
    return add_data();
  }
  cut(total, Protocol::ipv4);
  const std::uint16_t fragment_field = load_be16(p + 6);
  Ip ip{.source = read_ip(p + 12, Family::ipv4),
        .destination = read_ip(p + 16, Family::ipv4),
        .ttl = load_u8(p + 8),
        .traffic_class = load_u8(p + 1),
        .id = load_be16(p + 4),
        .v4 = true,
        .dont_fragment = (fragment_field & 0x4000) != 0,
        .fragmented = false,
        .length = total};
  if (!add(Protocol::ipv4, header)) return;
  const std::uint8_t next = load_u8(p + 9);
  const bool more = (fragment_field & 0x2000) != 0;
  const std::uint32_t offset = (fragment_field & 0x1fffu) * 8u;
  if (!more && offset == 0) return protocol(next, ip);
  fragment({ip.source, ip.destination, ip.id, next, offset, more, {}}, next, ip);
}

void Walk::ipv6() {
  if (!have(wire::ipv6_header_length, Protocol::ipv6)) return;
  const std::byte* p = here();
  if (load_u8(p) >> 4 != 6) {
    note(Problem::malformed, Protocol::ipv6);
    return add_data();
  }
  const std::uint8_t next = load_u8(p + 6);
  std::uint64_t total = wire::ipv6_header_length + load_be16(p + 4);
  if (total == wire::ipv6_header_length) {
    total = wire_rest();  // a jumbogram, or left to the network card as with IPv4
    if (next == number::hop_by_hop && rest().size() > 48) {
      const std::uint32_t jumbo =
          jumbo_length(rest().subspan(40, std::min<std::size_t>((load_u8(p + 41) + 1u) * 8u, rest().size() - 40)));
      if (jumbo != 0) total = wire::ipv6_header_length + std::uint64_t{jumbo};
    } else if (next == number::none) {
      total = wire::ipv6_header_length;
    }
  }
  cut(total, Protocol::ipv6);
  Ip ip{.source = read_ip(p + 8, Family::ipv6),
        .destination = read_ip(p + 24, Family::ipv6),
        .ttl = load_u8(p + 7),
        .traffic_class = static_cast<std::uint8_t>(load_be16(p) >> 4),
        .id = 0,
        .v4 = false,
        .dont_fragment = true,  // nobody on the way may
        .fragmented = false,
        .length = total};
  if (add(Protocol::ipv6, wire::ipv6_header_length)) extensions(next, ip);
}

void Walk::extensions(std::uint8_t next, Ip& ip) {
  while (true) {
    Protocol kind;
    switch (next) {
      case number::hop_by_hop:
        kind = Protocol::hop_by_hop;
        break;
      case number::routing:
        kind = Protocol::routing;
        break;
      case number::destination_options:
      case number::mobility:
      case number::host_identity:
      case number::shim6:
        kind = Protocol::destination_options;
        break;
      case number::authentication:
        kind = Protocol::authentication;
        break;
      case number::fragment:
        return ipv6_fragment(ip);
      default:
        return protocol(next, ip);
    }
    if (!have(8, kind)) return;
    // In units of 8 octets beside the first 8; of 4 octets less 2 for the authentication header (RFC 4302 2.2).
    const std::size_t units = load_u8(here() + 1);
    const std::size_t length = kind == Protocol::authentication ? (units + 2) * 4 : (units + 1) * 8;
    if (!have(length, kind)) return;
    next = load_u8(here());
    if (!add(kind, length)) return;
  }
}

void Walk::ipv6_fragment(Ip& ip) {
  if (!have(wire::fragment_header_length, Protocol::fragment)) return;
  const std::uint8_t next = load_u8(here());
  const std::uint16_t field = load_be16(here() + 2);
  const std::uint32_t id = load_be32(here() + 4);
  if (!add(Protocol::fragment, wire::fragment_header_length)) return;
  const bool more = (field & 1) != 0;
  const std::uint32_t offset = field & 0xfff8u;
  if (!more && offset == 0) return extensions(next, ip);  // alone: RFC 6946
  fragment({ip.source, ip.destination, id, next, offset, more, {}}, next, ip);
}

void Walk::fragment(Fragment fragment, std::uint8_t next, Ip& ip) {
  fragment.contents = rest();
  if (error_ || reassembled_) {  // only its first octets are quoted; and fragments of fragments are for nobody
    if (fragment.offset == 0) return ip.v4 ? protocol(next, ip) : extensions(next, ip);
    return add_data();
  }
  if (rest().size() < wire_rest()) {
    note(Problem::truncated, ip.v4 ? Protocol::ipv4 : Protocol::fragment);
    return add_data();
  }
  const auto outcome = reassembler_.add(fragment, frame_.at);
  if (outcome != Reassembler::Outcome::complete) {
    const bool waiting = outcome == Reassembler::Outcome::waiting;
    note(waiting ? Problem::fragment_waiting : Problem::fragment_refused, ip.v4 ? Protocol::ipv4 : Protocol::fragment);
    return add_data();
  }
  add_data();
  frame_.reassembled = octets_ = reassembler_.whole();
  wire_ = octets_.size();
  at_ = 0;
  reassembled_ = true;
  ip.fragmented = true;
  ip.length = octets_.size() + (ip.v4 ? wire::ipv4_min_header : wire::ipv6_header_length);
  ip.v4 ? protocol(next, ip) : extensions(next, ip);
}

void Walk::protocol(std::uint8_t number, const Ip& ip) {
  switch (number) {
    case wire::protocol::tcp:
      return error_ ? quoted_tcp(ip) : tcp(ip);
    case wire::protocol::udp:
      return udp();
    case wire::protocol::icmp:
      return icmp(ip);
    case wire::protocol::icmpv6:
      return icmpv6(ip);
    case number::ipv4:
      return ipv4();
    case number::ipv6:
      return ipv6();
    case number::gre:
      return gre();
    case number::authentication: {
      if (ip.v4) {
        Ip same = ip;
        return extensions(number, same);
      }
      return add_data();
    }
    default:
      return add_data();
  }
}

/// RFC 2784 2.1 and RFC 2890 2: checksum, key and sequence number are there when their bits say so.
void Walk::gre() {
  if (!have(4, Protocol::gre)) return;
  const std::uint16_t flags = load_be16(here());
  const std::uint16_t type = load_be16(here() + 2);
  const unsigned version = flags & 7u;
  std::size_t header = 4;
  if ((flags & 0xc000) != 0) header += 4;                  // checksum, or routing of RFC 1701, which shares its place
  if ((flags & 0x2000) != 0) header += 4;                  // key
  if ((flags & 0x1000) != 0) header += 4;                  // sequence number
  if (version == 1 && (flags & 0x0080) != 0) header += 4;  // acknowledgement number (RFC 2637 4.1)
  if (!have(header, Protocol::gre)) return;
  if (!add(Protocol::gre, header)) return;
  if ((flags & 0x4000) != 0) return add_data();  // source routes, which nobody sends any more
  constexpr std::uint16_t transparent_ethernet = 0x6558, ppp_type = 0x880b;
  if (version == 1) return type == ppp_type ? ppp() : add_data();
  if (type == transparent_ethernet) return ethernet();
  ethertype(type);
}

}  // namespace ft::analysis
