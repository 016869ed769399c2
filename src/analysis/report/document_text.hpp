// A document on a terminal: 80 columns, English or Chinese, colours if wanted, in ASCII if wanted.
#pragma once

#include "analysis/ladder_text.hpp"
#include "analysis/report/document.hpp"

#include <string>

namespace ft::analysis::report {

struct TextOptions {
  TextStyle style{};
};

std::string document_text(const Document& document, const TextOptions& options);

/// "[12]", "[12, 15-18]", "[12, 15, ... 40 in all]": frames, neighbours joined.
std::string frames_text(const std::vector<std::uint64_t>& frames, std::uint64_t count, Lang lang);

}  // namespace ft::analysis::report
