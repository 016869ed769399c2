// Two captures of a connection as a ladder wants to know them: see report/other_place.hpp.
#pragma once

#include "analysis/compare/comparison.hpp"
#include "analysis/report/other_place.hpp"

namespace ft::analysis {

/// `there`: the segments of the connection in the second capture, settled. Where the clocks could not be aligned, only the losses
/// of what the first capture saw leave are told.
report::OtherPlace other_place(const Comparison& comparison, const ComparedConnection& compared, const Connection& here,
                               const report::FlowSteps& there);

}  // namespace ft::analysis
