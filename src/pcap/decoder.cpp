#include "pcap/decoder.hpp"

#include "pcap/format.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace ft::pcap {
namespace {

using Octets = std::span<const std::byte>;
using Kind = ReadError::Kind;

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
constexpr std::size_t padded(std::size_t length) { return (length + 3) / 4 * 4; }

std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return b != 0 && a > most / b ? most : a * b;
}

std::uint64_t power_of_ten(unsigned n) {
  std::uint64_t p = 1;
  for (; n > 0; --n) p = saturating_multiply(p, 10);
  return p;
}

/// Ticks of 2^-n or 10^-n seconds in nanoseconds, rounded down.
std::uint64_t to_nanoseconds(std::uint64_t ticks, std::uint8_t resolution) {
  unsigned n = resolution & 0x7fu;
  if ((resolution & 0x80) == 0) {
    return n <= 9 ? saturating_multiply(ticks, power_of_ten(9 - n)) : ticks / power_of_ten(n - 9);
  }
  if (n >= 64) return 0;
  const std::uint64_t seconds = n == 0 ? ticks : ticks >> n;
  std::uint64_t fraction = n == 0 ? 0 : ticks & ((std::uint64_t{1} << n) - 1);
  if (n > 32) {  // finer than a nanosecond already; keep the product below within 64 bits
    fraction >>= n - 32;
    n = 32;
  }
  const std::uint64_t whole = saturating_multiply(seconds, nanoseconds_per_second);
  const std::uint64_t part = (fraction * nanoseconds_per_second) >> n;
  return whole > std::numeric_limits<std::uint64_t>::max() - part ? std::numeric_limits<std::uint64_t>::max() : whole + part;
}

/// Instants reach from 1677 to 2262; a time outside becomes the nearest of these.
Instant to_instant(std::uint64_t nanoseconds, std::int64_t offset_seconds) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const std::int64_t base = nanoseconds > static_cast<std::uint64_t>(most) ? most : static_cast<std::int64_t>(nanoseconds);
  constexpr std::int64_t limit = most / nanoseconds_per_second;
  const std::int64_t offset = std::clamp(offset_seconds, -limit, limit) * nanoseconds_per_second;
  if (offset > 0 && base > most - offset) return Instant{Duration{most}};
  return Instant{Duration{base + offset}};
}

std::string_view text_of(Octets value) { return {reinterpret_cast<const char*>(value.data()), value.size()}; }

/// Walks an option list; one that reaches past the end stops the walk, for the block's own data are whole all the same.
template <typename Visit>
void for_each_option(Octets list, OctetOrder order, Visit visit) {
  while (list.size() >= 4) {
    const std::uint16_t code = order.load16(list.data());
    const std::size_t length = order.load16(list.data() + 2);
    list = list.subspan(4);
    if (code == option::end || length > list.size()) return;
    visit(code, list.first(length));
    list = list.subspan(std::min(padded(length), list.size()));
  }
}

}  // namespace

std::string to_string(const ReadError& error) {
  constexpr std::string_view names[] = {"not a capture file", "unsupported", "truncated", "damaged"};
  std::string out{names[static_cast<std::size_t>(error.kind)]};
  out += " at octet " + std::to_string(error.offset) + ": ";
  out += error.problem;
  return out;
}

Decoder::Step Decoder::fail(Kind kind, std::string_view problem) {
  error_ = ReadError{.kind = kind, .offset = block_at_, .problem = problem};
  return Step::failed;
}

void Decoder::fail_truncated() { fail(Kind::truncated, "the file ends within a block"); }

Decoder::Step Decoder::take(std::size_t octets, Step step) {
  taken_ = octets;
  at_ += octets;
  return step;
}

Decoder::Step Decoder::want(std::size_t octets, bool last, std::string_view when_truncated) {
  if (last) return fail(Kind::truncated, when_truncated);
  needed_ = octets;
  return Step::need_more;
}

std::uint64_t Decoder::dropped() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < interfaces_.size(); ++i) sum += std::max(interfaces_[i].dropped.value_or(0), dropped_[i]);
  return sum;
}

