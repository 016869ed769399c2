// What became of each segment of one direction between two places: the facts behind a passage's numbers, one for each segment
// that either capture has. What was sent before tells repeats; what arrived before tells which of them were needless.
#pragma once

#include "analysis/compare/comparison.hpp"
#include "analysis/compare/passage.hpp"

#include <vector>

namespace ft::analysis {

/// In the order in which they were sent; those that only the farther place saw come after them.
std::vector<Crossing> crossings_of(const PassageInput& input, const ClockAlignment& clocks);

}  // namespace ft::analysis
