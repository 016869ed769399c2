#include "analysis/fields/extract.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ft::analysis {

std::string_view to_string(FieldType type) {
  switch (type) {
    case FieldType::none:
      return "a label";
    case FieldType::protocol:
      return "a protocol";
    case FieldType::boolean:
      return "a truth value";
    case FieldType::uint8:
      return "an unsigned integer of 8 bits";
    case FieldType::uint16:
      return "an unsigned integer of 16 bits";
    case FieldType::uint24:
      return "an unsigned integer of 24 bits";
    case FieldType::uint32:
      return "an unsigned integer of 32 bits";
    case FieldType::uint64:
      return "an unsigned integer of 64 bits";
    case FieldType::int32:
      return "an integer of 32 bits";
    case FieldType::int64:
      return "an integer of 64 bits";
    case FieldType::real:
      return "a real number";
    case FieldType::absolute_time:
      return "a date and time";
    case FieldType::relative_time:
      return "a length of time";
    case FieldType::ipv4:
      return "an IPv4 address";
    case FieldType::ipv6:
      return "an IPv6 address";
    case FieldType::ether:
      return "an Ethernet address";
    case FieldType::bytes:
      return "a sequence of octets";
    case FieldType::string:
      return "text";
  }
  return "";
}

std::string_view Occurrences::keep(std::string_view text) {
  if (!text_) text_ = std::make_unique<char[]>(text_octets);
  const std::size_t size = std::min(text.size(), text_octets - text_used_);
  char* begin = text_.get() + text_used_;
  std::copy_n(text.data(), size, begin);
  text_used_ += size;
  return {begin, size};
}

Occurrence& Occurrences::add_text(std::string_view text, bool copy) {
  const std::string_view kept = copy ? keep(text) : text;
  Occurrence& one = add();
  one.data = reinterpret_cast<const std::byte*>(kept.data());
  one.size = static_cast<std::uint32_t>(kept.size());
  one.whole = one.size;
  return one;
}

void Occurrences::drop_if_not(bool (*wanted)(const Occurrence&, const void*), const void* with) {
  std::erase_if(items_, [&](const Occurrence& one) { return !wanted(one, with); });
}

std::string_view name_of(const Frame& frame, std::size_t layer) {
  const Layer& one = frame.layer_room[layer];
  if (one.protocol == Protocol::vlan && of_provider(frame, one)) return "ieee8021ad";
  if (one.protocol == Protocol::linux_sll2) return "sll";
  return to_string(one.protocol);
}

bool of_provider(const Frame& frame, const Layer& layer) {
  return layer.offset >= 2 && load_be16(&frame.octets_of(layer)[layer.offset - 2]) == 0x88a8;
}

std::uint64_t load_number(const std::byte* p, std::size_t octets, std::uint32_t mask) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < octets; ++i) number = number << 8 | load_u8(p + i);
  return mask == 0 ? number : (number & mask) >> std::countr_zero(mask);
}

void put_value(const Field& field, Occurrences& into, Place base, std::span<const std::byte> octets) {
  if (std::size_t{field.at} + field.octets > octets.size()) return;
  base.offset += field.at;
  base.length = field.octets;
  const std::byte* p = octets.data() + field.at;
  if (field.type == FieldType::boolean)
    put_number(into, base, load_number(p, field.octets, field.mask) != 0 ? 1 : 0);
  else if (is_integer(field.type))
    put_number(into, base, load_number(p, field.octets, field.mask));
  else if (field.type == FieldType::none)
    put(into, base);
  else
    put_octets(into, base, {p, field.octets});
}

void extract_header(const Field& field, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, field.protocol, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    Occurrence& one = put(into, {index, nth, layer.offset, layer.header});
    one.data = context.frame.octets_of(layer).data() + layer.offset;
    // Messages are one thing, header and body.
    const bool message = field.protocol == Protocol::icmp || field.protocol == Protocol::icmpv6;
    one.size = message ? layer.length : layer.header;
    one.whole = layer.length;
  });
}

void extract_fixed(const Field& field, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, field.protocol, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    put_value(field, into, {index, nth, layer.offset, 0}, context.frame.header_of(layer));
  });
}

void extract_both(const Field& field, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, field.protocol, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> octets = context.frame.header_of(layer);
    if (std::size_t{field.at} + 2u * field.octets > octets.size()) return;
    put_value(field, into, {index, nth, layer.offset, 0}, octets);
    put_value(field, into, {index, nth, layer.offset + field.octets, 0}, octets.subspan(field.octets));
  });
}

void extract_contents(const Field& field, const FrameContext& context, Occurrences& into) {
  each_layer(context.frame, field.protocol, [&](const Layer& layer, std::uint8_t index, std::uint8_t nth) {
    const std::span<const std::byte> contents = context.frame.contents_of(layer);
    if (contents.empty()) return;
    put_octets(into, {index, nth, layer.offset + layer.header, static_cast<std::uint32_t>(contents.size())}, contents);
  });
}

}  // namespace ft::analysis
