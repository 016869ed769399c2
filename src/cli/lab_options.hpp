// What `fourtuple lab` was asked to do.
#pragma once

#include "analysis/catalogue.hpp"
#include "cli/terminal.hpp"
#include "sim/scenario.hpp"
#include "sim/story.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>

namespace ft::cli {

struct LabOptions {
  std::string scenario;  // a name or a file
  bool list = false;
  bool kernel = false;
  sim::Role ours = sim::Role::client;  // with the kernel as the peer
  sim::Overrides overrides;
  std::string pcap;
  std::string trace;
  bool json = false;
  bool step = false;
  bool all = false;
  std::optional<bool> ascii;  // none: as the locale says
  std::optional<analysis::Lang> lang;
  When colour = When::automatic;
};

/// Declares the options of the command; they land in `options` when it is parsed. A value that cannot be read is a
/// CLI::ValidationError that says what was expected.
void declare_lab_options(CLI::App& command, const std::shared_ptr<LabOptions>& options);

}  // namespace ft::cli
