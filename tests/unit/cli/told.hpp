// Stories played for tests, and programs run for tests.
#pragma once

#include "analysis/ladder.hpp"
#include "cli/lab_page.hpp"
#include "sim/embedded.hpp"
#include "sim/story.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/wait.h>

namespace ft::cli {

struct Told {
  sim::Scenario scenario;
  sim::Outcome outcome;
  analysis::Ladder ladder;

  static Told play(std::string_view name, const sim::Overrides& overrides = {}) {
    auto scenario = sim::embedded_scenario(name);
    REQUIRE_MESSAGE(scenario.has_value(), std::string(name));
    analysis::LadderBuilder builder(actors_of(*scenario, overrides.ipv6));
    auto outcome = sim::run(*scenario, overrides, builder);
    REQUIRE(outcome.has_value());
    return {*scenario, *outcome, builder.finish()};
  }
  std::string page(const analysis::TextStyle& style = {}) const { return lab_text(scenario, outcome, ladder, style); }
};

/// What a command line printed (redirect in the command what shall not be seen) and its exit status.
struct Ran {
  std::string output;
  int status = -1;

  static Ran command(const std::string& line) {
    Ran ran;
    FILE* pipe = popen(line.c_str(), "r");
    REQUIRE(pipe != nullptr);
    char buffer[4096];
    while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) ran.output.append(buffer, n);
    const int status = pclose(pipe);
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return ran;
  }
  /// The program itself, with the error output in the output.
  static Ran program(const std::string& arguments) { return command("LC_ALL=C.UTF-8 " FT_PROGRAM " " + arguments + " 2>&1"); }
};

}  // namespace ft::cli
