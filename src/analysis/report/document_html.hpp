// A document as one HTML file that needs nothing else: style and script are inside, no network is asked (a policy in the file
// forbids it), paper is as good as a screen, light and dark follow the reader's choice, everything works with the keyboard alone,
// and beside each picture stands a table with the same numbers. The script sorts, filters and zooms; it knows nothing of TCP.
#pragma once

#include "analysis/report/document.hpp"

#include <string>

namespace ft::analysis::report {

std::string document_html(const Document& document);

}  // namespace ft::analysis::report