Decoder::Step Decoder::begin(Octets window, bool last) {
  if (window.size() < 4) {
    if (!last) return want(4, last, "");
    return fail(Kind::not_a_capture,
                window.empty() ? "the file is empty" : "the file is shorter than any capture's first number");
  }
  const std::uint32_t magic = load_be32(window.data());
  if (magic == block::section_header) {
    open_ = true;
    return take(0, Step::passed);
  }
  const auto is_classic = [](std::uint32_t m) {
    return m == classic_magic_micro || m == classic_magic_nano || m == classic_magic_modified;
  };
  if (is_classic(magic)) return begin_classic(window, last, magic, false);
  if (is_classic(swap_octets(magic))) return begin_classic(window, last, swap_octets(magic), true);
  return fail(Kind::not_a_capture,
              "the file begins like neither pcapng nor pcap (tcpdump -w and editcap -F pcapng write such files)");
}

Decoder::Step Decoder::begin_classic(Octets window, bool last, std::uint32_t magic, bool little_endian) {
  if (window.size() < classic_header_length) return want(classic_header_length, last, "the file ends within the pcap header");
  format_ = Format::classic;
  order_.little_endian = little_endian;
  if (order_.load16(window.data() + 4) != 2) return fail(Kind::unsupported, "pcap of a version other than 2");
  Interface interface;
  interface.snap_length = order_.load32(window.data() + 16);
  const std::uint32_t link = order_.load32(window.data() + 20);
  interface.link_type = static_cast<LinkType>(link & 0xffff);
  constexpr std::uint32_t has_fcs = 0x04000000;  // then the four highest bits say how long it is, in units of two octets
  if ((link & has_fcs) != 0) interface.fcs_length = static_cast<std::uint8_t>((link >> 28) * 2);
  const bool modified = magic == classic_magic_modified;
  // Before version 2.3 the two lengths stood the other way around; writers of 2.3 did not agree.
  const std::uint16_t minor = order_.load16(window.data() + 6);
  classic_ = {.header = modified ? modified_record_header_length : classic_record_header_length,
              .most = std::min<std::size_t>(std::max(default_snap_length, interface.snap_length), most_octets_of_packet),
              .tick = magic == classic_magic_nano ? 1 : 1000,
              .link_type = interface.link_type,
              .fcs_length = interface.fcs_length,
              .modified = modified,
              .swapped_lengths = minor < 3,
              .old_minor = minor == 3};
  interfaces_.push_back(std::move(interface));
  dropped_.push_back(0);
  clockworks_.push_back({});
  open_ = true;
  return take(classic_header_length, Step::passed);
}

Decoder::Step Decoder::classic_record(Octets window, bool last, Packet& packet) {
  if (window.size() < classic_.header) return want(classic_.header, last, "the file ends within a packet's header");
  const std::byte* p = window.data();
  std::uint32_t captured = order_.load32(p + 8);
  std::uint32_t original = order_.load32(p + 12);
  if (classic_.swapped_lengths || (classic_.old_minor && captured > original)) std::swap(captured, original);
  if (captured > classic_.most) return fail(Kind::damaged, "a packet claims more octets than a capture may keep");
  const std::size_t length = classic_.header + captured;
  if (length > window.size()) return want(length, last, "the file ends within a packet");
  // Where a record begins is known when the one before has told its length: a chain of loads that each miss the caches. Most of
  // what waits is a full frame, so what would follow one, two and three of these is fetched before anybody asks: three lines,
  // which hold an ACK and the headers behind it too.
  constexpr std::size_t full_frame = 1530, guesses = 3, lines = 3, line = 64;
  if (window.size() > length + guesses * full_frame + lines * line) {
    for (std::size_t i = 1; i <= guesses; ++i)
      for (std::size_t j = 0; j < lines; ++j) __builtin_prefetch(p + length + i * full_frame + j * line);
  }
  // 32 bits of seconds and of fractions: the sum stays below 2^62 nanoseconds.
  packet.at = Instant{Duration{order_.load32(p) * nanoseconds_per_second + order_.load32(p + 4) * classic_.tick}};
  packet.timed = true;
  packet.interface = 0;
  packet.link_type = classic_.link_type;
  packet.direction =
      classic_.modified && load_u8(p + 22) == 4 ? Direction::outbound : Direction::unknown;  // its packet type: ours
  packet.original_length = original;
  packet.dropped_before = 0;
  packet.fcs_length = classic_.fcs_length;
  packet.octets = window.subspan(classic_.header, captured);
  packet.comments.clear();
  return take(length, Step::packet);
}

