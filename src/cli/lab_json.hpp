// A story as one JSON document: docs/reference/lab-json.md describes its fields.
#pragma once

#include "analysis/catalogue.hpp"
#include "analysis/row.hpp"
#include "sim/scenario.hpp"
#include "sim/story.hpp"

#include <string>

namespace ft::cli {

std::string lab_json(const sim::Scenario& scenario, const sim::Outcome& outcome, const analysis::Ladder& ladder,
                     analysis::Lang lang);

}  // namespace ft::cli
