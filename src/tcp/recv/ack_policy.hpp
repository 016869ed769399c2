// When to acknowledge (RFC 5681 4.2, RFC 9293 3.8.6.3): at once for the first text, for every second full-sized segment and
// for anything out of order, else delayed. It only says what is needed; nothing is queued, so acknowledgements coalesce by
// themselves (MUST-58, MUST-59).
#pragma once

#include "tcp/deadlines.hpp"
#include "tcp/why.hpp"

#include <algorithm>
#include <cstdint>

namespace ft::tcp {

class AckPolicy {
 public:
  /// In-order text of one segment. `filled_hole`: islands are or were beyond it (5681 4.2: at once).
  /// A link may hand over many segments as one: `mss` bounds what counts as the size of one.
  //= rfc9293 MUST-40
  //= rfc9293 SHLD-18
  //= rfc9293 SHLD-19
  //= rfc5681 4.2-1
  //= rfc5681 4.2-2
  //= rfc5681 4.2-3
  //= rfc5681 4.2-4
  void on_text(Instant now, std::uint32_t length, std::uint32_t mss, bool filled_hole, Duration delay, Deadlines& deadlines) {
    full_size_ = std::max(full_size_, static_cast<std::uint16_t>(std::min({length, mss, std::uint32_t{UINT16_MAX}})));
    unacknowledged_ += length;
    if (filled_hole) {
      quick_ = initial_quick;  // the peer repairs a loss: its window is small, and each ACK moves it
      at_once(Cause::ack_filled_hole);
    } else if (unacknowledged_ >= 2u * full_size_) {
      at_once(Cause::ack_every_second);
    } else if (quick_ > 0) {
      --quick_;
      at_once(Cause::ack_quick);
    } else if (delay <= Duration::zero()) {
      at_once(Cause::ack_quick);
    } else if (!deadlines.is_set(Timer::delayed_ack)) {
      deadlines.set(Timer::delayed_ack, now + delay);
    }
  }

  /// The first reason stays, except that a challenge or a probe's answer explains more than a routine one. A new window rides
  /// on an acknowledgement that is due anyway.
  void at_once(Cause cause) {
    if (cause == Cause::ack_window_update && need_ != Cause::none) return;
    if (need_ == Cause::none || need_ == Cause::ack_quick || need_ == Cause::ack_every_second) need_ = cause;
  }

  /// The application answers what it reads: acknowledgements ride on its data, so quick ones are wasted.
  void on_data_sent() {
    if (unacknowledged_ != 0 || quick_ < initial_quick) quick_ = 0;
  }

  /// A segment with an ACK left.
  //= rfc9293 MUST-58
  //= rfc9293 MUST-59
  //= rfc5681 4.2-8
  void on_ack_sent(Deadlines& deadlines) {
    need_ = Cause::none;
    unacknowledged_ = 0;
    deadlines.clear(Timer::delayed_ack);
  }

  Cause need() const { return need_; }
  bool has_unacknowledged() const { return unacknowledged_ != 0; }
  /// The largest segment the peer sent: our estimate of its MSS.
  std::uint32_t full_size() const { return full_size_; }

 private:
  friend class Fingerprint;

  static constexpr std::uint8_t initial_quick = 16;

  std::uint32_t unacknowledged_ = 0;  // octets
  std::uint16_t full_size_ = 0;
  std::uint8_t quick_ = initial_quick;  // segments still acknowledged at once: the peer's slow start needs them
  Cause need_ = Cause::none;
};

}  // namespace ft::tcp
