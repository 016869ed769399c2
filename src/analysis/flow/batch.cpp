// Many segments at a time: a table of a million streams is all cache misses, so what the next segments need is fetched while this
// one is judged.
#include "analysis/flow/engine.hpp"

#include <algorithm>
#include <array>

namespace ft::analysis::flow {

namespace {

/// The head and both sides; what lies behind them is for special occasions.
void fetch(const Record& record) {
  const auto* octets = reinterpret_cast<const char*>(&record);
  for (std::size_t line = 0; line < 240; line += 64) __builtin_prefetch(octets + line, 1);
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
    __builtin_prefetch(&own[own.last() + 1], 1);  // the oldest, when the ring is full
  }
  if (other.capacity() != 0) __builtin_prefetch(&other[other.unacked()], 1);
}

/// What was found ahead holds unless the segment calls anew or its four-tuple has been taken over meanwhile.
void Engine::judge_ahead(const Segment& segment, std::uint64_t hash, std::uint32_t stream, std::uint8_t side) {
  bool fresh = false;
  Place place{.stream = stream, .side = side};
  const bool calls = (segment.flags & (wire::tcp_flag::syn | wire::tcp_flag::ack)) == wire::tcp_flag::syn;
  if (side == 2 || calls || records_[stream].any(Record::superseded))
    place = find(segment, hash, fresh);
  else if (pass_plain(segment, stream, side))
    return;
  pass(segment, place, fresh, nullptr);
}

void Engine::judge_all(std::span<const Segment> segments) {
  // Stages, in segments ahead of the judging: the table's slot, the record, the live part, the pieces in flight.
  constexpr std::size_t most = 256;
  constexpr std::size_t to_record = 5, to_live = 9, to_pieces = 12, to_judge = 15;
  struct Ahead {
    std::uint64_t hash = 0;
    std::uint32_t stream = none;
    std::uint32_t live = none;
    std::uint8_t side = 2;
  };
  std::array<Ahead, most> ahead;
  while (!segments.empty()) {
    const std::size_t n = std::min(segments.size(), most);
    for (std::size_t i = 0; i < n + to_judge; ++i) {
      if (i < n) {
        ahead[i].hash = hash_of(segments[i]);
        table_.prefetch(ahead[i].hash);
      }
      if (const std::size_t k = i - to_record; k < n) {  // wraps below its stage: not below n
        ahead[k].stream = table_.guess(ahead[k].hash);
        if (ahead[k].stream != none) fetch(records_[ahead[k].stream]);
      }
      if (const std::size_t k = i - to_live; k < n) {
        Ahead& a = ahead[k];
        a.live = none;
        a.side = 2;
        if (a.stream != none) {
          const Segment& s = segments[k];
          const Record& record = records_[a.stream];
          a.side = side_of(record, s.source, s.source_port, s.destination, s.destination_port);
          if (a.side != 2) a.live = record.live;
          if (a.live != none) fetch_live(a.live, a.side);
        }
      }
      if (const std::size_t k = i - to_pieces; k < n && ahead[k].live != none) fetch_pieces(ahead[k].live, ahead[k].side);
      if (const std::size_t k = i - to_judge; k < n) judge_ahead(segments[k], ahead[k].hash, ahead[k].stream, ahead[k].side);
    }
    segments = segments.subspan(n);
  }
}

}  // namespace ft::analysis::flow
