#include "pcap/writer.hpp"

#include "base/assert.hpp"
#include "pcap/format.hpp"
#include "pcap/octet_order.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace ft::pcap {
namespace {

using Out = std::vector<std::byte>;

void append_padded(Out& out, std::span<const std::byte> octets) {
  out.insert(out.end(), octets.begin(), octets.end());
  out.insert(out.end(), (4 - octets.size() % 4) % 4, std::byte{0});
}

/// One block under construction: its length is known only at its end.
class Block {
 public:
  Block(Out& out, std::uint32_t type) : out_(out), start_(out.size()) {
    append32(out_, type);
    append32(out_, 0);
  }
  void finish() {
    if (has_options_) append32(out_, option::end);
    const std::size_t length = out_.size() - start_ + 4;
    FT_ASSERT(std::in_range<std::uint32_t>(length) && length % 4 == 0);
    for (std::size_t i = 0; i < 4; ++i) out_[start_ + 4 + i] = static_cast<std::byte>(length >> (8 * i));
    append32(out_, static_cast<std::uint32_t>(length));
  }

  void add_option(std::uint16_t code, std::span<const std::byte> value) {
    has_options_ = true;
    append16(out_, code);
    append16(out_, static_cast<std::uint16_t>(value.size()));
    append_padded(out_, value);
  }
  /// Text that does not fit an option is cut between characters of UTF-8.
  void add_text(std::uint16_t code, std::string_view text) {
    constexpr std::size_t limit = std::numeric_limits<std::uint16_t>::max();
    if (text.size() > limit) {
      std::size_t end = limit;
      while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
      text = text.substr(0, end);
    }
    if (!text.empty()) add_option(code, std::as_bytes(std::span{text}));
  }

 private:
  Out& out_;
  std::size_t start_;
  bool has_options_ = false;
};

std::uint64_t nanoseconds(Instant at) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(at.time_since_epoch().count(), 0));
}

std::uint32_t captured_length(const Packet& packet) {
  FT_ASSERT(std::in_range<std::uint32_t>(packet.octets.size()));
  return static_cast<std::uint32_t>(packet.octets.size());
}

std::uint32_t original_length(const Packet& packet) { return std::max(packet.original_length, captured_length(packet)); }

}  // namespace

void append_section_header(Out& out, std::string_view application, std::string_view comment) {
  Block b{out, block::section_header};
  append32(out, octet_order_magic);
  append16(out, 1);  // version 1.0
  append16(out, 0);
  append_le(out, std::numeric_limits<std::uint64_t>::max(), 8);  // length of the section: not known in advance
  b.add_text(option::comment, comment);
  b.add_text(option::section_application, application);
  b.finish();
}

void append_interface(Out& out, const Interface& interface) {
  Block b{out, block::interface_description};
  append16(out, static_cast<std::uint16_t>(interface.link_type));
  append16(out, 0);
  append32(out, interface.snap_length);
  b.add_text(option::interface_name, interface.name);
  b.add_text(option::interface_description, interface.description);
  if (!interface.filter.empty()) b.add_text(option::interface_filter, std::string(1, '\0') + interface.filter);  // 0: as text
  const std::byte nanosecond{9};  // ten to the minus nine
  b.add_option(option::interface_time_resolution, {&nanosecond, 1});
  b.finish();
}

void append_statistics(Out& out, std::uint32_t interface, Instant at, std::uint64_t received, std::uint64_t dropped) {
  Block b{out, block::interface_statistics};
  const std::uint64_t ticks = nanoseconds(at);
  append32(out, interface);
  append32(out, static_cast<std::uint32_t>(ticks >> 32));
  append32(out, static_cast<std::uint32_t>(ticks));
  for (const auto& [code, count] : {std::pair{option::statistics_received, received}, {option::statistics_dropped, dropped}}) {
    std::array<std::byte, 8> value{};
    for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<std::byte>(count >> (8 * i));
    b.add_option(code, value);
  }
  b.finish();
}

void append_packet(Out& out, const Packet& packet) {
  Block b{out, block::enhanced_packet};
  const std::uint64_t ticks = nanoseconds(packet.at);
  append32(out, packet.interface);
  append32(out, static_cast<std::uint32_t>(ticks >> 32));
  append32(out, static_cast<std::uint32_t>(ticks));
  append32(out, captured_length(packet));
  append32(out, original_length(packet));
  append_padded(out, packet.octets);
  for (const std::string_view comment : packet.comments) b.add_text(option::comment, comment);
  if (packet.direction != Direction::unknown) {
    const std::array<std::byte, 4> flags{static_cast<std::byte>(packet.direction)};
    b.add_option(option::packet_flags, flags);
  }
  b.finish();
}

void append_classic_header(Out& out, LinkType link_type) {
  append32(out, classic_magic_nano);
  append16(out, 2);  // version 2.4
  append16(out, 4);
  append32(out, 0);  // time zone and accuracy, never used
  append32(out, 0);
  append32(out, default_snap_length);
  append32(out, static_cast<std::uint16_t>(link_type));
}

void append_classic_packet(Out& out, const Packet& packet) {
  constexpr std::uint64_t second = 1'000'000'000;
  const std::uint64_t ticks = nanoseconds(packet.at);
  append32(out, static_cast<std::uint32_t>(ticks / second));
  append32(out, static_cast<std::uint32_t>(ticks % second));
  append32(out, captured_length(packet));
  append32(out, original_length(packet));
  out.insert(out.end(), packet.octets.begin(), packet.octets.end());
}

}  // namespace ft::pcap
