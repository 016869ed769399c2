// The TCP header (RFC 9293 3.1) and its options as values.
#pragma once

#include "wire/seq.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "fourtuple/error.hpp"

namespace ft::wire {

/// Octet 13 of the header.
namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20, ece = 0x40, cwr = 0x80;
}

struct SackBlock {
  Seq left;   // first octet of the block
  Seq right;  // the octet after its last
  friend constexpr bool operator==(SackBlock, SackBlock) = default;
};

struct Timestamps {
  std::uint32_t val = 0;  // TSval
  std::uint32_t ecr = 0;  // TSecr
  friend constexpr bool operator==(Timestamps, Timestamps) = default;
};

struct TcpOptions {
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;  // as received; RFC 7323 2.3 caps its use at 14
  bool sack_permitted = false;
  std::optional<Timestamps> timestamps;
  std::optional<std::uint16_t> user_timeout;  // RFC 5482 3.3, as on the wire: a bit for minutes, then 15 bits
  std::uint8_t sack_count = 0;
  std::array<SackBlock, 4> sack{};  // unused places stay zero, so equality is plain
  friend constexpr bool operator==(const TcpOptions&, const TcpOptions&) = default;
};

struct TcpHeader {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Seq seq;
  Seq ack;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;  // as on the wire
  std::uint16_t urgent = 0;
  TcpOptions options;

  constexpr bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  friend constexpr bool operator==(const TcpHeader&, const TcpHeader&) = default;
};

inline constexpr std::size_t tcp_min_header = 20;
inline constexpr std::size_t tcp_max_header = 60;

struct ParsedTcp {
  TcpHeader header;
  std::span<const std::byte> text;  // what follows the header, borrowed from the input
  bool options_malformed = false;   // an illegal option length: what came before it is kept (RFC 9293 MUST-7)
};

/// Reads a TCP segment (header onwards). Does not verify the checksum; see wire/checksum.
std::expected<ParsedTcp, DropReason> parse_tcp(std::span<const std::byte> segment);

/// Octets that the header with these options takes (a multiple of 4, at most 60). Options are laid out in the order
/// mss, sack-permitted, timestamps, nop, window scale, user timeout; sack blocks that do not fit are left out.
std::size_t tcp_header_length(const TcpHeader& header);

/// Writes the header with a zero checksum into `out` (at least tcp_header_length octets); returns its length.
std::size_t write_tcp(const TcpHeader& header, std::span<std::byte> out);

}  // namespace ft::wire
