// The retransmission timeout (RFC 6298): smoothed round-trip time, its variation, and exponential backoff. Which segments may
// be timed (Karn) is the sender's business.
#pragma once

#include "fourtuple/config.hpp"
#include "fourtuple/time.hpp"

#include <cstdint>
#include <optional>

namespace ft::tcp {

struct RtoLimits {
  Duration initial;
  Duration min;
  Duration max;
};

class Rto {
 public:
  /// A round-trip time measured on a segment sent once (6298 2.2, 2.3); ends a backoff.
  void on_sample(Duration rtt);
  /// The timer fired (6298 5.5).
  void back_off();
  /// New data was acknowledged (6298 5.7 leaves it open; an answer is an answer).
  void end_backoff() { backoff_ = 0; }
  /// The SYN needed the timer and nothing was measured: be careful with the first data (6298 5.7).
  void restart_after_lost_syn();

  Duration value(const RtoLimits& limits) const;
  std::optional<Duration> srtt() const;
  Duration rttvar() const { return std::chrono::microseconds(rttvar_us_); }
  unsigned backoff() const { return backoff_; }

 private:
  friend class Fingerprint;

  std::uint32_t srtt_us_ = 0;  // 0: nothing measured yet
  std::uint32_t rttvar_us_ = 0;
  std::uint8_t backoff_ = 0;
  bool careful_ = false;
};

}  // namespace ft::tcp
