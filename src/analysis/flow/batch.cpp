// Many segments at a time: a table of a million streams is all cache misses, so what the next segments need is fetched while this
// one is judged.
#include "analysis/flow/engine.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <array>

namespace ft::analysis::flow {

namespace {

/// The head and both sides; what lies behind them is for special occasions.
void fetch(const Record& record) {
  const auto* octets = reinterpret_cast<const char*>(&record);
  for (std::size_t line = 0; line < 240; line += 64) __builtin_prefetch(octets + line, 1);
}

/// All but the SACK blocks.
void fetch(const Segment& segment) {
  const auto* octets = reinterpret_cast<const char*>(&segment);
  __builtin_prefetch(octets);
  __builtin_prefetch(octets + 64);
}

}  // namespace

/// The live part is large; what every segment touches is at the head of each side and of the counters.
void Engine::fetch_live(std::uint32_t number, std::size_t side) const {
  const Live& live = lives_[number];
  const auto lines = [](const void* object, std::size_t count) {
    const auto* octets = static_cast<const char*>(object);
    for (std::size_t line = 0; line < count; ++line) __builtin_prefetch(octets + 64 * line, 1);
  };
  lines(&live.sides[side], 3);
  lines(&live.sides[side ^ 1], 2);
  lines(&live.extra.sides[side], 1);
  lines(&live.extra.sides[side ^ 1], 2);
}

/// What its text will be written beside, and what its ACK will be looked up in.
void Engine::fetch_pieces(std::uint32_t number, std::size_t side) const {
  const Live& live = lives_[number];
  const SentLog& own = live.sides[side].sent;
  const SentLog& other = live.sides[side ^ 1].sent;
  if (own.capacity() != 0) {
    __builtin_prefetch(&own[own.last()], 1);
    if (!own.has_room(4)) __builtin_prefetch(&own[own.first() + 1 + own.capacity() / 4]);  // soon the oldest, see reserve()
  }
  if (other.capacity() != 0) __builtin_prefetch(&other[other.unacked()], 1);
}

/// Whoever asks for one stream mostly asks for the next ones then.
void Engine::expect(std::uint32_t stream, Wanted wanted) const {
  constexpr std::uint32_t to_record = 24, to_extra = 12;  // streams ahead
  if (stream + to_record >= streams()) return;
  fetch(records_[stream + to_record]);
  const Record& next = records_[stream + to_extra];
  if (next.extra == none) return;
  const Extra& extra = extras_[next.extra];
  if (wanted == Wanted::outline) {
    __builtin_prefetch(&extra.sides[1].offer);
    return;
  }
  const auto* octets = reinterpret_cast<const char*>(&extra);
  for (std::size_t line = 0; line < sizeof(Extra); line += 64) __builtin_prefetch(octets + line);
}

/// What was found ahead holds unless the segment calls anew or its four-tuple has been taken over meanwhile.
inline void Engine::judge_ahead(const Segment& segment, const Prepared& prepared, const Ahead& found) {
  bool fresh = false;
  Place place{.stream = found.stream, .side = found.side};
  const bool calls = (segment.flags & (wire::tcp_flag::syn | wire::tcp_flag::ack)) == wire::tcp_flag::syn;
  if (found.side == 2 || calls || found.record->any(Record::superseded))
    place = find(segment, prepared.hash, fresh);
  else if (prepared.plain && pass_plain(segment, prepared, *found.record, found.side))
    return;
  pass(segment, place, fresh, nullptr);
}

void Engine::judge_all(std::span<const Segment> segments, std::span<const Prepared> prepared) {
  // Stages, in segments ahead of the judging: the table's slot and the segment itself, which another core may have written, the
  // record, the live part, the pieces in flight.
  constexpr std::size_t to_record = 5, to_live = 9, to_pieces = 12, to_judge = 15;
  const std::size_t n = segments.size();
  FT_ASSERT(n == prepared.size() && n <= most_at_once);
  std::array<Ahead, most_at_once> ahead;  // each set when its stage comes
  for (std::size_t i = 0; i < n + to_judge; ++i) {
    if (i < n) {
      table_.prefetch(prepared[i].hash);
      fetch(segments[i]);
    }
    if (const std::size_t k = i - to_record; k < n) {  // wraps below its stage: not below n
      Ahead& a = ahead[k];
      a = Ahead{.record = nullptr, .stream = table_.guess(prepared[k].hash), .live = none, .side = 2};
      if (a.stream != none) {
        a.record = &records_[a.stream];
        fetch(*a.record);
      }
    }
    if (const std::size_t k = i - to_live; k < n && ahead[k].stream != none) {
      Ahead& a = ahead[k];
      const Segment& s = segments[k];
      a.side = side_of(*a.record, s.source, s.source_port, s.destination, s.destination_port);
      if (a.side != 2) a.live = a.record->live;
      if (a.live != none) fetch_live(a.live, a.side);
    }
    if (const std::size_t k = i - to_pieces; k < n && ahead[k].live != none) fetch_pieces(ahead[k].live, ahead[k].side);
    if (const std::size_t k = i - to_judge; k < n) judge_ahead(segments[k], prepared[k], ahead[k]);
  }
}

void Engine::judge_all(std::span<const Segment> segments) {
  std::array<Prepared, most_at_once> prepared;
  while (!segments.empty()) {
    const auto some = segments.first(std::min(segments.size(), most_at_once));
    for (std::size_t i = 0; i < some.size(); ++i) prepare(some[i], prepared[i]);
    judge_all(some, std::span(prepared).first(some.size()));
    segments = segments.subspan(some.size());
  }
}

}  // namespace ft::analysis::flow
