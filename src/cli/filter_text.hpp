// Display filters from the command line: compiled with PCRE2 behind `matches`, and complained about on standard error.
#pragma once

#include "analysis/filter/filter.hpp"

#include <memory>
#include <optional>
#include <string>

namespace ft::cli {

/// PCRE2, without regard to case, over octets; with limits, so that no pattern takes long.
std::unique_ptr<analysis::PatternMaker> make_patterns();

/// nullopt: it is wrong, and standard error has heard why. Traps that it steps into are told there, too.
std::optional<analysis::Filter> compile_filter(const std::string& command, const std::string& text);

}  // namespace ft::cli
