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

/// Octets that arrived by their IP-ECN codepoint (RFC 9768 3.2.3), 24 bits each. Fields are cut off from the tail: order 0
/// (kind 172) holds ECT(0), CE, ECT(1), order 1 (kind 174) ECT(1), CE, ECT(0).
struct AccEcnOption {
  std::uint8_t order = 0;                 // 0 or 1
  std::uint8_t fields = 0;                // how many are there, 0 to 3
  std::array<std::uint32_t, 3> octets{};  // in the order on the wire; absent ones stay zero, so equality is plain
  friend constexpr bool operator==(const AccEcnOption&, const AccEcnOption&) = default;

  constexpr std::optional<std::uint32_t> e0b() const { return field(order == 0 ? 0 : 2); }
  constexpr std::optional<std::uint32_t> ceb() const { return field(1); }
  constexpr std::optional<std::uint32_t> e1b() const { return field(order == 0 ? 2 : 0); }
  /// Octets that the option takes in a header, padded.
  static constexpr std::size_t room(std::uint8_t fields) { return (2 + std::size_t{3} * fields + 3) / 4 * 4; }

 private:
  constexpr std::optional<std::uint32_t> field(std::size_t i) const {
    return i < fields ? std::optional(octets[i]) : std::nullopt;
  }
};

/// RFC 7413 4.1.1: 4 to 16 octets, an even number; none asks for a cookie.
struct FastOpenCookie {
  std::uint8_t length = 0;
  std::array<std::byte, 16> octets{};  // unused places stay zero, so equality is plain
  friend constexpr bool operator==(const FastOpenCookie&, const FastOpenCookie&) = default;
};

/// What proves that a segment comes from who knows the key: the MD5 option (RFC 2385 3.0) or the authentication option
/// (RFC 5925 2.2) with a MAC of at most 16 octets.
struct Signature {
  enum class Kind : std::uint8_t { md5, ao };
  Kind kind = Kind::md5;
  std::uint8_t key_id = 0;       // ao
  std::uint8_t next_key_id = 0;  // ao: RNextKeyID
  std::uint8_t length = 16;      // of the MAC
  std::array<std::byte, 16> mac{};
  friend constexpr bool operator==(const Signature&, const Signature&) = default;
  /// Octets in the header, padded.
  constexpr std::size_t room() const { return kind == Kind::md5 ? 20 : (4u + length + 3u) / 4u * 4u; }
};

struct TcpOptions {
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;  // as received; RFC 7323 2.3 caps its use at 14
  bool sack_permitted = false;
  std::optional<Timestamps> timestamps;
  std::optional<std::uint16_t> user_timeout;  // RFC 5482 3.3, as on the wire: a bit for minutes, then 15 bits
  std::optional<FastOpenCookie> fast_open;
  std::optional<Signature> signature;
  std::uint8_t sack_count = 0;
  std::array<SackBlock, 4> sack{};  // unused places stay zero, so equality is plain
  std::optional<AccEcnOption> accecn;
  friend constexpr bool operator==(const TcpOptions&, const TcpOptions&) = default;
};

struct TcpHeader {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Seq seq;
  Seq ack;
  std::uint8_t flags = 0;
  bool ae = false;           // Accurate ECN, the last bit of octet 12 (RFC 9768 3.2.2; RFC 3540 called it NS)
  std::uint16_t window = 0;  // as on the wire
  std::uint16_t urgent = 0;
  TcpOptions options;

  constexpr bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  /// AE, CWR and ECE as one number of three bits (RFC 9768 3.2.2).
  constexpr std::uint8_t ace() const { return static_cast<std::uint8_t>((ae ? 4 : 0) | flags >> 6); }
  constexpr void set_ace(std::uint8_t value) {
    ae = (value & 4) != 0;
    flags = static_cast<std::uint8_t>((flags & 0x3f) | (value & 3) << 6);
  }
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

/// The same into values that are fresh and stand already where they are used: a segment's way begins here.
DropReason read_tcp(std::span<const std::byte> segment, TcpHeader& header, std::span<const std::byte>& text,
                    bool& options_malformed);

/// Octets that the header with these options takes (a multiple of 4, at most 60). Options are laid out in the order
/// mss, sack-permitted, timestamps, nop, window scale, user timeout, signature, fast open, AccECN; what does not fit of the last
/// three and of the sack blocks is left out.
std::size_t tcp_header_length(const TcpHeader& header);

/// Writes the header with a zero checksum into `out` (at least tcp_header_length octets); returns its length.
std::size_t write_tcp(const TcpHeader& header, std::span<std::byte> out);
/// The same for who has asked tcp_header_length() already.
void write_tcp(const TcpHeader& header, std::span<std::byte> out, std::size_t length);

}  // namespace ft::wire
