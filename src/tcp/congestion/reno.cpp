#include "tcp/congestion/reno.hpp"

#include <algorithm>

namespace ft::tcp {

void Reno::climb(const CongestionAck& ack, std::uint32_t octets) {
  //= rfc5681 3.1-9
  //= rfc5681 3.1-10
  //= rfc5681 3.1-11
  (void)ack;
  counted_ += octets;
  if (counted_ < window()) return;
  counted_ = std::min(counted_ - window(), window());
  set_window(window() + mss());
}

std::uint64_t Reno::reduced(Instant now, CongestionSignal signal, std::uint64_t in_flight) {
  (void)now, (void)signal;
  return in_flight / 2;  // of what is in flight, not of the window: RFC 5681 3.1 (4)
}

}  // namespace ft::tcp
