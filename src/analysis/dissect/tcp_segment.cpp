#include "analysis/dissect/tcp_segment.hpp"

#include "base/cursor.hpp"
#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"
#include "wire/tcp_option.hpp"

#include <algorithm>

namespace ft::analysis {
namespace {

using Octets = std::span<const std::byte>;
using Has = SegmentOptions::Has;

using namespace wire::tcp_option;

constexpr std::size_t least_captured = 16;  // up to the window

void set(SegmentOptions& options, Has what) { options.has = static_cast<std::uint16_t>(options.has | what); }

void read_sack(Octets blocks, SegmentOptions& options) {
  const std::size_t count = blocks.size() / 8;
  if (count == 0 || count > options.sack.size() || blocks.size() % 8 != 0) return set(options, Has::malformed);
  options.sack_count = static_cast<std::uint8_t>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::byte* p = blocks.data() + 8 * i;
    options.sack[i] = {.left = Seq{load_be32(p)}, .right = Seq{load_be32(p + 4)}};
  }
}

void read_fast_open(Octets cookie, SegmentOptions& options) {
  set(options, Has::fast_open);
  options.fast_open_length = static_cast<std::uint8_t>(cookie.size());
}

/// One whole option. A known kind of a wrong length says nothing but that it is malformed.
void read_option(std::uint8_t kind, Octets value, SegmentOptions& options) {
  const auto wants = [&](std::size_t octets, Has what) {
    set(options, value.size() == octets ? what : Has::malformed);
    return value.size() == octets;
  };
  switch (kind) {
    case max_segment_size:
      if (wants(2, Has::mss)) options.mss_value = load_be16(value.data());
      break;
    case window_scale:
      if (wants(1, Has::window_scale)) options.shift = load_u8(value.data());
      break;
    case sack_permitted:
      wants(0, Has::sack_permitted);
      break;
    case sack:
      read_sack(value, options);
      break;
    case timestamps:
      if (wants(8, Has::timestamps)) options.stamps = {.val = load_be32(value.data()), .ecr = load_be32(value.data() + 4)};
      break;
    case md5:
      wants(16, Has::md5);
      break;
    case user_timeout:
      wants(2, Has::user_timeout);
      break;
    case authentication:
      set(options, value.size() >= 2 ? Has::ao : Has::malformed);
      break;
    case mptcp:
      set(options, Has::mptcp);
      break;
    case fast_open:
      read_fast_open(value, options);
      break;
    case accecn_0:
    case accecn_1:
      set(options, Has::accecn);
      break;
    case experiment_1:
    case experiment_2:
      if (value.size() >= 2 && load_be16(value.data()) == fast_open_experiment) read_fast_open(value.subspan(2), options);
      break;
    default:
      break;
  }
}

}  // namespace

void read_segment_options(Octets list, bool cut, SegmentOptions& options) {
  const wire::TcpOptionsEnd end = wire::each_tcp_option(list, [&options](Octets option) {
    const std::uint8_t kind = load_u8(option.data());
    if (kind == no_operation) ++options.nops;
    if (option.size() > 1) read_option(kind, option.subspan(2), options);
  });
  // A list of which the capture holds the beginning may well run over its end.
  if (end == wire::TcpOptionsEnd::bad_length || (end == wire::TcpOptionsEnd::overrun && !cut)) set(options, Has::malformed);
}

TcpHeaderState read_tcp_segment(Octets octets, std::uint64_t wire, Segment& segment) {
  if (octets.size() < least_captured) return wire < wire::tcp_min_header ? TcpHeaderState::malformed : TcpHeaderState::too_short;
  const std::byte* p = octets.data();
  const std::size_t header = (load_u8(p + 12) >> 4) * std::size_t{4};
  if (header < wire::tcp_min_header || header > wire) return TcpHeaderState::malformed;
  segment.source_port = load_be16(p);
  segment.destination_port = load_be16(p + 2);
  segment.seq = Seq{load_be32(p + 4)};
  segment.ack = Seq{load_be32(p + 8)};
  segment.ae = (load_u8(p + 12) & 1) != 0;
  segment.flags = load_u8(p + 13);
  segment.window = load_be16(p + 14);
  segment.length = static_cast<std::uint32_t>(wire - header);
  segment.urgent = octets.size() >= wire::tcp_min_header ? load_be16(p + 18) : std::uint16_t{0};
  const bool cut = octets.size() < header;
  segment.text = cut ? Octets{} : octets.subspan(header);
  segment.options.clear();
  if (header == 32 && !cut && load_be32(p + 20) == padded_timestamps) {  // what nearly every segment carries
    segment.options.has = Has::timestamps;
    segment.options.nops = 2;
    segment.options.stamps = {.val = load_be32(p + 24), .ecr = load_be32(p + 28)};
  } else if (octets.size() > wire::tcp_min_header) {
    const std::size_t end = std::min(header, octets.size());
    read_segment_options(octets.subspan(wire::tcp_min_header, end - wire::tcp_min_header), cut, segment.options);
  }
  return cut ? TcpHeaderState::cut : TcpHeaderState::whole;
}

ChecksumState judge_checksum(const IpAddress& source, const IpAddress& destination, Octets octets) {
  const wire::PartialSum pseudo =
      wire::pseudo_header(source, destination, wire::protocol::tcp, static_cast<std::uint32_t>(octets.size()));
  if (wire::is_valid(wire::add_octets(pseudo, octets))) return ChecksumState::good;
  // What senders leave to their network cards: the pseudo-header's sum, with or without the length, or nothing at all.
  const std::uint16_t stored = load_be16(octets.data() + 16);
  const auto without_length = wire::pseudo_header(source, destination, wire::protocol::tcp, 0);
  const bool left = stored == 0 || stored == static_cast<std::uint16_t>(~wire::finish(pseudo)) ||
                    stored == static_cast<std::uint16_t>(~wire::finish(without_length));
  return left ? ChecksumState::partial : ChecksumState::bad;
}

}  // namespace ft::analysis
