// fourtuple completion SHELL: what a shell needs to complete commands, options, their values, stories, and the fields of captures
// after -Y and -e. Made from the program's own tables, so it cannot say what the program does not know.
#include "analysis/fields/registry.hpp"
#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "sim/embedded.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace ft::cli {

namespace {

using Words = std::vector<std::string>;

/// What may follow an option, or stand as a command's argument.
struct Values {
  enum class Kind : std::uint8_t { none, choice, field, filter, file, other } kind = Kind::none;
  Words choices;
};
struct OptionWords {
  Words spellings;  // with their hyphens
  std::string says;
  Values values;
};
struct CommandWords {
  std::string name, says;
  std::vector<OptionWords> options;
  Words arguments;  // those that are known; a file may stand there too
};

/// Fit to stand between single quotes in all three shells.
std::string plain(std::string text) {
  std::erase_if(text, [](char c) { return c == '\'' || c == '\\' || c == '[' || c == ']' || c == '\n' || c == ':'; });
  return text;
}

std::string joined(const Words& words) { return fmt::format("{}", fmt::join(words, " ")); }

/// "TEXT:{text,json}" and "en|zh", as the help shows what there is to choose from.
Words choices_of(const CLI::Option& option) {
  std::string type = option.get_type_name();
  char between = '|';
  if (const std::size_t open = type.rfind('{'); open != std::string::npos && type.ends_with('}')) {
    type = type.substr(open + 1, type.size() - open - 2);
    between = ',';
  } else {
    type.erase(0, type.rfind(':') + 1);
  }
  if (type.find(between) == std::string::npos) return {};
  Words choices;
  for (std::size_t at = 0; at <= type.size();) {
    const std::size_t end = std::min(type.find(between, at), type.size());
    choices.push_back(plain(type.substr(at, end - at)));
    at = end + 1;
  }
  return choices;
}

Values values_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return {};
  if (option.check_lname("filter")) return {Values::Kind::filter, {}};
  if (option.check_lname("field")) return {Values::Kind::field, {}};
  if (option.get_type_name().find("FILE") != std::string::npos) return {Values::Kind::file, {}};
  Words choices = choices_of(option);
  return {choices.empty() ? Values::Kind::other : Values::Kind::choice, std::move(choices)};
}

std::vector<CommandWords> words_of(const CLI::App& app) {
  std::vector<CommandWords> commands;
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    CommandWords& command = commands.emplace_back(CommandWords{sub->get_name(), plain(sub->get_description()), {}, {}});
    if (command.name == "lab")
      for (const sim::EmbeddedScenario& story : sim::embedded_scenarios()) command.arguments.emplace_back(story.name);
    for (const CLI::Option* option : sub->get_options()) {
      OptionWords words;
      for (const std::string& name : option->get_lnames()) words.spellings.push_back("--" + name);
      for (const std::string& name : option->get_snames()) words.spellings.push_back("-" + name);
      if (words.spellings.empty()) {
        for (std::string& choice : choices_of(*option)) command.arguments.push_back(std::move(choice));
        continue;
      }
      words.says = plain(option->get_description());
      words.values = values_of(*option);
      command.options.push_back(std::move(words));
    }
  }
  return commands;
}

std::string fields() {
  Words all;
  for (const analysis::Field* field : analysis::all_fields()) all.emplace_back(field->name);
  return joined(all);
}

/// "'packets -T'|'packets --format'": a command and what stands before the word, as a shell's pattern.
std::string bash_pattern(const CommandWords& command, const OptionWords& option) {
  Words patterns;
  for (const std::string& spelling : option.spellings) patterns.push_back(fmt::format("'{} {}'", command.name, spelling));
  return fmt::format("{}", fmt::join(patterns, "|"));
}

