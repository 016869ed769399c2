// The IPv6 header and its extension headers (RFC 8200 3 and 4), one at a time: which of them are obeyed, and in which order, is
// net's business.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/error.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

namespace ft::wire {

namespace next_header {
inline constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment = 44, none = 59, destination_options = 60;
}

struct Ipv6Header {
  std::uint8_t traffic_class = 0;    // DSCP and ECN
  std::uint32_t flow_label = 0;      // 20 bits (RFC 6437)
  std::uint16_t payload_length = 0;  // octets after the fixed header
  std::uint8_t next_header = 0;
  std::uint8_t hop_limit = 64;
  IpAddress source;
  IpAddress destination;
};

struct ParsedIpv6 {
  Ipv6Header header;
  std::span<const std::byte> payload;  // borrowed: extension headers and the rest, without what the link padded
};

inline constexpr std::size_t ipv6_header_length = 40;
/// Offsets of fields that a parameter problem points at (RFC 4443 3.4).
inline constexpr std::uint32_t ipv6_payload_length_offset = 4;
inline constexpr std::uint32_t ipv6_next_header_offset = 6;

/// Reads and checks a whole packet: version and payload length.
std::expected<ParsedIpv6, DropReason> parse_ipv6(std::span<const std::byte> packet);
/// Reads the start of a packet, as an ICMPv6 error quotes it: the payload is what there is.
std::expected<ParsedIpv6, DropReason> parse_quoted_ipv6(std::span<const std::byte> quote);
/// Writes 40 octets; returns their number. `out` must have room.
std::size_t write_ipv6(const Ipv6Header& header, std::span<std::byte> out);

/// Hop-by-hop options, destination options and routing headers share their first two octets.
struct ExtensionHeader {
  std::uint8_t next_header = 0;
  std::span<const std::byte> body;  // after the two octets, borrowed
  std::size_t length = 0;           // octets of the whole header, a multiple of 8
};
std::expected<ExtensionHeader, DropReason> parse_extension(std::span<const std::byte> from);

/// RFC 8200 4.4; the rest of a routing header depends on its type.
struct RoutingHeader {
  std::uint8_t type = 0;
  std::uint8_t segments_left = 0;
};
RoutingHeader parse_routing(const ExtensionHeader& header);

/// RFC 8200 4.5
struct FragmentHeader {
  std::uint8_t next_header = 0;
  std::uint32_t offset = 0;  // octets, a multiple of 8
  bool more_fragments = false;
  std::uint32_t id = 0;
};
inline constexpr std::size_t fragment_header_length = 8;
/// too_short when fewer than 8 octets are there.
std::expected<FragmentHeader, DropReason> parse_fragment(std::span<const std::byte> from);
std::size_t write_fragment(const FragmentHeader& header, std::span<std::byte> out);

/// One option of a hop-by-hop or destination options header (RFC 8200 4.2); padding is skipped by the reader.
struct Ipv6Option {
  std::uint8_t type = 0;
  std::size_t offset = 0;  // of its type octet, in the body
  std::span<const std::byte> data;

  /// What to do with a packet when the type is not known: the two highest bits.
  enum class WhenUnknown : std::uint8_t { skip, discard, discard_and_tell, discard_and_tell_unless_multicast };
  constexpr WhenUnknown when_unknown() const { return static_cast<WhenUnknown>(type >> 6); }
};

/// Walks the options of a body: next() until it gives none; then malformed() says whether an option ran past the end.
class Ipv6OptionReader {
 public:
  explicit Ipv6OptionReader(std::span<const std::byte> body) : body_(body) {}
  std::optional<Ipv6Option> next();
  bool malformed() const { return malformed_; }

 private:
  std::span<const std::byte> body_;
  std::size_t at_ = 0;
  bool malformed_ = false;
};

}  // namespace ft::wire
