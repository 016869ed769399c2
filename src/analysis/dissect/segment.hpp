// One TCP segment as a capture shows it: what the packet said, and what the capture knows about how it came by. This is all that
// flows and findings ever see of a packet.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/time.hpp"
#include "pcap/packet.hpp"
#include "wire/seq.hpp"
#include "wire/tcp.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ft::analysis {

/// What a segment's checksum says. `partial`: it covers the pseudo-header only, as a sender leaves it to its network card.
enum class ChecksumState : std::uint8_t { unknown, good, bad, partial };

/// The options that most segments carry, read without copying the others; `others` tells that the header has more to say.
struct SegmentOptions {
  enum Has : std::uint16_t {
    mss = 1,
    window_scale = 2,
    sack_permitted = 4,
    timestamps = 8,
    fast_open = 16,
    md5 = 32,
    ao = 64,
    mptcp = 128,
    user_timeout = 256,
    accecn = 512,
    malformed = 1024,
  };
  std::uint16_t has = 0;
  std::uint16_t mss_value = 0;
  std::uint8_t shift = 0;  // window scale, as on the wire
  std::uint8_t sack_count = 0;
  std::uint8_t nops = 0;              // NOPs, in the whole header
  std::uint8_t fast_open_length = 0;  // octets of the cookie; 0 asks for one
  wire::Timestamps stamps{};
  std::array<wire::SackBlock, 4> sack{};  // those beyond sack_count mean nothing
  /// As of a header without options. The blocks stay as they are: they lie in a cache line that most segments never touch.
  constexpr void clear() {
    has = mss_value = 0;
    shift = sack_count = nops = fast_open_length = 0;
    stamps = {};
  }
  constexpr bool any(std::uint16_t which) const { return (has & which) != 0; }
};

/// Millions of them go from one core to another, so what most segments say lies in two cache lines.
struct alignas(64) Segment {
  std::uint64_t frame = 0;  // its number in the capture, from 1
  Instant at{};             // since 1970-01-01 00:00 UTC
  std::uint64_t link = 0;   // digest of MAC addresses and VLAN tags: two copies of a packet that differ here took two ways
  std::span<const std::byte> text;  // what the capture kept of it; borrowed for the call
  Seq seq;
  Seq ack;
  std::uint32_t length = 0;         // octets of text on the wire, whatever the capture kept of it
  std::uint32_t packet_length = 0;  // octets of the IP packet on the wire
  IpAddress source;                 // of the innermost IP header
  IpAddress destination;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t window = 0;  // as on the wire
  std::uint16_t urgent = 0;
  std::uint16_t ip_id = 0;
  std::uint16_t interface = 0;  // below pcap::Decoder::max_interfaces
  pcap::Direction direction = pcap::Direction::unknown;
  std::uint8_t flags = 0;  // octet 13, see wire::tcp_flag
  bool ae = false;         // the flag before CWR
  bool has_ip_id = false;  // IPv4
  bool dont_fragment = false;
  bool fragmented = false;  // put together from IP fragments
  std::uint8_t ttl = 0;     // or hop limit
  std::uint8_t traffic_class = 0;
  ChecksumState checksum = ChecksumState::unknown;
  SegmentOptions options;

  constexpr bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  /// Sequence numbers that it takes: SEG.LEN of RFC 9293 3.3.1, SYN and FIN counted.
  constexpr std::uint32_t sequence_length() const {
    return length + (has(wire::tcp_flag::syn) ? 1u : 0u) + (has(wire::tcp_flag::fin) ? 1u : 0u);
  }
};

static_assert(offsetof(Segment, options) + offsetof(SegmentOptions, sack) <= 128);

/// An ICMP or ICMPv6 error that quotes a TCP segment. The quote is of the packet that could not be delivered: `quoted_source`
/// sent it, so the error goes to it.
struct IcmpError {
  std::uint64_t frame = 0;
  Instant at{};
  IpAddress reporter;  // who says so
  IpAddress quoted_source;
  IpAddress quoted_destination;
  std::uint16_t quoted_source_port = 0;
  std::uint16_t quoted_destination_port = 0;
  Seq quoted_seq;
  bool ipv6 = false;
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint8_t ttl = 0;
  std::uint32_t mtu = 0;  // of "fragmentation needed" and "packet too big"; 0 = not told
};

}  // namespace ft::analysis
