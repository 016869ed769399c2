// IPv4 (RFC 791), IPv6 with its extension headers (RFC 8200), and GRE (RFC 2784).
#include "analysis/fields/extract.hpp"
#include "analysis/fields/names.hpp"
#include "analysis/fields/text.hpp"

#include <string>

namespace ft::analysis {
namespace {

using enum FieldType;
constexpr auto v4 = Protocol::ipv4;
constexpr auto v6 = Protocol::ipv6;

/// Header length in octets, which the header counts in words of four.
void words(const Field&, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, v4, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = context.frame.header_of(layer);
    if (!octets.empty()) put_number(into, {index, nth, layer.offset, 1}, (load_u8(octets.data()) & 15u) * 4u);
  });
}

/// ip.version is of both families, as Wireshark has it.
void version(const Field&, const FrameContext& context, Occurrences& into) {
  for (const Protocol protocol : {v4, v6})
    each_layer(context.frame, protocol, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
      const std::span<const std::byte> octets = context.frame.header_of(layer);
      if (!octets.empty()) put_number(into, {index, nth, layer.offset, 1}, load_u8(octets.data()) >> 4);
    });
}

/// Addresses as words, for `matches` and `contains`.
void host(const Field& field, const FrameContext& context, Occurrences& into) {
  const bool four = field.protocol == v4;
  const std::uint32_t size = four ? 4 : 16;
  each_layer(context.frame, field.protocol, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = context.frame.header_of(layer);
    for (std::uint32_t at = field.at; at < field.at + field.octets; at += size) {
      if (at + size > octets.size()) return;
      std::string& text = into.words();
      text.clear();
      append_address(text, octets.subspan(at, size));
      Occurrence& one = into.add_text(text);
      one.layer = index;
      one.nth = nth;
      one.offset = layer.offset + at;
      one.length = size;
    }
  });
}

/// The header's checksum (RFC 1071): a right one makes the sum of all words 0xffff.
void sum_status(const Field&, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, v4, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    put(into, {index, nth, layer.offset, 0}).number = 2;
  });
}

template <typename Visit>
void each_option(const Frame& frame, Visit visit) {
  each_layer(frame, v4, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = frame.header_of(layer);
    std::size_t at = 20;
    while (at < octets.size()) {
      const std::uint8_t type = load_u8(&octets[at]);
      const bool single = type <= 1;
      if (!single && at + 1 >= octets.size()) return;
      const std::size_t length = single ? 1 : load_u8(&octets[at + 1]);
      if (length == 0 || at + length > octets.size()) return;
      visit(Place{index, nth, static_cast<std::uint32_t>(layer.offset + at), static_cast<std::uint32_t>(length)},
            octets.subspan(at, length));
      if (type == 0) return;
      at += length;
    }
  });
}
void option(const Field& field, const FrameContext& context, Occurrences& into) {
  each_option(context.frame, [&](Place place, std::span<const std::byte> octets) {
    if (field.kind == 0 || load_u8(octets.data()) == field.kind) put_value(field, into, place, octets);
  });
}
constexpr Field of_option(std::string_view name, FieldType type, std::uint8_t kind, At at, std::string_view label,
                          std::string_view description) {
  Field f = special(name, type, v4, label, description, option, at);
  f.kind = kind;
  return f;
}

constexpr Field of_host(std::string_view name, Protocol protocol, At at, std::string_view description) {
  return alias(special(name, string, protocol, "", description, host, at));
}

