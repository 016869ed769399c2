// Slow start and congestion avoidance (RFC 5681), and the windows of NewReno's fast recovery (RFC 6582). The interface every
// controller will share: what happened goes in, a window comes out. All sums are 64-bit and saturate.
#pragma once

#include <cstdint>

namespace ft::tcp {

class NewReno {
 public:
  void open(std::uint32_t mss, std::uint32_t initial_segments);
  /// The path's MSS changed (PMTU): windows stay in octets.
  void set_mss(std::uint32_t mss) { mss_ = mss; }

  /// `acked` new octets outside recovery; `limited`: the window, not the application, held the sender back (RFC 7661's point).
  void on_ack(std::uint32_t acked, bool limited);
  /// The third duplicate ACK: `flight` octets are outstanding (RFC 5681 3.2 step 2, 3).
  void on_loss(std::uint32_t flight);
  /// Each further duplicate ACK means that a segment left the network (5681 3.2 step 4).
  void on_duplicate_ack();
  /// A partial acknowledgement in recovery deflates the window (RFC 6582 3.2 step 3).
  void on_partial_ack(std::uint32_t acked);
  /// Recovery is over (6582 3.2 step 3, full acknowledgement, option 1).
  void on_recovered(std::uint32_t flight);
  /// The retransmission timer fired; `first`: not a repeat for the same data (5681 3.1 (4)).
  void on_rto(std::uint32_t flight, bool first);
  /// Nothing was sent for longer than an RTO (5681 4.1).
  void on_idle(std::uint32_t initial_segments);

  std::uint64_t window() const { return cwnd_; }
  std::uint64_t ssthresh() const { return ssthresh_; }

 private:
  std::uint64_t halved(std::uint32_t flight) const;

  std::uint64_t cwnd_ = 0;
  std::uint64_t ssthresh_ = UINT64_MAX;
  std::uint32_t mss_ = 536;
  std::uint32_t acked_in_avoidance_ = 0;  // octets towards the next MSS of growth
};

/// RFC 6928: IW in octets for `segments` segments of `mss`.
std::uint64_t initial_window(std::uint32_t mss, std::uint32_t segments);

}  // namespace ft::tcp
