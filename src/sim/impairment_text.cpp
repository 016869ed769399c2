// "loss=2%,delay=20ms" -> settings.
#include <array>
#include <optional>

#include "fourtuple/sim.hpp"
#include "sim/spelling.hpp"
#include "sim/units.hpp"

namespace ft::sim {
namespace {

using Problem = std::optional<std::string>;  // what was wrong; nothing = fine

struct Key {
  std::string_view name;
  Problem (*set)(ImpairmentSettings&, std::string_view);
};

/// Stores what parse() makes of the text.
template <class Target, class Value>
Problem store(Target& target, std::expected<Value, std::string> value) {
  if (!value) return value.error();
  target = static_cast<Target>(*value);
  return std::nullopt;
}

std::string_view next_part(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return part;
}

Problem set_burst(ImpairmentSettings& s, std::string_view text) {
  BurstLoss burst;
  for (double* target : {&burst.enter, &burst.leave, &burst.loss}) {
    if (target != &burst.enter && text.empty()) break;
    if (auto problem = store(*target, parse_probability(next_part(text, ':')))) return problem;
  }
  if (!text.empty()) return "burst takes enter:leave:loss, as in burst=1%:30%:100%";
  s.burst = burst;
  return std::nullopt;
}

Problem set_reorder(ImpairmentSettings& s, std::string_view text) {
  const auto probability = next_part(text, ':');
  if (auto problem = store(s.reorder, parse_probability(probability))) return problem;
  return text.empty() ? std::nullopt : store(s.reorder_by, parse_duration(text));
}

Problem add_chosen(std::vector<ChosenPacket>& list, std::string_view text) {
  if (list.size() >= 1000) return "more than 1000 packets are chosen";
  const auto chosen = parse_chosen_packet(text);
  if (!chosen) return chosen.error();
  list.push_back(*chosen);
  return std::nullopt;
}

Problem set_mtu_told(ImpairmentSettings& s, std::string_view text) {
  if (text != "yes" && text != "no") return "takes yes or no";
  s.mtu_told = text == "yes";
  return std::nullopt;
}

/// "1%": by chance; "data:3": that one.
Problem set_mark(ImpairmentSettings& s, std::string_view text) {
  if (!text.empty() && (text.back() == '%' || text.find('.') != std::string_view::npos))
    return store(s.mark, parse_probability(text));
  return add_chosen(s.marked, text);
}

Problem set_ecn(ImpairmentSettings& s, std::string_view text) {
  if (text == "bleach") return s.bleach = true, std::nullopt;
  if (text == "drop-syn") return s.no_ecn_syn = true, std::nullopt;
  return "\"" + std::string{text} + "\" is no habit of networks; known are bleach and drop-syn";
}

constexpr std::uint64_t most_u32 = 0xffffffff;

constexpr std::array<Key, 19> keys{{
    {"rate", [](auto& s, std::string_view v) { return store(s.rate, parse_rate(v)); }},
    {"delay", [](auto& s, std::string_view v) { return store(s.delay, parse_duration(v)); }},
    {"jitter", [](auto& s, std::string_view v) { return store(s.jitter, parse_duration(v)); }},
    {"loss", [](auto& s, std::string_view v) { return store(s.loss, parse_probability(v)); }},
    {"burst", set_burst},
    {"drop", [](auto& s, std::string_view v) { return add_chosen(s.drop, v); }},
    {"duplicate", [](auto& s, std::string_view v) { return store(s.duplicate, parse_probability(v)); }},
    {"reorder", set_reorder},
    {"reorder_by", [](auto& s, std::string_view v) { return store(s.reorder_by, parse_duration(v)); }},
    {"late", [](auto& s, std::string_view v) { return add_chosen(s.late, v); }},
    {"corrupt", [](auto& s, std::string_view v) { return store(s.corrupt, parse_probability(v)); }},
    {"mark", set_mark},
    {"mark_queue", [](auto& s, std::string_view v) { return store(s.mark_packets, parse_count(v, most_u32)); }},
    {"ecn", set_ecn},
    {"mtu", [](auto& s, std::string_view v) { return store(s.mtu, parse_count(v, 65535)); }},
    {"mtu_told", set_mtu_told},
    {"queue", [](auto& s, std::string_view v) { return store(s.queue_packets, parse_count(v, most_u32)); }},
    {"queue_octets", [](auto& s, std::string_view v) { return store(s.queue_octets, parse_size(v)); }},
    {"seed", [](auto& s, std::string_view v) { return store(s.seed, parse_count(v, ~std::uint64_t{0})); }},
}};

struct KindName {
  std::string_view name;
  PacketKind kind;
};
constexpr std::array<KindName, 6> kinds{{{"syn", PacketKind::syn},
                                         {"syn-ack", PacketKind::syn_ack},
                                         {"data", PacketKind::data},
                                         {"fin", PacketKind::fin},
                                         {"ack", PacketKind::pure_ack},
                                         {"rst", PacketKind::rst}}};

template <class Entries>
std::vector<std::string_view> names_of(const Entries& entries) {
  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

Problem set_one(ImpairmentSettings& settings, std::string_view word) {
  std::string_view value = word;
  const auto name = next_part(value, '=');
  for (const Key& key : keys) {
    if (key.name != name) continue;
    if (value.empty()) return std::string{name} + " has no value; write " + std::string{name} + "=...";
    auto problem = key.set(settings, value);
    return problem ? Problem{std::string{name} + ": " + *problem} : std::nullopt;
  }
  return unknown_word("fault", name, names_of(keys));
}

}  // namespace

std::expected<ChosenPacket, std::string> parse_chosen_packet(std::string_view text) {
  std::string_view number = text;
  const auto name = next_part(number, ':');
  ChosenPacket chosen;
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos) {
    number = name;
    if (name.size() != text.size())
      return std::unexpected("\"" + std::string{text} + "\" is no choice of a packet; write 7 or data:7");
  } else {
    bool known = false;
    for (const KindName& k : kinds)
      if (k.name == name) chosen.kind = k.kind, known = true;
    if (!known) return std::unexpected(unknown_word("kind of packet", name, names_of(kinds)));
    if (name.size() == text.size()) return chosen;
  }
  const auto n = parse_count(number, ~std::uint64_t{0});
  if (!n) return std::unexpected(n.error());
  if (*n == 0) return std::unexpected(std::string{"packets are counted from 1"});
  chosen.number = *n;
  return chosen;
}

std::expected<ImpairmentSettings, std::string> parse_impairment(std::string_view text, ImpairmentSettings base) {
  while (!text.empty()) {
    if (auto problem = set_one(base, next_part(text, ','))) return std::unexpected(*problem);
  }
  return base;
}

}  // namespace ft::sim
