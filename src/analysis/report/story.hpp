// A connection told as numbered sentences with the frames that show it: how it was opened, who sent what, what went wrong on the
// way, how it was closed. Only what the segments show; why it was so is for the findings.
#pragma once

#include "analysis/catalogue.hpp"
#include "analysis/report/document.hpp"
#include "analysis/report/flow_steps.hpp"

#include <vector>

namespace ft::analysis::report {

/// At most so many sentences about a transfer; what lies between is summed up in one.
inline constexpr std::size_t most_transfer_sentences = 24;

std::vector<Item> tell_story(const FlowSteps& flow, Lang lang);

/// "mss 1460, window scale 7, SACK permitted, timestamps".
std::string options_text(const SegmentOptions& options, Lang lang);

}  // namespace ft::analysis::report
