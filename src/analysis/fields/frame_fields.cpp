// frame.*: what the capture says about a packet, and the packet as a whole.
#include "analysis/fields/extract.hpp"
#include "analysis/fields/names.hpp"

#include <string>

namespace ft::analysis {
namespace {

void whole(const Field&, const FrameContext& context, Occurrences& into) {
  const std::span<const std::byte> octets = context.frame.octets;
  put_octets(into, {.length = static_cast<std::uint32_t>(octets.size())}, octets);
}
void number(const Field&, const FrameContext& context, Occurrences& into) { put_known(into, context.frame.number); }
void original_length(const Field&, const FrameContext& context, Occurrences& into) {
  put_known(into, context.frame.original_length);
}
void captured_length(const Field&, const FrameContext& context, Occurrences& into) {
  put_known(into, context.frame.octets.size());
}
void time(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.frame.timed) put_time(into, context.frame.at.time_since_epoch());
}
void time_relative(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.frame.timed) put_time(into, context.frame.at - context.first);
}
void time_delta(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.frame.timed) put_time(into, context.previous ? context.frame.at - *context.previous : Duration{});
}
void time_displayed(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.frame.timed) put_time(into, context.displayed ? context.frame.at - *context.displayed : Duration{});
}

/// "eth:ethertype:ip:tcp": the names of what was dissected, and of how the next one was told.
void protocols(const Field&, const FrameContext& context, Occurrences& into) {
  std::string& text = into.words();
  text.clear();
  const std::span<const Layer> layers = context.frame.layers();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = layers[i];
    // The piece of a packet that the last fragment brought has become part of the whole one.
    if (layer.protocol == Protocol::data && i + 1 < layers.size()) continue;
    if (!text.empty()) text += ':';
    text += name_of(context.frame, i);
    const bool typed = layer.protocol == Protocol::ethernet || layer.protocol == Protocol::vlan ||
                       layer.protocol == Protocol::linux_sll || layer.protocol == Protocol::linux_sll2;
    const bool llc = i + 1 < layers.size() && layers[i + 1].protocol == Protocol::llc;
    if (typed && !llc) text += ":ethertype";
  }
  into.add_text(text);
}

void comment(const Field&, const FrameContext& context, Occurrences& into) {
  for (std::string_view text : context.frame.comments) into.add_text(text, false);
}
void interface_number(const Field&, const FrameContext& context, Occurrences& into) { put_known(into, context.frame.interface); }
void interface_name(const Field&, const FrameContext& context, Occurrences& into) {
  if (!context.interface_name.empty()) into.add_text(context.interface_name, false);
}
void link_type(const Field&, const FrameContext& context, Occurrences& into) {
  put_known(into, static_cast<std::uint64_t>(context.frame.link_type));
}
void direction(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.frame.direction != pcap::Direction::unknown) put_known(into, static_cast<std::uint64_t>(context.frame.direction));
}
void cut_short(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.frame.octets.size() < context.frame.original_length) put(into, {});
}
void malformed(const Field&, const FrameContext& context, Occurrences& into) {
  if (context.frame.problem == Problem::malformed) put(into, {});
}

constexpr std::array<NamedNumber, 2> directions{{{1, "Inbound"}, {2, "Outbound"}}};

constexpr Field of(std::string_view name, FieldType type, std::string_view label, std::string_view description,
                   Field::Extract extract, std::span<const NamedNumber> names = {}) {
  return of_frame(special(name, type, Protocol::data, label, description, extract, {}, names));
}
constexpr Field frame_header() {
  Field f = of("frame", FieldType::protocol, "Frame", "the packet as captured, all of its octets", whole);
  f.group = true;
  return f;
}

constexpr std::array fields{
    frame_header(),
    of("frame.number", FieldType::uint32, "Number", "which packet of the capture, from 1", number),
    of("frame.time", FieldType::absolute_time, "Captured", "when it was captured, as a date: \"2026-11-22 05:38:46.83\" (UTC)",
       time),
    alias(of("frame.time_epoch", FieldType::relative_time, "Captured", "when it was captured, in seconds since 1970", time)),
    of("frame.time_relative", FieldType::relative_time, "Since the first packet", "time since the first packet of the capture",
       time_relative),
    of("frame.time_delta", FieldType::relative_time, "Since the packet before", "time since the packet before it in the capture",
       time_delta),
    of("frame.time_delta_displayed", FieldType::relative_time, "Since the last one shown",
       "time since the last packet that the filter let through", time_displayed),
    of("frame.len", FieldType::uint32, "Octets on the wire", "octets that it had on the wire", original_length),
    of("frame.cap_len", FieldType::uint32, "Octets captured", "octets of it that were captured", captured_length),
    of("frame.protocols", FieldType::string, "Protocols", "its protocols from the outside in: \"eth:ethertype:ip:tcp\"",
       protocols),
    of("frame.interface_id", FieldType::uint32, "Interface", "number of the interface that captured it, from 0",
       interface_number),
    of("frame.interface_name", FieldType::string, "Interface name", "name of the interface that captured it", interface_name),
    ours(of("frame.linktype", FieldType::uint16, "Link type", "number of its link type in the LINKTYPE registry", link_type)),
    of("frame.packet_flags_direction", FieldType::uint32, "Direction", "1 inbound, 2 outbound, where the capture tells",
       direction, directions),
    of("frame.comment", FieldType::string, "Comment", "a comment that the capture file holds", comment),
    of("_ws.short", FieldType::none, "Cut short", "the capture kept only the beginning of the packet", cut_short),
    of("_ws.malformed", FieldType::none, "Malformed", "a header contradicts itself or ends too early", malformed),
};

}  // namespace

std::span<const Field> frame_fields() { return fields; }

}  // namespace ft::analysis
