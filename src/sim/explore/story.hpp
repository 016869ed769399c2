// A way through the machine as trace events, so that ladders, captures and JSON lines can tell it.
#pragma once

#include "fourtuple/trace.hpp"
#include "sim/explore/explore.hpp"

namespace ft::sim::explore {

/// Where the ends are on paper: the first is a client on host 0, the second has port 80 on host 1.
FourTuple tuple_of(std::uint8_t end);

void tell(const Rules& rules, const Finding& finding, trace::Sink& sink);

}  // namespace ft::sim::explore
