#include "sim/scenario.hpp"

#include "sim/toml.hpp"

#include <algorithm>
#include <span>

#include "base/rng.hpp"
#include "sim/embedded.hpp"
#include "sim/sentence.hpp"
#include "sim/spelling.hpp"
#include "sim/units.hpp"

namespace ft::sim {
namespace {

/// What was wrong, and the line when it is another than the value's own.
struct Complaint {
  std::string text;
  unsigned line = 0;
};
using Problem = std::optional<Complaint>;

template <class Target>
struct Field {
  std::string_view name;
  Problem (*set)(Target&, const toml::node&);
};

unsigned line_of(const toml::node& node) { return node.source().begin.line; }

constexpr std::size_t most_steps = 1000;
constexpr std::size_t most_text = 4000;

Problem complain(std::string text) { return Complaint{std::move(text)}; }

template <class Value>
Problem complain(const std::expected<Value, std::string>& failed, const toml::node& node) {
  return Complaint{failed.error(), line_of(node)};
}

// --- values -----------------------------------------------------------------------------------------------------------------

Problem set_text(std::string& target, const toml::node& node) {
  const auto* text = node.as_string();
  if (text == nullptr) return complain("must be a text in quotes");
  if (text->get().size() > most_text) return complain("is longer than " + std::to_string(most_text) + " octets");
  target = text->get();
  return std::nullopt;
}

Problem set_bool(bool& target, const toml::node& node) {
  const auto* value = node.as_boolean();
  if (value == nullptr) return complain("must be true or false");
  target = value->get();
  return std::nullopt;
}

template <class Integer>
Problem set_integer(Integer& target, const toml::node& node, std::int64_t least, std::int64_t most) {
  const auto* value = node.as_integer();
  if (value == nullptr || value->get() < least || value->get() > most)
    return complain("must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  target = static_cast<Integer>(value->get());
  return std::nullopt;
}

/// A text that parse() understands.
template <class Target, class Value>
Problem set_parsed(Target& target, const toml::node& node, std::expected<Value, std::string> (*parse)(std::string_view)) {
  std::string text;
  if (auto problem = set_text(text, node)) return problem;
  auto value = parse(text);
  if (!value) return complain(value.error());
  target = std::move(*value);
  return std::nullopt;
}

Problem set_duration(Duration& target, const toml::node& node) { return set_parsed(target, node, parse_duration); }

/// Octets as a whole number or as a text: 4096 or "4KiB".
Problem set_octets(std::uint32_t& target, const toml::node& node) {
  if (node.is_integer()) return set_integer(target, node, 1, 1 << 30);
  std::uint64_t octets = 0;
  if (auto problem = set_parsed(octets, node, parse_size)) return problem;
  if (octets < 1 || octets > (1u << 30)) return complain("must be from 1 octet to 1GiB");
  target = static_cast<std::uint32_t>(octets);
  return std::nullopt;
}

Problem for_each_element(const toml::node& node, std::size_t most, auto&& take) {
  const auto* array = node.as_array();
  if (array == nullptr) return complain("must be a list in [ ]");
  if (array->size() > most) return complain("has more than " + std::to_string(most) + " entries");
  for (const toml::node& element : *array) {
    if (Problem problem = take(element)) {
      if (problem->line == 0) problem->line = line_of(element);
      return problem;
    }
  }
  return std::nullopt;
}

/// Every key must be known; the error bears the line of the key's value.
template <class Target>
Problem read_table(Target& target, const toml::node& node, std::span<const Field<Target>> fields) {
  const auto* table = node.as_table();
  if (table == nullptr) return complain("must be a table");
  for (const auto& [key, value] : *table) {
    const std::string_view name{key.str()};
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name == name; });
    if (field == fields.end()) {
      std::vector<std::string_view> known;
      for (const auto& f : fields) known.push_back(f.name);
      return Complaint{unknown_word("key", name, known), key.source().begin.line};
    }
    if (Problem problem = field->set(target, value)) {
      if (problem->line == 0) *problem = {std::string{name} + " " + problem->text, line_of(value)};
      return problem;
    }
  }
  return std::nullopt;
}

// --- hosts ------------------------------------------------------------------------------------------------------------------

#define FT_TCP_BOOL(field)                                                          \
  Field<TcpOptions> {                                                               \
    #field, [](TcpOptions& t, const toml::node& n) { return set_bool(t.field, n); } \
  }
#define FT_TCP_TIME(field)                                                              \
  Field<TcpOptions> {                                                                   \
    #field, [](TcpOptions& t, const toml::node& n) { return set_duration(t.field, n); } \
  }
#define FT_TCP_OCTETS(field)                                                          \
  Field<TcpOptions> {                                                                 \
    #field, [](TcpOptions& t, const toml::node& n) { return set_octets(t.field, n); } \
  }
#define FT_TCP_COUNT(field, least, most)                                                            \
  Field<TcpOptions> {                                                                               \
    #field, [](TcpOptions& t, const toml::node& n) { return set_integer(t.field, n, least, most); } \
  }

Problem set_ecn(TcpOptions& tcp, const toml::node& node) {
  std::string text;
  if (auto problem = set_text(text, node)) return problem;
  for (const auto& [name, ecn] : {std::pair{"off", Ecn::off}, {"classic", Ecn::classic}, {"accurate", Ecn::accurate}}) {
    if (text != name) continue;
    tcp.ecn = ecn;
    return std::nullopt;
  }
  return complain("must be \"off\", \"classic\" or \"accurate\"");
}

constexpr std::array tcp_fields{Field<TcpOptions>{"ecn", set_ecn},
                                FT_TCP_BOOL(autotune),
                                FT_TCP_BOOL(ecn_request),
                                FT_TCP_BOOL(ecn_retry_after_reset),
                                FT_TCP_BOOL(window_scale),
                                FT_TCP_BOOL(sack),
                                FT_TCP_BOOL(timestamps),
                                FT_TCP_BOOL(nagle),
                                FT_TCP_BOOL(keepalive),
                                FT_TCP_BOOL(cork),
                                FT_TCP_BOOL(quick_ack),
                                FT_TCP_BOOL(path_mtu_discovery),
                                FT_TCP_BOOL(user_timeout_option),
                                FT_TCP_OCTETS(send_buffer),
                                FT_TCP_OCTETS(receive_buffer),
                                FT_TCP_COUNT(mss, 48, 65495),
                                FT_TCP_COUNT(initial_window, 1, 1000),
                                FT_TCP_COUNT(keepalive_count, 1, 1000),
                                FT_TCP_COUNT(r1, 1, 100),
                                FT_TCP_TIME(initial_rto),
                                FT_TCP_TIME(min_rto),
                                FT_TCP_TIME(max_rto),
                                FT_TCP_TIME(delayed_ack),
                                FT_TCP_TIME(user_timeout),
                                FT_TCP_TIME(connect_timeout),
                                FT_TCP_TIME(keepalive_idle),
                                FT_TCP_TIME(keepalive_interval),
                                FT_TCP_TIME(fin_wait_2_timeout),
                                FT_TCP_TIME(msl)};
#undef FT_TCP_BOOL
#undef FT_TCP_TIME
#undef FT_TCP_OCTETS
#undef FT_TCP_COUNT

std::expected<PortRange, std::string> parse_ports(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_count(text.substr(0, dash), 65535);
  const auto last = dash == std::string_view::npos ? first : parse_count(text.substr(dash + 1), 65535);
  if (!first || !last || *first == 0 || *last < *first)
    return std::unexpected("must be a range of ports from 1 to 65535, as in \"50000-50003\"");
  return PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

Problem set_addresses(HostSettings& host, const toml::node& node) {
  std::vector<IpAddress> v4, v6;
  auto problem = for_each_element(node, 100, [&](const toml::node& element) -> Problem {
    std::string text;
    if (auto p = set_text(text, element)) return p;
    const auto address = IpAddress::parse(text);
    if (!address) return complain("\"" + text + "\" is no IP address");
    (address->is_v4() ? v4 : v6).push_back(*address);
    return std::nullopt;
  });
  if (problem) return problem;
  if (v4.empty() || v6.empty()) return complain("must hold at least one IPv4 and one IPv6 address: every story runs over both");
  host.v4 = std::move(v4);
  host.v6 = std::move(v6);
  return std::nullopt;
}

Problem set_filtered(HostSettings& host, const toml::node& node) {
  return for_each_element(node, 100, [&](const toml::node& element) -> Problem {
    std::uint16_t port = 0;
    if (set_integer(port, element, 1, 65535)) return complain("ports are whole numbers from 1 to 65535");
    host.filtered_ports.push_back(port);
    return std::nullopt;
  });
}

constexpr std::array host_fields{
    Field<HostSettings>{"addresses", set_addresses},
    Field<HostSettings>{"tcp", [](HostSettings& h, const toml::node& n) { return read_table<TcpOptions>(h.tcp, n, tcp_fields); }},
    Field<HostSettings>{"ephemeral",
                        [](HostSettings& h, const toml::node& n) { return set_parsed(h.ephemeral, n, parse_ports); }},
    Field<HostSettings>{"mtu", [](HostSettings& h, const toml::node& n) { return set_integer(h.mtu, n, 1280, 65535); }},
    Field<HostSettings>{"accepts", [](HostSettings& h, const toml::node& n) { return set_bool(h.accepts, n); }},
    Field<HostSettings>{"reads", [](HostSettings& h, const toml::node& n) { return set_bool(h.reads, n); }},
    Field<HostSettings>{"prompt", [](HostSettings& h, const toml::node& n) { return set_bool(h.prompt, n); }},
    Field<HostSettings>{"filtered_ports", set_filtered},
};

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
  if (!step) return complain(step, node);
  step->trigger = raw.step.trigger;
  raw.step = std::move(*step);
  raw.has_verb = true;
  return std::nullopt;
}

Problem set_when(RawStep& raw, const toml::node& node) {
  std::string text;
  if (auto problem = set_text(text, node)) return problem;
  auto trigger = parse_event(text);
  if (!trigger) return complain(trigger, node);
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
  if (!expectation) return complain(expectation, node);
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
    Field<Scenario>{"client",
                    [](Scenario& s, const toml::node& n) { return read_table<HostSettings>(s.hosts[0], n, host_fields); }},
    Field<Scenario>{"server",
                    [](Scenario& s, const toml::node& n) { return read_table<HostSettings>(s.hosts[1], n, host_fields); }},
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
