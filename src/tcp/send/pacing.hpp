// Spreads what a window allows over the round trip, so that a burst does not fill the queue before the bottleneck. A bucket that
// fills at the pace: what left is taken out, what is in it may leave at once. When it runs dry, it is let fill to a whole quantum
// first, so that a timer fires once for each quantum and not for each segment. The bucket counts nano-octets (octets a second
// times nanoseconds), so nothing is ever rounded and the pace does not drift.
#pragma once

#include "fourtuple/congestion.hpp"

namespace ft::tcp {

/// How fast, and how much at once.
struct Pace {
  std::uint64_t rate = 0;     // octets a second; 0: not paced
  std::uint32_t quantum = 0;  // octets that may leave back to back; a super-segment is cut to it
};

/// The controller's own rate; else its window over the smoothed round-trip time, doubled in slow start (so that the window can
/// double) and a fifth more in avoidance (so that pacing never limits what the window allows). No `srtt` yet: not paced.
Pace pace_of(const CongestionController& controller, Duration srtt, std::uint32_t mss);

class Pacing {
 public:
  /// The next `octets` leave unpaced: the initial window, and the restart window after an idle time.
  void grant(std::uint32_t octets) { granted_ = octets; }

  /// When the next segment may leave: `now`, or the instant to come back.
  Instant next_at(Instant now, const Pace& pace) const;
  void on_sent(Instant now, std::uint32_t octets, const Pace& pace);

 private:
  std::int64_t level(Instant now, const Pace& pace) const;

  Instant updated_ = Instant::min();  // min: nothing was paced yet, the bucket is full
  std::int64_t level_ = 0;            // nano-octets; negative: more left than the bucket held
  std::uint32_t granted_ = 0;
  bool dry_ = false;  // it fills to a whole quantum before anything leaves
};

}  // namespace ft::tcp
