// The middle of a connection's story: who sent how much, in turns, and what disturbed it.
#pragma once

#include "analysis/report/story.hpp"

namespace ft::analysis::report {

/// Sentences about the steps from `begin` on, in order of time.
std::vector<Item> tell_transfer(const FlowSteps& flow, std::size_t begin, Lang lang);

}  // namespace ft::analysis::report
