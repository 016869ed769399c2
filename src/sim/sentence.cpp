#include "sim/sentence.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "fourtuple/error.hpp"
#include "sim/facts.hpp"
#include "sim/script.hpp"
#include "sim/spelling.hpp"
#include "sim/units.hpp"
#include "wire/tcp.hpp"

namespace ft::sim {
namespace {

using Words = std::vector<std::string_view>;
using Problem = std::optional<std::string>;

constexpr std::uint64_t most_octets = 1u << 30;  // a story is short
constexpr std::uint64_t most_port = 65535;

constexpr std::array<std::string_view, 11> states{"CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                                  "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                                  "CLOSING",     "LAST-ACK",   "TIME-WAIT"};

constexpr std::array<std::string_view, 12> verbs{"listen",   "connect", "accept", "write", "read",    "stop_reading",
                                                 "shutdown", "close",   "abort",  "crash", "restart", "inject"};
constexpr std::array<std::string_view, 13> kinds{"closed", "connected", "accepted", "received", "end",        "state", "passed",
                                                 "stays",  "error",     "sends",    "dropped",  "local_port", "lost"};
constexpr std::array<std::string_view, 7> segment_kinds{"SYN", "SYN-ACK", "DATA", "FIN", "ACK", "RST", "RETRANSMISSION"};

struct FlagName {
  std::string_view name;
  std::uint8_t flag;
};
constexpr std::array<FlagName, 6> flags{{{"FIN", wire::tcp_flag::fin},
                                         {"SYN", wire::tcp_flag::syn},
                                         {"RST", wire::tcp_flag::rst},
                                         {"PSH", wire::tcp_flag::psh},
                                         {"ACK", wire::tcp_flag::ack},
                                         {"URG", wire::tcp_flag::urg}}};

Words split_words(std::string_view text) {
  Words words;
  while (!text.empty()) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const auto end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

std::string quoted(std::string_view text) { return "\"" + std::string{text} + "\""; }

std::optional<std::size_t> find_in(std::span<const std::string_view> list, std::string_view word) {
  const auto found = std::find(list.begin(), list.end(), word);
  if (found == list.end()) return std::nullopt;
  return static_cast<std::size_t>(found - list.begin());
}

/// "client", "server7": the host; a first connection bears no number.
std::optional<Role> role_of(std::string_view name) {
  for (const Role role : {Role::client, Role::server}) {
    const auto host = to_string(role);
    if (!name.starts_with(host)) continue;
    const auto number = name.substr(host.size());
    if (number.empty()) return role;
    const auto n = parse_count(number, 9999);
    if (n && *n >= 2 && number.front() != '0') return role;
  }
  return std::nullopt;
}

std::string unknown_actor(std::string_view name) {
  return quoted(name) + " is nobody; write client, server, client2, server2, ... or attacker";
}

template <class Target, class Value>
Problem store(Target& target, std::expected<Value, std::string> value) {
  if (!value) return value.error();
  target = static_cast<Target>(*value);
  return std::nullopt;
}

// --- steps ------------------------------------------------------------------------------------------------------------------

Problem set_flags(Injection& injection, std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto found = std::find_if(flags.begin(), flags.end(), [&](const FlagName& f) { return f.name == word; });
    if (found == flags.end()) return quoted(word) + " is no flag; known are FIN, SYN, RST, PSH, ACK and URG, joined by commas";
    injection.flags |= found->flag;
  }
  return std::nullopt;
}

/// "next", "next+1000", "next-1".
Problem set_offset(Injection& injection, std::string_view text) {
  if (!text.starts_with("next"))
    return "seq is counted from the sequence number that the victim expects: seq=next, seq=next+1000";
  text.remove_prefix(4);
  if (text.empty()) return std::nullopt;
  const auto n = parse_count(text.substr(1), 0x7fffffff);
  if ((text.front() != '+' && text.front() != '-') || !n) return "seq is next, next+N or next-N with N below 2^31";
  injection.offset = static_cast<std::int64_t>(*n) * (text.front() == '-' ? -1 : 1);
  return std::nullopt;
}

struct Setting {
  std::string_view name;
  Verb verb;
  Problem (*set)(Step&, std::string_view);
};

Problem set_victim(Step& step, std::string_view text) {
  if (!role_of(text)) return unknown_actor(text);
  step.injection.victim = text;
  return std::nullopt;
}

Problem set_address(Step& step, std::string_view text) {
  if (auto problem = store(step.from_address, parse_count(text, 100))) return problem;
  if (step.from_address == 0) return "addresses are counted from 1";
  --step.from_address;
  return std::nullopt;
}

Problem set_cookies(Step& step, std::string_view text) {
  constexpr std::array<std::string_view, 3> words{"off", "when_full", "always"};
  const auto found = find_in(words, text);
  if (!found) return unknown_word("use of cookies", text, words);
  step.cookies = static_cast<SynCookieUse>(*found);
  return std::nullopt;
}

Problem set_fast_open(Step& step, std::string_view text) {
  if (text != "yes" && text != "no") return "fast_open is yes or no";
  step.asks_fast_open = text == "yes";
  return std::nullopt;
}

constexpr std::array<Setting, 13> settings{{
    {"port", Verb::listen, [](Step& s, std::string_view v) { return store(s.port, parse_count(v, most_port)); }},
    {"backlog", Verb::listen, [](Step& s, std::string_view v) { return store(s.backlog, parse_count(v, 65535)); }},
    {"port", Verb::connect, [](Step& s, std::string_view v) { return store(s.port, parse_count(v, most_port)); }},
    {"from", Verb::connect, [](Step& s, std::string_view v) { return store(s.from_port, parse_count(v, most_port)); }},
    {"address", Verb::connect, set_address},
    {"first", Verb::connect, [](Step& s, std::string_view v) { return store(s.first, parse_count(v, 65535)); }},
    {"fast_open", Verb::connect, set_fast_open},
    {"syn_queue", Verb::listen, [](Step& s, std::string_view v) { return store(s.syn_queue, parse_count(v, 65535)); }},
    {"fast_open", Verb::listen, [](Step& s, std::string_view v) { return store(s.fast_open, parse_count(v, 65535)); }},
    {"cookies", Verb::listen, set_cookies},
    {"victim", Verb::inject, set_victim},
    {"seq", Verb::inject, [](Step& s, std::string_view v) { return set_offset(s.injection, v); }},
    {"octets", Verb::inject, [](Step& s, std::string_view v) { return store(s.injection.octets, parse_count(v, 1000)); }},
}};

Problem apply_setting(Step& step, std::string_view word) {
  const auto equals = word.find('=');
  const auto name = word.substr(0, equals);
  std::vector<std::string_view> known;
  for (const Setting& s : settings) {
    if (s.verb != step.verb) continue;
    known.push_back(s.name);
    if (s.name != name || equals == std::string_view::npos) continue;
    auto problem = s.set(step, word.substr(equals + 1));
    return problem ? Problem{std::string{name} + ": " + *problem} : std::nullopt;
  }
  if (known.empty()) return quoted(to_string(step.verb)) + " takes no " + quoted(word);
  if (equals == std::string_view::npos && find_in(known, name))
    return std::string{name} + " needs a value: " + std::string{name} + "=...";
  return unknown_word("setting of " + std::string{to_string(step.verb)}, name, known);
}

Problem apply_words(Step& step, std::span<const std::string_view> words) {
  std::size_t at = 0;
  if (step.verb == Verb::write && words.empty()) return "write needs a number of octets: " + step.actor + " write 1000";
  if ((step.verb == Verb::write || step.verb == Verb::read) && !words.empty()) {
    if (auto problem = store(step.octets, parse_size(words[at++]))) return problem;
    if (step.octets == 0 || step.octets > most_octets) return "the number of octets must be between 1 and 1GiB";
  }
  if (step.verb == Verb::inject) {
    if (words.empty()) return "inject needs flags: attacker inject RST victim=server seq=next";
    if (auto problem = set_flags(step.injection, words[at++])) return problem;
  }
  for (; at < words.size(); ++at)
    if (auto problem = apply_setting(step, words[at])) return problem;
  if (step.verb == Verb::inject && step.injection.victim.empty()) return "inject needs a victim: victim=server";
  return std::nullopt;
}

bool is_about_the_host(Verb verb) { return verb == Verb::listen || verb == Verb::crash || verb == Verb::restart; }

Problem check_actor(const Step& step) {
  if ((step.host == Role::attacker) != (step.verb == Verb::inject))
    return "inject belongs to the attacker, and the attacker does nothing else";
  if (is_about_the_host(step.verb) && step.actor != to_string(step.host))
    return std::string{to_string(step.verb)} + " is a step of the host: write " + std::string{to_string(step.host)};
  if ((step.verb == Verb::listen || step.verb == Verb::connect) && step.port == 0) return "port must be between 1 and 65535";
  if (step.from_port == 0) return "from must be between 1 and 65535";
  return std::nullopt;
}

// --- expectations -----------------------------------------------------------------------------------------------------------

Problem set_sends(Expectation& e, std::span<const std::string_view> words) {
  if (words.size() < 2) return "sends takes a kind of segment and a number, or times: SYN 2, RST none, DATA 3+, SYN at 0s 1s";
  if (!segment_kind(words[0])) return unknown_word("kind of segment", words[0], segment_kinds);
  e.word = words[0];
  if (words[1] == "at") {
    for (const auto word : words.subspan(2)) {
      const auto time = parse_duration(word);
      if (!time) return time.error();
      e.times.push_back(*time);
    }
    if (e.times.empty()) return "sends ... at needs times, as in 0s 1s 3s";
    return std::nullopt;
  }
  if (words.size() > 2) return quoted(words[2]) + " is too much";
  auto number = words[1];
  if (number == "none") return std::nullopt;
  e.at_least = number.ends_with('+');
  if (e.at_least) number.remove_suffix(1);
  return store(e.number, parse_count(number, most_octets));
}

template <class Enum>
Problem set_enum_name(Expectation& e, std::string_view what, std::string_view word, Enum last) {
  std::vector<std::string_view> names;
  for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) names.push_back(to_string(static_cast<Enum>(i)));
  if (!find_in(names, word)) return unknown_word(what, word, names);
  e.word = word;
  return std::nullopt;
}

Problem set_state(Expectation& e, std::string_view word) {
  if (!find_in(states, word)) return unknown_word("state", word, states);
  e.word = word;
  return std::nullopt;
}

std::size_t words_wanted(Expectation::Kind kind) {
  using enum Expectation::Kind;
  if (kind == connected || kind == accepted || kind == end) return 0;
  return kind == stays ? 2 : 1;
}

Problem set_details(Expectation& e, std::span<const std::string_view> words) {
  using enum Expectation::Kind;
  if (e.kind == sends) return set_sends(e, words);
  if (words.size() != words_wanted(e.kind)) {
    if (words_wanted(e.kind) == 0) return quoted(words[0]) + " is too much";
    return std::string{kinds[static_cast<std::size_t>(e.kind)]} +
           (e.kind == stays ? " takes a state and a duration" : " takes one word");
  }
  switch (e.kind) {
    case closed:
      return set_enum_name(e, "close reason", words[0], CloseReason::unreachable);
    case error:
      return set_enum_name(e, "error", words[0], Error::host_unreachable);
    case dropped:
      return set_enum_name(e, "drop reason", words[0], DropReason::receive_buffer_full);
    case state:
    case passed:
      return set_state(e, words[0]);
    case stays:
      if (auto problem = set_state(e, words[0])) return problem;
      return store(e.duration, parse_duration(words[1]));
    case received:
      return store(e.number, parse_size(words[0]));
    case local_port:
      return store(e.number, parse_count(words[0], most_port));
    case lost:
      return store(e.number, words[0] == "none" ? 0 : parse_count(words[0], most_octets));
    case connected:
    case accepted:
    case end:
    case sends:
      break;
  }
  return std::nullopt;
}

Problem set_subject(Expectation& e, std::string_view name) {
  using enum Expectation::Kind;
  if ((name == "link") != (e.kind == lost)) return "only the link loses packets: link.lost 1";
  e.subject = name;
  if (name == "link") return std::nullopt;
  const auto role = role_of(name);
  if (!role) return quoted(name) + " is nobody; write client, server, client2, server2, ... or link";
  e.host = *role;
  if ((e.kind == sends || e.kind == dropped) && name != to_string(*role))
    return std::string{"segments are counted per host: write "} + std::string{to_string(*role)};
  return std::nullopt;
}

Problem fill(Expectation& e, Words words) {
  if (!words.empty() && words.front() == "not") {
    e.negated = true;
    words.erase(words.begin());
  }
  if (words.empty()) return "an expectation is empty";
  const auto dot = words.front().find('.');
  if (dot == std::string_view::npos) return quoted(words.front()) + " has no dot; write for example client.closed normal";
  const auto kind = find_in(kinds, words.front().substr(dot + 1));
  if (!kind) return unknown_word("expectation", words.front().substr(dot + 1), kinds);
  e.kind = static_cast<Expectation::Kind>(*kind);
  if (auto problem = set_subject(e, words.front().substr(0, dot))) return problem;
  return set_details(e, std::span{words}.subspan(1));
}

}  // namespace

