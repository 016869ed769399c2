// The common ways to read a field, and short forms to write a table of fields.
#pragma once

#include "analysis/fields/context.hpp"
#include "analysis/fields/field.hpp"
#include "base/cursor.hpp"

#include <array>
#include <cstdint>

namespace ft::analysis {

/// Calls `visit(layer, index, nth)` for each layer of a protocol, `nth` from 1.
template <typename Visit>
void each_layer(const Frame& frame, Protocol protocol, Visit visit) {
  std::uint8_t nth = 0;
  for (std::uint8_t i = 0; i < frame.layer_count; ++i)
    if (frame.layer_room[i].protocol == protocol) visit(frame.layer_room[i], i, ++nth);
}

/// Where in the frame a value was found.
struct Place {
  std::uint8_t layer = Occurrence::no_layer;
  std::uint8_t nth = 1;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

inline Occurrence& put(Occurrences& into, const Place& place) {
  Occurrence& one = into.add();
  one.layer = place.layer;
  one.nth = place.nth;
  one.offset = place.offset;
  one.length = place.length;
  return one;
}
inline void put_number(Occurrences& into, const Place& place, std::uint64_t number) { put(into, place).number = number; }
inline void put_octets(Occurrences& into, const Place& place, std::span<const std::byte> octets) {
  Occurrence& one = put(into, place);
  one.data = octets.data();
  one.size = static_cast<std::uint32_t>(octets.size());
  one.whole = one.size;
}
/// A number that is worked out, not read.
inline void put_known(Occurrences& into, std::uint64_t number) { put(into, {}).number = number; }
inline void put_time(Occurrences& into, Duration time) { put(into, {}).number = static_cast<std::uint64_t>(time.count()); }

/// Whether a tag is a provider's, of type 0x88a8, which has names of its own.
bool of_provider(const Frame& frame, const Layer& layer);

/// A number of `octets` octets (at most 8) with a mask.
std::uint64_t load_number(const std::byte* p, std::size_t octets, std::uint32_t mask);
/// One value of the field's type out of `octets`, at the field's place there; nothing when they do not reach so far.
void put_value(const Field& field, Occurrences& into, Place base, std::span<const std::byte> octets);

// What Field::extract may point to.
void extract_header(const Field&, const FrameContext&, Occurrences&);    // the protocol itself
void extract_fixed(const Field&, const FrameContext&, Occurrences&);     // at a fixed place of a header
void extract_contents(const Field&, const FrameContext&, Occurrences&);  // what a header carries, when it carries anything
void extract_both(const Field&, const FrameContext&, Occurrences&);      // fixed, and again `octets` further: source, destination

// Tables are written with these.
constexpr Field header(std::string_view name, Protocol protocol, std::string_view label, std::string_view description) {
  Field f;
  f.name = name;
  f.type = FieldType::protocol;
  f.protocol = protocol;
  f.group = true;
  f.label = label;
  f.description = description;
  f.extract = extract_header;
  return f;
}
struct At {
  std::uint16_t octet = 0;
  std::uint16_t octets = 1;
  std::uint32_t mask = 0;
};
constexpr Field fixed(std::string_view name, FieldType type, Protocol protocol, At at, std::string_view label,
                      std::string_view description, Base base = Base::decimal, std::span<const NamedNumber> names = {}) {
  Field f;
  f.name = name;
  f.type = type;
  f.protocol = protocol;
  f.base = base;
  f.at = at.octet;
  f.octets = at.octets;
  f.mask = at.mask;
  f.names = names;
  f.label = label;
  f.description = description;
  f.extract = extract_fixed;
  return f;
}
constexpr Field special(std::string_view name, FieldType type, Protocol protocol, std::string_view label,
                        std::string_view description, Field::Extract extract, At at = {},
                        std::span<const NamedNumber> names = {}) {
  Field f = fixed(name, type, protocol, at, label, description, Base::decimal, names);
  f.extract = extract;
  return f;
}
constexpr Field grouping(Field f) {
  f.group = true;
  return f;
}
constexpr Field in_hex(Field f) {
  f.base = Base::hex;
  return f;
}
constexpr Field alias(Field f) {
  f.alias = true;
  return f;
}
constexpr Field ours(Field f) {
  f.ours = true;
  return f;
}
constexpr Field needing(Need need, Field f) {
  f.need = need;
  return f;
}
constexpr Field of_frame(Field f) {
  f.of_frame = true;
  return f;
}

// The tables, one for each file.
std::span<const Field> frame_fields();
std::span<const Field> link_fields();
std::span<const Field> ipv4_fields();
std::span<const Field> ipv6_fields();
std::span<const Field> icmp_fields();
std::span<const Field> udp_fields();
std::span<const Field> tcp_fields();
std::span<const Field> tcp_option_fields();
std::span<const Field> connection_fields();

}  // namespace ft::analysis
