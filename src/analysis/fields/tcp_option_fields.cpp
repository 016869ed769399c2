// tcp.options.*: RFC 9293 3.1 and 3.2, 7323, 2018, 2883, 2385, 5925, 5482, 7413, 8684, 9768.
#include "analysis/fields/extract.hpp"
#include "analysis/fields/names.hpp"
#include "wire/tcp.hpp"
#include "wire/tcp_option.hpp"

namespace ft::analysis {
namespace {

using enum FieldType;
constexpr auto tcp = Protocol::tcp;
constexpr std::uint8_t any_kind = 255;
namespace kinds = wire::tcp_option;

/// Calls `visit(place, option octets, header)` for each option, until one that cannot be right.
template <typename Visit>
void each_option(const Frame& frame, Visit visit) {
  each_layer(frame, tcp, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = frame.header_of(layer);
    if (octets.size() <= wire::tcp_min_header) return;
    wire::each_tcp_option(octets.subspan(wire::tcp_min_header), [&](std::span<const std::byte> option) {
      const auto at = static_cast<std::size_t>(option.data() - octets.data());
      visit(Place{index, nth, static_cast<std::uint32_t>(layer.offset + at), static_cast<std::uint32_t>(option.size())}, option,
            layer);
    });
  });
}

void option(const Field& field, const FrameContext& context, Occurrences& into) {
  each_option(context.frame, [&](const Place& place, std::span<const std::byte> octets, const Layer&) {
    if (field.kind == any_kind || load_u8(octets.data()) == field.kind) put_value(field, into, place, octets);
  });
}
/// The option itself.
void whole(const Field& field, const FrameContext& context, Occurrences& into) {
  each_option(context.frame, [&](const Place& place, std::span<const std::byte> octets, const Layer&) {
    if (load_u8(octets.data()) == field.kind) put_octets(into, place, octets);
  });
}
/// What stands behind the field's place, to the option's end.
void rest(const Field& field, const FrameContext& context, Occurrences& into) {
  each_option(context.frame, [&](Place place, std::span<const std::byte> octets, const Layer&) {
    if (load_u8(octets.data()) != field.kind || octets.size() <= field.at) return;
    place.offset += field.at;
    place.length -= field.at;
    put_octets(into, place, octets.subspan(field.at));
  });
}
void all(const Field&, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, tcp, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = context.frame.header_of(layer);
    if (octets.size() <= wire::tcp_min_header) return;
    const std::span<const std::byte> list = octets.subspan(wire::tcp_min_header);
    const auto at = static_cast<std::uint32_t>(layer.offset + wire::tcp_min_header);
    put_octets(into, {index, nth, at, static_cast<std::uint32_t>(list.size())}, list);
  });
}
void multiplier(const Field& field, const FrameContext& context, Occurrences& into) {
  each_option(context.frame, [&](const Place& place, std::span<const std::byte> octets, const Layer&) {
    if (load_u8(octets.data()) == field.kind && octets.size() == 3)
      put(into, {place.layer, place.nth, place.offset, place.length}).number = std::uint64_t{1}
                                                                               << std::min<unsigned>(load_u8(&octets[2]), 14);
  });
}
void fast_open_request(const Field& field, const FrameContext& context, Occurrences& into) {
  each_option(context.frame, [&](const Place& place, std::span<const std::byte> octets, const Layer&) {
    // Before the option had a number of its own it was an experiment (RFC 7413 4.1.1, RFC 6994).
    const bool experiment = load_u8(octets.data()) >= kinds::experiment_1 && octets.size() == 4 &&
                            load_be16(&octets[2]) == kinds::fast_open_experiment;
    if (experiment || (load_u8(octets.data()) == field.kind && octets.size() == 2)) put(into, place);
  });
}

