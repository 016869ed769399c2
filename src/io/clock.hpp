// The real clock, read once per turn of the loop and never per segment. Steady: it counts like CLOCK_MONOTONIC, from an
// origin chosen at construction so that instants are nanoseconds since 1970 and captures carry the date.
#pragma once

#include "fourtuple/time.hpp"

namespace ft::io {

class RealClock {
 public:
  RealClock();
  Instant now() const;

 private:
  Duration to_calendar_;
};

}  // namespace ft::io