/// A field may stand anywhere in a filter: the last word is completed, what is before it stays. Readline shuts an open quote
/// behind the only answer, so there it gets a second one, with what may well follow.
constexpr std::string_view bash_filter = R"(
_fourtuple_filter() {
  local word=$1 bare last rest field
  bare=${word#[\'\"]}
  last=${bare##*[!A-Za-z0-9_.]}
  rest=${bare%"$last"}
  for field in $(compgen -W "$2" -- "$last"); do COMPREPLY+=("$rest$field"); done
  [ ${#COMPREPLY[@]} = 1 ] && [ "$word" != "$bare" ] && COMPREPLY+=("${COMPREPLY[0]} ==")
  compopt -o nospace 2>/dev/null
}
)";

std::string bash(const std::vector<CommandWords>& commands) {
  Words names;
  std::string values, options;
  for (const CommandWords& command : commands) {
    names.push_back(command.name);
    Words spellings;
    for (const OptionWords& option : command.options) {
      spellings.insert(spellings.end(), option.spellings.begin(), option.spellings.end());
      const std::string pattern = bash_pattern(command, option);
      if (option.values.kind == Values::Kind::filter)
        values += fmt::format("    {}) _fourtuple_filter \"$word\" \"$fields\"; return ;;\n", pattern);
      if (option.values.kind == Values::Kind::field)
        values += fmt::format("    {}) COMPREPLY=($(compgen -W \"$fields\" -- \"$word\")); return ;;\n", pattern);
      if (option.values.kind == Values::Kind::choice)
        values += fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n", pattern,
                              joined(option.values.choices));
      if (option.values.kind == Values::Kind::file)
        values += fmt::format("    {}) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", pattern);
    }
    options +=
        fmt::format("    {}) options='{}' arguments='{}' ;;\n", command.name, joined(spellings), joined(command.arguments));
  }
  return fmt::format(
      "# bash completion for fourtuple: source <(fourtuple completion bash){}"
      "_fourtuple() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command=${{COMP_WORDS[1]}}\n"
      "  local fields='{}' options= arguments=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
      "    COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  [ \"$word\" = = ] && word=\n"  // --lang=zh is three words to bash
      "  [ \"$before\" = = ] && before=${{COMP_WORDS[COMP_CWORD-2]}}\n"
      "  case \"$command $before\" in\n{}  esac\n"
      "  case $command in\n{}  esac\n"
      "  case $word in\n"
      "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
      "    *) COMPREPLY=($(compgen -f -W \"$arguments\" -- \"$word\")) ;;\n"
      "  esac\n}}\n"
      "complete -o filenames -F _fourtuple fourtuple\n",
      bash_filter, fields(), joined(names), values, options);
}

std::string zsh_values(const Values& values) {
  switch (values.kind) {
    case Values::Kind::none:
      return "";
    case Values::Kind::choice:
      return fmt::format(":value:({})", joined(values.choices));
    case Values::Kind::field:
    case Values::Kind::filter:
      return ":field:_fourtuple_fields";
    case Values::Kind::file:
      return ":file:_files";
    case Values::Kind::other:
      break;
  }
  return ":value: ";
}

std::string zsh(const std::vector<CommandWords>& commands) {
  std::string names, options;
  for (const CommandWords& command : commands) {
    names += fmt::format("      '{}:{}'\n", command.name, command.says);
    options += fmt::format("    {})\n      arguments=({})\n      _arguments", command.name, joined(command.arguments));
    for (const OptionWords& option : command.options)
      for (const std::string& spelling : option.spellings) {
        const bool equals = option.values.kind != Values::Kind::none && spelling.starts_with("--");
        options += fmt::format(" \\\n        '*{}{}[{}]{}'", spelling, equals ? "=" : "", option.says, zsh_values(option.values));
      }
    options += " \\\n        '*:argument:_fourtuple_arguments' ;;\n";
  }
  return fmt::format(
      "#compdef fourtuple\n# zsh completion for fourtuple: source <(fourtuple completion zsh)\n"
      "_fourtuple_fields() {{\n  compset -P '*[^A-Za-z0-9_.]'\n  compadd -S '' -- {}\n}}\n"
      "_fourtuple_arguments() {{\n  (( $#arguments )) && compadd -a arguments\n  _files\n}}\n"
      "_fourtuple() {{\n"
      "  local -a commands arguments\n"
      "  if (( CURRENT == 2 )); then\n"
      "    commands=(\n{}    )\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  shift words; (( CURRENT-- ))\n"
      "  case $words[1] in\n{}  esac\n}}\n"
      // Sourced, it makes itself known; as a file of fpath it is the function's first call.
      "if [ \"$funcstack[1]\" = _fourtuple ]; then _fourtuple \"$@\"; else compdef _fourtuple fourtuple; fi\n",
      fields(), names, options);
}

std::string fish_values(const Values& values) {
  switch (values.kind) {
    case Values::Kind::none:
      return "";
    case Values::Kind::choice:
      return fmt::format(" -x -a '{}'", joined(values.choices));
    case Values::Kind::field:
    case Values::Kind::filter:
      return " -x -a '(__fourtuple_fields)'";
    case Values::Kind::file:
      return " -r -F";
    case Values::Kind::other:
      break;
  }
  return " -x";
}

/// As in bash: the last word is completed, and the only answer would shut the quote. Fish quotes its answers itself.
constexpr std::string_view fish_fields = R"(
function __fourtuple_fields
  set -l typed (commandline -ct)
  set -l word (string replace -r '^[\'"]' '' -- $typed)
  set -l last (string match -r '[A-Za-z0-9_.]*$' -- $word)
  set -l rest (string replace -r '[A-Za-z0-9_.]*$' '' -- $word)
  set -l found (string match -- "$last*" $__fourtuple_all_fields)
  printf '%s\n' "$rest"$found
  test (count $found) = 1 -a "$typed" != "$word"; and echo "$rest$found =="
end
)";

std::string fish(const std::vector<CommandWords>& commands) {
  std::string text = "# fish completion for fourtuple: fourtuple completion fish | source\nset -g __fourtuple_all_fields " +
                     fields() + std::string(fish_fields);
  for (const CommandWords& command : commands)
    text += fmt::format("complete -c fourtuple -n __fish_use_subcommand -f -a {} -d '{}'\n", command.name, command.says);
  for (const CommandWords& command : commands) {
    const std::string here = fmt::format("complete -c fourtuple -n '__fish_seen_subcommand_from {}'", command.name);
    if (!command.arguments.empty()) text += fmt::format("{} -a '{}'\n", here, joined(command.arguments));
    for (const OptionWords& option : command.options) {
      text += here;
      for (const std::string& spelling : option.spellings)
        text += spelling.starts_with("--") ? " -l " + spelling.substr(2) : " -s " + spelling.substr(1);
      text += fmt::format("{} -d '{}'\n", fish_values(option.values), option.says);
    }
  }
  return text;
}

}  // namespace

void add_completion(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("completion", "What a shell needs to complete commands, options and fields");
  const auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "Examples:\n"
      "  source <(fourtuple completion bash)\n"
      "  fourtuple completion zsh > ~/.zfunc/_fourtuple\n"
      "  fourtuple completion fish > ~/.config/fish/completions/fourtuple.fish");
  command->callback([&app, shell, &status] {
    const std::vector<CommandWords> commands = words_of(app);
    Output out;
    out.write(*shell == "bash" ? bash(commands) : *shell == "zsh" ? zsh(commands) : fish(commands));
    if (const auto error = out.finish()) {
      std::fprintf(stderr, "fourtuple completion: cannot write: %s\n", error->c_str());
      status = exit_failed;
    }
  });
}

}  // namespace ft::cli
