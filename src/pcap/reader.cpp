#include "pcap/reader.hpp"

#include "pcap/format.hpp"

#include <algorithm>
#include <limits>

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

std::unexpected<ReadError> Reader::fail(ReadError::Kind kind, std::string_view problem) const {
  return std::unexpected(ReadError{.kind = kind, .offset = block_at_, .problem = problem});
}

std::expected<Reader, ReadError> Reader::open(Octets file) {
  Reader reader{file};
  if (file.empty()) return reader.fail(Kind::not_a_capture, "the file is empty");
  if (file.size() < 4) return reader.fail(Kind::not_a_capture, "the file is shorter than any capture's first number");
  if (load_be32(file.data()) == block::section_header) return reader;  // its blocks are read one at a time by next()

  const std::uint32_t magic = load_be32(file.data());
  const std::uint32_t swapped = swap_octets(magic);
  const auto is_classic = [](std::uint32_t m) { return m == classic_magic_micro || m == classic_magic_nano; };
  if (!is_classic(magic) && !is_classic(swapped)) {
    return reader.fail(Kind::not_a_capture, "the file begins like neither pcapng nor pcap");
  }
  if (file.size() < classic_header_length) return reader.fail(Kind::truncated, "the file ends within the pcap header");
  reader.format_ = Format::classic;
  reader.order_.little_endian = is_classic(swapped);
  if (reader.order_.load16(file.data() + 4) != 2) return reader.fail(Kind::unsupported, "pcap of a version other than 2");
  Interface interface;
  interface.snap_length = reader.order_.load32(file.data() + 16);
  interface.link_type = static_cast<LinkType>(reader.order_.load32(file.data() + 20) & 0xffff);  // above: FCS length
  reader.interfaces_.push_back(interface);
  reader.clockworks_.push_back(
      {.resolution = reader.order_.load32(file.data()) == classic_magic_nano ? std::uint8_t{9} : std::uint8_t{6}});
  reader.at_ = classic_header_length;
  return reader;
}

Reader::MaybePacket Reader::next() {
  if (error_) return std::unexpected(*error_);
  MaybePacket result = format_ == Format::classic ? next_of_classic() : next_of_pcapng();
  if (!result) error_ = result.error();
  return result;
}

Reader::MaybePacket Reader::next_of_classic() {
  const Octets rest = file_.subspan(at_);
  block_at_ = at_;
  if (rest.empty()) return std::nullopt;
  if (rest.size() < classic_record_header_length) return fail(Kind::truncated, "the file ends within a packet's header");
  const std::uint32_t seconds = order_.load32(rest.data());
  const std::uint32_t fraction = order_.load32(rest.data() + 4);
  const std::size_t captured = order_.load32(rest.data() + 8);
  if (captured > std::max(default_snap_length, interfaces_[0].snap_length)) {
    return fail(Kind::damaged, "a packet claims more octets than a capture may keep");
  }
  if (captured > rest.size() - classic_record_header_length) return fail(Kind::truncated, "the file ends within a packet");
  Packet packet;
  packet.at = to_instant(to_nanoseconds(fraction, clockworks_[0].resolution), seconds);
  packet.link_type = interfaces_[0].link_type;
  packet.octets = rest.subspan(classic_record_header_length, captured);
  packet.original_length = order_.load32(rest.data() + 12);
  at_ += classic_record_header_length + captured;
  return packet;
}

Reader::MaybePacket Reader::next_of_pcapng() {
  while (at_ < file_.size()) {
    const auto block = next_block();
    if (!block) return std::unexpected(block.error());
    MaybePacket packet = read_block(*block);
    if (!packet || *packet) return packet;
  }
  return std::nullopt;
}

std::expected<Reader::Block, ReadError> Reader::next_block() {
  const Octets rest = file_.subspan(at_);
  block_at_ = at_;
  if (rest.size() < block::overhead) return fail(Kind::truncated, "the file ends within a block's header");
  if (load_be32(rest.data()) == block::section_header) {  // this block itself tells the order of its numbers
    const std::uint32_t magic = load_be32(rest.data() + 8);
    if (magic != octet_order_magic && swap_octets(magic) != octet_order_magic) {
      return fail(Kind::damaged, "a section header without the octet-order magic");
    }
    order_.little_endian = magic != octet_order_magic;
  }
  const std::size_t length = order_.load32(rest.data() + 4);
  if (length < block::overhead || length % 4 != 0) return fail(Kind::damaged, "a block's length is below 12 or no multiple of 4");
  if (length > rest.size()) return fail(Kind::truncated, "the file ends within a block");
  if (order_.load32(rest.data() + length - 4) != length) return fail(Kind::damaged, "the two lengths of a block differ");
  at_ += length;
  return Block{.type = order_.load32(rest.data()), .body = rest.subspan(8, length - block::overhead)};
}

