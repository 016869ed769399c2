// What Reno, CUBIC and DCTCP have in common: a window that grows while nothing is lost and shrinks when something is (RFC 5681).
// Slow start, timeouts, idle restart, validation of the window and undo live here; how steeply avoidance climbs and how far a
// loss cuts is each controller's own.
#pragma once

#include "tcp/congestion/arithmetic.hpp"
#include "tcp/congestion/hystart.hpp"
#include "tcp/congestion/rounds.hpp"
#include "tcp/congestion/usage.hpp"

namespace ft::tcp {

/// What of TcpOptions a window-based controller heeds.
struct SlowStartOptions {
  bool hystart = true;
  bool paced = true;  // how much one ACK may count for: without pacing at most eight segments (RFC 9406 4.2)
};

class LossBased : public CongestionController {
 public:
  void on_ack(const CongestionAck& ack) final;
  void on_congestion(Instant now, CongestionSignal signal, std::uint64_t in_flight) final;
  void on_rto(Instant now, std::uint64_t in_flight, bool first) final;
  void on_recovered(Instant now, std::uint64_t in_flight) final;
  void on_undo(Instant now) final;
  void on_restart(Instant now, Duration idle) final;
  void set_mss(std::uint32_t mss) final;

  std::uint64_t window() const final { return cwnd_; }
  std::uint64_t ssthresh() const final { return ssthresh_; }
  /// Its own only where marks keep coming although the window is down to one segment.
  std::uint64_t pacing_rate() const final;
  std::string_view phase() const final;

 protected:
  LossBased(const CongestionStart& start, const SlowStartOptions& options);

  /// Congestion avoidance: `octets` were delivered and the window was in use.
  virtual void climb(const CongestionAck& ack, std::uint32_t octets) = 0;
  /// Where a reduction leads, before the floor of two segments. May note what the climb after it needs.
  virtual std::uint64_t reduced(Instant now, CongestionSignal signal, std::uint64_t in_flight) = 0;
  /// The window was not in use at this ACK.
  virtual void on_unused(Instant now) { (void)now; }
  /// The window falls to one segment: what was known of its best size is known no more.
  virtual void on_timeout() {}
  /// Every ACK, before anything else: what a controller measures for itself.
  virtual void observe(const CongestionAck& ack, bool round_begins) { (void)ack, (void)round_begins; }
  /// The climb begins anew from the present window.
  virtual void on_new_climb() {}
  /// What a controller keeps beside the windows, for undo.
  virtual void keep() {}
  virtual void bring_back() {}

  bool in_slow_start() const { return cwnd_ < ssthresh_; }
  std::uint32_t mss() const { return mss_; }
  const Usage& usage() const { return usage_; }
  void set_window(std::uint64_t cwnd);

 private:
  void slow_start(const CongestionAck& ack, std::uint64_t octets);
  std::uint64_t reduce(Instant now, CongestionSignal signal, std::uint64_t in_flight);
  std::uint64_t initial_window() const { return std::uint64_t{mss_} * initial_segments_; }

  std::uint64_t cwnd_;
  std::uint64_t ssthresh_ = UINT64_MAX;
  std::uint64_t kept_cwnd_ = 0;  // before the last reduction; 0: nothing to undo
  std::uint64_t kept_ssthresh_ = 0;
  Duration srtt_{};
  Rounds rounds_;
  Usage usage_;
  HyStart hystart_;
  std::uint32_t mss_;
  std::uint32_t beyond_hole_ = 0;  // octets delivered by duplicate ACKs: counted when the hole before them is filled
  std::uint16_t initial_segments_;
  std::uint8_t halvings_ = 0;  // of the rate, below one segment a round trip
  bool paced_;
  bool after_timeout_ = false;  // an RTO is being repaired: slow start, although the sender repairs
};

}  // namespace ft::tcp
