// What --help prints: an option with the one word that stands for its value, and a description within 80 columns.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace ft::cli {

class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* command) const override;
  std::string make_option(const CLI::Option* option, bool positional) const override;
  std::string make_option_name(const CLI::Option* option, bool positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_usage(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* command) const override;

 private:
  std::string row(const std::string& name, const std::string& description) const;
};

}  // namespace ft::cli
