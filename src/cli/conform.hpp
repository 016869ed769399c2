// fourtuple conform: runs the segment scripts that are linked into the program and says of each requirement of an RFC what came
// of it. Here are its verdicts, as values; conform.cpp is the command, conform_report.cpp the printer.
#pragma once

#include "cli/requirements.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace ft::cli {

/// One script that ran.
struct ScriptResult {
  std::string name;  // its sentence
  std::string file;  // "tests/scripts/closing.cpp"
  bool passed = false;
  std::vector<std::string> covers;  // the requirements that it proves: "rfc9293 MUST-16"
  std::string story;                // of a failure: what was sent and received, and what was expected
};

using ScriptRunner = std::vector<ScriptResult> (*)();

/// Runs all of them, in virtual time. Defined beside the scripts (tests/conform/runner.cpp); main() hands it over.
std::vector<ScriptResult> run_scripts();

/// Adds the command (see commands.hpp).
void add_conform(CLI::App& app, int& status, ScriptRunner runner);

enum class Standing : std::uint8_t {
  passed,     // every script that proves it passed
  failed,     // one of them did not
  elsewhere,  // proven by a test that is not inside the program, not run here
  exception,  // not done, and the register says why
  untested,   // nothing proves it
};
std::string_view to_string(Standing);

struct Verdict {
  Requirement requirement;
  Standing standing = Standing::untested;
  std::vector<const ScriptResult*> scripts;  // those that prove it
};

std::vector<Verdict> judge(const std::vector<Requirement>& requirements, const std::vector<ScriptResult>& results);

struct ReportStyle {
  bool colour = false;
  bool whole = false;    // a line for each requirement; otherwise only what did not pass
  bool scripts = false;  // below each requirement the scripts that prove it
  std::size_t columns = 120;
};
std::string report_text(const std::vector<Verdict>& verdicts, const std::vector<ScriptResult>& results, const ReportStyle& style);
std::string report_json(const std::vector<Verdict>& verdicts, const std::vector<ScriptResult>& results);

}  // namespace ft::cli
