// A graph on a terminal: two by four dots of Braille in each character, axes with their numbers, a legend. With ASCII only, one
// character for each mark.
#pragma once

#include "analysis/ladder_text.hpp"
#include "analysis/report/graph.hpp"

#include <vector>

namespace ft::analysis::report {

inline constexpr std::size_t braille_rows = 18;

std::vector<Line> braille_graph(const Graph& graph, const TextStyle& style);

}  // namespace ft::analysis::report
