// A world that broke a promise: once more in a child, smaller and smaller, and then with everything written down.
#include "cli/capture_file.hpp"
#include "cli/child.hpp"
#include "cli/torture.hpp"
#include "cli/trace_file.hpp"
#include "sim/torture/shrink.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <sys/stat.h>

namespace ft::cli {

namespace {

using sim::torture::Chosen;
using sim::torture::Plan;

constexpr unsigned most_runs = 400;
constexpr auto most_time = std::chrono::seconds(30);      // of shrinking
constexpr auto longest_world = std::chrono::seconds(20);  // of processor time

struct Counter final : trace::Sink {
  explicit Counter(std::uint64_t& n) : count(n) {}
  void on_event(const trace::Event&) override { ++count; }
  std::uint64_t& count;
};

/// Writes until the event before the end: who is going to crash cannot close files any more.
class Keeper final : public trace::Sink {
 public:
  Keeper(CaptureFile capture, TraceFile lines, std::uint64_t last)
      : capture_(std::move(capture)), lines_(std::move(lines)), last_(last) {}
  void on_event(const trace::Event& event) override {
    if (closed_) return;
    capture_.on_event(event);
    lines_.on_event(event);
    if (++seen_ >= last_) close();
  }
  void close() {
    if (closed_) return;
    closed_ = true;
    for (const auto& closed : {capture_.close(), lines_.close()})
      if (!closed) std::fprintf(stderr, "%s\n", closed.error().c_str());
  }

 private:
  CaptureFile capture_;
  TraceFile lines_;
  std::uint64_t last_;
  std::uint64_t seen_ = 0;
  bool closed_ = false;
};

int play(const Plan& plan, const Chosen& chosen, TortureBoard& board, trace::Sink* story) {
  const auto outcome = sim::torture::run(plan, chosen, story);
  board.at_ns = outcome.at.time_since_epoch().count();
  const std::size_t n = std::min(outcome.wrong.size(), sizeof(board.wrong) - 1);
  std::memcpy(board.wrong, outcome.wrong.data(), n);
  board.wrong[n] = '\0';
  return outcome.wrong.empty() ? 0 : 1;
}

std::string guarded(TortureBoard& board, const std::function<int()>& work) {
  board.wrong[0] = '\0';
  const ChildEnd end = in_child(work, [](auto used) { return used < longest_world; });
  if (end.well()) return {};
  return board.wrong[0] != '\0' ? board.wrong : end.describe();
}

std::vector<analysis::Actor> actors_of(const Plan& plan) {
  std::vector<analysis::Actor> actors;
  for (std::size_t h = 0; h < plan.hosts.size(); ++h)
    actors.push_back({.name = "host " + std::to_string(h),
                      .on_the_right = h != 0,
                      .addresses = {IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(h + 1))}});
  return actors;
}

/// What went wrong with keeping it; empty: nothing.
std::string keep(const Plan& plan, const Chosen& chosen, const TortureFailure& failure, TortureBoard& board) {
  const std::string& directory = failure.directory;
  if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return "cannot make the directory " + directory + ": " + std::strerror(errno);
  std::ofstream text(directory + "/plan.txt");
  text << "world " << failure.seed << ", at " << failure.at << " s of virtual time: " << failure.wrong << "\n\n";
  for (const std::string& line : failure.left) text << line << "\n";
  if (!text.flush()) return "cannot write " + directory + "/plan.txt";
  board.told = 0;
  guarded(board, [&] {
    Counter counter(board.told);
    return play(plan, chosen, board, &counter);
  });
  const std::uint64_t last = board.told;
  const ChildEnd end = in_child(
      [&] {
        auto capture = CaptureFile::create(directory + "/story.pcapng", actors_of(plan), analysis::Lang::en);
        auto lines = TraceFile::create(
            directory + "/story.jsonl",
            {.title = "fourtuple torture, world " + std::to_string(failure.seed), .vantage = "network", .hosts = {}});
        if (!capture || !lines) {
          std::fprintf(stderr, "%s\n", (capture ? lines.error() : capture.error()).c_str());
          return 2;
        }
        Keeper keeper(std::move(*capture), std::move(*lines), last);
        play(plan, chosen, board, &keeper);
        keeper.close();
        return 0;
      },
      [](auto) { return true; });
  return end.status == 2 ? end.describe() : "";
}

}  // namespace

std::string play_in_child(const Plan& plan, const Chosen& chosen, TortureBoard& board) {
  return guarded(board, [&] { return play(plan, chosen, board, nullptr); });
}

std::optional<TortureFailure> examine(std::uint64_t seed, const std::string& directory, TortureBoard& board) {
  const Plan plan = sim::torture::make_plan(seed);
  Chosen chosen(plan.items.size(), true);
  if (play_in_child(plan, chosen, board).empty()) return std::nullopt;
  const auto begun = std::chrono::steady_clock::now();
  chosen = sim::torture::shrink(
      std::move(chosen),
      [&](const Chosen& smaller) {
        return std::chrono::steady_clock::now() - begun < most_time && !play_in_child(plan, smaller, board).empty();
      },
      most_runs);

  TortureFailure failure;
  failure.seed = seed;
  failure.wrong = play_in_child(plan, chosen, board);
  failure.at = static_cast<double>(board.at_ns) / 1e9;
  failure.items = plan.items.size();
  for (std::size_t i = 0; i < chosen.size(); ++i)
    if (chosen[i]) failure.left.push_back("item " + std::to_string(i) + ": " + sim::torture::describe(plan, plan.items[i]));
  failure.directory = directory.empty() ? "torture-" + std::to_string(seed) : directory;
  if (const std::string what = keep(plan, chosen, failure, board); !what.empty()) {
    failure.wrong += " (nothing kept: " + what + ")";
    failure.directory.clear();
  }
  return failure;
}

}  // namespace ft::cli
