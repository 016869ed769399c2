// RACK (RFC 8985): a segment is lost when one sent later was delivered, and the time that reordering may take has passed. Judging
// by time finds lost retransmissions and tail losses that counting duplicates cannot, and forgives reordering.
#pragma once

#include "tcp/send/delivery.hpp"

#include <optional>

namespace ft::tcp {

class Rack {
 public:
  /// What was learnt of the path's reordering; outlives a flight.
  struct Learnt {
    std::uint8_t multiplier = 1;  // of the reordering window
    std::uint8_t persist = 0;     // recoveries for which it stays
    bool reordering_seen = false;
  };
  Rack() = default;
  explicit Rack(Learnt learnt) : learnt_(learnt) {}
  const Learnt& learnt() const { return learnt_; }

  /// RFC 8985 6.2 steps 2 and 3, for each record that an ACK delivers. `echoes_earlier`: by its timestamp the ACK
  /// answers an earlier copy.
  void on_delivered(Instant now, const SentSegment& record, Duration min_rtt, bool echoes_earlier);
  /// Step 4. `dsack`: this ACK reports a duplicate; una and nxt bound a round trip.
  void on_ack(bool dsack, Seq una, Seq nxt);
  /// The recovery is over: the wider window is kept for 16 of them (step 4).
  void on_recovered() {
    if (learnt_.persist > 0 && --learnt_.persist == 0) learnt_.multiplier = 1;
  }

  /// Step 5: how long until the oldest segment in flight counts as lost; zero or less: it is lost. nullopt: nothing sent later
  /// was delivered.
  std::optional<Duration> oldest_lost_in(Instant now, const Scoreboard& board, Duration window) const;
  /// RACK_mark_losses_on_RTO (6.3): is the oldest one in flight old enough?
  bool oldest_is_stale(Instant now, const Scoreboard& board, Duration window) const;

  /// RACK.reo_wnd. `eager`: in recovery, or three segments were delivered beyond a hole.
  Duration reordering_window(Duration min_rtt, Duration srtt, bool eager) const {
    //= rfc8985 3.3.2-1
    if (!learnt_.reordering_seen && eager) return Duration::zero();
    //= rfc8985 3.3.2-3
    //= rfc8985 3.3.2-4
    return std::min<Duration>(min_rtt / 4 * learnt_.multiplier, srtt);
  }
  bool reordering_seen() const { return learnt_.reordering_seen; }
  /// When the newest delivered segment left: what is lost was sent before.
  Instant xmit_ts() const { return xmit_ts_; }
  Duration rtt() const { return rtt_; }

 private:
  friend class Fingerprint;

  Instant xmit_ts_{};
  Seq end_seq_;
  Seq fack_;
  Seq round_end_;
  Duration rtt_{};
  Learnt learnt_;
  bool any_ = false;
  bool dsack_round_ = false;
};

}  // namespace ft::tcp
