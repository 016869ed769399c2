// Link layers: Ethernet (IEEE 802.3), VLAN tags (802.1Q, 802.1ad), LLC, Linux cooked captures, BSD loopback, PPP (RFC 1661),
// PPPoE (RFC 2516), MPLS (RFC 3032), and ARP (RFC 826).
#include "analysis/fields/extract.hpp"
#include "analysis/fields/names.hpp"

namespace ft::analysis {
namespace {

using enum FieldType;

/// A frame shorter than Ethernet's least is padded to 60 octets (64 with its checksum); more behind the packet is a trailer.
void behind(const Field& field, const FrameContext& context, Occurrences& into) {
  constexpr std::size_t least = 60;
  const std::span<const Layer> layers = context.frame.layers();
  if (layers.empty() || layers.front().protocol != Protocol::ethernet) return;
  std::uint8_t i = 1;
  while (i < layers.size() && layers[i].protocol == Protocol::vlan) ++i;
  if (i >= layers.size() || layers[i].protocol == Protocol::data) return;
  // ARP says how long it is by the sizes of its addresses.
  const std::span<const std::byte> arp = context.frame.header_of(layers[i]);
  const bool sized = layers[i].protocol == Protocol::arp && arp.size() >= 8;
  const std::size_t length = sized ? 8u + 2u * (load_u8(&arp[4]) + load_u8(&arp[5])) : layers[i].length;
  const std::size_t end = layers[i].offset + length;
  const std::size_t size = context.frame.octets.size();
  if (end >= size) return;
  const bool padding = size <= least;
  if (padding != (field.name == "eth.padding")) return;
  put_octets(into, {0, 1, static_cast<std::uint32_t>(end), static_cast<std::uint32_t>(size - end)},
             context.frame.octets.subspan(end));
}

/// The type where it is one, the length where it is none (below 0x600, IEEE 802.3 3.2.6).
void type_or_length(const Field& field, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, Protocol::ethernet, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = context.frame.header_of(layer);
    if (octets.size() < 14) return;
    const bool length = load_be16(&octets[12]) < 0x600;
    if (length == (field.name == "eth.len")) put_value(field, into, {index, nth, layer.offset, 0}, octets);
  });
}

void tag(const Field& field, const FrameContext& context, Occurrences& into) {
  std::uint8_t count = 0;
  each_layer(context.frame, Protocol::vlan, [&](const Layer& layer, std::uint8_t index, std::uint8_t) {
    if (of_provider(context.frame, layer) != field.name.starts_with("ieee8021ad")) return;
    const Place place{index, ++count, layer.offset, 0};
    if (field.type != protocol) return put_value(field, into, place, context.frame.header_of(layer));
    Occurrence& one = put(into, {index, count, layer.offset, layer.header});
    one.data = context.frame.octets_of(layer).data() + layer.offset;
    one.size = layer.header;
    one.whole = layer.length;
  });
}
constexpr Field of_tag(std::string_view name, FieldType type, At at, std::string_view label, std::string_view description,
                       Base base = Base::decimal, std::span<const NamedNumber> names = {}) {
  Field f = fixed(name, type, Protocol::vlan, at, label, description, base, names);
  f.extract = tag;
  if (type == protocol) f.group = true;
  return f;
}

/// Cooked captures come in two versions with the same things in other places: `at` is of version 1, `kind` of version 2.
void cooked(const Field& field, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, Protocol::linux_sll, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    if (field.octets != 0) put_value(field, into, {index, nth, layer.offset, 0}, context.frame.header_of(layer));
  });
  Field second = field;
  second.at = field.kind;
  if (field.name == "sll.pkttype" || field.name == "sll.halen") second.octets = 1;
  if (field.name == "sll.ifindex") second.octets = 4;
  each_layer(context.frame, Protocol::linux_sll2, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    put_value(second, into, {index, nth, layer.offset, 0}, context.frame.header_of(layer));
  });
}
void cooked_header(const Field& field, const FrameContext& context, Occurrences& into) {
  extract_header(field, context, into);
  Field second = field;
  second.protocol = Protocol::linux_sll2;
  extract_header(second, context, into);
}
constexpr Field of_cooked(std::string_view name, FieldType type, At first, std::uint8_t second, std::string_view label,
                          std::string_view description, Base base = Base::decimal, std::span<const NamedNumber> names = {}) {
  Field f = fixed(name, type, Protocol::linux_sll, first, label, description, base, names);
  f.kind = second;
  f.extract = cooked;
  return f;
}

/// The protocol number is the header's end: one octet when it is odd, else two.
void ppp_number(const Field& field, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, Protocol::ppp, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = context.frame.header_of(layer);
    if (octets.empty()) return;
    const std::size_t last = octets.size() - 1;
    const bool two = last > 0 && (load_u8(&octets[last - 1]) & 1) == 0;
    Field placed = field;
    placed.octets = two ? 2 : 1;
    placed.at = static_cast<std::uint16_t>(octets.size() - placed.octets);
    put_value(placed, into, {index, nth, layer.offset, 0}, octets);
  });
}

