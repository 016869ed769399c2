// CUBIC (RFC 9438), what we use unless told otherwise. The window climbs along a cubic curve of the time since the last
// reduction: fast at first, flat where the path was full last time, then faster and faster to find what is new. On short or slow
// paths, where Reno would climb faster, it climbs like Reno. Everything is in octets; what is less than an octet is kept as a
// fraction.
#pragma once

#include "tcp/congestion/loss_based.hpp"

namespace ft::tcp {

/// W_cubic(t) of RFC 9438 4.2 in octets: C (t - K)^3 + W_max, saturating at zero and at the largest window.
std::uint64_t cubic_window(Duration t, Duration k, std::uint64_t w_max, std::uint32_t mss);
/// K of RFC 9438 4.2: how long the curve takes from `from` to `w_max`; zero when it is there.
Duration cubic_k(std::uint64_t w_max, std::uint64_t from, std::uint32_t mss);

class Cubic final : public LossBased {
 public:
  Cubic(const CongestionStart& start, const SlowStartOptions& options) : LossBased(start, options) {}

  std::string_view name() const override { return "cubic"; }
  std::size_t memory() const override { return sizeof *this; }
  std::unique_ptr<CongestionController> clone() const override { return std::make_unique<Cubic>(*this); }

 protected:
  void climb(const CongestionAck& ack, std::uint32_t octets) override;
  std::uint64_t reduced(Instant now, CongestionSignal signal, std::uint64_t in_flight) override;
  void on_unused(Instant now) override;
  void on_new_climb() override { curve_.began = never; }
  void on_timeout() override { curve_.w_max = 0; }
  void keep() override { kept_ = curve_; }
  void bring_back() override { curve_ = kept_; }

 private:
  /// The curve that is being climbed.
  struct Curve {
    Instant began = never;             // never: it begins with the next ACK that climbs
    Instant paused = never;            // since when the application holds the window down
    Duration k{};                      // K
    std::uint64_t w_max = 0;           // the window just before the last reduction, or less (fast convergence); 0: none yet
    std::uint64_t w_est = 0;           // what Reno would have by now
    std::uint64_t cwnd_prior = 0;      // the window just before the last reduction
    std::uint32_t fraction = 0;        // of an octet of the window, in 2^-20
    std::uint32_t w_est_fraction = 0;  // and of w_est
  };

  void begin(Instant now);
  void grow_reno_estimate(std::uint32_t octets);

  Curve curve_;
  Curve kept_;  // before the last reduction
};

}  // namespace ft::tcp
