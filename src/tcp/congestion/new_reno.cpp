#include "tcp/congestion/new_reno.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {
constexpr std::uint64_t largest_window = std::uint64_t{1} << 40;
// How much one ACK may count for in slow start. RFC 3465 says 2 segments; receivers that merge segments acknowledge many at
// once, and RFC 9406 4.2 takes 8 where the sender does not pace.
constexpr std::uint32_t slow_start_segments = 8;
}  // namespace

std::uint64_t initial_window(std::uint32_t mss, std::uint32_t segments) { return std::uint64_t{mss} * std::max(segments, 1u); }

void NewReno::open(std::uint32_t mss, std::uint32_t initial_segments) {
  mss_ = mss;
  cwnd_ = initial_window(mss, initial_segments);
  ssthresh_ = UINT64_MAX;
  acked_in_avoidance_ = 0;
}

void NewReno::on_ack(std::uint32_t acked, bool limited) {
  if (!limited) return;
  if (cwnd_ < ssthresh_) {
    cwnd_ += std::min(acked, slow_start_segments * mss_);
  } else {
    acked_in_avoidance_ += std::min(acked, UINT32_MAX - acked_in_avoidance_);
    if (acked_in_avoidance_ >= cwnd_) {
      acked_in_avoidance_ = 0;
      cwnd_ += mss_;
    }
  }
  cwnd_ = std::min(cwnd_, largest_window);
}

std::uint64_t NewReno::halved(std::uint32_t flight) const { return std::max<std::uint64_t>(flight / 2, 2ull * mss_); }

void NewReno::on_loss(std::uint32_t flight) {
  ssthresh_ = halved(flight);
  cwnd_ = ssthresh_ + 3ull * mss_;
  acked_in_avoidance_ = 0;
}

void NewReno::on_duplicate_ack() { cwnd_ = std::min(cwnd_ + mss_, largest_window); }

void NewReno::on_partial_ack(std::uint32_t acked) {
  cwnd_ = cwnd_ > acked ? cwnd_ - acked : 0;
  if (acked >= mss_) cwnd_ += mss_;
  cwnd_ = std::max<std::uint64_t>(cwnd_, mss_);
}

void NewReno::on_recovered(std::uint32_t flight) {
  cwnd_ = std::min<std::uint64_t>(ssthresh_, std::max<std::uint64_t>(flight, mss_) + mss_);
}

void NewReno::on_rto(std::uint32_t flight, bool first) {
  if (first) ssthresh_ = halved(flight);
  cwnd_ = mss_;
  acked_in_avoidance_ = 0;
}

void NewReno::on_idle(std::uint32_t initial_segments) { cwnd_ = std::min(cwnd_, initial_window(mss_, initial_segments)); }

}  // namespace ft::tcp
