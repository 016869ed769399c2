#include "io/clock.hpp"

#include <time.h>

namespace ft::io {
namespace {

Duration read_clock(clockid_t which) {
  timespec t{};
  ::clock_gettime(which, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace

RealClock::RealClock() : to_calendar_(read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC)) {}

Instant RealClock::now() const { return Instant(read_clock(CLOCK_MONOTONIC) + to_calendar_); }

}  // namespace ft::io
