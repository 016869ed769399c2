// Many segments at a time: a table of a million streams is all cache misses, so what the next segments need is fetched while this
// one is judged.
#include "analysis/flow/engine.hpp"

#include <algorithm>
#include <array>

namespace ft::analysis::flow {

namespace {

template <typename T>
void fetch(const T& object) {
  const auto* octets = reinterpret_cast<const char*>(&object);
  for (std::size_t line = 0; line < sizeof(T); line += 64) __builtin_prefetch(octets + line, 1);
}

}  // namespace

/// The live part is large; what every segment touches is at the head of each side and of the counters.
void Engine::fetch_live(std::uint32_t number) const {
  const Live& live = lives_[number];
  for (const SideLive& side : live.sides) {
    const auto* octets = reinterpret_cast<const char*>(&side);
    for (std::size_t line = 0; line < 256; line += 64) __builtin_prefetch(octets + line, 1);
  }
  fetch(live.extra);
}

void Engine::judge_all(std::span<const Segment> segments) {
  // Three stages ahead of the judging: the table's slot, the record, the live part.
  constexpr std::size_t most = 256;
  constexpr std::size_t slot_ahead = 12, record_ahead = 8, live_ahead = 4;
  std::array<std::uint64_t, most> hashes;
  while (!segments.empty()) {
    const std::size_t n = std::min(segments.size(), most);
    std::array<std::uint32_t, most> guesses;
    for (std::size_t i = 0; i < n + slot_ahead; ++i) {
      if (i < n) {
        hashes[i] = hash_of(segments[i]);
        table_.prefetch(hashes[i]);
      }
      if (i >= slot_ahead - record_ahead && i - (slot_ahead - record_ahead) < n) {
        const std::size_t k = i - (slot_ahead - record_ahead);
        guesses[k] = table_.guess(hashes[k]);
        if (guesses[k] != none) fetch(records_[guesses[k]]);
      }
      if (i >= slot_ahead - live_ahead && i - (slot_ahead - live_ahead) < n) {
        const std::size_t k = i - (slot_ahead - live_ahead);
        if (guesses[k] != none && records_[guesses[k]].live != none) fetch_live(records_[guesses[k]].live);
      }
      if (i >= slot_ahead) judge(segments[i - slot_ahead], hashes[i - slot_ahead]);
    }
    segments = segments.subspan(n);
  }
}

}  // namespace ft::analysis::flow
