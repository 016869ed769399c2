// One direction of a connection between two places, once its segments were matched and the clocks aligned.
#pragma once

#include "analysis/compare/clocks.hpp"
#include "analysis/compare/comparison.hpp"
#include "analysis/compare/trail.hpp"

namespace ft::analysis {

struct PassageInput {
  const Trail& near;  // in the capture nearer to the sender
  const Trail& far;
  std::size_t way = 0;
  bool near_is_first = true;        // which of the two captures that is
  Instant far_first{}, far_last{};  // what time the farther capture covers, by its clock
  Instant near_first{}, near_last{};

  /// A time of the nearer clock, by the farther one, and the other way round.
  Instant there(Instant at, const ClockAlignment& clocks) const {
    return near_is_first ? at + clocks.offset_at(at) : at - clocks.offset_at(at);
  }
  Instant here(Instant at, const ClockAlignment& clocks) const {
    return near_is_first ? at - clocks.offset_at(at) : at + clocks.offset_at(at);
  }
};

Passage passage_of(const PassageInput& input, const ClockAlignment& clocks);

}  // namespace ft::analysis
