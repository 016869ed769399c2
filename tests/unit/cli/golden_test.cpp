// The ladders of all stories, octet for octet, as they stand in tests/golden. When one changes on purpose:
// UPDATE_GOLDEN=1 ./unit_cli --test-case="*golden*", then read the difference in git before you commit it.
#include "analysis/text_width.hpp"
#include "told.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

using namespace ft;
using namespace ft::cli;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The first line in which two texts differ, for a person to look at.
std::string difference(const std::string& expected, const std::string& found) {
  std::istringstream a(expected), b(found);
  std::string x, y;
  for (int line = 1;; ++line) {
    const bool more_a = static_cast<bool>(std::getline(a, x));
    const bool more_b = static_cast<bool>(std::getline(b, y));
    if (!more_a && !more_b) return "none";
    if (more_a != more_b || x != y)
      return "line " + std::to_string(line) + "\n  expected: " + (more_a ? x : "the end") +
             "\n  found:    " + (more_b ? y : "the end");
  }
}

}  // namespace

TEST_CASE("each story's ladder is the golden one") {
  const char* update = std::getenv("UPDATE_GOLDEN");
  for (const sim::EmbeddedScenario& story : sim::embedded_scenarios()) {
    const std::string page = Told::play(story.name).page();
    const std::string path = std::string(FT_SOURCE_DIR) + "/tests/golden/" + std::string(story.name) + ".txt";
    if (update != nullptr && *update == '1') std::ofstream(path, std::ios::binary) << page;
    const std::string golden = read_file(path);
    INFO(path, ": ", difference(golden, page));
    CHECK(golden == page);
  }
}

TEST_CASE("no line of any story is wider than 80 columns, whatever the language, the characters and the family") {
  for (const sim::EmbeddedScenario& story : sim::embedded_scenarios()) {
    for (const bool ipv6 : {false, true}) {
      sim::Overrides overrides;
      overrides.ipv6 = ipv6;
      const Told told = Told::play(story.name, overrides);
      for (const auto lang : {analysis::Lang::en, analysis::Lang::zh}) {
        for (const bool ascii : {false, true}) {
          std::istringstream lines(told.page({.lang = lang, .ascii = ascii, .colour = false, .all = true}));
          for (std::string line; std::getline(lines, line);) {
            CAPTURE(line);
            CHECK(analysis::display_width(line) <= analysis::ladder_columns);
            if (ascii && lang == analysis::Lang::en)
              CHECK(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }));
          }
        }
      }
    }
  }
}

TEST_CASE("every reason, effect and loss that a story shows has its sentence") {
  for (const sim::EmbeddedScenario& story : sim::embedded_scenarios()) {
    for (const analysis::Row& row : Told::play(story.name).ladder.rows) {
      CAPTURE(story.name);
      for (const std::string_view id : {row.why.id, row.effect.id}) {
        CAPTURE(id);
        if (!id.empty()) CHECK(analysis::find_sentence(id) != nullptr);
      }
      CAPTURE(row.lost);
      if (!row.lost.empty()) CHECK(analysis::find_sentence("lost-" + std::string(row.lost)) != nullptr);
    }
  }
}

TEST_CASE("a state begins where the last one ended, at each end of each connection") {
  for (const sim::EmbeddedScenario& story : sim::embedded_scenarios()) {
    const Told told = Told::play(story.name);
    std::map<std::pair<std::uint8_t, FourTuple>, std::string_view> now;
    const auto step = [&](std::uint8_t host, const FourTuple& tuple, const analysis::StateStep& state, Instant at) {
      if (state.before.empty() || tuple.remote.port == 0) return;
      auto [known, fresh] = now.try_emplace({host, tuple}, state.before);
      const bool gone = known->second == "CLOSED" || known->second == "LISTEN";  // either name for "no connection"
      CAPTURE(story.name);
      CAPTURE(at.time_since_epoch().count());
      CAPTURE(state.after);
      if (!fresh && !(gone && (state.before == "CLOSED" || state.before == "LISTEN"))) CHECK(known->second == state.before);
      known->second = state.after;
    };
    // Arrivals that are drawn with their departure may lie behind later rows: put the steps in the order of time first.
    struct Step {
      Instant at;
      std::uint8_t host;
      FourTuple tuple;
      analysis::StateStep state;
    };
    std::vector<Step> steps;
    for (const analysis::Row& row : told.ladder.rows) {
      if (row.kind != analysis::Row::Kind::arrival) steps.push_back({row.at, row.from, row.tuple, row.from_state});
      if (row.from != row.to)
        steps.push_back({row.arrived.value_or(row.at), row.to, {row.tuple.remote, row.tuple.local}, row.to_state});
    }
    std::multimap<Instant, Step> in_time;  // equal times stay in the order of the rows
    for (const Step& s : steps) in_time.emplace(s.at, s);
    for (const auto& [at, s] : in_time) step(s.host, s.tuple, s.state, at);
  }
}
