// A document as Markdown (CommonMark with tables): for an issue, a wiki, a lab sheet.
#pragma once

#include "analysis/report/document.hpp"

#include <string>

namespace ft::analysis::report {

std::string document_markdown(const Document& document);

}  // namespace ft::analysis::report
