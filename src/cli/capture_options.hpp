// Options that all commands share which read a capture and print a page.
#pragma once

#include "analysis/ladder_text.hpp"
#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

#include <expected>
#include <optional>
#include <string>

namespace ft::cli {

struct CaptureOptions {
  std::string file;
  std::optional<analysis::Lang> lang;
  std::optional<bool> ascii;
  When colour = When::automatic;

  analysis::Lang language() const { return lang.value_or(locale_language()); }
  analysis::TextStyle style() const;
};

/// FILE, --lang, --ascii, --unicode, --color.
void declare_capture(CLI::App& command, CaptureOptions& options);

/// To a file, or to standard output when `path` is "-". The error names the file and the reason.
std::expected<void, std::string> write_page(const std::string& path, const std::string& page, Output& out);

}  // namespace ft::cli
