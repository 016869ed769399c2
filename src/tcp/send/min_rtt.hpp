// The least round-trip time of the last minutes (RFC 8985 6.2 step 1 wants a windowed filter: paths change). Two spans of one
// minute and a half each; the older is forgotten as a whole.
#pragma once

#include "fourtuple/time.hpp"

#include <algorithm>
#include <cstdint>

namespace ft::tcp {

class MinRtt {
 public:
  //= rfc8985 6.2-1
  void on_sample(Instant now, Duration rtt) {
    const auto us = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(rtt).count(), 1, UINT32_MAX));
    if (current_us_ == 0 || now - since_ >= span) {
      previous_us_ = current_us_;
      current_us_ = us;
      since_ = now;
    }
    current_us_ = std::min(current_us_, us);
  }
  /// Zero: nothing measured.
  Duration value() const {
    const std::uint32_t us = previous_us_ == 0 ? current_us_ : std::min(previous_us_, current_us_);
    return std::chrono::microseconds(us);
  }

 private:
  friend class Fingerprint;

  static constexpr Duration span = std::chrono::seconds(150);
  Instant since_{};
  std::uint32_t current_us_ = 0;
  std::uint32_t previous_us_ = 0;
};

}  // namespace ft::tcp
