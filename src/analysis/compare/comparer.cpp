#include "analysis/compare/comparer.hpp"

#include "analysis/compare/clocks.hpp"
#include "analysis/compare/crossings.hpp"
#include "analysis/compare/passage.hpp"
#include "analysis/compare/trail.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace ft::analysis {

std::string_view to_string(Altered what) {
  constexpr std::array<std::string_view, altered_kinds> names{
      "addresses", "mss",  "window-scale", "sack-permitted", "timestamps",    "options", "flags",
      "ecn",       "dscp", "window",       "ip-id",          "dont-fragment", "text"};
  return names[static_cast<std::size_t>(what)];
}

struct Comparer::State {
  CompareLimits limits;
  std::array<Trails, 2> captures;
};

Comparer::Comparer(CompareLimits limits) : state_(std::make_unique<State>()) { state_->limits = limits; }
Comparer::~Comparer() = default;
Comparer::Comparer(Comparer&&) noexcept = default;
Comparer& Comparer::operator=(Comparer&&) noexcept = default;

void Comparer::on(unsigned capture, const Segment& segment) {
  state_->captures[capture == 0 ? 0 : 1].add(segment, state_->limits);
}

namespace {

bool same_isn(const Trail& a, const Trail& b) {
  for (std::size_t way = 0; way < 2; ++way)
    if (a.isn[way] && b.isn[way] && *a.isn[way] != *b.isn[way]) return false;
  return true;
}
bool know_isn(const Trail& a, const Trail& b) { return (a.isn[0] && b.isn[0]) || (a.isn[1] && b.isn[1]); }

/// Whose connection is whose: by the four-tuple, and behind a NAT by the initial sequence numbers.
std::vector<std::pair<std::size_t, std::size_t>> pair_trails(Trails& first, Trails& second) {
  std::multimap<FourTuple, std::size_t> by_tuple;
  std::multimap<std::uint32_t, std::size_t> by_isn;
  for (std::size_t i = 0; i < second.all.size(); ++i) {
    Trail& trail = second.all[i];
    by_tuple.emplace(trail.tuple, i);
    if (trail.isn[0]) by_isn.emplace(trail.isn[0]->value(), i);
  }
  std::vector<bool> taken(second.all.size());
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < first.all.size(); ++i) {
    const Trail& trail = first.all[i];
    const auto [begin, end] = by_tuple.equal_range(trail.tuple);
    const auto found =
        std::find_if(begin, end, [&](const auto& e) { return !taken[e.second] && same_isn(trail, second.all[e.second]); });
    if (found == end) {
      left.push_back(i);
      continue;
    }
    taken[found->second] = true;
    pairs.emplace_back(i, found->second);
  }
  for (const std::size_t i : left) {
    const Trail& trail = first.all[i];
    if (!trail.isn[0]) continue;
    const auto [begin, end] = by_isn.equal_range(trail.isn[0]->value());
    const auto found = std::find_if(begin, end, [&](const auto& e) {
      return !taken[e.second] && know_isn(trail, second.all[e.second]) && same_isn(trail, second.all[e.second]);
    });
    if (found == end) continue;
    taken[found->second] = true;
    pairs.emplace_back(i, found->second);
  }
  std::ranges::sort(pairs);
  return pairs;
}

/// Those of the first capture that nobody of the second is.
std::vector<Alone> alone_in(const Trails& first, const Trails& second,
                            const std::vector<std::pair<std::size_t, std::size_t>>& pairs, const ClockAlignment& clocks) {
  std::vector<bool> paired(first.all.size());
  for (const auto& [a, b] : pairs) paired[a] = true;
  std::set<IpAddress> hosts;
  for (const Trail& trail : second.all)
    for (std::size_t way = 0; way < 2; ++way)
      if (!trail.ways[way].empty()) hosts.insert(way == 0 ? trail.tuple.local.address : trail.tuple.remote.address);
  std::vector<Alone> alone;
  for (std::size_t i = 0; i < first.all.size(); ++i) {
    if (paired[i] || first.all[i].ways[0].empty()) continue;
    const Instant at = first.all[i].ways[0].front().at + clocks.offset_at(first.all[i].ways[0].front().at);
    const bool covered = clocks.known() && at > second.first && at < second.last;
    alone.push_back({first.all[i].first_frame, covered && hosts.contains(first.all[i].tuple.remote.address)});
  }
  return alone;
}

}  // namespace

Comparison Comparer::finish() {
  Trails& first = state_->captures[0];
  Trails& second = state_->captures[1];
  Comparison out;
  out.segments_first = first.segments + first.beyond;
  out.segments_second = second.segments + second.beyond;
  out.not_compared = first.beyond + second.beyond;
  const auto pairs = pair_trails(first, second);
  out.only_first = first.all.size() - pairs.size();
  out.only_second = second.all.size() - pairs.size();

  std::vector<std::optional<bool>> told;  // whether the first capture is nearer to the opener
  std::ptrdiff_t nearer = 0, farther = 0;
  for (const auto& [a, b] : pairs) {
    Trail& one = first.all[a];
    Trail& other = second.all[b];
    for (std::size_t way = 0; way < 2; ++way) {
      match_by_name(one.ways[way], other.ways[way]);
      match_by_octets(one.ways[way], other.ways[way]);
    }
    told.push_back(first_is_nearer(one, other, false));
    if (told.back()) ++(*told.back() ? nearer : farther);
  }
  const bool anybody = nearer + farther > 0;  // they know for those who do not
  ClockAlignment clocks;
  std::vector<bool> first_nearer;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    Trail& one = first.all[pairs[i].first];
    Trail& other = second.all[pairs[i].second];
    if (!told[i]) told[i] = anybody ? nearer >= farther : first_is_nearer(one, other, true).value_or(true);
    const std::size_t towards_first = *told[i] ? 1 : 0;  // sent at the second place: cut anew there, not here
    match_by_octets(other.ways[towards_first], one.ways[towards_first]);
    clocks.add(one, other, *told[i]);
    first_nearer.push_back(*told[i]);
  }
  clocks.settle();
  out.clocks_known = clocks.known();
  out.offset = clocks.offset();
  out.skew = clocks.skew();
  out.middle = clocks.middle();
  out.rtt = clocks.rtt();
  out.uncertainty = clocks.rtt() / 2;
  out.first_is_nearer_opener = 2 * std::ranges::count(first_nearer, true) >= static_cast<std::ptrdiff_t>(first_nearer.size());

  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Trail& a = first.all[pairs[i].first];
    const Trail& b = second.all[pairs[i].second];
    ComparedConnection connection{.first = a.tuple,
                                  .second = b.tuple,
                                  .frame_first = a.first_frame,
                                  .frame_second = b.first_frame,
                                  .first_is_nearer_opener = first_nearer[i],
                                  .ways = {}};
    for (std::size_t way = 0; way < 2; ++way) {
      const bool first_sends = first_nearer[i] == (way == 0);
      const PassageInput input{.near = first_sends ? a : b,
                               .far = first_sends ? b : a,
                               .way = way,
                               .near_is_first = first_sends,
                               .far_first = first_sends ? second.first : first.first,
                               .far_last = first_sends ? second.last : first.last,
                               .near_first = first_sends ? first.first : second.first,
                               .near_last = first_sends ? first.last : second.last};
      connection.ways[way] = passage_of(input, clocks);
      connection.ways[way].near_is_first = first_sends;
      connection.ways[way].crossings = crossings_of(input, clocks);
    }
    out.connections.push_back(std::move(connection));
  }
  out.alone = alone_in(first, second, pairs, clocks);
  return out;
}

}  // namespace ft::analysis
