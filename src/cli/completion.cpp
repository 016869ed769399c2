// fourtuple completion SHELL: what a shell needs to complete commands, options, and the fields of captures after -Y and -e. Made
// from the program's own tables, so it cannot say what the program does not know.
#include "analysis/fields/registry.hpp"
#include "cli/commands.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace ft::cli {

namespace {

struct OptionWords {
  std::vector<std::string> spellings;  // with their hyphens
  std::string says;
  bool takes_value = false;
};
struct CommandWords {
  std::string name, says;
  std::vector<OptionWords> options;
};

/// Fit to stand between single quotes in all three shells.
std::string plain(std::string text) {
  std::erase_if(text, [](char c) { return c == '\'' || c == '\\' || c == '[' || c == ']' || c == '\n' || c == ':'; });
  return text;
}

std::vector<CommandWords> words_of(const CLI::App& app) {
  std::vector<CommandWords> commands;
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    CommandWords& command = commands.emplace_back(CommandWords{sub->get_name(), plain(sub->get_description()), {}});
    for (const CLI::Option* option : sub->get_options()) {
      OptionWords words;
      for (const std::string& name : option->get_lnames()) words.spellings.push_back("--" + name);
      for (const std::string& name : option->get_snames()) words.spellings.push_back("-" + name);
      if (words.spellings.empty()) continue;
      words.says = plain(option->get_description());
      words.takes_value = option->get_items_expected_max() > 0;
      command.options.push_back(std::move(words));
    }
  }
  return commands;
}

std::string fields() {
  std::string all;
  for (const analysis::Field* field : analysis::all_fields()) all += (all.empty() ? "" : " ") + std::string(field->name);
  return all;
}
std::string names(const std::vector<CommandWords>& commands) {
  std::string all;
  for (const CommandWords& command : commands) all += (all.empty() ? "" : " ") + command.name;
  return all;
}

/// A field may stand anywhere in a filter: the last word is completed, what is before it stays.
std::string bash(const std::vector<CommandWords>& commands) {
  std::string text = "# bash completion for fourtuple: source <(fourtuple completion bash)\n_fourtuple() {\n";
  text += "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n";
  text += fmt::format("  local fields='{}'\n", fields());
  text += "  COMPREPLY=()\n";
  text += fmt::format(
      "  if [ \"$COMP_CWORD\" = 1 ]; then\n    COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\"))\n    return\n  fi\n",
      names(commands));
  text +=
      "  case $before in\n"
      "    -Y|--filter)\n"
      "      local bare=${word#[\\'\\\"]} last rest field\n"
      "      last=${bare##*[!A-Za-z0-9_.]}\n"
      "      rest=${bare%\"$last\"}\n"
      "      for field in $(compgen -W \"$fields\" -- \"$last\"); do COMPREPLY+=(\"$rest$field\"); done\n"
      "      compopt -o nospace 2>/dev/null\n"
      "      return ;;\n"
      "    -e|--field) COMPREPLY=($(compgen -W \"$fields\" -- \"$word\")); return ;;\n"
      "  esac\n"
      "  case $command in\n";
  for (const CommandWords& command : commands) {
    std::string options;
    for (const OptionWords& option : command.options)
      for (const std::string& spelling : option.spellings) options += (options.empty() ? "" : " ") + spelling;
    text += fmt::format("    {}) local options='{}' ;;\n", command.name, options);
  }
  text +=
      "    *) local options= ;;\n  esac\n"
      "  case $word in\n"
      "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
      "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
      "  esac\n}\n"
      "complete -o filenames -F _fourtuple fourtuple\n";
  return text;
}

std::string zsh(const std::vector<CommandWords>& commands) {
  std::string text =
      "#compdef fourtuple\n# zsh completion for fourtuple: source <(fourtuple completion zsh)\n_fourtuple_fields() {\n";
  text += "  compset -P '*[^A-Za-z0-9_.]'\n";
  text += fmt::format("  compadd -S '' -- {}\n}}\n", fields());
  text += "_fourtuple() {\n  if (( CURRENT == 2 )); then\n    local -a commands\n    commands=(\n";
  for (const CommandWords& command : commands) text += fmt::format("      '{}:{}'\n", command.name, command.says);
  text += "    )\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n";
  for (const CommandWords& command : commands) {
    text += fmt::format("    {})\n      shift words; (( CURRENT-- ))\n      _arguments", command.name);
    for (const OptionWords& option : command.options)
      for (const std::string& spelling : option.spellings) {
        const bool takes_field = spelling == "-Y" || spelling == "--filter" || spelling == "-e" || spelling == "--field";
        const std::string value = !option.takes_value ? "" : takes_field ? ":field:_fourtuple_fields" : ":value:_files";
        text += fmt::format(" \\\n        '*{}[{}]{}'", spelling, option.says, value);
      }
    text += " \\\n        '*:file:_files' ;;\n";
  }
  return text + "  esac\n}\ncompdef _fourtuple fourtuple\n";
}

std::string fish(const std::vector<CommandWords>& commands) {
  std::string text = "# fish completion for fourtuple: fourtuple completion fish | source\n";
  text +=
      "function __fourtuple_fields\n  set -l word (commandline -ct)\n  set -l rest (string replace -r '[A-Za-z0-9_.]*$' '' -- "
      "$word)\n";
  text += fmt::format("  for field in {}\n    echo $rest$field\n  end\nend\n", fields());
  for (const CommandWords& command : commands)
    text += fmt::format("complete -c fourtuple -n __fish_use_subcommand -f -a {} -d '{}'\n", command.name, command.says);
  for (const CommandWords& command : commands)
    for (const OptionWords& option : command.options) {
      text += fmt::format("complete -c fourtuple -n '__fish_seen_subcommand_from {}'", command.name);
      bool takes_field = false;
      for (const std::string& spelling : option.spellings) {
        text += spelling.starts_with("--") ? " -l " + spelling.substr(2) : " -s " + spelling.substr(1);
        takes_field = takes_field || spelling == "--filter" || spelling == "--field";
      }
      if (option.takes_value) text += takes_field ? " -x -a '(__fourtuple_fields)'" : " -r";
      text += fmt::format(" -d '{}'\n", option.says);
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
