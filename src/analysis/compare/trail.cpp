#include "analysis/compare/trail.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace ft::analysis {
namespace {

using namespace wire;

std::uint64_t digest(std::span<const std::byte> octets) {
  std::uint64_t sum = 0xcbf29ce484222325u ^ octets.size();
  while (octets.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data(), 8);
    sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
    sum ^= sum >> 29;
    octets = octets.subspan(8);
  }
  for (const std::byte octet : octets) sum = (sum ^ std::to_integer<std::uint64_t>(octet)) * 0x100000001b3u;
  return sum == 0 ? 1 : sum;
}

Trace trace_of(const Segment& segment) {
  Trace trace;
  trace.at = segment.at;
  trace.frame = static_cast<std::uint32_t>(segment.frame);
  trace.seq = segment.seq;
  trace.ack = segment.ack;
  trace.length = segment.length;
  if (segment.length > 0 && segment.text.size() == segment.length) trace.text = digest(segment.text);
  trace.stamp = segment.options.stamps.val;
  trace.has = segment.options.has;
  trace.mss = segment.options.mss_value;
  trace.shift = segment.options.shift;
  // SACK blocks and what else there is; lengths count, contents of rare options do not.
  trace.options = segment.options.sack_count + 16u * segment.options.fast_open_length;
  for (std::size_t i = 0; i < segment.options.sack_count; ++i) {
    trace.options = trace.options * 31 + (segment.options.sack[i].right.value() - segment.options.sack[i].left.value());
  }
  trace.ip_id = segment.ip_id;
  trace.has_ip_id = segment.has_ip_id;
  trace.window = segment.window;
  trace.flags = segment.flags;
  trace.ttl = segment.ttl;
  trace.traffic_class = segment.traffic_class;
  trace.dont_fragment = segment.dont_fragment;
  return trace;
}

/// What two sightings of one segment have in common, whatever a path does to the rest.
struct Name {
  std::uint32_t seq, ack, length, kind;
  friend auto operator<=>(const Name&, const Name&) = default;
};

Name name_of(const Trace& trace) {
  const std::uint32_t kind = trace.flags & (tcp_flag::syn | tcp_flag::fin | tcp_flag::rst | tcp_flag::ack);
  // Of repeats the acknowledgement may differ, so it names only segments without text.
  return {trace.seq.value(), trace.length > 0 ? 0 : trace.ack.value(), trace.length, kind};
}

bool same_stamp(const Trace& a, const Trace& b) {
  const bool both = (a.has & b.has & SegmentOptions::timestamps) != 0;
  return both && a.stamp == b.stamp;
}
bool other_stamp(const Trace& a, const Trace& b) {
  return (a.has & b.has & SegmentOptions::timestamps) != 0 && a.stamp != b.stamp;
}
bool same_id(const Trace& a, const Trace& b) { return a.has_ip_id && b.has_ip_id && a.ip_id != 0 && a.ip_id == b.ip_id; }

bool has_id(const Trace& trace) { return trace.has_ip_id && trace.ip_id != 0; }
bool other_id(const Trace& a, const Trace& b) { return has_id(a) && has_id(b) && a.ip_id != b.ip_id; }

/// How much speaks for two sightings being one transmission; negative: they are not. `ids_stay`: nobody on the way writes new
/// identifications, so that another one is another packet.
int likeness(const Trace& a, const Trace& b, bool ids_stay) {
  if (other_stamp(a, b) || (ids_stay && other_id(a, b))) return -1;
  int points = 0;
  if (same_stamp(a, b)) points += 2;
  if (same_id(a, b)) points += 4;
  if (a.window == b.window && a.ack == b.ack) points += 1;
  if (a.options == b.options) points += 1;
  return points;
}

using Indices = std::span<const std::uint32_t>;

/// Sightings of one name, in order: each with the first one that is at least so like it.
void pair_up(std::vector<Trace>& near, std::vector<Trace>& far, Indices here, Indices there, int least, bool ids_stay) {
  constexpr std::size_t most_compared = 64;  // of one name: beyond, order decides
  std::size_t from = 0;
  for (const std::uint32_t a : here) {
    if (near[a].partner != nobody) continue;
    while (from < there.size() && far[there[from]].partner != nobody) ++from;
    for (std::size_t i = from, tried = 0; i < there.size() && tried < most_compared; ++i) {
      const std::uint32_t b = there[i];
      if (far[b].partner != nobody) continue;
      ++tried;
      if (likeness(near[a], far[b], ids_stay) < least) continue;
      near[a].partner = b;
      far[b].partner = a;
      break;
    }
  }
}