/// A first block that lies below the ACK, or inside the second, tells of octets that arrived twice (RFC 2883 4).
bool begins_with_duplicate(std::span<const std::byte> octets, Seq ack) {
  if (octets.size() < 10) return false;
  const Seq left{load_be32(&octets[2])};
  const Seq right{load_be32(&octets[6])};
  if (before(left, ack)) return true;
  if (octets.size() < 18) return false;
  return after_or_equal(left, Seq{load_be32(&octets[10])}) && before_or_equal(right, Seq{load_be32(&octets[14])});
}
/// Edges of blocks, `at` 0 left, 4 right; relative as acknowledgment numbers are. `octets` 1: of the D-SACK block only.
void edges(const Field& field, const FrameContext& context, Occurrences& into) {
  const bool duplicate_only = field.mask != 0;
  each_option(context.frame, [&](const Place& place, std::span<const std::byte> octets, const Layer& layer) {
    if (load_u8(octets.data()) != kinds::sack) return;
    const std::span<const std::byte> header = context.frame.header_of(layer);
    const Seq ack{load_be32(&header[8])};
    if (duplicate_only && !begins_with_duplicate(octets, ack)) return;
    const std::uint32_t base = context.tcp != nullptr && !layer.quoted ? ack.value() - context.tcp->ack : 0;
    const std::size_t end = duplicate_only ? 10 : octets.size();
    for (std::size_t block = 2; block + 8 <= end; block += 8) {
      const std::size_t at = block + field.at;
      put_number(into, {place.layer, place.nth, static_cast<std::uint32_t>(place.offset + at), 4}, load_be32(&octets[at]) - base);
    }
  });
}
void block_count(const Field&, const FrameContext& context, Occurrences& into) {
  each_option(context.frame, [&](const Place& place, std::span<const std::byte> octets, const Layer&) {
    if (load_u8(octets.data()) == kinds::sack) put(into, place).number = (octets.size() - 2) / 8;
  });
}
void mptcp_subtype(const Field& field, const FrameContext& context, Occurrences& into) {
  each_option(context.frame, [&](const Place& place, std::span<const std::byte> octets, const Layer&) {
    if (load_u8(octets.data()) == field.kind) put_value(field, into, place, octets);
  });
}

constexpr Field one(std::string_view name, std::uint8_t kind, std::string_view label, std::string_view description) {
  Field f = special(name, protocol, tcp, label, description, whole);
  f.kind = kind;
  f.group = true;
  return f;
}
constexpr Field in(std::string_view name, FieldType type, std::uint8_t kind, At at, std::string_view label,
                   std::string_view description, Field::Extract extract = option, Base base = Base::decimal) {
  Field f = special(name, type, tcp, label, description, extract, at);
  f.kind = kind;
  f.base = base;
  return f;
}
constexpr Field edge(std::string_view name, std::uint16_t at, bool duplicate, std::string_view label,
                     std::string_view description) {
  Field f = special(name, uint32, tcp, label, description, edges, {at, 4, duplicate ? 1u : 0u});
  f.kind = kinds::sack;
  f.need = Need::streams;
  f.alias = duplicate;
  return f;
}
constexpr Field named(Field f, std::span<const NamedNumber> names) {
  f.names = names;
  return f;
}

