// Puts facts into a sentence of the catalogue: see Words for the placeholders and the parts that may be left out.
#pragma once

#include "analysis/catalogue.hpp"
#include "analysis/find/finding.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

/// "frames 3, 4 and 7"; `count`: how many there are, when not all are listed.
std::string frames_in_words(const std::vector<std::uint64_t>& frames, std::uint64_t count, Lang lang, bool begins);

std::string fill(std::string_view sentence, const Finding& finding, Lang lang);

}  // namespace ft::analysis
