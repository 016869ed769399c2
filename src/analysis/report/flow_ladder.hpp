// A captured connection as a ladder: each segment a row, numbers relative, states worked out from what was seen, reasons as far
// as labels tell. All times are the capture's: they stand at the side where it was taken, at the left when that is not known. A
// second capture from another place adds the times at the other side, and what was lost between the two.
#pragma once

#include "analysis/report/document.hpp"
#include "analysis/report/flow_steps.hpp"
#include "analysis/report/other_place.hpp"

namespace ft::analysis::report {

LadderBlock ladder_of(const FlowSteps& flow, Lang lang, const OtherPlace* other = nullptr);

}  // namespace ft::analysis::report
