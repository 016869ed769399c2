#include "cli/help.hpp"

#include "analysis/text_width.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace ft::cli {

namespace {

constexpr std::size_t columns = 80;

bool takes_many(const CLI::Option& option) { return option.get_expected_max() == CLI::detail::expected_max_vector_size; }

/// CLI11 names a value by its type and its checks, "TEXT:{bash,zsh}", "UINT:INT in [1 - 65535]". The words that may be chosen say
/// more than a type, and a range less than a description.
std::string value_name(std::string name) {
  const std::size_t colon = name.find(':');
  const std::string check = colon == std::string::npos ? "" : name.substr(colon + 1);
  if (check.starts_with("{") && check.ends_with("}")) {
    name = check.substr(1, check.size() - 2);
    std::ranges::replace(name, ',', '|');
  } else if (check.find(" in [") != std::string::npos) {
    name.resize(colon);
  } else if (name.starts_with("TEXT:")) {
    name = check;
  }
  return name == "UINT" || name == "INT" || name == "FLOAT" ? "NUMBER" : name;
}

}  // namespace

std::string HelpFormatter::row(const std::string& name, const std::string& description) const {
  std::string words = description;
  std::ranges::replace(words, '\n', ' ');
  std::string text;
  for (const std::string& line : analysis::wrap(words, columns - column_width_)) text += (text.empty() ? "" : "\n") + line;
  std::stringstream out;
  CLI::detail::format_help(out, name, text, column_width_);
  return out.str();
}

std::string HelpFormatter::make_description(const CLI::App* command) const {
  std::istringstream paragraphs(command->get_description());
  std::string text;
  for (std::string paragraph; std::getline(paragraphs, paragraph);)
    for (const std::string& line : analysis::wrap(paragraph, columns)) text += line + "\n";
  return text;
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool positional) const {
  return row(make_option_name(option, positional) + make_option_opts(option), make_option_desc(option));
}

std::string HelpFormatter::make_option_name(const CLI::Option* option, bool positional) const {
  std::string name = CLI::Formatter::make_option_name(option, positional);
  constexpr std::string_view off = "{false}";  // of a flag that switches another one off
  if (const std::size_t at = name.find(off); at != std::string::npos) name.erase(at, off.size());
  return name;
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_type_size() == 0) return "";
  const std::string value = value_name(option->get_type_name());
  std::string text = value.empty() || (value == "TEXT" && option->get_positional()) ? "" : " " + value;
  if (takes_many(*option)) text += " ...";
  if (option->get_required() && !option->get_positional()) text += " (required)";  // of words the usage line tells it
  return text;
}

std::string HelpFormatter::make_option_usage(const CLI::Option* option) const {
  const std::string name = make_option_name(option, true) + (takes_many(*option) ? "..." : "");
  return option->get_required() ? name : "[" + name + "]";
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return row(command->get_name(), command->get_description());
}

}  // namespace ft::cli
