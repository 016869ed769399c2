#include "cli/analysis_limits.hpp"

#include "io/entropy.hpp"

#include <span>

namespace ft::cli {

analysis::AnalysisLimits unpredictable(analysis::AnalysisLimits limits) {
  io::fill_with_entropy(std::as_writable_bytes(std::span(&limits.hash_seed, 1)));
  return limits;
}

}  // namespace ft::cli
