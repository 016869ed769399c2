// The numbers behind a reason, in words: "sent 31 ms before one that arrived".
#pragma once

#include "analysis/catalogue.hpp"
#include "fourtuple/particular.hpp"

namespace ft::analysis {

/// Commas between them; empty when there are none. ASCII in English.
std::string say(const Particulars& particulars, Lang lang);

}  // namespace ft::analysis
