// Loss found by duplicate acknowledgements: fast retransmit (RFC 5681 3.2) and NewReno's memory of where recovery ends
// (RFC 6582 3.2), limited transmit (RFC 3042). Windows are the controller's; this part says what an ACK means.
#pragma once

#include "wire/seq.hpp"

#include <algorithm>
#include <cstdint>

namespace ft::tcp {

class Recovery {
 public:
  enum class Verdict : std::uint8_t { nothing, enter, inflate, partial, full };

  void open(Seq iss) { recover_ = iss; }

  /// A duplicate ACK. `enough`: this one alone names as much beyond the hole as three would (RFC 6675 2, IsLost).
  Verdict on_duplicate(Seq una, Seq max, bool enough = false) {
    if (active_) return Verdict::inflate;
    if (duplicates_ < threshold) ++duplicates_;
    if (enough) duplicates_ = threshold;
    // 6582 3.2 step 2: not for losses of the window that the last recovery or timeout dealt with.
    if (duplicates_ < threshold || !after(una, recover_)) return Verdict::nothing;
    active_ = true;
    recover_ = max;
    return Verdict::enter;
  }

  /// New data is acknowledged up to `ack`.
  Verdict on_progress(Seq ack) {
    duplicates_ = 0;
    if (!active_) return Verdict::nothing;
    if (before(ack, recover_)) return Verdict::partial;
    active_ = false;
    recover_ = ack - 1;  // nothing sent before is in doubt any more: the next loss may begin right here
    return Verdict::full;
  }

  /// 6582 4: a timeout ends recovery and remembers how far the loss may reach.
  void on_rto(Seq max) {
    active_ = false;
    duplicates_ = 0;
    recover_ = max;
  }

  bool active() const { return active_; }
  /// Segments that may leave beyond the congestion window: one for each of the first two duplicates, so that a small window, too,
  /// brings in a third (RFC 3042).
  std::uint32_t limited_transmit() const { return active_ ? 0u : std::min<std::uint32_t>(duplicates_, threshold - 1u); }

 private:
  static constexpr std::uint8_t threshold = 3;
  Seq recover_;
  std::uint8_t duplicates_ = 0;
  bool active_ = false;
};

}  // namespace ft::tcp
