// A ladder as SVG, to stand in an HTML page: lifelines, an arrow for each segment, lost ones broken, the sentence beneath each.
#pragma once

#include "analysis/ladder_text.hpp"
#include "analysis/report/document.hpp"

#include <string>
#include <string_view>

namespace ft::analysis::report {

/// `id` is of the drawing within. On paper, where a picture higher than a page would be cut anywhere, the same drawing is shown
/// in pieces, each cut between two rows.
std::string ladder_svg(const LadderBlock& block, Lang lang, std::string_view id);
/// The same rows as a table, for those who do not see pictures.
std::string ladder_table(const LadderBlock& block, Lang lang);

}  // namespace ft::analysis::report