/// Two sightings at one place.
Copy copy_of(const Trace& matched, const Trace& left) {
  using namespace std::chrono_literals;
  if (other_stamp(matched, left) || other_id(matched, left)) return Copy::none;
  if (same_id(matched, left)) return Copy::surely;
  const Duration apart = left.at < matched.at ? matched.at - left.at : left.at - matched.at;
  if (same_stamp(matched, left) && apart < 100us) return Copy::surely;
  return likeness(matched, left, true) >= 2 ? Copy::perhaps : Copy::none;
}

/// More of them here than there: some may be copies, made on the way or by whoever captured.
void mark_copies(std::vector<Trace>& traces, Indices of_one_name) {
  constexpr std::size_t most_compared = 64;
  for (const std::uint32_t t : of_one_name) {
    if (traces[t].partner != nobody) continue;
    std::size_t tried = 0;
    for (const std::uint32_t other : of_one_name) {
      if (traces[other].partner == nobody) continue;
      if (++tried > most_compared || traces[t].copy == Copy::surely) break;
      traces[t].copy = std::max(traces[t].copy, copy_of(traces[other], traces[t]));
    }
  }
}

}  // namespace

Trail& Trails::begin(const Endpoint& source, const Endpoint& destination, const Segment& segment, bool from_source) {
  Trail fresh;
  fresh.tuple = from_source ? FourTuple{source, destination} : FourTuple{destination, source};
  fresh.first_frame = segment.frame;
  fresh.opened = segment.has(tcp_flag::syn);
  const FourTuple key = source < destination ? FourTuple{source, destination} : FourTuple{destination, source};
  current.insert_or_assign(key, all.size());
  all.push_back(std::move(fresh));
  return all.back();
}

/// The SYN that stands in an older connection and was answered after all: from there on it is another connection.
void Trails::part(std::size_t old, const Segment& answer) {
  Trail& before = all[old];
  const Seq asked = *before.asked;
  before.asked.reset();
  const FourTuple tuple = before.tuple;
  Trail& after = begin(tuple.local, tuple.remote, answer, true);
  auto& from = all[old].ways[0];
  const auto is_ask = [&](const Trace& trace) { return (trace.flags & tcp_flag::syn) != 0 && trace.seq == asked; };
  std::ranges::copy_if(from, std::back_inserter(after.ways[0]), is_ask);
  std::erase_if(from, is_ask);
  after.isn[0] = asked;
  if (!after.ways[0].empty()) after.first_frame = after.ways[0].front().frame;
}

void Trails::add(const Segment& segment, const CompareLimits& limits) {
  if (segments == 0) first = segment.at;
  last = std::max(last, segment.at);
  if (segments >= limits.most_segments) {
    ++beyond;
    return;
  }
  const Endpoint source{segment.source, segment.source_port}, destination{segment.destination, segment.destination_port};
  const FourTuple key = source < destination ? FourTuple{source, destination} : FourTuple{destination, source};
  const bool syn = segment.has(tcp_flag::syn), ack = segment.has(tcp_flag::ack);
  const auto known = current.find(key);
  const Trail* old = known == current.end() ? nullptr : &all[known->second];
  const bool asks = old != nullptr && syn && !ack && old->isn[0] != segment.seq && old->tuple.local == source;
  // Inside a connection that lives, a SYN may be anybody's: only its answer makes another connection of it.
  const bool again = asks && (old->over || old->ways[1].empty());
  const bool granted = old != nullptr && syn && ack && old->asked && segment.ack == *old->asked + 1;
  if ((old == nullptr || again || granted) && all.size() >= limits.most_connections) {
    ++beyond;
    return;
  }
  if (old == nullptr || again)
    begin(source, destination, segment, syn ? !ack : segment.source_port > segment.destination_port);
  else if (granted)
    part(known->second, segment);
  Trail& trail = all[current[key]];
  const std::size_t way = trail.tuple.local == source ? 0 : 1;
  if (asks && !again)
    trail.asked = segment.seq;
  else if (syn && (trail.ways[way].empty() || !trail.isn[way]))
    trail.isn[way] = segment.seq;
  if (segment.has(tcp_flag::fin)) trail.ended[way] = true;
  trail.over = trail.ended[0] && trail.ended[1];  // an RST may be forged, or lost before the other capture
  trail.ways[way].push_back(trace_of(segment));
  ++segments;
}