std::string_view to_string(Role role) {
  constexpr std::array<std::string_view, 3> names{"client", "server", "attacker"};
  return names[index(role)];
}

std::string_view to_string(Verb verb) { return verbs[static_cast<std::size_t>(verb)]; }

std::expected<Step, std::string> parse_step(std::string_view text) {
  const Words words = split_words(text);
  if (words.size() < 2) return std::unexpected("a step is ACTOR VERB ..., as in \"client write 1000\"");
  Step step;
  step.actor = words[0];
  const auto role = words[0] == to_string(Role::attacker) ? Role::attacker : role_of(words[0]);
  if (!role) return std::unexpected(unknown_actor(words[0]));
  step.host = *role;
  const auto verb = find_in(verbs, words[1]);
  if (!verb) return std::unexpected(unknown_word("verb", words[1], verbs));
  step.verb = static_cast<Verb>(*verb);
  if (auto problem = apply_words(step, std::span{words}.subspan(2))) return std::unexpected(*problem);
  if (auto problem = check_actor(step)) return std::unexpected(*problem);
  return step;
}

std::expected<Trigger, std::string> parse_event(std::string_view text) {
  const Words words = split_words(text);
  if (words.empty()) return std::unexpected("when is empty; write for example client.connected");
  const auto dot = words[0].find('.');
  if (dot == std::string_view::npos) return std::unexpected(quoted(words[0]) + " has no dot; write for example client.connected");
  const auto name = words[0].substr(0, dot), what = words[0].substr(dot + 1);
  if (!role_of(name)) return std::unexpected(unknown_actor(name));
  if (!find_in(script_events(), what)) return std::unexpected(unknown_word("event", what, script_events()));
  if (words.size() > 2) return std::unexpected(quoted(words[2]) + " is too much");
  Trigger trigger{.at = {}, .event = std::string{words[0]}, .after = {}};
  if (what == "state") {
    if (words.size() != 2) return std::unexpected("state takes a state's name: client.state TIME-WAIT");
    if (!find_in(states, words[1])) return std::unexpected(unknown_word("state", words[1], states));
    trigger.event += " " + std::string{words[1]};
  } else if (words.size() == 2) {
    const auto count = parse_size(words[1]);
    if (!count) return std::unexpected(count.error());
    trigger.count = *count;
  }
  if (trigger.count == 0) return std::unexpected("the number must be at least 1");
  return trigger;
}

std::expected<Expectation, std::string> parse_expectation(std::string_view text) {
  Expectation e;
  e.text = text;
  if (auto problem = fill(e, split_words(text))) return std::unexpected(*problem);
  return e;
}

}  // namespace ft::sim
