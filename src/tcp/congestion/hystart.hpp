// HyStart++ (RFC 9406): leaves the first slow start when the round trip grows, before the queue overflows. Growing delay leads
// into conservative slow start (CSS), a quarter as steep; if the delay was jitter, slow start resumes, else congestion avoidance
// follows after five rounds.
#pragma once

#include "fourtuple/time.hpp"

#include <cstdint>
#include <optional>

namespace ft::tcp {

class HyStart {
 public:
  enum class Phase : std::uint8_t { slow_start, conservative, done };

  static constexpr Duration min_rtt_thresh = std::chrono::milliseconds(4);
  static constexpr Duration max_rtt_thresh = std::chrono::milliseconds(16);
  static constexpr int min_rtt_divisor = 8;
  static constexpr unsigned n_rtt_sample = 8;
  static constexpr unsigned css_growth_divisor = 4;
  static constexpr unsigned css_rounds = 5;

  explicit HyStart(bool wanted) : phase_(wanted ? Phase::slow_start : Phase::done) {}

  /// One ACK of the first slow start. done: ssthresh becomes the window now (RFC 9406 4.2).
  Phase on_ack(bool round_begins, const std::optional<Duration>& rtt);
  /// Loss, a mark or a timeout: slow start is over for good (4.2, 4.3).
  void finish() { phase_ = Phase::done; }
  Phase phase() const { return phase_; }
  /// It was delay that ended slow start, nothing else.
  bool ended_by_delay() const { return phase_ == Phase::done && css_rounds_ >= css_rounds; }

 private:
  void begin_round();
  bool delay_grew() const;

  static constexpr Duration none = Duration::max();
  Duration last_round_ = none;     // lastRoundMinRTT
  Duration current_round_ = none;  // currentRoundMinRTT
  Duration css_baseline_ = none;   // cssBaselineMinRtt
  std::uint16_t samples_ = 0;      // rttSampleCount
  std::uint8_t css_rounds_ = 0;
  Phase phase_;
};

}  // namespace ft::tcp
