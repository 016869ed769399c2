// How much may wait in the send ring: twice the congestion window, one to be in flight and one to be at hand when that is
// acknowledged. It only grows.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ft::tcp {

class SendAutotune {
 public:
  void open(std::uint32_t limit) { limit_ = limit; }
  std::uint32_t limit() const { return limit_; }

  /// `pressed`: the stack's memory is short: stay as we are.
  void on_window(std::uint64_t cwnd, std::uint32_t ceiling, bool pressed) {
    if (pressed) return;
    const std::uint64_t wanted = cwnd > UINT64_MAX / 2 ? UINT64_MAX : 2 * cwnd;
    limit_ = std::max(limit_, static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, ceiling)));
  }

 private:
  std::uint32_t limit_ = 0;  // octets
};

}  // namespace ft::tcp
