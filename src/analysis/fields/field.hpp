// Fields: what a filter names and a tree shows. Each has Wireshark's name where Wireshark has one, a type, a description, and a
// way to be read out of a frame: none, one or several occurrences, each with its value and the octets that it came from. A packet
// in a tunnel has two ip.src, and so has an ICMP error that quotes a packet.
#pragma once

#include "analysis/dissect/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

struct FrameContext;

enum class FieldType : std::uint8_t {
  none,      // there or not there
  protocol,  // a header; compared and cut as its octets, searched together with what it carries
  boolean,
  uint8,
  uint16,
  uint24,
  uint32,
  uint64,
  int32,
  int64,
  real,
  absolute_time,  // since 1970
  relative_time,
  ipv4,
  ipv6,
  ether,
  bytes,
  string,
};
std::string_view to_string(FieldType type);  // in words: "unsigned integer, 16 bits"

constexpr bool is_unsigned(FieldType type) { return type >= FieldType::boolean && type <= FieldType::uint64; }
constexpr bool is_signed(FieldType type) { return type == FieldType::int32 || type == FieldType::int64; }
constexpr bool is_integer(FieldType type) { return is_unsigned(type) || is_signed(type); }
constexpr bool is_time(FieldType type) { return type == FieldType::absolute_time || type == FieldType::relative_time; }
constexpr bool is_octets(FieldType type) {
  return type == FieldType::bytes || type == FieldType::protocol || type == FieldType::ether;
}

/// One value. Numbers, truth values and times (nanoseconds, as a signed number in the same bits) are in `number`; addresses,
/// octets and text lie where `data` points: in the packet, in the registry, or in the text room of the list that holds the value.
/// An address that stands for all of a prefix has one more than the prefix's bits in `number`.
struct Occurrence {
  std::uint64_t number = 0;
  double real = 0;
  const std::byte* data = nullptr;
  std::uint32_t size = 0;
  std::uint32_t whole = 0;        // protocol: octets of header and contents
  std::uint32_t offset = 0;       // in the octets of its layer (Frame::octets_of), of what it was read from
  std::uint32_t length = 0;       // octets there; 0: not read from the packet but worked out
  std::uint8_t layer = no_layer;  // index among Frame::layers
  std::uint8_t nth = 1;           // which header of its protocol, from 1 at the outside: what the operator # counts
  static constexpr std::uint8_t no_layer = 255;

  std::span<const std::byte> octets() const { return {data, size}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data), size}; }
  std::int64_t integer() const { return static_cast<std::int64_t>(number); }
};

/// The occurrences of a field in a frame. Used again and again, it allocates nothing once it is warm.
class Occurrences {
 public:
  static constexpr std::size_t most = 256;          // of one field in one frame; more are not read
  static constexpr std::size_t text_octets = 4096;  // for words that are made up, like "eth:ethertype:ip:tcp"

  void clear() {
    items_.clear();
    text_used_ = 0;
  }
  Occurrence& add() {
    if (items_.size() == most) {
      spare_ = {};
      return spare_;
    }
    return items_.emplace_back();
  }
  /// Copies the words; they live until clear(). Cut off when the room is full.
  std::string_view keep(std::string_view text);
  Occurrence& add_text(std::string_view text, bool copy = true);
  /// To put words together in before add_text copies them.
  std::string& words() { return words_; }

  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  std::span<const Occurrence> items() const { return items_; }
  Occurrence* begin() { return items_.data(); }
  Occurrence* end() { return items_.data() + items_.size(); }
  void drop_if_not(bool (*wanted)(const Occurrence&, const void*), const void* with);

 private:
  std::vector<Occurrence> items_;
  std::unique_ptr<char[]> text_;
  std::size_t text_used_ = 0;
  std::string words_;
  Occurrence spare_;
};

/// A number with a name: ip.proto 6 is "TCP".
struct NamedNumber {
  std::uint64_t number = 0;
  std::string_view name;
};

/// How a number is shown.
enum class Base : std::uint8_t { decimal, hex, hex_decimal };

/// What a field needs beside the frame itself.
enum class Need : std::uint8_t {
  nothing = 0,
  streams = 1,      // numbers of its conversation so far: FrameContext::tcp, udp_stream
  connections = 2,  // what only the end of the capture tells: FrameContext::connection and what is beside it
  checksums = 4,    // that the dissector summed the segments
};

struct Field {
  using Extract = void (*)(const Field& field, const FrameContext& context, Occurrences& into);

  std::string_view name;
  FieldType type = FieldType::none;
  Protocol protocol = Protocol::data;  // whose header it is in; frame.* and conn.* have `of_frame`
  bool of_frame = false;
  Base base = Base::decimal;
  bool group = false;  // its octets hold other fields, shown below it in a tree
  bool alias = false;  // another name for what other fields show already: ip.addr. Not in trees
  bool ours = false;   // Wireshark has no such field, or means something else by it
  bool ids = false;    // its words are ids: the first parts of one, before a hyphen, mean it as well
  Need need = Need::nothing;
  std::uint8_t kind = 0;     // an option's kind
  std::uint16_t at = 0;      // octets from the start of the header, or of the option
  std::uint16_t octets = 0;  // that it is read from
  std::uint32_t mask = 0;    // its bits there; 0 = all
  std::span<const NamedNumber> names{};
  std::vector<std::string_view> (*words)() = nullptr;  // all that a text can be, where that is known
  std::string_view label;                              // in a tree: "Time to live"
  std::string_view description;                        // one line, for lists and completion
  Extract extract = nullptr;
};

/// Wireshark's name of a frame's layer: "eth", "ieee8021ad".
std::string_view name_of(const Frame& frame, std::size_t layer);

/// Reads a field. `into` is cleared first.
inline void read_field(const Field& field, const FrameContext& context, Occurrences& into) {
  into.clear();
  field.extract(field, context, into);
}

}  // namespace ft::analysis
