// Every story proves itself: it is played over both families and must end as it promises.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "sim/embedded.hpp"
#include "sim/story.hpp"
#include "sim/units.hpp"

using namespace ft;
using namespace ft::sim;
using namespace std::chrono_literals;

namespace {

struct Nothing final : trace::Sink {
  void on_event(const trace::Event&) override {}
};

/// Counts what a ladder would show as rows.
struct Rows final : trace::Sink {
  std::size_t segments = 0;
  void on_event(const trace::Event& event) override {
    if (std::holds_alternative<trace::SegmentSent>(event.what)) ++segments;
  }
};

Outcome play(std::string_view name, const Overrides& overrides = {}) {
  Nothing nothing;
  const auto scenario = embedded_scenario(name);
  REQUIRE_MESSAGE(scenario.has_value(), (scenario ? "" : scenario.error()));
  const auto outcome = run(*scenario, overrides, nothing);
  REQUIRE_MESSAGE(outcome.has_value(), (outcome ? "" : outcome.error()));
  return *outcome;
}

void play_all(bool ipv6) {
  for (const EmbeddedScenario& story : embedded_scenarios()) {
    CAPTURE(story.name);
    const Outcome outcome = play(story.name, {.seed = {}, .rtt = {}, .loss = {}, .rate = {}, .ipv6 = ipv6, .impairment = {}});
    CHECK_FALSE(outcome.ran_away);
    for (const CheckedExpectation& e : outcome.expectations) {
      CAPTURE(e.line);
      CAPTURE(e.text);
      CHECK_MESSAGE(e.met, e.sentence);
    }
    CHECK(outcome.as_told());
  }
}

}  // namespace

TEST_CASE("every story goes as told over IPv4") { play_all(false); }
TEST_CASE("every story goes as told over IPv6") { play_all(true); }

TEST_CASE("every story goes as told whatever the seed") {
  for (const EmbeddedScenario& story : embedded_scenarios()) {
    for (std::uint64_t seed = 100; seed < 110; ++seed) {
      CAPTURE(story.name);
      CAPTURE(seed);
      Overrides overrides;
      overrides.seed = seed;
      overrides.ipv6 = seed % 2 == 0;
      const Outcome outcome = play(story.name, overrides);
      for (const CheckedExpectation& e : outcome.expectations) CHECK_MESSAGE(e.met, e.text << ": " << e.sentence);
    }
  }
}

TEST_CASE("a story is short enough to be read as a ladder") {
  for (const EmbeddedScenario& story : embedded_scenarios()) {
    CAPTURE(story.name);
    Rows rows;
    REQUIRE(run(embedded_scenario(story.name).value(), {}, rows).has_value());
    CHECK(rows.segments >= 2);
    CHECK(rows.segments <= 32);
  }
}

TEST_CASE("while the window is shut it is the persist timer that fires") {
  struct Timers final : trace::Sink {
    std::size_t persist = 0, others = 0;
    void on_event(const trace::Event& event) override {
      if (const auto* fired = std::get_if<trace::TimerFired>(&event.what)) ++(fired->timer == "persist" ? persist : others);
    }
  } timers;
  REQUIRE(run(embedded_scenario("zero-window").value(), {}, timers).has_value());
  CHECK(timers.persist >= 2);
  CHECK(timers.others == 0);
}

TEST_CASE("another round-trip time moves the story, and its lesson stays") {
  Overrides slow;
  slow.rtt = 300ms;
  for (const char* name : {"handshake", "data", "half-close", "refused", "simultaneous-open"}) {
    CAPTURE(name);
    const Outcome outcome = play(name, slow);
    for (const CheckedExpectation& e : outcome.expectations) CHECK_MESSAGE(e.met, e.text << ": " << e.sentence);
    CHECK(outcome.ended >= Instant{} + 300ms);
  }
}

TEST_CASE("the scenario that the documentation shows goes as told") {
  std::ifstream file(FT_SOURCE_DIR "/docs/howto/scenarios.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const auto begin = page.find("```toml\n");
  REQUIRE(begin != std::string::npos);
  const auto text = page.substr(begin + 8, page.find("```", begin + 8) - begin - 8);
  const auto scenario = parse_scenario("scenarios.md", text);
  REQUIRE_MESSAGE(scenario.has_value(), (scenario ? "" : scenario.error()));
  Nothing nothing;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Overrides overrides;
    overrides.seed = seed;
    const auto outcome = run(*scenario, overrides, nothing);
    REQUIRE(outcome.has_value());
    for (const CheckedExpectation& e : outcome->expectations) CHECK_MESSAGE(e.met, e.text << ": " << e.sentence);
  }
}

TEST_CASE("an override that cannot be read is an error") {
  Nothing nothing;
  Overrides wrong;
  wrong.impairment = "los=1%";
  const auto outcome = run(embedded_scenario("handshake").value(), wrong, nothing);
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error() == "unknown fault \"los\"; did you mean \"loss\"?");
}

TEST_CASE("a promise that is not kept is told with what was found") {
  const auto scenario = parse_scenario("lie.toml", R"(title = "A lie"
steps = [{ do = "client connect" }]
expect = ["client.connected", "client.sends SYN 2", "server.sends RST at 20ms"]
)");
  REQUIRE(scenario.has_value());
  Nothing nothing;
  const auto outcome = run(*scenario, {}, nothing);
  REQUIRE(outcome.has_value());
  CHECK_FALSE(outcome->as_told());
  REQUIRE(outcome->expectations.size() == 3);
  CHECK(outcome->expectations[0].sentence == "client did not connect");
  CHECK(outcome->expectations[1].sentence == "client sent 1 SYN segment");
  CHECK(outcome->expectations[1].line == 3);
  CHECK(outcome->expectations[2].met);
}

TEST_CASE("a step that cannot be done is told, not passed over") {
  const auto scenario = parse_scenario("odd.toml", R"(title = "Odd"
steps = [
  { do = "client write 10" },
]
)");
  REQUIRE(scenario.has_value());
  Nothing nothing;
  const auto outcome = run(*scenario, {}, nothing);
  REQUIRE(outcome.has_value());
  CHECK_FALSE(outcome->as_told());
  REQUIRE(outcome->expectations.size() == 1);
  CHECK(outcome->expectations[0].line == 3);
  CHECK(outcome->expectations[0].sentence == "there is no connection client at that time");
}

TEST_CASE("the outcome says who holds which port") {
  const Outcome outcome = play("many-clients-one-port");
  REQUIRE(outcome.connections.size() == 6);
  std::size_t at_80 = 0;
  for (const PortEntry& entry : outcome.hosts[1].ports)
    at_80 += entry.tuple.local.port == 80 && entry.tuple.remote.port != 0 ? 1u : 0u;
  CHECK(at_80 == 3);
  const Outcome full = play("ports-exhausted");
  for (const ConnectionEnd& c : full.connections) {
    if (c.name != "client4") continue;
    CHECK(c.error == Error::no_ephemeral_port);
    REQUIRE(c.free_at.has_value());
    CHECK(*c.free_at > Instant{} + 60s);
    CHECK(*c.free_at < Instant{} + 62s);
  }
}