Reader::MaybePacket Reader::read_block(const Block& block) {
  std::expected<void, ReadError> done;
  switch (block.type) {
    case block::section_header:
      done = read_section_header(block.body);
      break;
    case block::interface_description:
      done = read_interface(block.body);
      break;
    case block::enhanced_packet:
      return read_enhanced_packet(block.body);
    case block::packet:
      return read_obsolete_packet(block.body);
    case block::simple_packet:
      return read_simple_packet(block.body);
    default:  // names, statistics, secrets, vendors' blocks
      break;
  }
  if (!done) return std::unexpected(done.error());
  return std::nullopt;
}

std::expected<void, ReadError> Reader::read_section_header(Octets body) {
  if (body.size() < 16) return fail(Kind::damaged, "a section header is too short");
  if (order_.load16(body.data() + 4) != 1) return fail(Kind::unsupported, "pcapng of a version other than 1");
  section_base_ = interfaces_.size();
  return {};
}

std::expected<void, ReadError> Reader::read_interface(Octets body) {
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
    if (code == option::interface_time_offset && value.size() == 8) {
      clockwork.offset_seconds = static_cast<std::int64_t>(order_.load64(value.data()));
    }
  });
  interfaces_.push_back(std::move(interface));
  clockworks_.push_back(clockwork);
  return {};
}

Reader::MaybePacket Reader::read_enhanced_packet(Octets body) {
  if (body.size() < 20) return fail(Kind::damaged, "a packet block is too short");
  const std::uint64_t high = order_.load32(body.data() + 4);
  return finish_packet(order_.load32(body.data()), (high << 32) | order_.load32(body.data() + 8), body.subspan(12));
}

Reader::MaybePacket Reader::read_obsolete_packet(Octets body) {
  if (body.size() < 20) return fail(Kind::damaged, "a packet block is too short");
  const std::uint64_t high = order_.load32(body.data() + 4);
  return finish_packet(order_.load16(body.data()), (high << 32) | order_.load32(body.data() + 8), body.subspan(12));
}

/// Both packet blocks end alike: captured and original length, octets, options.
Reader::MaybePacket Reader::finish_packet(std::uint32_t id, std::uint64_t ticks, Octets from_lengths) {
  const std::size_t captured = order_.load32(from_lengths.data());
  const Octets rest = from_lengths.subspan(8);
  if (captured > rest.size()) return fail(Kind::damaged, "a packet claims more octets than its block holds");
  if (id >= interfaces_.size() - section_base_) return fail(Kind::damaged, "a packet names an interface that was not declared");
  const std::size_t index = section_base_ + id;
  Packet packet;
  packet.interface = static_cast<std::uint32_t>(index);
  packet.link_type = interfaces_[index].link_type;
  packet.at = to_instant(to_nanoseconds(ticks, clockworks_[index].resolution), clockworks_[index].offset_seconds);
  packet.octets = rest.first(captured);
  packet.original_length = order_.load32(from_lengths.data() + 4);
  read_packet_options(rest.subspan(std::min(padded(captured), rest.size())), packet);
  return packet;
}

/// No time, no options, and the octets kept follow from the first interface's snap length.
Reader::MaybePacket Reader::read_simple_packet(Octets body) {
  if (body.size() < 4) return fail(Kind::damaged, "a packet block is too short");
  if (interfaces_.size() == section_base_) return fail(Kind::damaged, "a packet names an interface that was not declared");
  const Interface& interface = interfaces_[section_base_];
  Packet packet;
  packet.timed = false;
  packet.interface = static_cast<std::uint32_t>(section_base_);
  packet.link_type = interface.link_type;
  packet.original_length = order_.load32(body.data());
  std::size_t captured = packet.original_length;
  if (interface.snap_length != 0) captured = std::min<std::size_t>(captured, interface.snap_length);
  if (captured > body.size() - 4) return fail(Kind::damaged, "a packet claims more octets than its block holds");
  packet.octets = body.subspan(4, captured);
  return packet;
}

void Reader::read_packet_options(Octets options, Packet& packet) const {
  for_each_option(options, order_, [&](std::uint16_t code, Octets value) {
    if (code == option::comment) packet.comments.push_back(text_of(value));
    if (code == option::packet_flags && value.size() == 4) {
      const std::uint32_t direction = order_.load32(value.data()) & 3;
      packet.direction = direction == 3 ? Direction::unknown : static_cast<Direction>(direction);
    }
  });
}

}  // namespace ft::pcap
