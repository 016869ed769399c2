// Timestamps on the receiving side: which value to echo and which segments are old duplicates (RFC 7323 4.3, 5).
#pragma once

#include "fourtuple/time.hpp"
#include "wire/tcp.hpp"

#include <cstdint>

namespace ft::tcp {

class Paws {
 public:
  void open(std::uint32_t ts_val, Instant now) {
    recent_ = ts_val;
    age_ = now;
  }
  /// 7323 5.3 R1: older than what we echo, unless that is 24 days old.
  //= rfc7323 5.3-1
  bool is_old(std::uint32_t ts_val, Instant now) const {
    return static_cast<std::int32_t>(ts_val - recent_) < 0 && now - age_ < outdated;
  }
  /// 7323 4.3 (2): echo the timestamp of the segment that reached the last acknowledgement we sent.
  //= rfc7323 4.3-1
  //= rfc7323 4.3-2
  //= rfc7323 4.3-3
  //= rfc7323 5.2-1
  void on_acceptable(std::uint32_t ts_val, Seq seq, Seq last_ack_sent, Instant now) {
    // What is 24 days old gives way to any other (5.5): kept, it would be echoed, and switch PAWS off, for 24 days more.
    if (before_or_equal(seq, last_ack_sent) && !is_old(ts_val, now)) open(ts_val, now);
  }
  std::uint32_t recent() const { return recent_; }

 private:
  friend class Fingerprint;

  static constexpr Duration outdated = std::chrono::hours(24 * 24);

  Instant age_{};
  std::uint32_t recent_ = 0;  // TS.Recent
};

}  // namespace ft::tcp
