// A captured connection as a ladder: each segment a row, numbers relative, states worked out from what was seen, reasons as far
// as labels tell. All times are the capture's: they stand at the side where it was taken, at the left when that is not known.
#pragma once

#include "analysis/report/document.hpp"
#include "analysis/report/flow_steps.hpp"

namespace ft::analysis::report {

LadderBlock ladder_of(const FlowSteps& flow, Lang lang);

}  // namespace ft::analysis::report
