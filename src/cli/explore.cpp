// fourtuple explore: every order of loss, duplication, reordering, time and calls over the life of a small connection.
#include "analysis/ladder.hpp"
#include "analysis/ladder_text.hpp"
#include "cli/capture_file.hpp"
#include "cli/child.hpp"
#include "cli/commands.hpp"
#include "cli/failing.hpp"
#include "cli/terminal.hpp"
#include "sim/explore/story.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <new>

#include <unistd.h>

namespace ft::cli {

namespace {

using Clock = std::chrono::steady_clock;
namespace world = sim::explore;

struct ExploreOptions {
  std::vector<std::string> worlds;  // empty: all
  unsigned depth = 1000;
  std::uint64_t states = 1'500'000;  // of each world
  double seconds = 0;                // of each world; 0: no limit
  std::uint64_t twins = 1000;
  std::string pcap = "explore.pcapng";
  bool list = false;
  bool json = false;
};

/// What the child that explores says, in memory that both see.
struct ExploreBoard {
  world::Count count;
  bool found = false;
  char wrong[512] = {};
  world::Notebook notebook;
};

struct Report {
  world::Rules rules;
  world::Count count;
  double seconds = 0;
  std::optional<world::Finding> finding;
};

constexpr Failing fail{"explore"};

double since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

void keep(const world::Finding& finding, ExploreBoard& board) {
  board.found = true;
  const std::size_t n = std::min(finding.wrong.size(), sizeof(board.wrong) - 1);
  std::copy_n(finding.wrong.begin(), n, board.wrong);
  board.wrong[n] = '\0';
  board.notebook.length = static_cast<std::uint32_t>(std::min(finding.way.size(), board.notebook.way.size()));
  board.notebook.well_from = static_cast<std::uint32_t>(finding.well_from);
  std::copy_n(finding.way.begin(), board.notebook.length, board.notebook.way.begin());
}

world::Finding found(const ExploreBoard& board, std::string wrong, bool crashed) {
  const auto& book = board.notebook;
  // The last choice of one that crashed is not taken again.
  const std::uint32_t length = crashed && book.length != 0 ? book.length - 1 : book.length;
  return {.wrong = std::move(wrong), .way = {book.way.begin(), book.way.begin() + length}, .well_from = book.well_from};
}

/// In a process of its own: an assertion is a finding, too.
Report explore(const world::Rules& rules, const ExploreOptions& o, ExploreBoard& board) {
  board = {};
  const auto begun = Clock::now();
  const bool shows = isatty(STDERR_FILENO) != 0;
  const ChildEnd end = in_child(
      [&] {
        const world::Bounds bounds{.depth = o.depth, .states = o.states, .twins = o.twins, .notebook = &board.notebook};
        const auto result = world::explore(rules, bounds, [&](const world::Count& count) {
          board.count = count;
          return o.seconds <= 0 || since(begun) < o.seconds;
        });
        board.count = result.count;
        if (result.finding) keep(*result.finding, board);
        return 0;
      },
      [&](auto) {
        if (shows)
          std::fprintf(stderr, "\r%.*s: %llu states, depth %u ", static_cast<int>(rules.name.size()), rules.name.data(),
                       static_cast<unsigned long long>(board.count.states), board.count.depth);
        return true;
      });
  if (shows) std::fputs("\r\x1b[K", stderr);
  Report report{.rules = rules, .count = board.count, .seconds = since(begun), .finding = {}};
  if (!end.well()) {
    report.finding = found(board, end.describe(), true);
  } else if (board.found) {
    report.finding = found(board, board.wrong, false);
  }
  return report;
}

std::vector<analysis::Actor> actors() {
  return {{.name = "first", .on_the_right = false, .addresses = {world::tuple_of(0).local.address}},
          {.name = "second", .on_the_right = true, .addresses = {world::tuple_of(1).local.address}}};
}

/// The shortest way to what is wrong, as a ladder; and as a capture.
void tell(const Report& report, const ExploreOptions& o, Output& out) {
  const world::Finding& finding = *report.finding;
  out.write(fmt::format("{}: {}\n  after {} choices ({} of them with a network that is well again)\n\n", report.rules.name,
                        finding.wrong, finding.way.size(), finding.way.size() - std::min(finding.way.size(), finding.well_from)));
  analysis::LadderBuilder ladder(actors());
  world::tell(report.rules, finding, ladder);
  const analysis::TextStyle style{.ascii = !locale_is_utf8(), .colour = use_colour(When::automatic, STDOUT_FILENO), .all = true};
  for (const auto& block : analysis::ladder_blocks(ladder.finish(), style))
    for (const auto& line : block) out.write(analysis::paint(line, style));
  auto capture = CaptureFile::create(o.pcap, actors(), analysis::Lang::en);
  if (capture) {
    world::tell(report.rules, finding, *capture);
    if (capture->close()) out.write(fmt::format("\nkept in {}\n", o.pcap));
  } else {
    out.write(fmt::format("\nnot kept: {}\n", capture.error()));
  }
}

int print(const std::vector<Report>& reports, const ExploreOptions& o) {
  Output out;
  std::uint64_t states = 0, transitions = 0;
  double seconds = 0;
  bool wrong = false;
  auto json = nlohmann::ordered_json::array();
  for (const Report& r : reports) {
    states += r.count.states;
    transitions += r.count.transitions;
    seconds += r.seconds;
    wrong = wrong || r.finding;
    if (o.json) {
      json.push_back({{"world", r.rules.name},
                      {"states", r.count.states},
                      {"transitions", r.count.transitions},
                      {"depth", r.count.depth},
                      {"ends", r.count.ends},
                      {"compared", r.count.compared},
                      {"whole", r.count.whole},
                      {"seconds", r.seconds},
                      {"wrong", r.finding ? r.finding->wrong : ""}});
      continue;
    }
    out.write(fmt::format("{:<20}{:>10} states {:>10} transitions  depth {:>3}{}  {:>7} ends  {:.1f} s{}\n", r.rules.name,
                          r.count.states, r.count.transitions, r.count.depth, r.count.whole ? ", all" : "     ", r.count.ends,
                          r.seconds, r.finding ? "  WRONG" : ""));
  }
  if (o.json) {
    out.write(json.dump(2) + "\n");
  } else {
    out.write(fmt::format("{} distinct states, {} transitions, {:.0f} s: {}\n", states, transitions, seconds,
                          wrong ? "something is wrong" : "every run ends as agreed"));
    for (const Report& r : reports)
      if (r.finding) tell(r, o, out);
  }
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return wrong ? exit_failed : exit_ok;
}

int run_explore(const ExploreOptions& o) {
  const auto known = world::worlds();
  if (o.list) {
    Output out;
    for (const world::Rules& rules : known) out.write(fmt::format("{:<20}{}\n", rules.name, rules.says));
    if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
    return exit_ok;
  }
  for (const std::string& name : o.worlds)
    if (std::ranges::none_of(known, [&](const world::Rules& r) { return r.name == name; }))
      return fail("there is no world " + name + " (fourtuple explore --list)", exit_usage);
  void* memory = shared_memory(sizeof(ExploreBoard));
  if (memory == nullptr) return fail("no memory to share with a child process", exit_failed);
  auto& board = *::new (memory) ExploreBoard;
  std::vector<Report> reports;
  for (const world::Rules& rules : known)
    if (o.worlds.empty() || std::ranges::find(o.worlds, rules.name) != o.worlds.end())
      reports.push_back(explore(rules, o, board));
  return print(reports, o);
}

}  // namespace

void add_explore(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("explore", "Take every choice that network, clock and applications have, in small worlds");
  command->footer(
      "Examples:\n"
      "  fourtuple explore\n"
      "  fourtuple explore teardown --states 100000");
  const auto o = std::make_shared<ExploreOptions>();
  command->add_option("WORLD", o->worlds, "Only these worlds");
  command->add_flag("--list", o->list, "List the worlds");
  command->add_option("--states", o->states, "At most so many distinct states of each world (default 1500000)")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{4'000'000'000}));
  command->add_option("--depth", o->depth, "At most so many choices from the start");
  command->add_option("--seconds", o->seconds, "At most so long for each world");
  command->add_option("--twins", o->twins, "Compare every so many-th state that is met again with its twin; 0: never");
  command->add_option("--pcap", o->pcap, "Where a counterexample's packets go (default explore.pcapng)");
  command->add_flag("--json", o->json, "The result as JSON");
  command->callback([o, &status] { status = run_explore(*o); });
}

}  // namespace ft::cli
