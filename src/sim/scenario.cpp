#include "sim/scenario.hpp"

#include "base/rng.hpp"
#include "sim/embedded.hpp"
#include "sim/host_settings.hpp"
#include "sim/sentence.hpp"
#include "sim/spelling.hpp"

#include <algorithm>

namespace ft::sim {
namespace {

constexpr std::size_t most_steps = 1000;

// --- link -------------------------------------------------------------------------------------------------------------------

struct Link {
  ImpairmentSettings to_server, to_client;
};

Problem set_impairment(ImpairmentSettings& target, const toml::node& node) {
  std::string text;
  if (auto problem = set_text(text, node)) return problem;
  auto settings = parse_impairment(text, std::move(target));
  if (!settings) return complain(settings.error());
  target = std::move(*settings);
  return std::nullopt;
}

Problem set_rtt(Link& link, const toml::node& node) {
  Duration rtt{};
  if (auto problem = set_duration(rtt, node)) return problem;
  link.to_server.delay = rtt / 2;
  link.to_client.delay = rtt - rtt / 2;
  return std::nullopt;
}

constexpr std::array link_fields{
    Field<Link>{"rtt", set_rtt},
    Field<Link>{"to_server", [](Link& l, const toml::node& n) { return set_impairment(l.to_server, n); }},
    Field<Link>{"to_client", [](Link& l, const toml::node& n) { return set_impairment(l.to_client, n); }},
};

// --- steps ------------------------------------------------------------------------------------------------------------------

struct RawStep {
  Step step;
  std::optional<Duration> at;
  bool has_verb = false;
};

Problem set_do(RawStep& raw, const toml::node& node) {
  std::string text;
  if (auto problem = set_text(text, node)) return problem;
  auto step = parse_step(text);
  if (!step) return Complaint{step.error(), line_of(node)};
  step->trigger = raw.step.trigger;
  raw.step = std::move(*step);
  raw.has_verb = true;
  return std::nullopt;
}

Problem set_when(RawStep& raw, const toml::node& node) {
  std::string text;
  if (auto problem = set_text(text, node)) return problem;
  auto trigger = parse_event(text);
  if (!trigger) return Complaint{trigger.error(), line_of(node)};
  raw.step.trigger.event = std::move(trigger->event);
  raw.step.trigger.count = trigger->count;
  return std::nullopt;
}

Problem set_at(RawStep& raw, const toml::node& node) {
  Duration at{};
  if (auto problem = set_duration(at, node)) return problem;
  raw.at = at;
  return std::nullopt;
}

constexpr std::array step_fields{
    Field<RawStep>{"at", set_at},
    Field<RawStep>{"when", set_when},
    Field<RawStep>{"after", [](RawStep& r, const toml::node& n) { return set_duration(r.step.trigger.after, n); }},
    Field<RawStep>{"do", set_do},
};

Problem add_step(std::vector<Step>& steps, const toml::node& node) {
  RawStep raw;
  if (auto problem = read_table<RawStep>(raw, node, step_fields)) return problem;
  if (!raw.has_verb) return complain("a step needs do = \"ACTOR VERB ...\"");
  if (raw.at && !raw.step.trigger.event.empty()) return complain("a step has either at or when, not both");
  raw.step.trigger.at = raw.at.value_or(Duration{});
  raw.step.line = line_of(node);
  steps.push_back(std::move(raw.step));
  return std::nullopt;
}

Problem add_expectation(std::vector<Expectation>& expectations, const toml::node& node) {
  std::string text;
  if (auto problem = set_text(text, node)) return problem;
  auto expectation = parse_expectation(text);
  if (!expectation) return Complaint{expectation.error(), line_of(node)};
  expectation->line = line_of(node);
  expectations.push_back(std::move(*expectation));
  return std::nullopt;
}

// --- the whole --------------------------------------------------------------------------------------------------------------

Problem set_link(Scenario& s, const toml::node& node) {
  Link link{s.to_server, s.to_client};
  // toml++ keeps a table in the order of its keys, so rtt comes before to_client and to_server, which may refine it.
  if (auto problem = read_table<Link>(link, node, link_fields)) return problem;
  s.to_server = std::move(link.to_server);
  s.to_client = std::move(link.to_client);
  return std::nullopt;
}

Problem set_until(Scenario& s, const toml::node& node) {
  Duration until{};
  if (auto problem = set_duration(until, node)) return problem;
  s.until = until;
  return std::nullopt;
}

#define FT_TEXT(field)                                                            \
  Field<Scenario> {                                                               \
    #field, [](Scenario& s, const toml::node& n) { return set_text(s.field, n); } \
  }
constexpr std::array scenario_fields{
    FT_TEXT(title),
    FT_TEXT(title_zh),
    FT_TEXT(teaches),
    FT_TEXT(teaches_zh),
    FT_TEXT(next),
    FT_TEXT(next_zh),
    Field<Scenario>{"kernel", [](Scenario& s, const toml::node& n) { return set_bool(s.kernel, n); }},
    Field<Scenario>{"seed", [](Scenario& s, const toml::node& n) { return set_integer(s.seed, n, 0, INT64_MAX); }},
    Field<Scenario>{"until", set_until},
    Field<Scenario>{"client", [](Scenario& s, const toml::node& n) { return set_host(s.hosts[0], n); }},
    Field<Scenario>{"server", [](Scenario& s, const toml::node& n) { return set_host(s.hosts[1], n); }},
    Field<Scenario>{"link", set_link},
    Field<Scenario>{"steps",
                    [](Scenario& s, const toml::node& n) {
                      return for_each_element(n, most_steps, [&](const toml::node& e) { return add_step(s.steps, e); });
                    }},
    Field<Scenario>{"expect",
                    [](Scenario& s, const toml::node& n) {
                      return for_each_element(n, most_steps,
                                              [&](const toml::node& e) { return add_expectation(s.expectations, e); });
                    }},
};
#undef FT_TEXT

Scenario blank(std::string_view file_name) {
  Scenario s;
  s.name = file_name.substr(file_name.find_last_of('/') + 1);
  if (s.name.ends_with(".toml")) s.name.resize(s.name.size() - 5);
  const auto v6 = [](std::uint8_t last) {
    std::array<std::uint8_t, 16> octets{0xfd};
    octets[15] = last;
    return IpAddress::from_octets(Family::ipv6, octets);
  };
  s.hosts[0].v4 = {IpAddress::v4(10, 0, 0, 1)};
  s.hosts[0].v6 = {v6(1)};
  s.hosts[1].v4 = {IpAddress::v4(10, 0, 0, 2)};
  s.hosts[1].v6 = {v6(2)};
  s.to_server.delay = s.to_client.delay = std::chrono::milliseconds(20);
  return s;
}

/// What only the whole can tell.
Problem check_whole(const Scenario& s) {
  if (s.title.empty()) return complain("the scenario has no title");
  if (s.steps.empty()) return complain("the scenario has no steps");
  for (const Step& step : s.steps) {
    if (step.verb != Verb::connect) continue;
    const HostSettings& host = s.hosts[index(step.host)];
    const std::size_t least = std::min(host.v4.size(), host.v6.size());
    if (step.from_address >= least)
      return Complaint{step.actor + " has only " + std::to_string(least) + " addresses of each family", step.line};
  }
  return std::nullopt;
}

}  // namespace

std::expected<Scenario, std::string> parse_scenario(std::string_view file_name, std::string_view text) {
  const auto at = [&](unsigned line, std::string_view what) {
    return std::unexpected(std::string{file_name} + ":" + std::to_string(std::max(line, 1u)) + ": " + std::string{what});
  };
  if (text.size() > (1u << 20)) return at(1, "a scenario of more than 1 MiB is none");
  const toml::parse_result parsed = toml::parse(text, std::string{file_name});
  if (!parsed) return at(parsed.error().source().begin.line, parsed.error().description());
  Scenario scenario = blank(file_name);
  Problem problem = read_table<Scenario>(scenario, parsed.table(), scenario_fields);
  if (!problem) problem = check_whole(scenario);
  if (problem) return at(problem->line, problem->text);
  return scenario;
}

std::expected<Scenario, std::string> embedded_scenario(std::string_view name) {
  std::vector<std::string_view> names;
  for (const EmbeddedScenario& e : embedded_scenarios()) {
    if (e.name == name) return parse_scenario(std::string{name} + ".toml", e.text);
    names.push_back(e.name);
  }
  return std::unexpected(unknown_word("scenario", name, names));
}

const IpAddress& address_of(const Scenario& scenario, Role role, bool ipv6, std::size_t which) {
  const HostSettings& host = scenario.hosts[index(role)];
  return (ipv6 ? host.v6 : host.v4)[which];
}

StackConfig host_config(const Scenario& scenario, Role role, bool ipv6, std::uint64_t seed) {
  const HostSettings& host = scenario.hosts[index(role)];
  StackConfig config;
  config.mtu = host.mtu;
  config.ephemeral = host.ephemeral;
  config.tcp = host.tcp;
  for (const IpAddress& address : ipv6 ? host.v6 : host.v4)
    config.addresses.push_back({address, static_cast<std::uint8_t>(ipv6 ? 64 : 24)});
  std::uint64_t state = seed + index(role);
  for (auto& octet : config.secret) octet = static_cast<std::uint8_t>(splitmix64(state) & 0xff);
  return config;
}

}  // namespace ft::sim