/// The family stands in the order of the host that captured: the one in which it is small.
void family(const Field&, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, Protocol::null_loop, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = context.frame.header_of(layer);
    if (octets.size() < 4) return;
    std::uint32_t number = load_be32(octets.data());
    if (number > 0xffff) number = number >> 24 | (number >> 8 & 0xff00);
    put_number(into, {index, nth, layer.offset, 4}, number);
  });
}

/// Asked about itself: sender and target are one (RFC 5227 1.1 calls the one without a sender a probe).
void gratuitous(const Field&, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, Protocol::arp, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = context.frame.octets_of(layer).subspan(layer.offset, layer.length);
    if (octets.size() >= 28 && load_be32(&octets[14]) == load_be32(&octets[24]))
      put_number(into, {index, nth, layer.offset, 0}, 1);
  });
}

constexpr auto ethernet = Protocol::ethernet;
constexpr std::uint32_t local_bit = 0x020000, group_bit = 0x010000;
constexpr Field address_bit(std::string_view name, std::uint16_t at, std::uint32_t mask, std::string_view label,
                            std::string_view description) {
  return fixed(name, boolean, ethernet, {at, 3, mask}, label, description);
}
constexpr Field both(Field f, std::uint16_t octets) {
  f.octets = octets;
  f.alias = true;
  f.extract = extract_both;
  return f;
}
/// One bit of each address: read with the stride of an address.
void both_bits(const Field& field, const FrameContext& context, Occurrences& into) {
  for (const std::uint16_t at : {std::uint16_t{0}, std::uint16_t{6}}) {
    Field one = field;
    one.at = at;
    extract_fixed(one, context, into);
  }
}
constexpr Field of_both_bits(std::string_view name, std::uint32_t mask, std::string_view description) {
  Field f = address_bit(name, 0, mask, "", description);
  f.alias = true;
  f.extract = both_bits;
  return f;
}

