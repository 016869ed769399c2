// Puts facts into a sentence of the catalogue: see Words for the placeholders and the parts that may be left out.
#pragma once

#include "analysis/catalogue.hpp"
#include "analysis/find/finding.hpp"

#include <string>
#include <string_view>

namespace ft::analysis {

std::string fill(std::string_view sentence, const Finding& finding, Lang lang);

}  // namespace ft::analysis
