// What the comparison of two captures says, as blocks of a document and as JSON.
#pragma once

#include "analysis/compare/comparison.hpp"
#include "analysis/report/document.hpp"
#include "analysis/report/json_text.hpp"

#include <string_view>

namespace ft::analysis {

/// `first`, `second`: the captures' names.
void add_comparison(report::Document& document, const Comparison& comparison, std::string_view first, std::string_view second);

/// The value of "comparison" in docs/reference/explain.schema.json.
void write_comparison(report::JsonText& json, const Comparison& comparison);

}  // namespace ft::analysis
