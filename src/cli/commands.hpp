// The commands of the program: each adds its subcommand with its options and, when it ran, leaves the exit status in `status`.
// 0 = done, 1 = it failed (stderr says why), 2 = wrong arguments (one line on stderr says what was expected).
#pragma once

#include <CLI/CLI.hpp>

namespace ft::cli {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

void add_lab(CLI::App& app, int& status);         // lab.cpp: tell one story as a ladder
void add_listen(CLI::App& app, int& status);      // listen.cpp: stdin and stdout over our stack, as a server
void add_connect(CLI::App& app, int& status);     // connect.cpp: the same, as a client
void add_capture(CLI::App& app, int& status);     // capture.cpp: packets of an interface as they pass
void add_packets(CLI::App& app, int& status);     // packets.cpp: the packets of a capture
void add_completion(CLI::App& app, int& status);  // completion.cpp: for shells
void add_explore(CLI::App& app, int& status);     // explore.cpp: every order of everything in small worlds
void add_torture(CLI::App& app, int& status);     // torture.cpp: worlds from seeds, and their promises
void add_why(CLI::App& app, int& status);         // why.cpp: one answer, one exit code
void add_stats(CLI::App& app, int& status);       // stats.cpp: a capture in numbers
void add_report(CLI::App& app, int& status);      // report.cpp: the questions of a lab, answered
void add_explain(CLI::App& app, int& status);     // explain.cpp: what a capture shows, and why

}  // namespace ft::cli
