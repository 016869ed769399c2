// An arriving segment as a value, with the lengths of RFC 9293 3.4.
#pragma once

#include "tcp/why.hpp"
#include "wire/tcp.hpp"

namespace ft::tcp {

struct Segment {
  wire::TcpHeader header;
  std::span<const std::byte> text;  // borrowed
  std::uint8_t ip_ecn = 0;          // the IP header's ECN field: 0 not ECT, 1 ECT(1), 2 ECT(0), 3 CE (RFC 3168 5)

  Seq seq() const { return header.seq; }
  Seq ack() const { return header.ack; }
  bool syn() const { return header.has(wire::tcp_flag::syn); }
  bool fin() const { return header.has(wire::tcp_flag::fin); }
  bool rst() const { return header.has(wire::tcp_flag::rst); }
  bool has_ack() const { return header.has(wire::tcp_flag::ack); }
  bool urg() const { return header.has(wire::tcp_flag::urg); }
  std::uint32_t text_length() const { return static_cast<std::uint32_t>(text.size()); }
  /// SEG.LEN: octets of sequence space, SYN and FIN included.
  std::uint32_t length() const { return text_length() + (syn() ? 1u : 0u) + (fin() ? 1u : 0u); }
  /// Sequence number of the first octet of text.
  Seq text_seq() const { return syn() ? seq() + 1 : seq(); }
};

/// A segment that no connection needs to remember: a RST, or an ACK from TIME-WAIT.
struct Reply {
  wire::TcpHeader header;  // without ports
  Cause cause = Cause::none;
};

/// The RST that RFC 9293 3.10.7.1 prescribes for a segment that belongs to nothing (never for a RST).
Reply make_reset(const Segment& segment, Cause cause);

}  // namespace ft::tcp
