#include "sim/story.hpp"

#include <algorithm>

#include "sim/player.hpp"

namespace ft::sim {
namespace {

constexpr std::uint64_t most_happenings = 2'000'000;
constexpr Duration longest_story = std::chrono::hours(24);
/// The network counts as silent when the next thing that a stack has planned is further away than this and every connection has
/// been answered: TIME-WAIT's end, keep-alives.
constexpr Duration patience = std::chrono::seconds(5);

/// Plays to the end; false when it did not come to one.
bool play(Player& player, const std::optional<Duration>& until) {
  const Instant limit{until.value_or(longest_story)};
  for (std::uint64_t n = 0; n < most_happenings; ++n) {
    const auto next = player.world().next();
    const bool silent = player.is_quiet() && (!next || *next - player.world().now() > patience);
    if (!until && n > 0 && silent) return true;
    if (!player.step(limit)) return true;
  }
  return false;
}

HostEnd end_of(const Stack* stack) {
  if (stack == nullptr) return {};
  return {stack->ports(), stack->counters(), stack->buffer_memory()};
}

}  // namespace

bool Outcome::as_told() const {
  return !ran_away && std::all_of(expectations.begin(), expectations.end(), [](const CheckedExpectation& e) { return e.met; });
}

std::expected<Scenario, std::string> with_overrides(Scenario scenario, const Overrides& overrides) {
  if (overrides.seed) scenario.seed = *overrides.seed;
  for (ImpairmentSettings* direction : {&scenario.to_server, &scenario.to_client}) {
    if (overrides.rtt) direction->delay = *overrides.rtt / 2;
    if (overrides.loss) direction->loss = *overrides.loss;
    if (overrides.rate) direction->rate = *overrides.rate;
    auto changed = parse_impairment(overrides.impairment, *direction);
    if (!changed) return std::unexpected(changed.error());
    *direction = std::move(*changed);
  }
  return scenario;
}

std::expected<Outcome, std::string> run(const Scenario& original, const Overrides& overrides, trace::Sink& sink) {
  const auto scenario = with_overrides(original, overrides);
  if (!scenario) return std::unexpected(scenario.error());
  Player player{*scenario, overrides.ipv6, sink};
  Outcome outcome;
  outcome.seed = scenario->seed;
  outcome.ran_away = !play(player, scenario->until);
  outcome.ended = player.world().now();
  player.facts().finish();
  outcome.expectations = check(*scenario, player.facts(), outcome.ended);
  outcome.expectations.insert(outcome.expectations.end(), player.mishaps().begin(), player.mishaps().end());
  outcome.connections = player.facts().connections();
  for (const Role role : {Role::client, Role::server})
    outcome.hosts[index(role)] = end_of(player.world().look(static_cast<World::Host>(role)));
  return outcome;
}

}  // namespace ft::sim
