// The receiving end of ECN: what arrived marked, and how the peer is told. Three ways: ECE until CWR (RFC 3168 6.1.3), ECE as a
// mirror of every packet for DCTCP (RFC 8257 3.2), counters of packets and octets (RFC 9768 3.2). It mirrors what it sees and
// judges nothing (9768 2.5).
#pragma once

#include "tcp/ecn.hpp"
#include "tcp/segment.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace ft::tcp {

class EcnReceiver {
 public:
  enum class Side : std::uint8_t { client, server };
  /// The mode is agreed. `mirrors`: ECE follows every packet, as DCTCP's sender expects; of the classic mode only.
  void open(EcnMode mode, bool mirrors, Side side);
  /// A client: a SYN-ACK arrived, the first or a repeat. Its codepoint goes with the next pure ACK (9768 3.2.2.1).
  void on_syn_ack(std::uint8_t ip_ecn);

  /// An acceptable segment arrived. `unacknowledged`: octets before it wait for an ACK. Returns why an ACK must not wait, or
  /// none.
  Cause on_segment(const Segment& segment, bool unacknowledged);

  /// AE, CWR, ECE of a segment that leaves, in mode accurate all three, in mode classic ECE alone. `pure`: an ACK without text
  /// and without SACK blocks.
  std::uint8_t flags(bool pure) const;
  /// The handshake's echo is still owed: a pure ACK goes before any text (9768 3.2.2.1).
  bool owes_handshake_ack() const { return mode_ == EcnMode::accurate && syn_ack_codepoint_.has_value(); }
  /// There may be one: option() says whether and which.
  bool has_option(bool text) const {
    return mode_ == EcnMode::accurate && (news_ != 0 || (text ? first_text_option_due_ : first_option_due_));
  }
  /// The option that belongs on a segment now: none when there is no news. `beside_sack`: SACK blocks go along.
  std::optional<wire::AccEcnOption> option(bool beside_sack, bool text) const;
  /// A segment with an ACK left.
  void on_ack_sent(bool pure, bool with_option, bool text);
  /// RFC 8257 3.2: octets before this number were received in the other state, and their ACK has not left.
  struct Earlier {
    Seq nxt;
    bool ece = false;
  };
  /// The ACK for them must leave first; taken once. `nxt`: RCV.NXT before the text that changed the state.
  void remember_earlier(Seq nxt) {
    earlier_nxt_ = nxt;
    earlier_ece_ = !ece_;
    has_earlier_ = true;
  }
  std::optional<Earlier> take_earlier() {
    if (!has_earlier_) return std::nullopt;
    has_earlier_ = false;
    return Earlier{earlier_nxt_, earlier_ece_};
  }

  /// Who cuts a super-segment clears CWR on all pieces but the first, as RFC 3168 wanted; here it is a bit of the counter
  /// (9768 3.3.4).
  bool forbids_cutting() const { return mode_ == EcnMode::accurate && (cep() & 2) != 0; }

  EcnMode mode() const { return mode_; }
  std::uint64_t ce_packets() const { return ce_packets_; }
  /// r.cep
  std::uint32_t cep() const { return first_cep + static_cast<std::uint32_t>(ce_packets_); }

 private:
  friend class Fingerprint;

  enum Counter : std::uint8_t { e1b, e0b, ceb };  // by codepoint, less one
  static constexpr std::uint32_t first_cep = 5;   // RFC 9768 3.2.1
  Cause on_accurate(const Segment& segment, bool unacknowledged);
  bool has_changed(Counter counter) const { return (ever_ >> counter & 1) != 0; }
  bool has_news(Counter counter) const { return (news_ >> counter & 1) != 0; }
  std::uint8_t fields_of(std::uint8_t order, bool all) const;

  std::uint64_t ce_packets_ = 0;
  std::array<std::uint32_t, 3> octets_{1, 1, 0};  // r.e1b, r.e0b, r.ceb; only their low 24 bits are told
  Seq earlier_nxt_;
  std::optional<std::uint8_t> syn_ack_codepoint_;
  std::uint8_t ce_since_ack_ = 0;
  std::uint8_t ever_ = 0;  // bits: counters that moved since the connection began
  std::uint8_t news_ = 0;  // bits: counters that moved since the last option
  EcnMode mode_ = EcnMode::off;
  bool has_earlier_ : 1 = false;
  bool earlier_ece_ : 1 = false;
  bool mirrors_ : 1 = false;
  bool ece_ : 1 = false;                    // classic: congestion is echoed; DCTCP.CE of RFC 8257
  bool last_ce_ : 1 = false;                // the packet before was marked
  bool first_option_due_ : 1 = false;       // on an ACK, to show that the path lets the option through (RFC 9768 3.2.3.2.1)
  bool first_text_option_due_ : 1 = false;  // and on text, which is repeated when it is lost
  bool syn_ack_counted_ : 1 = false;
};

}  // namespace ft::tcp
