// Proportional rate reduction (RFC 9937): while a loss is repaired, what leaves follows what is delivered, so that the flight
// shrinks to ssthresh by the end and the ACK clock never stops.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ft::tcp {

class Prr {
 public:
  /// Recovery begins; `flight`: RecoverFS, octets in flight before it (RFC 9937 6). One segment may go at once.
  void begin(std::uint32_t flight, std::uint32_t mss) {
    delivered_ = out_ = 0;
    flight_ = std::max(flight, 1u);
    allowed_ = mss;
  }
  void on_sent(std::uint32_t octets) {
    out_ += octets;
    allowed_ -= std::min<std::uint64_t>(allowed_, octets);
  }

  /// After each ACK in recovery. `safe`: SND.UNA moved and nothing more was found lost (SafeACK).
  void on_ack(std::uint32_t delivered, bool safe, std::uint64_t pipe, std::uint64_t ssthresh, std::uint32_t mss) {
    if (delivered == 0) return;
    delivered_ += delivered;
    std::uint64_t count = 0;
    if (pipe > ssthresh) {
      // Reduction in proportion.
      const std::uint64_t target = (delivered_ * ssthresh + flight_ - 1) / flight_;
      count = target > out_ ? target - out_ : 0;
    } else {
      // Slow start towards ssthresh, or one segment for one delivered where losses go on.
      count = std::max<std::uint64_t>(delivered_ > out_ ? delivered_ - out_ : 0, delivered);
      if (safe) count += mss;
      count = std::min(ssthresh - pipe, count);
    }
    if (out_ == 0) count = std::max<std::uint64_t>(count, mss);  // the fast retransmit itself
    allowed_ = count;
  }

  /// Octets that may leave now.
  std::uint64_t allowed() const { return allowed_; }

 private:
  friend class Fingerprint;

  std::uint64_t delivered_ = 0;
  std::uint64_t out_ = 0;
  std::uint64_t allowed_ = 0;
  std::uint32_t flight_ = 1;
};

}  // namespace ft::tcp
