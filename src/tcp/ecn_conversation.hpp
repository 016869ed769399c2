// ECN of one connection: what was asked, what was agreed, and the two ends of it. The rules are in tcp/ecn, recv/ecn and
// send/ecn; here the handshake's packets meet them (RFC 3168 6.1.1, RFC 9768 3.1).
#pragma once

#include "tcp/half_open.hpp"
#include "tcp/recv/ecn.hpp"
#include "tcp/send/ecn.hpp"

namespace ft::tcp {

class EcnConversation {
 public:
  /// A passive open continues a listener's record. `first`: the sequence number of our first octet of text.
  void continue_from(const HalfOpen& half_open, const ft::TcpOptions& ours, Seq first);

  /// The flags of our SYN, after so many timeouts of it.
  std::uint8_t ask(const ft::TcpOptions& ours, unsigned timeouts);
  /// We asked, and later in this handshake did not: the SYN that leaves goes without because of it.
  bool gave_up() const { return asked_ != ecn_setup::none && plain_syn_sent_; }
  /// A RST answered the SYN. True, once: it asked for ECN and shall go again without (RFC 3168 6.1.1.1).
  bool retries_after_reset(const ft::TcpOptions& ours);

  /// Simultaneous open: the peer's SYN decides as if we had been its listener (9768 3.1.2).
  void on_crossing_syn(const Segment& syn, const ft::TcpOptions& ours, Seq first);
  /// The flags of our SYN-ACK.
  std::uint8_t answer() const { return syn_ack_flags(in.mode(), syn_codepoint_); }
  /// The answer to our SYN. Returns what it tells of marks.
  EcnMarks on_syn_ack(const Segment& syn_ack, const ft::TcpOptions& ours, Seq first);
  /// The ACK that ends a passive open's handshake. Returns what it tells of marks.
  EcnMarks on_handshake_ack(const Segment& ack);

  struct Departure {
    std::uint32_t new_text = 0;  // octets that were never sent before
    std::uint32_t room = 0;      // octets of options that still fit
    bool pure = false;           // it has no text and no FIN
  };
  /// AE, CWR, ECE and the option of a segment with an ACK and without a SYN.
  void fill_in(wire::TcpHeader& header, const Departure& departure);
  /// Octets that the option will take of the next segment's text.
  std::uint32_t option_room(bool has_islands, bool text) const;

  EcnReceiver in;
  EcnSender out;

 private:
  friend class Fingerprint;

  void add_option(wire::TcpHeader& header, const Departure& departure) const;
  static bool mirrors(const ft::TcpOptions& ours) { return ours.congestion == Congestion::dctcp && ours.controller == nullptr; }

  std::uint8_t asked_ = ecn_setup::none;  // the best that a SYN of ours asked for
  std::uint8_t syn_codepoint_ = codepoint::not_ect;
  bool plain_syn_sent_ = false;
  bool reset_seen_ = false;
};

}  // namespace ft::tcp