Decoder::Step Decoder::block(Octets window, bool last, Packet& packet) {
  if (window.size() < block::overhead) return want(block::overhead, last, "the file ends within a block's header");
  if (load_be32(window.data()) == block::section_header) {  // this block itself tells the order of its numbers
    const std::uint32_t magic = load_be32(window.data() + 8);
    if (magic != octet_order_magic && swap_octets(magic) != octet_order_magic) {
      return fail(Kind::damaged, "a section header without the octet-order magic");
    }
    order_.little_endian = magic != octet_order_magic;
  }
  const std::uint32_t type = order_.load32(window.data());
  const std::size_t length = order_.load32(window.data() + 4);
  if (length < block::overhead || length % 4 != 0) return fail(Kind::damaged, "a block's length is below 12 or no multiple of 4");
  const bool known =
      type == block::section_header || (type >= block::interface_description && type <= block::enhanced_packet && type != 4);
  if (!known) {  // names, secrets, vendors' blocks: passed over, however long they are
    if (last && length > window.size()) return fail(Kind::truncated, "the file ends within a block");
    return take(length, Step::passed);
  }
  if (length > most_octets_of_packet) return fail(Kind::damaged, "a block claims more than 16 MiB");
  if (length > window.size()) return want(length, last, "the file ends within a block");
  if (order_.load32(window.data() + length - 4) != length) return fail(Kind::damaged, "the two lengths of a block differ");
  const Step step = read_block(type, window.subspan(8, length - block::overhead), packet);
  return step == Step::failed ? step : take(length, step);
}

Decoder::Step Decoder::read_block(std::uint32_t type, Octets body, Packet& packet) {
  switch (type) {
    case block::section_header:
      return read_section_header(body);
    case block::interface_description:
      return read_interface(body);
    case block::interface_statistics:
      return read_statistics(body);
    case block::packet:
      return read_obsolete_packet(body, packet);
    case block::simple_packet:
      return read_simple_packet(body, packet);
    default:
      return read_enhanced_packet(body, packet);
  }
}

Decoder::Step Decoder::read_section_header(Octets body) {
  if (body.size() < 16) return fail(Kind::damaged, "a section header is too short");
  if (order_.load16(body.data() + 4) != 1) return fail(Kind::unsupported, "pcapng of a version other than 1");
  section_base_ = interfaces_.size();
  section_ = {};
  for_each_option(body.subspan(16), order_, [&](std::uint16_t code, Octets value) {
    if (code == option::comment) section_.comment = text_of(value);
    if (code == option::section_hardware) section_.hardware = text_of(value);
    if (code == option::section_system) section_.system = text_of(value);
    if (code == option::section_application) section_.application = text_of(value);
  });
  return Step::passed;
}

Decoder::Step Decoder::read_interface(Octets body) {
  if (body.size() < 8) return fail(Kind::damaged, "an interface block is too short");
  if (interfaces_.size() == max_interfaces) return fail(Kind::damaged, "more than 65,536 interfaces");
  Interface interface;
  Clockwork clockwork;
  interface.link_type = static_cast<LinkType>(order_.load16(body.data()));
  interface.snap_length = order_.load32(body.data() + 4);
  for_each_option(body.subspan(8), order_, [&](std::uint16_t code, Octets value) {
    if (code == option::interface_name) interface.name = text_of(value);
    if (code == option::interface_description) interface.description = text_of(value);
    if (code == option::interface_time_resolution && value.size() == 1) clockwork.resolution = load_u8(value.data());
    if (code == option::interface_fcs_length && value.size() == 1) interface.fcs_length = load_u8(value.data());
    if (code == option::interface_filter && value.size() > 1 && load_u8(value.data()) == 0)
      interface.filter = text_of(value.subspan(1));
    if (code == option::interface_time_offset && value.size() == 8) {
      clockwork.offset_seconds = static_cast<std::int64_t>(order_.load64(value.data()));
    }
  });
  interfaces_.push_back(std::move(interface));
  clockworks_.push_back(clockwork);
  dropped_.push_back(0);
  return Step::passed;
}

/// Counts are since the capture began, so the last word holds. One about an interface that was not declared says nothing.
Decoder::Step Decoder::read_statistics(Octets body) {
  if (body.size() < 12) return Step::passed;
  const std::uint32_t id = order_.load32(body.data());
  if (id >= interfaces_.size() - section_base_) return Step::passed;
  Interface& interface = interfaces_[section_base_ + id];
  std::uint64_t dropped = 0;
  bool told = false;
  for_each_option(body.subspan(12), order_, [&](std::uint16_t code, Octets value) {
    if (value.size() != 8) return;
    const std::uint64_t count = order_.load64(value.data());
    if (code == option::statistics_received) interface.received = count;
    if (code == option::statistics_dropped || code == option::statistics_system_dropped) {
      dropped += std::min(count, std::numeric_limits<std::uint64_t>::max() - dropped);
      told = true;
    }
  });
  if (told) interface.dropped = dropped;
  return Step::passed;
}

