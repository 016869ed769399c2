// fourtuple torture: worlds of stacks from seeds, until the time is over or one of them breaks a promise.
#include "cli/torture.hpp"
#include "cli/failing.hpp"

#include "cli/child.hpp"
#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "sim/units.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <memory>
#include <new>

#include <unistd.h>

namespace ft::cli {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto longest_world = std::chrono::seconds(30);  // of processor time
constexpr std::uint64_t seeds_a_day = 1'000'000;

constexpr Failing fail{"torture"};

double since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

/// "today" is the date, with room for a million worlds behind it.
std::expected<std::uint64_t, std::string> first_seed(const std::string& text) {
  if (text != "today") {
    if (const auto number = sim::parse_count(text, UINT64_MAX / 2)) return *number;
    return std::unexpected("--seed wants a whole number or the word today, not " + text);
  }
  const std::time_t now = std::time(nullptr);
  std::tm date{};
  gmtime_r(&now, &date);
  return static_cast<std::uint64_t>((date.tm_year + 1900) * 10000 + (date.tm_mon + 1) * 100 + date.tm_mday) * seeds_a_day;
}

std::expected<std::vector<std::uint64_t>, std::string> read_seeds(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::unexpected("cannot read " + path);
  std::vector<std::uint64_t> seeds;
  std::string line;
  for (unsigned number = 1; std::getline(file, line); ++number) {
    const std::string word = line.substr(0, line.find_first_of(" \t"));
    if (word.empty() || word.starts_with('#')) continue;
    const auto seed = sim::parse_count(word, UINT64_MAX / 2);
    if (!seed) return std::unexpected(fmt::format("{}:{}: a line begins with a seed, not with {}", path, number, word));
    seeds.push_back(*seed);
  }
  return seeds;
}

/// In the child: worlds until the time is over.
int work(const TortureOptions& o, std::uint64_t first, TortureBoard& board) {
  const auto begun = Clock::now();
  for (std::uint64_t n = 0; o.worlds ? n < *o.worlds : since(begun) < o.seconds; ++n) {
    board.seed = first + n;
    const auto plan = sim::torture::make_plan(board.seed);
    const auto outcome = sim::torture::run(plan);
    if (!outcome.wrong.empty()) return 1;
    board.connections += outcome.connections;
    board.finished += outcome.finished;
    board.reset += outcome.reset;
    board.timed_out += outcome.timed_out;
    board.packets += outcome.packets;
    board.lost += outcome.lost;
    board.events += outcome.events;
    board.virtual_ms += static_cast<std::uint64_t>(plan.healed / std::chrono::milliseconds(1));
    ++board.worlds;
  }
  return 0;
}

struct Summary {
  const TortureBoard& board;
  double seconds;
  std::vector<TortureFailure> failures;
};

int print(const TortureOptions& o, const Summary& s) {
  Output out;
  if (o.json) {
    nlohmann::ordered_json json = {{"worlds", s.board.worlds},
                                   {"connections", s.board.connections},
                                   {"seconds", s.seconds},
                                   {"finished", s.board.finished},
                                   {"reset", s.board.reset},
                                   {"timed_out", s.board.timed_out},
                                   {"packets", s.board.packets},
                                   {"lost", s.board.lost},
                                   {"events", s.board.events},
                                   {"virtual_seconds", s.board.virtual_ms / 1000},
                                   {"failures", nlohmann::ordered_json::array()}};
    for (const TortureFailure& f : s.failures)
      json["failures"].push_back(
          {{"seed", f.seed}, {"wrong", f.wrong}, {"at", f.at}, {"items", f.left}, {"directory", f.directory}});
    out.write(json.dump(2) + "\n");
  } else {
    if (s.board.worlds != 0)
      out.write(fmt::format("{} worlds, {} connections in {:.1f} s ({:.0f} a second); {} packets, {} of them lost\n",
                            s.board.worlds, s.board.connections, s.seconds,
                            static_cast<double>(s.board.connections) / std::max(s.seconds, 1e-3), s.board.packets, s.board.lost));
    for (const TortureFailure& f : s.failures) {
      out.write(fmt::format("world {} broke a promise at {:.6f} s: {}\n", f.seed, f.at, f.wrong));
      out.write(fmt::format("  of its {} items {} are enough:\n", f.items, f.left.size()));
      for (const std::string& line : f.left) out.write("    " + line + "\n");
      if (!f.directory.empty()) out.write(fmt::format("  kept in {}: plan.txt, story.pcapng, story.jsonl\n", f.directory));
      out.write(fmt::format("  again: fourtuple torture --replay {}\n", f.seed));
    }
    if (s.failures.empty()) out.write("every promise was kept\n");
  }
  if (const auto error = out.finish()) return fail("cannot write: " + *error, exit_failed);
  return s.failures.empty() ? exit_ok : exit_failed;
}

class Progress {
 public:
  explicit Progress(const TortureBoard& board) : board_(board), shows_(isatty(STDERR_FILENO) != 0) {}
  ~Progress() {
    if (shows_) std::fputs("\r\x1b[K", stderr);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// False when one world takes too long.
  bool tick(std::chrono::nanoseconds used) {
    if (board_.seed != seed_) {
      seed_ = board_.seed;
      used_before_ = used;
    }
    if (shows_)
      std::fprintf(stderr, "\rworld %llu, %llu connections ", static_cast<unsigned long long>(board_.seed),
                   static_cast<unsigned long long>(board_.connections));
    return used - used_before_ < longest_world;
  }

 private:
  const TortureBoard& board_;
  bool shows_;
  std::uint64_t seed_ = 0;
  std::chrono::nanoseconds used_before_{};
};

int run_torture(const TortureOptions& o) {
  void* memory = shared_memory(sizeof(TortureBoard));
  if (memory == nullptr) return fail("no memory to share with a child process", exit_failed);
  auto& board = *::new (memory) TortureBoard;
  const auto begun = Clock::now();
  std::vector<TortureFailure> failures;
  const auto add = [&](std::uint64_t seed) {
    if (auto failure = examine(seed, o.directory, board)) failures.push_back(std::move(*failure));
  };
  if (o.replay) {
    add(*o.replay);
  } else if (!o.seeds.empty()) {
    const auto seeds = read_seeds(o.seeds);
    if (!seeds) return fail(seeds.error(), exit_usage);
    for (const std::uint64_t seed : *seeds) add(seed);
  } else {
    const auto first = first_seed(o.seed);
    if (!first) return fail(first.error(), exit_usage);
    ChildEnd end;
    {
      Progress progress(board);
      end = in_child([&] { return work(o, *first, board); }, [&](auto used) { return progress.tick(used); });
    }
    const double seconds = since(begun);
    if (!end.well()) {
      add(board.seed);
      if (failures.empty())
        failures.push_back(
            {.seed = board.seed, .wrong = "not seen again when played alone: " + end.describe(), .left = {}, .directory = {}});
    }
    return print(o, {board, seconds, std::move(failures)});
  }
  return print(o, {board, since(begun), std::move(failures)});
}

}  // namespace

void add_torture(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("torture", "Play worlds of stacks with faults, odd applications and an attacker, and watch them");
  command->footer(
      "Examples:\n"
      "  fourtuple torture --seconds 60 --seed today\n"
      "  fourtuple torture --replay 4711");
  const auto o = std::make_shared<TortureOptions>();
  command->add_option("--seconds", o->seconds, "How long (default 10)")->check(CLI::Range(0.01, 1e7));
  command->add_option("--worlds", o->worlds, "So many worlds, however long they take");
  command->add_option("--seed", o->seed, "The first world; \"today\" makes one of the date (default 1)");
  command->add_option("--replay", o->replay, "This world alone");
  command->add_option("--seeds", o->seeds, "The worlds of a file, one a line, what follows the number is not read");
  command->add_option("--directory", o->directory, "Where a failure leaves its story (default torture-SEED)");
  command->add_flag("--json", o->json, "The result as JSON");
  command->callback([o, &status] { status = run_torture(*o); });
}

}  // namespace ft::cli
