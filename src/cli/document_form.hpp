// The forms that a document can take, and where it goes: text, Markdown or JSON to standard output, an HTML page to a file.
#pragma once

#include "analysis/ladder_text.hpp"
#include "analysis/report/document.hpp"
#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

#include <expected>
#include <string>

namespace ft::cli {

struct DocumentForm {
  bool json = false;
  bool markdown = false;
  std::string html;  // a file, or "-"; empty: no page

  bool is_page() const { return !html.empty(); }
};

/// --json, --md, --html: one of them at most.
void declare_form(CLI::App& command, DocumentForm& form, const std::string& json_help);

/// As the form says; as text when it says nothing. The error names the file and the reason.
std::expected<void, std::string> write_document(const analysis::report::Document& document, const DocumentForm& form,
                                                const analysis::TextStyle& style, Output& out);

}  // namespace ft::cli