void match_by_name(std::vector<Trace>& a, std::vector<Trace>& b) {
  // Both sides sorted by name, in order within each name; then the names are walked side by side.
  const auto order = [](const std::vector<Trace>& traces) {
    std::vector<std::uint32_t> indices(traces.size());
    for (std::uint32_t i = 0; i < indices.size(); ++i) indices[i] = i;
    std::ranges::sort(indices, {}, [&](std::uint32_t i) { return std::pair(name_of(traces[i]), i); });
    return indices;
  };
  const auto here = order(a), there = order(b);
  const auto run_end = [](const std::vector<Trace>& traces, const std::vector<std::uint32_t>& indices, std::size_t from) {
    std::size_t end = from;
    while (end < indices.size() && name_of(traces[indices[end]]) == name_of(traces[indices[from]])) ++end;
    return end;
  };
  const auto each_name = [&](auto&& visit) {
    for (std::size_t i = 0, j = 0; i < here.size() && j < there.size();) {
      const Name ours = name_of(a[here[i]]), theirs = name_of(b[there[j]]);
      const std::size_t i_end = ours <= theirs ? run_end(a, here, i) : i, j_end = theirs <= ours ? run_end(b, there, j) : j;
      if (ours == theirs) visit(Indices(here).subspan(i, i_end - i), Indices(there).subspan(j, j_end - j));
      i = i_end;
      j = j_end;
    }
  };
  std::size_t stay = 0, change = 0;  // identifications, of those that can be nobody else's
  each_name([&](Indices ours, Indices theirs) {
    pair_up(a, b, ours, theirs, 6, true);
    if (ours.size() != 1 || theirs.size() != 1 || !has_id(a[ours[0]]) || !has_id(b[theirs[0]])) return;
    ++(other_id(a[ours[0]], b[theirs[0]]) ? change : stay);
  });
  each_name([&](Indices ours, Indices theirs) {
    for (const int least : {4, 2, 0}) pair_up(a, b, ours, theirs, least, stay > change);
    mark_copies(a, ours);
    mark_copies(b, theirs);
  });
}

void match_by_octets(std::vector<Trace>& near, std::vector<Trace>& far) {
  constexpr std::size_t most_looked_at = 4096;  // for one segment
  for (auto* side : {&near, &far}) {
    for (Trace& trace : *side) {
      if (!trace.cut_anew) continue;
      trace.partner = nobody;
      trace.covered = 0;
      trace.cut_anew = false;
    }
  }
  std::vector<std::uint32_t> left;
  for (std::uint32_t i = 0; i < far.size(); ++i)
    if (far[i].partner == nobody && far[i].length > 0 && far[i].copy == Copy::none) left.push_back(i);
  if (left.empty()) return;
  const Seq base = far[left.front()].seq - 0x40000000u;
  const auto place = [&](Seq seq) { return seq.value() - base.value(); };
  std::ranges::sort(left, {}, [&](std::uint32_t i) { return std::pair(place(far[i].seq), i); });
  std::uint32_t longest = 0;
  for (const std::uint32_t i : left) longest = std::max(longest, far[i].length);
  for (std::uint32_t a = 0; a < near.size(); ++a) {
    Trace& one = near[a];
    if (one.partner != nobody || one.length == 0 || one.copy == Copy::surely) continue;
    const std::uint32_t from = place(one.seq), to = from + one.length;
    auto it = std::ranges::lower_bound(left, from > longest ? from - longest : 0, {},
                                       [&](std::uint32_t i) { return place(far[i].seq); });
    std::uint32_t found = 0, reached = from, first = nobody;
    for (std::size_t looked = 0; it != left.end() && place(far[*it].seq) < to && looked < most_looked_at; ++it, ++looked) {
      Trace& other = far[*it];
      if (other.length == one.length || other_stamp(one, other) || other.covered >= other.length) continue;
      const std::uint32_t begin = std::max(from, place(other.seq)), end = std::min(to, place(other.seq) + other.length);
      if (begin >= end || begin < reached) continue;
      reached = end;
      found += end - begin;
      other.covered += end - begin;
      other.partner = a;
      if (first == nobody || far[*it].at < far[first].at) first = *it;
    }
    if (found == 0) continue;
    one.partner = first;
    one.cut_anew = true;
    one.covered = found;
  }
  for (const std::uint32_t i : left) far[i].cut_anew = far[i].covered > 0;
}

}  // namespace ft::analysis
