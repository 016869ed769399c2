// Options that all commands share which read a capture and print a page.
#pragma once

#include "analysis/ladder_text.hpp"
#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

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

}  // namespace ft::cli