constexpr std::array fields4{
    header("ip", v4, "IPv4", "internet protocol, version 4"),
    special("ip.version", uint8, v4, "Version", "4 (and 6 of IPv6 headers)", version, {0, 1, 0xf0}),
    special("ip.hdr_len", uint8, v4, "Header length", "octets of the header", words, {0, 1, 0x0f}),
    grouping(fixed("ip.dsfield", uint8, v4, {1, 1}, "Traffic class", "differentiated services field: DSCP and ECN", Base::hex)),
    fixed("ip.dsfield.dscp", uint8, v4, {1, 1, 0xfc}, "DSCP", "how the packet wants to be treated (RFC 2474)", Base::decimal,
          names::dscp),
    fixed("ip.dsfield.ecn", uint8, v4, {1, 1, 0x03}, "ECN", "1, 2: marks are understood; 3: congestion was met (RFC 3168)",
          Base::decimal, names::ecn),
    fixed("ip.len", uint16, v4, {2, 2}, "Total length", "octets of header and contents"),
    fixed("ip.id", uint16, v4, {4, 2}, "Identification", "the packet's number, which its fragments share", Base::hex_decimal),
    grouping(fixed("ip.flags", uint8, v4, {6, 1, 0xe0}, "Flags", "three bits on fragmentation", Base::hex)),
    fixed("ip.flags.rb", boolean, v4, {6, 1, 0x80}, "Reserved", "a bit that must be 0", Base::decimal, names::truth),
    fixed("ip.flags.df", boolean, v4, {6, 1, 0x40}, "Don't fragment", "routers may not cut it", Base::decimal, names::truth),
    fixed("ip.flags.mf", boolean, v4, {6, 1, 0x20}, "More fragments", "a fragment, and not the last", Base::decimal,
          names::truth),
    fixed("ip.frag_offset", uint16, v4, {6, 2, 0x1fff}, "Fragment offset", "where a fragment belongs, in units of 8 octets"),
    fixed("ip.ttl", uint8, v4, {8, 1}, "Time to live", "hops left"),
    fixed("ip.proto", uint8, v4, {9, 1}, "Protocol", "what it carries: 6 TCP, 17 UDP, 1 ICMP", Base::decimal, names::ip_protocol),
    fixed("ip.checksum", uint16, v4, {10, 2}, "Header checksum", "checksum over the header", Base::hex),
    special("ip.checksum.status", uint8, v4, "Checksum status", "2: not verified", sum_status, {}, names::checksum_status),
    fixed("ip.src", ipv4, v4, {12, 4}, "Source", "address that it is from"),
    fixed("ip.dst", ipv4, v4, {16, 4}, "Destination", "address that it is for"),
    alias(special("ip.addr", ipv4, v4, "Address", "either address", extract_both, {12, 4})),
    of_host("ip.src_host", v4, {12, 4}, "the source as text; names are not looked up"),
    of_host("ip.dst_host", v4, {16, 4}, "the destination as text; names are not looked up"),
    of_host("ip.host", v4, {12, 8}, "either address as text; names are not looked up"),
    of_option("ip.opt.type", uint8, 0, {0, 1}, "Option", "kind of an option"),
    of_option("ip.opt.len", uint8, 0, {1, 1}, "Option length", "octets of an option"),
    of_option("ip.opt.ra", uint16, 148, {2, 2}, "Router alert", "value of a router alert (RFC 2113)"),

    header("gre", Protocol::gre, "GRE", "generic routing encapsulation"),
    fixed("gre.flags_and_version", uint16, Protocol::gre, {0, 2}, "Flags and version", "which parts the header has", Base::hex),
    fixed("gre.flags.checksum", boolean, Protocol::gre, {0, 2, 0x8000}, "Checksum present", "the header has a checksum"),
    fixed("gre.flags.key", boolean, Protocol::gre, {0, 2, 0x2000}, "Key present", "the header has a key (RFC 2890)"),
    fixed("gre.flags.sequence_number", boolean, Protocol::gre, {0, 2, 0x1000}, "Sequence number present",
          "the header has a sequence number (RFC 2890)"),
    fixed("gre.proto", uint16, Protocol::gre, {2, 2}, "Protocol", "EtherType of what it carries", Base::hex, names::gre_protocol),
};

constexpr Field extension(std::string_view name, Protocol protocol, std::string_view label, std::string_view description) {
  return header(name, protocol, label, description);
}

