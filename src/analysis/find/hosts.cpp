#include "analysis/find/hosts.hpp"

#include "analysis/dissect/segment.hpp"
#include "analysis/find/draft.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>

namespace ft::analysis {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t evidence = 8;

std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdu;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53u;
  return x ^ x >> 33;
}

std::uint64_t hash_of(const IpAddress& address) {
  const auto words = address.words();
  return mixed(words[0] ^ mixed(words[1] + 0x9e3779b97f4a7c15u));
}

/// The entry, new when there is still room; null else.
template <class Map, class Key>
typename Map::mapped_type* entry(Map& map, const Key& key, std::size_t limit) {
  const auto found = map.find(key);
  if (found != map.end()) return &found->second;
  if (map.size() >= limit) return nullptr;
  return &map[key];
}

bool has_syn(const Outline& connection) { return connection.handshake_frames[0] != 0; }
bool answered(const Outline& connection) { return connection.handshake_frames[1] != 0; }
bool finished(const Outline& connection) { return answered(connection) && connection.handshake_frames[2] != 0; }
bool carried_text(const Outline& connection) { return connection.sides[0].text + connection.sides[1].text > 0; }

}  // namespace

void DistinctCounter::add(std::uint64_t hash) {
  seen_.set(hash % seen_.size());
  const std::uint64_t other = mixed(hash + 0x9e3779b97f4a7c15u);
  std::uint8_t& rank = ranks_[other % ranks_.size()];
  rank = std::max(rank, static_cast<std::uint8_t>(std::countl_zero(other) + 1));
}

std::uint64_t DistinctCounter::count() const {
  const auto bins = static_cast<double>(seen_.size());
  const double empty = bins - static_cast<double>(seen_.count());
  if (empty < bins / 20) {  // nearly full: the longest runs of zero bits tell (Flajolet and others 2007)
    const auto registers = static_cast<double>(ranks_.size());
    double sum = 0;
    for (const std::uint8_t rank : ranks_) sum += std::ldexp(1.0, -int{rank});
    return static_cast<std::uint64_t>(0.7213 / (1 + 1.079 / registers) * registers * registers / sum);
  }
  return static_cast<std::uint64_t>(std::llround(-bins * std::log(empty / bins)));
}

void Hosts::learn(const Outline& connection) {
  learn_host(connection);
  if (!has_syn(connection)) return;
  learn_listener(connection);
  learn_caller(connection);
}

void Hosts::learn_listener(const Outline& connection) {
  std::unique_ptr<Listener>* const known = entry(listeners_, connection.sides[1].endpoint, limits_.listeners);
  if (known == nullptr) return;
  if (*known == nullptr) *known = std::make_unique<Listener>();
  Listener* const listener = known->get();
  const Instant at = connection.first;
  if (listener->asked++ == 0) {
    listener->first_asked = at;
    listener->second = -1;
  }
  listener->last_asked = std::max(listener->last_asked, at);
  const std::int64_t second = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  if (second != listener->second) {
    listener->second = second;
    listener->second_syns = 0;
  }
  listener->busiest_second = std::max(listener->busiest_second, ++listener->second_syns);
  listener->sources.add(hash_of(connection.sides[0].endpoint.address));
  if (finished(connection) && connection.state != FlowState::refused) {
    if (listener->accepted++ == 0) listener->first_accepted = at;
    listener->last_accepted = std::max(listener->last_accepted, at);
    listener->used += carried_text(connection) ? 1u : 0u;
    listener->late += connection.sides[0].syns > 1 ? 1u : 0u;
  } else if (connection.state == FlowState::refused) {
    ++listener->refused;
  } else {
    ++listener->half_open;
    listener->silent += answered(connection) ? 0u : 1u;
    if (listener->half_open_frames.size() < evidence) listener->half_open_frames.push_back(connection.first_frame);
  }
  if (!connection.answer.seen) return;
  constexpr std::array<SegmentOptions::Has, 3> options{SegmentOptions::window_scale, SegmentOptions::sack_permitted,
                                                       SegmentOptions::timestamps};
  for (std::size_t i = 0; i < options.size(); ++i) listener->offered[i] += (connection.answer.has & options[i]) != 0 ? 1u : 0u;
}

void Hosts::learn_host(const Outline& connection) {
  for (const Outline::Side& side : connection.sides) {
    // A host is known by what only it can send: a SYN-ACK or text, not by an RST that anybody may have made.
    if (side.ttl == 0 || (side.text == 0 && !(side.syns > 0 && finished(connection)))) continue;
    Host* host = entry(hosts_, side.endpoint.address, limits_.hosts);
    if (host == nullptr) continue;
    if (host->ttl != 0 && host->ttl != side.ttl) host->mixed_ttl = true;
    host->ttl = side.ttl;
  }
  const bool clean = connection.sides[0].syns == 1 && connection.sides[1].syns == 1 && finished(connection);
  if (!clean || !connection.syn_to_syn_ack) return;
  Host* server = entry(hosts_, connection.sides[1].endpoint.address, limits_.hosts);
  if (server == nullptr) return;
  const Duration trip = *connection.syn_to_syn_ack;
  server->least_round_trip = server->least_round_trip == Duration{} ? trip : std::min(server->least_round_trip, trip);
}

