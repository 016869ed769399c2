// What bounds the analysis of a capture that anybody may have written.
#pragma once

#include "analysis/flow/analysis.hpp"

namespace ft::cli {

/// `limits`, with a seed that no writer of a capture can know: streams that all fall into one place of a table would make it
/// slow. What is said about a capture does not depend on it.
analysis::AnalysisLimits unpredictable(analysis::AnalysisLimits limits = {});

}  // namespace ft::cli