constexpr std::array fields6{
    header("ipv6", v6, "IPv6", "internet protocol, version 6"),
    fixed("ipv6.version", uint8, v6, {0, 1, 0xf0}, "Version", "6"),
    grouping(fixed("ipv6.tclass", uint32, v6, {0, 4, 0x0ff00000}, "Traffic class", "DSCP and ECN", Base::hex)),
    fixed("ipv6.tclass.dscp", uint32, v6, {0, 4, 0x0fc00000}, "DSCP", "how the packet wants to be treated (RFC 2474)",
          Base::decimal, names::dscp),
    fixed("ipv6.tclass.ecn", uint32, v6, {0, 4, 0x00300000}, "ECN",
          "1, 2: marks are understood; 3: congestion was met (RFC 3168)", Base::decimal, names::ecn),
    fixed("ipv6.flow", uint24, v6, {0, 4, 0x000fffff}, "Flow label", "number that a flow's packets share (RFC 6437)", Base::hex),
    fixed("ipv6.plen", uint16, v6, {4, 2}, "Payload length", "octets after this header"),
    fixed("ipv6.nxt", uint8, v6, {6, 1}, "Next header", "what follows: 6 TCP, 17 UDP, 58 ICMPv6, or an extension", Base::decimal,
          names::ip_protocol),
    fixed("ipv6.hlim", uint8, v6, {7, 1}, "Hop limit", "hops left"),
    fixed("ipv6.src", ipv6, v6, {8, 16}, "Source", "address that it is from"),
    fixed("ipv6.dst", ipv6, v6, {24, 16}, "Destination", "address that it is for"),
    alias(special("ipv6.addr", ipv6, v6, "Address", "either address", extract_both, {8, 16})),
    of_host("ipv6.src_host", v6, {8, 16}, "the source as text; names are not looked up"),
    of_host("ipv6.dst_host", v6, {24, 16}, "the destination as text; names are not looked up"),
    of_host("ipv6.host", v6, {8, 32}, "either address as text; names are not looked up"),
    extension("ipv6.hopopts", Protocol::hop_by_hop, "Hop-by-hop options", "options for every router on the way"),
    fixed("ipv6.hopopts.nxt", uint8, Protocol::hop_by_hop, {0, 1}, "Next header", "what follows", Base::decimal,
          names::ip_protocol),
    fixed("ipv6.hopopts.len", uint8, Protocol::hop_by_hop, {1, 1}, "Length", "in units of 8 octets, the first not counted"),
    extension("ipv6.dstopts", Protocol::destination_options, "Destination options", "options for the destination"),
    fixed("ipv6.dstopts.nxt", uint8, Protocol::destination_options, {0, 1}, "Next header", "what follows", Base::decimal,
          names::ip_protocol),
    fixed("ipv6.dstopts.len", uint8, Protocol::destination_options, {1, 1}, "Length",
          "in units of 8 octets, the first not counted"),
    extension("ipv6.routing", Protocol::routing, "Routing header", "places to pass on the way"),
    fixed("ipv6.routing.nxt", uint8, Protocol::routing, {0, 1}, "Next header", "what follows", Base::decimal, names::ip_protocol),
    fixed("ipv6.routing.len", uint8, Protocol::routing, {1, 1}, "Length", "in units of 8 octets, the first not counted"),
    fixed("ipv6.routing.type", uint8, Protocol::routing, {2, 1}, "Type", "kind of routing header"),
    fixed("ipv6.routing.segleft", uint8, Protocol::routing, {3, 1}, "Segments left", "places still to pass"),
    extension("ipv6.fraghdr", Protocol::fragment, "Fragment header", "part of a packet"),
    fixed("ipv6.fraghdr.nxt", uint8, Protocol::fragment, {0, 1}, "Next header", "what the whole packet continues with",
          Base::decimal, names::ip_protocol),
    fixed("ipv6.fraghdr.offset", uint16, Protocol::fragment, {2, 2, 0xfff8}, "Offset", "where it belongs, in units of 8 octets"),
    fixed("ipv6.fraghdr.more", boolean, Protocol::fragment, {2, 2, 0x0001}, "More fragments", "not the last one", Base::decimal,
          names::truth),
    fixed("ipv6.fraghdr.ident", uint32, Protocol::fragment, {4, 4}, "Identification", "number that the fragments share",
          Base::hex),
    extension("ah", Protocol::authentication, "Authentication header", "RFC 4302"),
    fixed("ah.spi", uint32, Protocol::authentication, {4, 4}, "SPI", "number of the security association", Base::hex),
};

}  // namespace

std::span<const Field> ipv4_fields() { return fields4; }
std::span<const Field> ipv6_fields() { return fields6; }

}  // namespace ft::analysis
