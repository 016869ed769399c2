// Diagnoses 18 and 20: packets that are too big for the path, and nobody says so.
#include "analysis/find/case.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace ft::analysis {

namespace {

/// The repeats of one place in the stream.
struct Place {
  std::vector<const Note*> repeats;
  std::uint32_t largest = 0, smallest = 0xffffffffu;
  bool arrived = false;  // ... as far as ACKs tell
};

std::map<std::uint32_t, Place> places_of(const Case& c, std::uint8_t side) {
  constexpr std::size_t most = 256;
  std::map<std::uint32_t, Place> places;
  for (const Note& note : c.notes) {
    if (!is_repair(note) || note.side != side || note.length == 0 || note.cause == RepeatCause::syn) continue;
    if (places.size() >= most && !places.contains(note.seq.value())) continue;
    Place& place = places[note.seq.value()];
    place.repeats.push_back(&note);
    place.largest = std::max(place.largest, note.length);
    place.smallest = std::min(place.smallest, note.length);
    place.arrived = place.arrived || note.any(Note::acked);
  }
  return places;
}

std::uint32_t header_octets(const Case& c, const Side& side) {
  return (c.connection.ipv6 ? 60u : 40u) + (side.timestamps ? 12u : 0u);
}

bool told_by_icmp(const Case& c) {
  return std::ranges::any_of(c.notes, [&](const Note& note) {
    return note.kind == Note::Kind::icmp && (c.connection.ipv6 ? note.type == 2 : note.type == 3 && note.code == 4);
  });
}

/// Repeats that are smaller than what was sent before, of one size: the sender's new idea of the path.
std::uint32_t common_size(const Case& c, std::uint8_t side, const Note& small) {
  std::uint32_t times = 0;
  for (const Note& note : c.notes)
    times += is_repair(note) && note.side == side && note.frame >= small.frame && note.length == small.length ? 1u : 0u;
  return times;
}

/// The same octets again in big segments, and at last in small ones, which arrive.
void shrunk(const Case& c, std::uint8_t i, const std::map<std::uint32_t, Place>& places, Findings& out) {
  for (const auto& [seq, place] : places) {
    if (!place.arrived || place.repeats.size() < 2) continue;
    const Note* small = place.repeats.back();
    const Note* big = place.repeats.front();
    // A repeat that is cut to a window's or a buffer's edge is a little smaller; a narrower path takes off at least a tenth.
    if (small->length * 10 > big->length * 9 || !small->any(Note::acked)) continue;
    const auto full = std::ranges::count_if(place.repeats, [&](const Note* note) { return note->length * 10 > big->length * 9; });
    // Segments of that size had arrived, or did later: the path carries them, the sender only suspected it while nothing got
    // through.
    if (c.side(i).largest_acked_text >= big->length) continue;
    if (big->length < 500 || (full < 2 && common_size(c, i, *small) < 2)) continue;
    const Duration wait = small->at - (big->at - big->waited);
    Draft draft("mtu-probing-recovered", i);
    for (const Note* note : place.repeats) draft.note(*note);
    draft.count("tries", static_cast<std::uint64_t>(full) + 1)
        .octets("size_before", big->length)
        .octets("size_after", small->length);
    draft.time("wait", wait).cost(wait, place.repeats.size() - 1).sure(0.9f).instead("path-outage");
    out.push_back(draft.done());
    return;
  }
}

/// The first that was not answered came after a long silence: then the connection may have been forgotten meanwhile.
bool after_pause(const Case& c, const Note& first) {
  const Instant begin = first.at - first.waited;
  return std::ranges::any_of(c.notes, [&](const Note& note) {
    return note.kind == Note::Kind::silence && note.waited >= std::chrono::seconds(2) && note.at <= first.at &&
           note.at + std::chrono::seconds(1) >= begin;
  });
}

/// Big segments alone stay without an answer.
void black_hole(const Case& c, std::uint8_t i, const std::map<std::uint32_t, Place>& places, Findings& out) {
  const Side& side = c.side(i);
  const Side& peer = c.side(other(i));
  const Place* stuck = nullptr;
  for (const auto& [seq, place] : places)
    if (!place.arrived && (stuck == nullptr || place.repeats.size() > stuck->repeats.size())) stuck = &place;
  if (stuck == nullptr || stuck->repeats.size() < 2) return;
  const std::uint32_t size = stuck->smallest;
  // What arrived must be smaller than what did not, and of a size that real paths have trouble with (RFC 8200 5).
  constexpr std::uint32_t least_narrow_path = 1280;
  if (size <= side.largest_acked_text || size + header_octets(c, side) <= least_narrow_path) return;
  const Note& first = *stuck->repeats.front();
  const Note& last = *stuck->repeats.back();
  // Small packets pass at the same time: the other side is heard, or something above the hole was reported.
  const bool heard = peer.last_packet > first.at;
  const bool reported = std::ranges::any_of(stuck->repeats, [](const Note* note) { return note->any(Note::sack_seen); });
  // Nothing is heard: a path that died under the first big packets looks the same, unless the other side was not expected to
  // speak.
  if (!heard && !reported && (stuck->repeats.size() < 3 || after_pause(c, first))) return;
  Draft draft("mtu-black-hole", i);
  draft.frame(side.first_text_frame);
  for (const Note* note : stuck->repeats) draft.note(*note);
  const Duration wait = std::max(last.at, c.connection.last) - (first.at - first.waited);
  draft.octets("size", size + header_octets(c, side)).count("tries", stuck->repeats.size() + 1);
  if (side.largest_acked_text > 0) draft.octets("passed", side.largest_acked_text + header_octets(c, side));
  draft.cost(wait, stuck->repeats.size(), side.in_flight_at_end).sure(heard || reported ? 0.92f : 0.7f).instead("path-dead");
  if (!heard && !reported) draft.instead("peer-gone");
  out.push_back(draft.done());
}

}  // namespace

void find_sizes(const Case& c, Findings& out) {
  if (c.doubtful(Doubt::one_direction) || told_by_icmp(c)) return;
  for (std::uint8_t i = 0; i < 2; ++i) {
    if (c.side(i).retransmissions == 0) continue;
    const auto places = places_of(c, i);
    shrunk(c, i, places, out);
    black_hole(c, i, places, out);
  }
}

}  // namespace ft::analysis
