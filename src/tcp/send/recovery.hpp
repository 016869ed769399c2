// What an ACK says about losses, and what to do: the phases of a connection's flight. It joins the scoreboard with its judges
// (RACK RFC 8985; without it RFC 6675 2, without SACK RFC 5681 3.2 and 6582), repairs with PRR (RFC 9937), probes the tail (8985
// 7) and takes back what was needless (RFC 5682, 4015). Windows are the controller's.
//
// It lives while something is in flight: an idle connection does not pay for it.
#pragma once

#include "tcp/send/delivery.hpp"
#include "tcp/send/prr.hpp"
#include "tcp/send/rack.hpp"
#include "tcp/send/undo.hpp"
#include "wire/tcp.hpp"

#include <memory>
#include <span>

namespace ft::tcp {

/// What the connection allows, and knows of the path.
struct RecoveryRules {
  std::uint32_t mss = 536;
  bool sack = false;  // agreed on
  bool rack = true;
  bool tail_loss_probe = true;
  bool limited_transmit = true;
  bool duplicate_sack = true;
  bool frto = true;
  bool undo = true;
  Duration srtt{};                             // zero: nothing measured
  Duration min_rtt{};                          // the same
  CongestionController* controller = nullptr;  // hears of each loss
};

/// What an acceptable ACK says.
struct AckNews {
  Seq ack;
  std::span<const wire::SackBlock> sack;
  /// The segment that the timestamp echoes left before this; never: no usable timestamp.
  Instant echo = never;
  /// It counts as a duplicate where SACK is not agreed (RFC 5681 2).
  bool duplicate = false;
};

enum class Phase : std::uint8_t {
  open,      // nothing is known to be lost
  recovery,  // fast recovery: PRR decides what leaves
  loss,      // after a timeout: slow start repairs
};

/// What became of the flight.
struct AckVerdict {
  Delivery delivery;
  std::uint32_t newly_lost = 0;
  std::uint64_t prior_in_flight = 0;
  bool entered = false;          // recovery begins
  bool recovered = false;        // recovery, or the repair after a timeout, is complete
  bool undone = false;           // the last reduction was needless
  bool tail_was_lost = false;    // a tail loss probe repaired a loss in silence: reduce as for any other (8985 7.4.2)
  bool duplicate_seen = false;   // a D-SACK
  bool path_probe_lost = false;  // a probe of the path's MTU: no sign of congestion, not in newly_lost (RFC 4821 7.6.2)
  std::optional<Duration> wait;  // until a segment that may be merely reordered counts as lost
};

class Recovery {
 public:
  /// A flight begins at `una`; totals and what was learnt of the path come from the one before.
  Recovery(Seq una, const DeliveryTotals& totals, Rack::Learnt learnt)
      : rate(totals), rack(learnt), recover_(una - 1), round_end_(una) {}
  /// A copy with memory of its own; null when the pool refuses.
  static std::unique_ptr<Recovery> copy(BufferPool& pool, const Recovery& other);

  /// `una` and `max` before the ACK.
  AckVerdict on_ack(Instant now, Seq una, Seq max, const AckNews& news, const RecoveryRules& rules);
  /// The reordering timer: what has waited long enough is lost.
  AckVerdict on_reordering_timer(Instant now, Seq una, Seq max, const RecoveryRules& rules);
  /// The retransmission timer fired for the data in [una, max).
  void on_rto(Instant now, Seq una, Seq max, const RecoveryRules& rules, bool first);

  /// A record left: new, or a repeat. Memory was reserved.
  void on_new(Instant now, SentSegment record);
  void on_repeat(Instant now, std::uint32_t position);
  /// The tail loss probe left; `end` of what it carries.
  void on_probe(Seq end, bool repeated) {
    probe_end_ = end;
    probe_active_ = true;
    probe_repeated_ = repeated;
    sampled_ = false;
  }

  Phase phase() const { return phase_; }
  /// How long after the last new segment or ACK the tail is probed (8985 7.2); nullopt: not now.
  std::optional<Duration> probe_timeout(const RecoveryRules& rules) const;
  /// Octets in the network, as far as we know.
  std::uint32_t in_flight() const {
    //= rfc9937 6.2-1
    const std::uint32_t counted = board.in_flight();
    return counted - std::min(counted, reno_sacked_);
  }
  /// What counts against the congestion window.
  std::uint32_t counted(bool limited_transmit) const {
    if (limited_transmit || phase_ != Phase::open) return in_flight();
    return board.in_flight() + board.sacked() + board.lost();  // RFC 3042 off: nothing leaves for a duplicate
  }
  /// F-RTO: new data goes before repeats, to see whether the timeout was needless (5682 2.1 step 2b).
  bool wants_new_data() const { return phase_ == Phase::loss && frto_ == Frto::probing; }
  /// Most octets in flight during this round trip and the one before.
  std::uint32_t most_in_flight() const { return std::max(most_in_flight_, most_before_); }
  /// Something may still have to be taken back.
  bool remembers() const { return undo.is_active(); }

  Scoreboard board;
  DeliveryRate rate;
  Rack rack;
  Prr prr;
  Undo undo;

 private:
  friend class Fingerprint;

  enum class Frto : std::uint8_t { off, waiting, probing };
  static constexpr std::uint8_t threshold = 3;

  bool take_duplicate_report(Seq ack, std::span<const wire::SackBlock> blocks);
  void take_delivery(Instant now, Seq una, Seq max, const AckNews& news, const RecoveryRules& rules, AckVerdict& verdict);
  bool was_needless(Seq una, const AckNews& news, const RecoveryRules& rules, const AckVerdict& verdict);
  void take_probe(Seq una, const AckNews& news, const RecoveryRules& rules, AckVerdict& verdict);
  void find_losses(Instant now, bool advanced, const AckNews& news, const RecoveryRules& rules, AckVerdict& verdict);
  void find_by_time(Instant now, const RecoveryRules& rules, AckVerdict& verdict);
  void find_by_sack(Instant now, const RecoveryRules& rules);
  void find_by_duplicates(Instant now, bool advanced, const AckNews& news, const RecoveryRules& rules);
  void mark_lost(Instant now, std::uint32_t position, Cause why, const RecoveryRules& rules);
  void enter(Seq una, Seq max, std::uint32_t mss, AckVerdict& verdict);
  Duration reordering_window(const RecoveryRules& rules) const {
    const bool eager = phase_ != Phase::open || board.sacked_records() >= threshold;
    return rack.reordering_window(rules.min_rtt, rules.srtt, eager);
  }

  Seq recover_;
  Seq probe_end_;
  Seq round_end_;
  std::uint32_t most_in_flight_ = 0;
  std::uint32_t most_before_ = 0;
  std::uint32_t path_probe_lost_ = 0;  // octets, found by the latest look for losses
  std::uint32_t reno_sacked_ = 0;      // octets that duplicate ACKs without SACK stand for
  std::uint8_t duplicates_ = 0;
  Phase phase_ = Phase::open;
  Frto frto_ = Frto::off;
  bool original_delivered_ = false;  // by this ACK: something that was sent once, before the timeout
  bool probe_active_ = false;
  bool probe_repeated_ = false;
  bool sampled_ = true;  // a round-trip time was measured since the last probe
};

}  // namespace ft::tcp
