#include "cli/kernel_story.hpp"

#include "cli/kernel_player.hpp"
#include "cli/kernel_states.hpp"
#include "io/driver.hpp"
#include "io/entropy.hpp"
#include "io/netns.hpp"
#include "io/tun.hpp"
#include "sim/units.hpp"
#include "sockets/impaired_link.hpp"

#include <algorithm>
#include <cstdio>

namespace ft::cli {
namespace {

using sim::Role;

constexpr Duration longest_story = std::chrono::minutes(5);
constexpr Duration patience = std::chrono::seconds(10);  // nobody wants to be told why a shorter story takes its time
/// The kernel's sockets are looked at so often even when nothing arrives: their timers change them silently.
constexpr Duration glance = std::chrono::milliseconds(20);

std::expected<std::unique_ptr<Link>, std::string> make_device(const sim::Scenario& scenario, Role kernel, bool ipv6) {
  if (auto entered = io::enter_own_network(); !entered) return std::unexpected(entered.error());
  io::Tun::Setup setup;
  setup.device = "ft0";
  const sim::HostSettings& host = scenario.hosts[sim::index(kernel)];
  setup.mtu = std::max<std::uint32_t>(host.mtu, 1280);
  for (const IpAddress& address : ipv6 ? host.v6 : host.v4) {
    setup.kernel.push_back({address, static_cast<std::uint8_t>(ipv6 ? 64 : 24)});
  }
  return io::Tun::open(setup);
}

/// How long nothing must happen until the story counts as told: a round trip, and time for a delayed ACK.
Duration silence_of(const sim::Scenario& scenario) {
  return std::chrono::milliseconds(400) + 2 * (scenario.to_client.delay + scenario.to_server.delay);
}

/// The stack is made after the link, which reports to the player, which needs the stack: this sink closes the circle.
struct Forward final : trace::Sink {
  trace::Sink* to = nullptr;
  void on_event(const trace::Event& event) override {
    if (to != nullptr) to->on_event(event);
  }
};

std::expected<void, std::string> play(KernelPlayer& player, io::Driver& driver, const sim::Scenario& scenario, Instant start,
                                      bool& ran_away) {
  const Instant limit = start + scenario.until.value_or(longest_story);
  const Duration silence = silence_of(scenario);
  player.act(driver.read_clock());
  while (driver.now() < limit) {
    const bool over = !scenario.until && !driver.link().next_deadline() && player.is_quiet(driver.now(), silence);
    if (over) return {};
    auto watched = player.watched();
    const Instant latest = std::min({player.next(), limit, driver.now() + glance});
    if (auto turned = driver.turn(latest, watched); !turned) return turned;
    player.act(driver.now());
  }
  ran_away = !scenario.until;
  return {};
}

}  // namespace

std::expected<sim::Outcome, std::string> run_kernel_story(const sim::Scenario& original, const sim::Overrides& overrides,
                                                          Role ours, trace::Sink& sink) {
  const auto scenario = sim::with_overrides(original, overrides);
  if (!scenario) return std::unexpected(scenario.error());
  const Role kernel = ours == Role::client ? Role::server : Role::client;
  auto device = make_device(*scenario, kernel, overrides.ipv6);
  if (!device) return std::unexpected(device.error());

  Forward forward;
  KernelWitness witness(forward, static_cast<std::uint8_t>(kernel));
  const io::LinkReporter reporter(&forward, Medium::ip, static_cast<std::uint8_t>(ours), static_cast<std::uint8_t>(kernel),
                                  &witness);
  const auto& out = ours == Role::client ? scenario->to_server : scenario->to_client;
  const auto& in = ours == Role::client ? scenario->to_client : scenario->to_server;
  sockets::ImpairedLink link(std::move(*device), out, in, reporter);

  StackConfig config = sim::host_config(*scenario, ours, overrides.ipv6, scenario->seed);
  io::fill_with_entropy(std::as_writable_bytes(std::span(config.secret)));
  Stack stack(config);
  io::Driver driver(stack, link);
  driver.set_packets_per_turn(1);  // each packet with an answer of its own, as in the simulator
  StackHost our_host(stack);
  KernelHost kernel_host;
  std::array<StoryHost*, 2> hosts{&our_host, &kernel_host};
  if (ours == Role::server) std::swap(hosts[0], hosts[1]);
  const Instant start = driver.read_clock();
  KernelPlayer player(*scenario, overrides.ipv6, hosts, start, sink);
  forward.to = &player;
  stack.set_trace(&player, static_cast<std::uint8_t>(ours));
  stack.on_deadline(start);  // the stack learns what time it is
  if (scenario->hosts[sim::index(ours)].prompt) {
    driver.set_prompt(true);
    driver.set_handler([&](const Event&) { player.act(driver.now()); });
  }

  if (scenario->until > patience) {
    std::fprintf(stderr, "This story takes %s of real time.\n", sim::format_duration(*scenario->until).c_str());
  }
  sim::Outcome outcome;
  outcome.seed = scenario->seed;
  if (auto played = play(player, driver, *scenario, start, outcome.ran_away); !played) return std::unexpected(played.error());
  outcome.ended = Instant{driver.now() - start};
  player.facts().finish();
  outcome.expectations = sim::check(*scenario, player.facts(), outcome.ended, ours);
  outcome.expectations.insert(outcome.expectations.end(), player.mishaps().begin(), player.mishaps().end());
  outcome.connections = player.facts().connections();
  stack.set_trace(nullptr);
  outcome.hosts[sim::index(ours)] = {stack.ports(), stack.counters(), stack.buffer_memory()};
  return outcome;
}

}  // namespace ft::cli