constexpr std::array fields{
    header("eth", ethernet, "Ethernet", "Ethernet"),
    grouping(fixed("eth.dst", ether, ethernet, {0, 6}, "Destination", "MAC address that it is for")),
    address_bit("eth.dst.lg", 0, local_bit, "Locally administered", "the destination was chosen by hand, not by a manufacturer"),
    address_bit("eth.dst.ig", 0, group_bit, "Group", "the destination is a group: multicast or broadcast"),
    grouping(fixed("eth.src", ether, ethernet, {6, 6}, "Source", "MAC address that it is from")),
    address_bit("eth.src.lg", 6, local_bit, "Locally administered", "the source was chosen by hand, not by a manufacturer"),
    address_bit("eth.src.ig", 6, group_bit, "Group", "the source is a group, which it must not be"),
    both(fixed("eth.addr", ether, ethernet, {0, 6}, "Address", "either MAC address"), 6),
    of_both_bits("eth.lg", local_bit, "either MAC address was chosen by hand"),
    of_both_bits("eth.ig", group_bit, "either MAC address is a group"),
    in_hex(special("eth.type", uint16, ethernet, "Type", "EtherType of what it carries: 0x0800 IPv4", type_or_length, {12, 2},
                   names::ethertype)),
    special("eth.len", uint16, ethernet, "Length", "octets that it carries, in frames that say so instead of a type",
            type_or_length, {12, 2}),
    special("eth.padding", bytes, ethernet, "Padding", "octets that fill a frame up to the least length", behind),
    special("eth.trailer", bytes, ethernet, "Trailer", "octets behind the packet", behind),

    of_tag("ieee8021ad", protocol, {}, "IEEE 802.1ad", "outer tag of a provider (0x88a8)"),
    of_tag("ieee8021ad.priority", uint16, {0, 2, 0xe000}, "Priority", "priority of the outer tag"),
    of_tag("ieee8021ad.dei", boolean, {0, 2, 0x1000}, "Drop eligible", "may be dropped first, says the outer tag"),
    of_tag("ieee8021ad.id", uint16, {0, 2, 0x0fff}, "VLAN", "number of the outer VLAN"),
    of_tag("ieee8021ad.etype", uint16, {2, 2}, "Type", "EtherType behind the outer tag", Base::hex, names::ethertype),
    of_tag("vlan", protocol, {}, "802.1Q VLAN", "VLAN tag"),
    of_tag("vlan.priority", uint16, {0, 2, 0xe000}, "Priority", "priority of the tag"),
    of_tag("vlan.dei", boolean, {0, 2, 0x1000}, "Drop eligible", "may be dropped first"),
    of_tag("vlan.id", uint16, {0, 2, 0x0fff}, "VLAN", "number of the VLAN"),
    of_tag("vlan.etype", uint16, {2, 2}, "Type", "EtherType behind the tag", Base::hex, names::ethertype),

    header("llc", Protocol::llc, "Logical link control", "IEEE 802.2"),
    fixed("llc.dsap", uint8, Protocol::llc, {0, 1}, "DSAP", "destination service access point", Base::hex),
    fixed("llc.ssap", uint8, Protocol::llc, {1, 1}, "SSAP", "source service access point", Base::hex),
    fixed("llc.oui", uint24, Protocol::llc, {3, 3}, "Organisation", "whose types follow, in SNAP", Base::hex),
    fixed("llc.type", uint16, Protocol::llc, {6, 2}, "Type", "EtherType in SNAP", Base::hex, names::ethertype),

    grouping(special("sll", protocol, Protocol::linux_sll, "Linux cooked capture", "header of captures on all interfaces",
                     cooked_header)),
    of_cooked("sll.pkttype", uint16, {0, 2}, 10, "Packet type", "to us 0, broadcast 1, multicast 2, to another 3, from us 4",
              Base::decimal, names::sll_packet_type),
    of_cooked("sll.hatype", uint16, {2, 2}, 8, "Link-layer type", "ARP's number of the link's kind"),
    of_cooked("sll.halen", uint16, {4, 2}, 11, "Address length", "octets of the sender's link address"),
    of_cooked("sll.src.eth", ether, {6, 6}, 12, "Source", "the sender's MAC address"),
    of_cooked("sll.etype", uint16, {14, 2}, 0, "Type", "EtherType of what it carries", Base::hex, names::ethertype),
    of_cooked("sll.ifindex", uint32, {0, 0}, 4, "Interface", "the interface's number in its kernel (version 2 only)"),

    header("null", Protocol::null_loop, "Loopback", "BSD loopback: an address family"),
    special("null.family", uint32, Protocol::null_loop, "Family", "address family, in the numbers of the system that captured",
            family),

    header("ppp", Protocol::ppp, "PPP", "point-to-point protocol"),
    in_hex(special("ppp.protocol", uint16, Protocol::ppp, "Protocol", "what it carries: 0x0021 IPv4, 0x0057 IPv6", ppp_number, {},
                   names::ppp_protocol)),
    header("pppoes", Protocol::pppoe, "PPP over Ethernet", "a session's data"),
    fixed("pppoe.code", uint8, Protocol::pppoe, {1, 1}, "Code", "0 for data", Base::hex),
    fixed("pppoe.session_id", uint16, Protocol::pppoe, {2, 2}, "Session", "number of the session", Base::hex),
    fixed("pppoe.payload_length", uint16, Protocol::pppoe, {4, 2}, "Length", "octets that it carries"),

    header("mpls", Protocol::mpls, "MPLS", "one label"),
    fixed("mpls.label", uint32, Protocol::mpls, {0, 4, 0xfffff000}, "Label", "the label"),
    fixed("mpls.exp", uint32, Protocol::mpls, {0, 4, 0x00000e00}, "Traffic class", "traffic class, once called experimental"),
    fixed("mpls.bottom", uint32, Protocol::mpls, {0, 4, 0x00000100}, "Bottom of stack", "1 in the last label"),
    fixed("mpls.ttl", uint32, Protocol::mpls, {0, 4, 0x000000ff}, "TTL", "hops left"),

    header("arp", Protocol::arp, "ARP", "address resolution: who has an IPv4 address?"),
    fixed("arp.hw.type", uint16, Protocol::arp, {0, 2}, "Hardware type", "kind of link: 1 Ethernet"),
    fixed("arp.proto.type", uint16, Protocol::arp, {2, 2}, "Protocol type", "EtherType of the addresses asked for", Base::hex,
          names::ethertype),
    fixed("arp.hw.size", uint8, Protocol::arp, {4, 1}, "Hardware size", "octets of a link address"),
    fixed("arp.proto.size", uint8, Protocol::arp, {5, 1}, "Protocol size", "octets of a network address"),
    fixed("arp.opcode", uint16, Protocol::arp, {6, 2}, "Operation", "1 request, 2 reply", Base::decimal, names::arp_operation),
    fixed("arp.src.hw_mac", ether, Protocol::arp, {8, 6}, "Sender's MAC", "MAC address of who speaks"),
    fixed("arp.src.proto_ipv4", ipv4, Protocol::arp, {14, 4}, "Sender's address", "IPv4 address of who speaks"),
    fixed("arp.dst.hw_mac", ether, Protocol::arp, {18, 6}, "Target's MAC", "MAC address of who is meant; zero in requests"),
    fixed("arp.dst.proto_ipv4", ipv4, Protocol::arp, {24, 4}, "Target's address", "IPv4 address of who is meant"),
    special("arp.isgratuitous", boolean, Protocol::arp, "About itself", "sender and target are the same address", gratuitous),
};

}  // namespace

std::span<const Field> link_fields() { return fields; }

}  // namespace ft::analysis
