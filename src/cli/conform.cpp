// fourtuple conform: what the RFCs ask for, tried here and now.
#include "cli/conform.hpp"

#include "cli/commands.hpp"
#include "cli/failing.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <expected>
#include <map>
#include <memory>
#include <set>

#include <unistd.h>

namespace ft::cli {

namespace {

struct ConformOptions {
  std::vector<std::string> rfcs;
  bool json = false;
  bool list = false;
  bool scripts = false;
  When colour = When::automatic;
};

constexpr Failing fail{"conform"};

/// "9293", "RFC9293" and "rfc9293" are the same.
std::string spelled(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name.starts_with("rfc") ? name : "rfc" + name;
}

/// Keeps the RFCs that were asked for; otherwise the name that we have no register of.
std::expected<void, std::string> choose(std::vector<Requirement>& all, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return {};
  std::set<std::string> known, chosen;
  for (const Requirement& r : all) known.insert(r.rfc);
  for (const std::string& word : wanted) {
    if (!known.contains(spelled(word))) {
      std::string line = "there is no register of " + word + "; there are:";
      for (const std::string& rfc : known) line += " " + rfc;
      return std::unexpected(line);
    }
    chosen.insert(spelled(word));
  }
  std::erase_if(all, [&](const Requirement& r) { return !chosen.contains(r.rfc); });
  return {};
}

int print(const std::string& text) {
  Output out;
  out.write(text);
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return exit_ok;
}

std::string listing(const std::vector<Requirement>& requirements) {
  std::string text;
  for (const Requirement& r : requirements)
    text += fmt::format("{:<8} {:<9} {:<11} {:<8} {}\n", r.rfc, r.id, r.level, r.section, r.text);
  return text;
}

int run(const ConformOptions& o, ScriptRunner runner) {
  std::vector<Requirement> requirements = read_requirements(embedded_registers());
  if (const auto chosen = choose(requirements, o.rfcs); !chosen) return fail(chosen.error(), exit_usage);
  if (o.list) return print(listing(requirements));
  const std::vector<ScriptResult> results = runner();
  const std::vector<Verdict> verdicts = judge(requirements, results);
  const ReportStyle style{.colour = use_colour(o.colour, STDOUT_FILENO), .whole = !o.rfcs.empty(), .scripts = o.scripts};
  const int status = print(o.json ? report_json(verdicts, results) : report_text(verdicts, results, style));
  if (status != exit_ok) return status;
  const bool failed = std::ranges::any_of(verdicts, [](const Verdict& v) { return v.standing == Standing::failed; });
  return failed ? exit_failed : exit_ok;
}

}  // namespace

std::vector<Verdict> judge(const std::vector<Requirement>& requirements, const std::vector<ScriptResult>& results) {
  std::multimap<std::string, const ScriptResult*> proofs;
  for (const ScriptResult& result : results)
    for (const std::string& key : result.covers) proofs.emplace(key, &result);
  std::vector<Verdict> verdicts;
  for (const Requirement& requirement : requirements) {
    Verdict verdict{requirement, Standing::untested, {}};
    const auto [first, last] = proofs.equal_range(requirement.key());
    for (auto proof = first; proof != last; ++proof) verdict.scripts.push_back(proof->second);
    if (std::ranges::any_of(verdict.scripts, [](const ScriptResult* script) { return !script->passed; })) {
      verdict.standing = Standing::failed;
    } else if (!verdict.scripts.empty()) {
      verdict.standing = Standing::passed;
    } else if (!requirement.elsewhere.empty()) {
      verdict.standing = Standing::elsewhere;
    } else if (!requirement.exception.empty()) {
      verdict.standing = Standing::exception;
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

void add_conform(CLI::App& app, int& status, ScriptRunner runner) {
  const auto o = std::make_shared<ConformOptions>();
  CLI::App* command = app.add_subcommand("conform", "Try what the RFCs require, and say of each requirement what came of it");
  command->footer(
      "Examples:\n"
      "  fourtuple conform\n"
      "  fourtuple conform rfc9293 --scripts");
  command->add_option("RFC", o->rfcs, "Only these: rfc9293 (a line for each requirement; without it, the holes only)")
      ->type_name("");
  command->add_flag("--json", o->json, "As JSON");
  command->add_flag("--list", o->list, "List the requirements, one a line, and try nothing");
  command->add_flag("--scripts", o->scripts, "Name the scripts that prove each requirement");
  command
      ->add_option_function<std::string>(
          "--color,--colour",
          [o](const std::string& t) {
            if (t != "auto" && t != "always" && t != "never")
              throw CLI::ValidationError("--color", "expected auto, always or never, not \"" + t + "\"");
            o->colour = t == "always" ? When::always : t == "never" ? When::never : When::automatic;
          },
          "Colours: on a terminal only (auto), always, never")
      ->type_name("auto|always|never");
  command->callback([o, &status, runner] { status = run(*o, runner); });
}

}  // namespace ft::cli
