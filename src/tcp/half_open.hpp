// A connection in SYN-RECEIVED after a passive open, as the small record that a listener keeps (RFC 4987 3): all that the SYN
// said and all that the SYN-ACK promised.
#pragma once

#include "tcp/ecn.hpp"
#include "tcp/negotiated.hpp"
#include "tcp/segment.hpp"

#include <cstdint>

namespace ft::tcp {

//= rfc4987 3.5-1
struct HalfOpen {
  Instant sent_at = never;  // when the first SYN-ACK left; never: not yet, or it had to be repeated (Karn)
  Seq iss;
  Seq irs;
  std::uint32_t ts_recent = 0;
  std::uint32_t ts_offset = 0;
  std::uint16_t peer_mss = 0;           // 0: the SYN had no MSS option
  std::uint16_t peer_window = 0;        // of the SYN, unscaled
  std::uint16_t peer_user_timeout = 0;  // as in the option; 0: it had none
  std::uint8_t peer_shift = 0;
  std::uint8_t our_shift = 0;  // as the SYN-ACK says it, whatever the listener's options are by the time of the ACK
  // What both sides want; also settled when the SYN came:
  bool window_scale : 1 = false;
  bool sack : 1 = false;
  bool timestamps : 1 = false;
  bool sent : 1 = false;           // a SYN-ACK left already: the next is a repeat
  bool retransmitted : 1 = false;  // and was repeated: the connection starts with one segment (RFC 5681 3.1)
  bool ecn_without : 1 = false;    // a SYN or a SYN-ACK without ECN was about, too
  EcnMode ecn = EcnMode::off;      // as the first SYN asked; it stays (RFC 9768 3.1.5)
  std::uint8_t syn_codepoint = 0;  // the IP ECN field of the latest SYN
  std::uint8_t syn_acks = 0;       // sent so far, at most 3 are counted

  /// The SYN's options, as far as we remember them.
  wire::TcpOptions peer_options() const;
};

/// What a listener remembers of an acceptable SYN.
HalfOpen remember_syn(const Segment& syn, const ft::TcpOptions& ours, Seq iss, std::uint32_t ts_offset);

/// The same SYN again. What it asks of ECN changes nothing, but how it arrived is told (RFC 9768 3.1.5). False when it asks for
/// the other kind of ECN: the handshake must end.
bool remember_repeat(HalfOpen& half_open, const Segment& syn, const ft::TcpOptions& ours);

/// The SYN-ACK for it, without ports (RFC 9293 3.10.7.2).
/// The first asks for all, the second does without the AccECN option, the third without ECN (RFC 9768 3.2.3.2.2).
wire::TcpHeader make_syn_ack(const HalfOpen& half_open, const ft::TcpOptions& options, const Path& path, Instant now);

/// What the SYN-ACK settled, for the connection that continues the record.
Negotiated negotiate(const HalfOpen& half_open, const ft::TcpOptions& options, const Path& path);

/// It left.
void note_syn_ack_sent(HalfOpen& half_open, Instant now);

}  // namespace ft::tcp
