// A ladder as SVG, to stand in an HTML page: lifelines, an arrow for each segment, lost ones broken, the sentence beneath each.
#pragma once

#include "analysis/ladder_text.hpp"
#include "analysis/report/document.hpp"

#include <string>

namespace ft::analysis::report {

std::string ladder_svg(const LadderBlock& block, Lang lang);
/// The same rows as a table, for those who do not see pictures.
std::string ladder_table(const LadderBlock& block, Lang lang);

}  // namespace ft::analysis::report
