#include "analysis/dissect/tcp_segment.hpp"

#include "base/cursor.hpp"
#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"

#include <algorithm>

namespace ft::analysis {
namespace {

using Octets = std::span<const std::byte>;
using Has = SegmentOptions::Has;

// Kinds of the IANA registry, with the length that RFC 9293, 7323, 2018, 2385, 5482, 5925, 7413, 8684 and 9768 give them.
enum Kind : std::uint8_t {
  end_of_list = 0,
  no_operation = 1,
  max_segment_size = 2,
  window_scale = 3,
  sack_permitted = 4,
  sack = 5,
  timestamps = 8,
  md5 = 19,
  user_timeout = 28,
  authentication = 29,
  mptcp = 30,
  fast_open = 34,
  accecn_0 = 172,
  accecn_1 = 174,
  experiment_1 = 253,
  experiment_2 = 254,
};
constexpr std::uint16_t fast_open_experiment = 0xf989;   // RFC 7413 4.1.1, of RFC 6994's identifiers
constexpr std::uint32_t padded_timestamps = 0x0101080a;  // nop, nop, timestamps, length 10
constexpr std::size_t least_captured = 16;               // up to the window

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
  const auto stop = [&] {
    if (!cut) set(options, Has::malformed);
  };
  while (!list.empty()) {
    const std::uint8_t kind = load_u8(list.data());
    if (kind == end_of_list) return;
    if (kind == no_operation) {
      ++options.nops;
      list = list.subspan(1);
      continue;
    }
    if (list.size() < 2) return stop();
    const std::size_t length = load_u8(list.data() + 1);
    if (length < 2) return set(options, Has::malformed);
    if (length > list.size()) return stop();
    read_option(kind, list.subspan(2, length - 2), options);
    list = list.subspan(length);
  }
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
  if (octets.size() >= wire::tcp_min_header) segment.urgent = load_be16(p + 18);
  const bool cut = octets.size() < header;
  if (!cut) segment.text = octets.subspan(header);
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