void Hosts::learn_caller(const Outline& connection) {
  Caller* caller = entry(callers_, connection.sides[0].endpoint.address, limits_.callers);
  if (caller == nullptr) return;
  const Endpoint& target = connection.sides[1].endpoint;
  if (caller->asked++ == 0) caller->first = connection.first;
  caller->last = std::max(caller->last, connection.last);
  const bool open = answered(connection) && connection.state != FlowState::refused;
  const bool unused = open && !carried_text(connection);
  if (connection.state == FlowState::refused)
    ++caller->refused;
  else if (!answered(connection))
    ++caller->silent;
  caller->open += open ? 1u : 0u;
  caller->unused += unused ? 1u : 0u;
  // A connection that carried text is somebody's business, whatever the port: only the others look like asking around.
  if (open && !unused) return;
  if (caller->tried == nullptr) caller->tried = std::make_unique<Caller::Tried>();
  caller->tried->ports.add(mixed(target.port));
  caller->tried->hosts.add(hash_of(target.address));
  caller->tried->pairs.add(hash_of(target.address) + mixed(target.port));
  if (caller->frames.size() < evidence) caller->frames.push_back(connection.first_frame);
}

std::uint64_t Caller::pairs() const { return tried == nullptr ? 0 : std::min<std::uint64_t>(tried->pairs.count(), asked); }

const Listener* Hosts::listener(const Endpoint& endpoint) const {
  const auto found = listeners_.find(endpoint);
  return found == listeners_.end() ? nullptr : found->second.get();
}

const Host* Hosts::host(const IpAddress& address) const {
  const auto found = hosts_.find(address);
  return found == hosts_.end() ? nullptr : &found->second;
}

/// Many that were begun and not ended, and they are the rule: a port that lost some handshakes is none. Refusals count when they
/// come from everywhere: one who is refused and tries again at once floods nobody.
bool Hosts::is_flooded(const Listener& listener) const {
  if (listener.busiest_second < limits_.flood_a_second) return false;
  const bool everywhere = listener.sources.count() >= 10;
  const std::uint64_t unfinished = std::uint64_t{listener.half_open} + (everywhere ? listener.refused : 0);
  return unfinished >= limits_.flood_syns && unfinished * 2 >= listener.asked;
}

bool Hosts::is_scanning(const Caller& caller) const {
  const std::uint64_t fruitless = std::uint64_t{caller.refused} + caller.silent + caller.unused;
  return fruitless * 10 >= std::uint64_t{caller.asked} * 7 && caller.pairs() >= limits_.scan_ports;
}

bool Hosts::explain(const Connection& connection) const {
  const auto caller = callers_.find(connection.sides[0].endpoint.address);
  if (caller != callers_.end() && is_scanning(caller->second)) return true;
  const Listener* asked = listener(connection.sides[1].endpoint);
  return asked != nullptr && is_flooded(*asked);
}

std::vector<Finding> Hosts::findings() const {
  constexpr std::size_t most = 32;
  std::vector<Finding> out;
  std::vector<std::pair<Endpoint, const Listener*>> flooded;
  for (const auto& [endpoint, listener] : listeners_)
    if (is_flooded(*listener)) flooded.emplace_back(endpoint, listener.get());
  std::ranges::sort(flooded);
  for (const auto& [endpoint, which] : flooded) {
    if (out.size() >= most) break;
    const Listener& listener = *which;
    Draft draft("syn-flood", 2);
    draft.frames(listener.half_open_frames).count("syns", listener.asked).text("target", endpoint.to_string());
    const Duration wait = listener.last_asked - listener.first_asked;
    draft.time("wait", wait).count("sources", std::min<std::uint64_t>(listener.sources.count(), listener.asked));
    draft.flag("about", listener.sources.count() > DistinctCounter::exact);
    draft.count("finished", listener.accepted).count("rate", listener.busiest_second);
    const std::uint64_t unfinished = std::uint64_t{listener.half_open} + listener.refused;
    draft.percent("percent", unfinished, listener.asked).times(unfinished);
    draft.between(listener.first_asked, listener.last_asked).cost(wait, listener.asked);
    out.push_back(draft.sure(listener.sources.count() > 10 ? 0.9f : 0.75f).instead("busy-client").instead("queue-full").done());
  }
  std::vector<std::pair<IpAddress, const Caller*>> scanning;
  for (const auto& [address, caller] : callers_)
    if (is_scanning(caller)) scanning.emplace_back(address, &caller);
  std::ranges::sort(scanning);
  for (const auto& [address, who] : scanning) {
    if (out.size() >= most) break;
    const Caller& caller = *who;
    const std::uint64_t pairs = caller.pairs();
    Draft draft("port-scan", 2);
    const std::uint64_t targets = std::max<std::uint64_t>(1, std::min(caller.tried->hosts.count(), pairs));
    const std::uint64_t ports = std::max<std::uint64_t>(1, std::min(caller.tried->ports.count(), pairs));
    draft.frames(caller.frames).text("source", address.to_string()).count("ports", ports).count("targets", targets);
    draft.flag("about_ports", ports > DistinctCounter::exact).flag("about_targets", targets > DistinctCounter::exact);
    draft.time("wait", caller.last - caller.first).count("refused", caller.refused).count("silent", caller.silent);
    draft.count("open", caller.open).times(pairs).between(caller.first, caller.last).cost(Duration{}, caller.asked);
    if (caller.unused > 0) draft.count("unused", caller.unused);
    out.push_back(draft.sure(pairs >= 30 ? 0.9f : 0.75f).instead("monitoring").done());
  }
  return out;
}

}  // namespace ft::analysis
