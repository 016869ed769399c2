// What stands above and below a ladder: the story's title and what it teaches; in the end ports and four-tuples of both ends, who
// holds TIME-WAIT, whether it went as told, and what to try next.
#pragma once

#include "analysis/ladder_text.hpp"
#include "sim/scenario.hpp"
#include "sim/story.hpp"

#include <string>
#include <vector>

namespace ft::cli {

std::vector<analysis::Line> lab_head(const sim::Scenario& scenario, const analysis::TextStyle& style);

std::vector<analysis::Line> lab_foot(const sim::Scenario& scenario, const sim::Outcome& outcome, const analysis::Ladder& ladder,
                                     const analysis::TextStyle& style);

/// The whole page: head, ladder, foot.
std::string lab_text(const sim::Scenario& scenario, const sim::Outcome& outcome, const analysis::Ladder& ladder,
                     const analysis::TextStyle& style);

/// The actors of a story: client at the left, server at the right, and the attacker, who has no lifeline of its own.
std::vector<analysis::Actor> actors_of(const sim::Scenario& scenario, bool ipv6);

}  // namespace ft::cli
