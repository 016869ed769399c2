#include "tcp/congestion/dctcp.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {
constexpr unsigned g_shift = 4;  // g = 1/16 (RFC 8257 4.2)
}

void Dctcp::observe(const CongestionAck& ack, bool round_begins) {
  delivered_ = saturating_add(delivered_, ack.newly_delivered);
  marked_ = saturating_add(marked_, std::min(ack.ce, ack.newly_delivered));
  if (!round_begins) return;
  if (delivered_ != 0) {
    const auto share = static_cast<std::uint32_t>(mul_div(marked_, whole, delivered_));
    // alpha += g (share - alpha); the last sixteenths go to zero as well, or the window would fall by them for ever.
    alpha_ = alpha_ - std::min(alpha_, std::max(alpha_ >> g_shift, 1u)) + (share >> g_shift);
    alpha_ = std::min(alpha_, whole);
  }
  delivered_ = marked_ = 0;
}

void Dctcp::climb(const CongestionAck& ack, std::uint32_t octets) {
  (void)ack;
  counted_ += octets;
  if (counted_ < window()) return;
  counted_ = std::min(counted_ - window(), window());
  set_window(window() + mss());
}

std::uint64_t Dctcp::reduced(Instant now, CongestionSignal signal, std::uint64_t in_flight) {
  (void)now;
  if (signal == CongestionSignal::loss) return in_flight / 2;  // RFC 8257 3.5
  return window() - mul_div(window(), alpha_, 2ull * whole);   // 3.3 step 9
}

}  // namespace ft::tcp