Decoder::Step Decoder::read_enhanced_packet(Octets body, Packet& packet) {
  if (body.size() < 20) return fail(Kind::damaged, "a packet block is too short");
  const std::uint64_t high = order_.load32(body.data() + 4);
  packet.dropped_before = 0;
  return finish_packet(order_.load32(body.data()), (high << 32) | order_.load32(body.data() + 8), body.subspan(12), packet);
}

Decoder::Step Decoder::read_obsolete_packet(Octets body, Packet& packet) {
  if (body.size() < 20) return fail(Kind::damaged, "a packet block is too short");
  const std::uint64_t high = order_.load32(body.data() + 4);
  const std::uint16_t drops = order_.load16(body.data() + 2);
  packet.dropped_before = drops == 0xffff ? 0 : drops;  // 0xffff: not known
  return finish_packet(order_.load16(body.data()), (high << 32) | order_.load32(body.data() + 8), body.subspan(12), packet);
}

/// Both packet blocks end alike: captured and original length, octets, options.
Decoder::Step Decoder::finish_packet(std::uint32_t id, std::uint64_t ticks, Octets from_lengths, Packet& packet) {
  const std::size_t captured = order_.load32(from_lengths.data());
  const Octets rest = from_lengths.subspan(8);
  if (captured > rest.size()) return fail(Kind::damaged, "a packet claims more octets than its block holds");
  if (id >= interfaces_.size() - section_base_) return fail(Kind::damaged, "a packet names an interface that was not declared");
  const std::size_t index = section_base_ + id;
  packet.interface = static_cast<std::uint32_t>(index);
  packet.link_type = interfaces_[index].link_type;
  packet.at = to_instant(to_nanoseconds(ticks, clockworks_[index].resolution), clockworks_[index].offset_seconds);
  packet.timed = true;
  packet.direction = Direction::unknown;
  packet.octets = rest.first(captured);
  packet.original_length = order_.load32(from_lengths.data() + 4);
  packet.fcs_length = interfaces_[index].fcs_length;
  packet.comments.clear();
  const Octets options = rest.subspan(std::min(padded(captured), rest.size()));
  if (!options.empty()) read_packet_options(options, packet);
  dropped_[index] += packet.dropped_before;
  return Step::packet;
}

/// No time, no options, and the octets kept follow from the first interface's snap length.
Decoder::Step Decoder::read_simple_packet(Octets body, Packet& packet) {
  if (body.size() < 4) return fail(Kind::damaged, "a packet block is too short");
  if (interfaces_.size() == section_base_) return fail(Kind::damaged, "a packet names an interface that was not declared");
  const Interface& interface = interfaces_[section_base_];
  packet.at = {};
  packet.timed = false;
  packet.interface = static_cast<std::uint32_t>(section_base_);
  packet.link_type = interface.link_type;
  packet.direction = Direction::unknown;
  packet.dropped_before = 0;
  packet.fcs_length = interface.fcs_length;
  packet.comments.clear();
  packet.original_length = order_.load32(body.data());
  std::size_t captured = packet.original_length;
  if (interface.snap_length != 0) captured = std::min<std::size_t>(captured, interface.snap_length);
  if (captured > body.size() - 4) return fail(Kind::damaged, "a packet claims more octets than its block holds");
  packet.octets = body.subspan(4, captured);
  return Step::packet;
}

void Decoder::read_packet_options(Octets options, Packet& packet) {
  for_each_option(options, order_, [&](std::uint16_t code, Octets value) {
    if (code == option::comment) packet.comments.push_back(text_of(value));
    if (code == option::packet_flags && value.size() == 4) {
      const std::uint32_t flags = order_.load32(value.data());
      const std::uint32_t direction = flags & 3;
      packet.direction = direction == 3 ? Direction::unknown : static_cast<Direction>(direction);
      const std::uint32_t fcs = flags >> 5 & 15;
      if (fcs != 0) packet.fcs_length = static_cast<std::uint8_t>(fcs);
    }
    if (code == option::packet_drop_count && value.size() == 8) {
      packet.dropped_before = static_cast<std::uint32_t>(std::min<std::uint64_t>(order_.load64(value.data()), UINT32_MAX));
    }
  });
}

}  // namespace ft::pcap
