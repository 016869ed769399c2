// Time is an argument. Clock has no now(): whoever drives a stack brings the time along, so the same
// code runs on a device, in a simulator faster than real time, and again bit for bit from a seed.
#pragma once

#include <chrono>
#include <cstdint>

namespace ft {

struct Clock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<Clock, duration>;
  static constexpr bool is_steady = true;
};

using Duration = Clock::duration;   // nanoseconds
using Instant = Clock::time_point;  // nanoseconds since an origin that the driver chooses

inline constexpr Instant never = Instant::max();

}  // namespace ft
