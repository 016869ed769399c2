// ICMP (RFC 792), ICMPv6 (RFC 4443, RFC 4861), UDP (RFC 768), and data: what nobody here dissects further.
#include "analysis/fields/extract.hpp"
#include "analysis/fields/names.hpp"

#include "wire/checksum.hpp"

namespace ft::analysis {
namespace {

using enum FieldType;

/// `only` limits a field to messages of certain types: the same octets mean other things in others.
template <std::uint8_t... only>
void of_types(const Field& field, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, field.protocol, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = context.frame.octets_of(layer).subspan(layer.offset, layer.length);
    if (octets.empty()) return;
    const std::uint8_t type = load_u8(octets.data());
    if (((type == only) || ...)) put_value(field, into, {index, nth, layer.offset, 0}, octets);
  });
}
template <std::uint8_t... only>
constexpr Field of_message(std::string_view name, FieldType type, Protocol protocol, At at, std::string_view label,
                           std::string_view description) {
  return special(name, type, protocol, label, description, of_types<only...>, at);
}

/// The next hop's MTU (RFC 1191 4) is only in code 4.
void mtu(const Field& field, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, Protocol::icmp, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = context.frame.header_of(layer);
    if (octets.size() >= 8 && load_u8(octets.data()) == 3 && load_u8(&octets[1]) == 4)
      put_value(field, into, {index, nth, layer.offset, 0}, octets);
  });
}

/// ICMP's own octets are enough to verify it; 2 when the capture holds too little.
void icmp_status(const Field&, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, Protocol::icmp, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const bool all = layer.length == layer.wire;
    const std::span<const std::byte> octets = context.frame.octets_of(layer).subspan(layer.offset, layer.length);
    const std::uint64_t status = !all ? 2 : wire::is_valid(wire::add_octets(0, octets)) ? 1 : 0;
    put(into, {index, nth, layer.offset, 0}).number = status;
  });
}

void udp_stream(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.udp_stream) put_known(into, *context.udp_stream);
}

/// The piece of a packet that the last fragment brought is part of the whole one, which is dissected instead.
bool shown_as_data(const Frame& frame, std::size_t index) {
  if (frame.layer_room[index].protocol != Protocol::data || index + 1 != frame.layer_count) return false;
  if (index == 0 || frame.layer_room[index - 1].protocol != Protocol::icmpv6) return true;
  // What routers and neighbours tell (RFC 4861) is no data.
  const std::span<const std::byte> message = frame.header_of(frame.layer_room[index - 1]);
  const std::uint8_t type = message.empty() ? std::uint8_t{0} : load_u8(message.data());
  return type < 133 || type > 137;
}
void data(const Field& field, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, Protocol::data, [&](const Layer& layer, std::uint8_t index, std::uint8_t) {
    if (!shown_as_data(context.frame, index) || layer.length == 0) return;
    const std::span<const std::byte> octets = context.frame.octets_of(layer).subspan(layer.offset, layer.length);
    if (field.type == int32)
      put_number(into, {index, 1, layer.offset, 0}, octets.size());
    else
      put_octets(into, {index, 1, layer.offset, layer.length}, octets);
  });
}

constexpr auto icmp = Protocol::icmp;
constexpr auto icmpv6 = Protocol::icmpv6;
constexpr auto udp = Protocol::udp;

constexpr std::array fields_icmp{
    header("icmp", icmp, "ICMP", "control messages of IPv4"),
    fixed("icmp.type", uint8, icmp, {0, 1}, "Type", "kind of message: 3 unreachable, 8 and 0 echo, 11 time exceeded",
          Base::decimal, names::icmp_type),
    fixed("icmp.code", uint8, icmp, {1, 1}, "Code", "closer kind, by type: 3/3 port unreachable, 3/4 fragmentation needed"),
    fixed("icmp.checksum", uint16, icmp, {2, 2}, "Checksum", "checksum over the message", Base::hex),
    special("icmp.checksum.status", uint8, icmp, "Checksum status", "0 bad, 1 good, 2 not verified", icmp_status, {},
            names::checksum_status),
    of_message<0, 8, 13, 14>("icmp.ident", uint16, icmp, {4, 2}, "Identifier", "whose echo it is"),
    of_message<0, 8, 13, 14>("icmp.seq", uint16, icmp, {6, 2}, "Sequence number", "which echo it is"),
    special("icmp.mtu", uint16, icmp, "MTU of the next hop", "largest packet that would have passed (RFC 1191)", mtu, {6, 2}),
    of_message<5>("icmp.redir_gw", ipv4, icmp, {4, 4}, "Gateway", "the better way that a redirect tells"),

    header("icmpv6", icmpv6, "ICMPv6", "control messages of IPv6"),
    fixed("icmpv6.type", uint8, icmpv6, {0, 1}, "Type",
          "kind of message: 1 unreachable, 2 too big, 128 and 129 echo, 135 and 136 neighbours", Base::decimal,
          names::icmpv6_type),
    fixed("icmpv6.code", uint8, icmpv6, {1, 1}, "Code", "closer kind, by type"),
    fixed("icmpv6.checksum", uint16, icmpv6, {2, 2}, "Checksum", "checksum over the message and the addresses", Base::hex),
    of_message<128, 129>("icmpv6.echo.identifier", uint16, icmpv6, {4, 2}, "Identifier", "whose echo it is"),
    of_message<128, 129>("icmpv6.echo.sequence_number", uint16, icmpv6, {6, 2}, "Sequence number", "which echo it is"),
    of_message<2>("icmpv6.mtu", uint32, icmpv6, {4, 4}, "MTU", "largest packet that would have passed"),
    of_message<4>("icmpv6.pointer", uint32, icmpv6, {4, 4}, "Pointer", "octet where the trouble is"),
    of_message<135>("icmpv6.nd.ns.target_address", ipv6, icmpv6, {8, 16}, "Target", "whose MAC address is asked for"),
    of_message<136>("icmpv6.nd.na.target_address", ipv6, icmpv6, {8, 16}, "Target", "whose MAC address is told"),
};

constexpr std::array fields_udp{
    header("udp", udp, "UDP", "user datagram protocol"),
    fixed("udp.srcport", uint16, udp, {0, 2}, "Source port", "port that it is from"),
    fixed("udp.dstport", uint16, udp, {2, 2}, "Destination port", "port that it is for"),
    alias(special("udp.port", uint16, udp, "Port", "either port", extract_both, {0, 2})),
    needing(Need::streams, special("udp.stream", uint32, udp, "Stream", "number of the conversation, from 0", udp_stream)),
    fixed("udp.length", uint16, udp, {4, 2}, "Length", "octets of header and contents"),
    fixed("udp.checksum", uint16, udp, {6, 2}, "Checksum", "checksum over the datagram and the addresses; 0 = none", Base::hex),
    special("udp.payload", bytes, udp, "Payload", "what it carries", extract_contents),

    special("data", protocol, Protocol::data, "Data", "octets that are not dissected further", data),
    special("data.data", bytes, Protocol::data, "Octets", "octets that are not dissected further", data),
    special("data.len", int32, Protocol::data, "Length", "how many octets are not dissected further", data),
};

}  // namespace

std::span<const Field> icmp_fields() { return fields_icmp; }
std::span<const Field> udp_fields() { return fields_udp; }

}  // namespace ft::analysis
