// The receiving half: the receive variables, the text that waits for the application, and what to acknowledge.
#pragma once

#include "tcp/recv/ack_policy.hpp"
#include "tcp/recv/paws.hpp"
#include "tcp/recv/reassembly.hpp"
#include "tcp/recv/window.hpp"
#include "tcp/segment.hpp"
#include "tcp/variables.hpp"

namespace ft::tcp {

class Receiver {
 public:
  enum class Arrived : std::uint8_t { nothing, in_order, out_of_order, duplicate, no_memory };

  /// The peer's SYN is known; `wnd` is what our SYN or SYN-ACK offers.
  void open(Seq irs, std::uint32_t wnd) {
    rcv.irs = irs;
    rcv.nxt = rcv.up = irs + 1;
    rcv.wnd = wnd;
  }

  /// `seg` is trimmed to the window. Moves rcv.nxt over text that is in order now.
  Arrived on_text(BufferPool& pool, Instant now, const Segment& seg, std::uint32_t mss, Duration ack_delay, Deadlines& deadlines);
  /// The FIN of a trimmed segment; true once it is in order (then rcv.nxt has passed it). Remembers one that is early.
  bool on_fin(const Segment& seg);

  /// [left, right) arrived although we had it: the next ACK says so (RFC 2883 4).
  void note_duplicate(Seq left, Seq right) {
    if (!before(left, right)) return;
    duplicate_ = {left, right};
    has_duplicate_ = true;
  }
  void forget_duplicate() { has_duplicate_ = false; }
  bool has_duplicate() const { return has_duplicate_; }
  /// Something is there for SACK blocks to tell.
  bool has_reports() const { return has_duplicate_ || text.has_islands(); }
  /// At most `limit` blocks: the duplicate first, then the islands, newest first. Returns how many.
  std::uint8_t take_reports(std::uint8_t limit, std::array<wire::SackBlock, 4>& blocks);

  /// Sequence number of the next octet that the application reads.
  Seq read_seq() const { return rcv.nxt - text.ready() - (fin_taken_ ? 1u : 0u); }
  bool fin_taken() const { return fin_taken_; }

  RecvVars rcv;
  Reassembly text;
  AckPolicy ack;
  Paws paws;

 private:
  friend class Fingerprint;

  void advance(std::uint32_t octets) {
    rcv.nxt += octets;
    rcv.wnd -= std::min(octets, rcv.wnd);
    rcv.up = later(rcv.up, read_seq());  // a mark left behind would lie ahead again after half a round of the numbers
  }

  wire::SackBlock duplicate_;
  Seq fin_at_;
  bool fin_known_ = false;
  bool fin_taken_ = false;
  bool has_duplicate_ = false;
};

}  // namespace ft::tcp