constexpr std::array fields{
    grouping(special("tcp.options", bytes, tcp, "Options", "all options", all)),
    one("tcp.options.mss", kinds::max_segment_size, "Maximum segment size", "the largest text that its sender can take"),
    one("tcp.options.wscale", kinds::window_scale, "Window scale", "what windows of its sender are to be shifted by (RFC 7323)"),
    one("tcp.options.sack_perm", kinds::sack_permitted, "SACK permitted", "its sender understands SACK (RFC 2018)"),
    one("tcp.options.sack", kinds::sack, "SACK", "octets above the ACK that have arrived"),
    one("tcp.options.timestamp", kinds::timestamps, "Timestamps", "the sender's time, and the last that it saw (RFC 7323)"),
    one("tcp.options.nop", kinds::no_operation, "No-operation", "fills up to a boundary"),
    one("tcp.options.eol", kinds::end_of_list, "End of options", "nothing follows"),
    one("tcp.options.md5", kinds::md5, "MD5 signature", "RFC 2385"),
    one("tcp.options.user_to", kinds::user_timeout, "User timeout", "how long its sender waits before it gives up (RFC 5482)"),
    one("tcp.options.ao", kinds::authentication, "Authentication", "TCP-AO (RFC 5925)"),
    one("tcp.options.mptcp_option", kinds::mptcp, "Multipath TCP", "RFC 8684; tcp.options.mptcp.subtype says which"),
    one("tcp.options.tfo", kinds::fast_open, "Fast open", "a cookie, or the wish for one (RFC 7413)"),
    one("tcp.options.experimental", kinds::experiment_2, "Experiment", "an option under test (RFC 6994)"),
    named(in("tcp.option_kind", uint8, any_kind, {0, 1}, "Kind", "kind of an option"), names::tcp_option),
    in("tcp.option_len", uint8, any_kind, {1, 1}, "Length", "octets of an option",
       [](const Field& field, const FrameContext& context, Occurrences& into) {
         each_option(context.frame, [&](const Place& place, std::span<const std::byte> octets, const Layer&) {
           if (octets.size() > 1) put_value(field, into, place, octets);
         });
       }),
    in("tcp.options.mss_val", uint16, kinds::max_segment_size, {2, 2}, "Octets", "the largest text that its sender can take"),
    in("tcp.options.wscale.shift", uint8, kinds::window_scale, {2, 1}, "Shift", "bits to shift windows by"),
    in("tcp.options.wscale.multiplier", uint16, kinds::window_scale, {2, 1}, "Multiplier", "what windows are multiplied with",
       multiplier),
    in("tcp.options.timestamp.tsval", uint32, kinds::timestamps, {2, 4}, "TSval", "the sender's time"),
    in("tcp.options.timestamp.tsecr", uint32, kinds::timestamps, {6, 4}, "TSecr", "the last time that it saw of the other side"),
    in("tcp.options.sack.count", uint8, kinds::sack, {}, "Blocks", "how many blocks there are", block_count),
    edge("tcp.options.sack_le", 0, false, "Left edge", "first octet of a block"),
    edge("tcp.options.sack_re", 4, false, "Right edge", "the octet after a block's last"),
    edge("tcp.options.sack.dsack_le", 0, true, "D-SACK left edge", "first octet of what arrived twice (RFC 2883)"),
    edge("tcp.options.sack.dsack_re", 4, true, "D-SACK right edge", "the octet after the last that arrived twice (RFC 2883)"),
    in("tcp.options.md5.digest", bytes, kinds::md5, {2, 16}, "Digest", "proof of who sent it"),
    in("tcp.options.user_to_granularity", boolean, kinds::user_timeout, {2, 2, 0x8000}, "In minutes",
       "the timeout is in minutes, else in seconds"),
    in("tcp.options.user_to_val", uint16, kinds::user_timeout, {2, 2, 0x7fff}, "Timeout", "how long its sender waits"),
    in("tcp.options.ao.keyid", uint8, kinds::authentication, {2, 1}, "Key", "number of the key"),
    in("tcp.options.ao.rnextkeyid", uint8, kinds::authentication, {3, 1}, "Next key",
       "number of the key that its sender wants next"),
    in("tcp.options.ao.mac", bytes, kinds::authentication, {4, 0}, "MAC", "proof of who sent it", rest),
    in("tcp.options.tfo.cookie", bytes, kinds::fast_open, {2, 0}, "Cookie", "proof of having been here", rest),
    in("tcp.options.tfo.request", none, kinds::fast_open, {}, "Asks for a cookie", "a fast open option without a cookie",
       fast_open_request),
    in("tcp.options.mptcp.subtype", uint8, kinds::mptcp, {2, 1, 0xf0}, "Subtype",
       "what the multipath option says: 0 capable, 1 join, 2 data", mptcp_subtype),
    in("tcp.options.experimental.exid", uint16, kinds::experiment_2, {2, 2}, "Experiment", "number of the experiment (RFC 6994)",
       option, Base::hex),
};

}  // namespace

std::span<const Field> tcp_option_fields() { return fields; }

}  // namespace ft::analysis
