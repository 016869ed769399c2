// A graph as SVG, to stand in an HTML page: axes with numbers, marks that differ in form as well as in colour (the palette is
// Okabe and Ito's, told apart by the colour-blind), a title on each mark that says which frame it is, and the same numbers as a
// table.
#pragma once

#include "analysis/report/graph.hpp"

#include <string>

namespace ft::analysis::report {

/// Colours come from the page's style sheet: classes s0 to s5 for hues, "axis", "grid".
std::string graph_svg(const Graph& graph, Lang lang);

/// The numbers behind it, at most so many rows of each series.
inline constexpr std::size_t most_table_rows = 200;
std::string graph_table(const Graph& graph, Lang lang);

}  // namespace ft::analysis::report
