// fourtuple: the program. argv -> options -> one library call -> printer.
#include "cli/commands.hpp"
#include "cli/conform.hpp"
#include "cli/help.hpp"
#include "cli/terminal.hpp"
#include "sim/spelling.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#ifndef FT_VERSION
#define FT_VERSION "0.1.0"
#endif

namespace {

/// The words that may stand where `word` stood: the subcommands, or the long options of the command that was named.
std::vector<std::string> words_known(const CLI::App& app, bool options) {
  std::vector<std::string> words;
  if (!options) {
    for (const CLI::App* sub : app.get_subcommands(nullptr)) words.push_back(sub->get_name());
    return words;
  }
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  return words;
}

const CLI::App& command_of(const CLI::App& app) {
  for (const CLI::App* sub : app.get_subcommands(nullptr))
    if (sub->parsed()) return *sub;
  return app;
}

std::string hint_of(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string_view near = ft::sim::nearest_word(word, views);
  return near.empty() ? "" : "; did you mean " + std::string(near) + "?";
}

/// No command, or none that we know.
int complain_about_command(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments) {
  const std::vector<std::string> commands = words_known(app, false);
  std::string line = error.what();
  if (arguments.empty() || !arguments.front().starts_with("-")) {
    line = arguments.empty() ? "expected a command" : "unknown command " + arguments.front();
    const std::string hint = arguments.empty() ? "" : hint_of(arguments.front(), commands);
    if (hint.empty()) {
      for (const std::string& command : commands) line += (command == commands.front() ? ": " : ", ") + command;
    }
    line += hint;
  } else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
             dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    line = "unexpected option " + arguments.front() + hint_of(arguments.front(), words_known(app, true));
  }
  std::fprintf(stderr, "fourtuple: %s (see fourtuple --help)\n", line.c_str());
  return ft::cli::exit_usage;
}

/// Wrong arguments: one line that says what was expected.
int complain(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments) {
  const CLI::App& command = command_of(app);
  if (&command == &app) return complain_about_command(app, error, arguments);
  std::string line = "fourtuple";
  line += " " + command.get_name() + ": ";
  line += error.what();
  if (const auto* extras = dynamic_cast<const CLI::ExtrasError*>(&error); extras != nullptr) {
    const std::vector<std::string> left = command.remaining(true).empty() ? app.remaining(true) : command.remaining(true);
    const std::string word = left.empty() ? (arguments.empty() ? "" : arguments.front()) : left.front();
    const bool option = word.starts_with("-");
    line = line.substr(0, line.find(": ") + 2) + "unexpected " + (option ? "option " : "word ") + word;
    line += hint_of(word, words_known(option ? command : app, option));
  }
  for (char& c : line)
    if (c == '\n') c = ' ';
  line += " (see fourtuple " + command.get_name() + " --help)";
  std::fprintf(stderr, "%s\n", line.c_str());
  return ft::cli::exit_usage;
}

/// To CLI11 -1 is the largest whole number.
void check_whole_numbers(CLI::App& app) {
  const CLI::Validator digits(
      [](const std::string& text) -> std::string {
        const bool whole = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        return whole ? "" : "\"" + text + "\" is not a whole number";
      },
      "");
  for (CLI::App* command : app.get_subcommands(nullptr))
    for (CLI::Option* option : command->get_options(nullptr))
      if (option->get_type_name().starts_with("UINT")) option->check(digits);
}

int say(const std::string& text) {
  ft::cli::Output out;
  out.write(text);
  const auto error = out.finish();
  if (error) std::fprintf(stderr, "fourtuple: cannot write: %s\n", error->c_str());
  return error ? ft::cli::exit_failed : ft::cli::exit_ok;
}

int run(int argc, char** argv) {
  CLI::App app{
      "fourtuple: TCP/IP that you can watch. A user-space TCP stack with the microscope built in.\n"
      "Start with: fourtuple lab handshake"};
  app.name("fourtuple");
  app.formatter(std::make_shared<ft::cli::HelpFormatter>());
  app.set_version_flag("--version", "fourtuple " FT_VERSION);
  app.require_subcommand(1);
  int status = ft::cli::exit_ok;
  ft::cli::add_lab(app, status);
  ft::cli::add_listen(app, status);
  ft::cli::add_connect(app, status);
  ft::cli::add_capture(app, status);
  ft::cli::add_explain(app, status);
  ft::cli::add_why(app, status);
  ft::cli::add_packets(app, status);
  ft::cli::add_stats(app, status);
  ft::cli::add_report(app, status);
  ft::cli::add_torture(app, status);
  ft::cli::add_explore(app, status);
  ft::cli::add_conform(app, status, ft::cli::run_scripts);
  ft::cli::add_completion(app, status);
  check_whole_numbers(app);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return say(app.help());
  } catch (const CLI::CallForVersion& version) {
    return say(std::string(version.what()) + "\n");
  } catch (const CLI::ParseError& error) {
    return complain(app, error, arguments);
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the write that met it, not the end of the program
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fourtuple: %s\n", error.what());
    return ft::cli::exit_failed;
  }
}
