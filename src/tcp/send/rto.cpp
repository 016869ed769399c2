#include "tcp/send/rto.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {
constexpr unsigned max_backoff = 30;
constexpr Duration longest_sample = std::chrono::minutes(5);  // 8 * 300 s in microseconds fit into 32 bits
constexpr Duration careful_rto = std::chrono::seconds(3);
}  // namespace

void Rto::on_sample(Duration rtt) {
  const Duration bounded = std::clamp<Duration>(rtt, std::chrono::microseconds(1), longest_sample);
  const auto r = static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(bounded).count());
  //= rfc6298 2.2-1
  if (srtt_us_ == 0) {
    srtt_us_ = r;
    rttvar_us_ = r / 2;
  } else {
    const std::uint32_t deviation = r > srtt_us_ ? r - srtt_us_ : srtt_us_ - r;
    //= rfc6298 2.3-1
    //= rfc6298 2.3-2
    //= rfc6298 2.3-3
    rttvar_us_ = (3 * rttvar_us_ + deviation) / 4;    // beta = 1/4
    srtt_us_ = std::max((7 * srtt_us_ + r) / 8, 1u);  // alpha = 1/8
  }
  backoff_ = 0;
  careful_ = false;
}

void Rto::back_off() { backoff_ = static_cast<std::uint8_t>(std::min<unsigned>(backoff_ + 1u, max_backoff)); }

void Rto::restart_after_lost_syn() {
  if (srtt_us_ == 0) careful_ = true;
  backoff_ = 0;
}

//= rfc9293 MUST-18
Duration Rto::value(const RtoLimits& limits) const {
  //= rfc6298 2.1-1
  //= rfc6298 5.7-1
  Duration base = careful_ ? std::max(limits.initial, careful_rto) : limits.initial;
  if (srtt_us_ != 0) {
    // The floor stands under the variation, not under the sum: a peer that delays its ACK by 40 ms on a steady 190 ms path would
    // else trip the timer.
    const Duration variation = std::max<Duration>(std::chrono::microseconds(std::uint64_t{4} * rttvar_us_), limits.min);
    //= rfc6298 2.3-4
    //= rfc6298 4-1
    base = std::chrono::microseconds(srtt_us_) + variation;
  }
  for (unsigned i = 0; i < backoff_ && base < limits.max; ++i) base *= 2;
  //= rfc6298 2.5-1
  return std::min(base, limits.max);
}

std::optional<Duration> Rto::srtt() const {
  if (srtt_us_ == 0) return std::nullopt;
  return std::chrono::microseconds(srtt_us_);
}

}  // namespace ft::tcp
