// Link layers: what stands before the IP header in each of the LINKTYPE registry's forms that we read.
#include "analysis/dissect/walk.hpp"

#include "base/cursor.hpp"
#include "wire/ethernet.hpp"

#include <algorithm>

namespace ft::analysis {
namespace {

using pcap::Direction;
using pcap::LinkType;

constexpr std::uint16_t type_vlan = 0x8100, type_qinq = 0x88a8, type_old_qinq = 0x9100;
constexpr std::uint16_t type_pppoe_session = 0x8864, type_mpls = 0x8847, type_mpls_multicast = 0x8848;
constexpr std::uint16_t least_type = 0x0600;  // below: a length, and LLC follows (IEEE 802.3 3.2.6)
constexpr std::uint16_t ppp_ipv4 = 0x0021, ppp_ipv6 = 0x0057;

constexpr bool is_tag(std::uint16_t type) { return type == type_vlan || type == type_qinq || type == type_old_qinq; }

/// AF_INET of everybody; AF_INET6 of Linux (10), NetBSD and OpenBSD (24), FreeBSD (28), macOS (30), and Solaris (26).
bool is_ip_family(std::uint32_t family) {
  constexpr std::array<std::uint32_t, 6> families{2, 10, 24, 26, 28, 30};
  return std::ranges::find(families, family) != families.end();
}

/// Packet types of cooked captures: to us, broadcast, multicast, to another, from us.
Direction direction_of(unsigned packet_type) {
  if (packet_type == 4) return Direction::outbound;
  return packet_type <= 2 ? Direction::inbound : Direction::unknown;
}

}  // namespace

void Walk::run() {
  switch (frame_.link_type) {
    case LinkType::ethernet:
      return ethernet();
    case LinkType::raw_ip:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return ip();
    case LinkType::null:
      return null_loop(false);
    case LinkType::loop:
      return null_loop(true);
    case LinkType::linux_sll:
      return sll();
    case LinkType::linux_sll2:
      return sll2();
    default:
      break;
  }
  switch (static_cast<unsigned>(frame_.link_type)) {
    case 9:    // PPP
    case 50:   // PPP in HDLC framing
    case 166:  // PPP with a direction in its first octet
      return ppp();
    case 51:
      return pppoe();
    case 12:  // raw IP as OpenBSD and others number it
    case 14:
      return ip();
    case 104: {  // Cisco HDLC: address, control, EtherType
      if (!have(4, Protocol::data)) return;
      const std::uint16_t type = load_be16(here() + 2);
      if (add(Protocol::ppp, 4)) ethertype(type);
      return;
    }
    default:
      note(Problem::unsupported_link_type, Protocol::data);
      add_data();
  }
}

void Walk::ethernet() {
  if (!have(wire::ethernet_header_length, Protocol::ethernet)) return;
  frame_.segment.link = mix_link(frame_.segment.link, rest().first<12>());
  const std::uint16_t type = load_be16(here() + 12);
  if (add(Protocol::ethernet, wire::ethernet_header_length)) ethertype(type);
}

void Walk::ethertype(std::uint16_t type) {
  while (is_tag(type)) {
    if (!have(4, Protocol::vlan)) return;
    frame_.segment.link = mix_link(frame_.segment.link, rest().first<2>());
    type = load_be16(here() + 2);
    if (!add(Protocol::vlan, 4)) return;
  }
  switch (type) {
    case wire::ethertype::ipv4:
      return ipv4();
    case wire::ethertype::ipv6:
      return ipv6();
    case wire::ethertype::arp:
      return arp();
    case type_pppoe_session:
      return pppoe();
    case type_mpls:
    case type_mpls_multicast:
      return mpls();
    default:
      return type < least_type ? llc() : add_data();
  }
}

/// 802.2: IP comes behind SNAP only (RFC 1042).
void Walk::llc() {
  if (!have(3, Protocol::llc)) return;
  const bool snap = load_u8(here()) == 0xaa && load_u8(here() + 1) == 0xaa;
  if (!snap) {
    if (add(Protocol::llc, 3)) add_data();
    return;
  }
  if (!have(8, Protocol::llc)) return;
  const std::uint16_t type = load_be16(here() + 6);
  if (add(Protocol::llc, 8)) type < least_type ? add_data() : ethertype(type);
}

void Walk::sll() {
  constexpr std::size_t header = 16;
  if (!have(header, Protocol::linux_sll)) return;
  frame_.segment.link = mix_link(frame_.segment.link, rest().first<14>());
  if (frame_.direction == Direction::unknown) frame_.direction = direction_of(load_be16(here()));
  const std::uint16_t type = load_be16(here() + 14);
  if (!add(Protocol::linux_sll, header)) return;
  type == 4 ? llc() : type < least_type ? add_data() : ethertype(type);
}

void Walk::sll2() {
  constexpr std::size_t header = 20;
  if (!have(header, Protocol::linux_sll2)) return;
  frame_.segment.link = mix_link(frame_.segment.link, rest().subspan<4, 16>());  // interface, type, address
  if (frame_.direction == Direction::unknown) frame_.direction = direction_of(load_u8(here() + 10));
  const std::uint16_t type = load_be16(here());
  if (!add(Protocol::linux_sll2, header)) return;
  type == 4 ? llc() : type < least_type ? add_data() : ethertype(type);
}

/// The family's number tells in which order it was written: no family is above 255.
void Walk::null_loop(bool network_order) {
  if (!have(4, Protocol::null_loop)) return;
  std::uint32_t family = load_be32(here());
  if (!network_order && family > 0xffff) family = family >> 24 | (family >> 8 & 0xff00);
  if (!add(Protocol::null_loop, 4)) return;
  is_ip_family(family) ? ip() : add_data();
}

void Walk::ppp() {
  if (!have(2, Protocol::ppp)) return;
  // Address and control may be left out (RFC 1661 6.6); LINKTYPE_PPP_WITH_DIR has 0 or 1 in the place of the address.
  const bool direction = static_cast<unsigned>(frame_.link_type) == 166;
  std::size_t header = 0;
  if (direction) {
    if (frame_.direction == Direction::unknown)
      frame_.direction = load_u8(here()) == 1 ? Direction::outbound : Direction::inbound;
    header = 1;
    if (rest().size() > 2 && load_u8(here() + 1) == 0xff && load_u8(here() + 2) == 0x03) header = 3;
  } else if (load_u8(here()) == 0xff && load_u8(here() + 1) == 0x03) {
    header = 2;
  } else if (static_cast<unsigned>(frame_.link_type) == 50 && load_u8(here()) == 0x0f) {  // Cisco HDLC beside it (RFC 1547 4.3.1)
    if (!have(4, Protocol::ppp)) return;
    const std::uint16_t type = load_be16(here() + 2);
    if (add(Protocol::ppp, 4)) ethertype(type);
    return;
  }
  ppp_protocol(header);
}

/// `before` octets, then a protocol number of one octet when it is odd, else of two (RFC 1661 2).
void Walk::ppp_protocol(std::size_t before) {
  if (!have(before + 1, Protocol::ppp)) return;
  const bool compressed = (load_u8(here() + before) & 1) != 0;
  if (!have(before + (compressed ? 1 : 2), Protocol::ppp)) return;
  const std::uint16_t number = compressed ? load_u8(here() + before) : load_be16(here() + before);
  if (!add(Protocol::ppp, before + (compressed ? 1 : 2))) return;
  number == ppp_ipv4 ? ipv4() : number == ppp_ipv6 ? ipv6() : add_data();
}

/// RFC 2516 4: version and type 1, code 0 = data, session, length.
void Walk::pppoe() {
  constexpr std::size_t header = 6;
  if (!have(header, Protocol::pppoe)) return;
  const bool session = load_u8(here()) == 0x11 && load_u8(here() + 1) == 0;
  const std::uint16_t length = load_be16(here() + 4);
  if (!add(Protocol::pppoe, header)) return;
  cut(length, Protocol::pppoe);
  session ? ppp_protocol(0) : add_data();
}

/// RFC 3032 2.1: labels until the one with the bottom bit; what follows tells by its first four bits what it is.
void Walk::mpls() {
  bool bottom = false;
  while (!bottom) {
    if (!have(4, Protocol::mpls)) return;
    bottom = (load_u8(here() + 2) & 1) != 0;
    if (!add(Protocol::mpls, 4)) return;
  }
  if (rest().empty()) return;
  const unsigned version = load_u8(here()) >> 4;
  version == 4 || version == 6 ? ip() : add_data();
}

void Walk::arp() {
  constexpr std::size_t header = 28;  // of Ethernet and IPv4 (RFC 826)
  if (have(header, Protocol::arp)) add(Protocol::arp, header);
}

}  // namespace ft::analysis
