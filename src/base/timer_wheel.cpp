#include "base/timer_wheel.hpp"

#include "base/assert.hpp"

#include <utility>

namespace ft {

void TimerWheel::schedule(std::uint32_t id, Instant at) {
  FT_ASSERT(id < unset);
  if (id >= nodes_.size()) nodes_.resize(std::size_t{id} + 1);
  if (nodes_[id].previous != unset) {
    if (nodes_[id].at == at) return;
    unlink(id);
  }
  nodes_[id].at = at;
  link(id);
}

void TimerWheel::cancel(std::uint32_t id) {
  if (is_scheduled(id)) unlink(id);
}

std::optional<Instant> TimerWheel::deadline(std::uint32_t id) const {
  if (!is_scheduled(id)) return std::nullopt;
  return nodes_[id].at;
}

std::optional<Instant> TimerWheel::next() const {
  const auto slot = nearest();
  if (!slot) return std::nullopt;
  if (slot->level > 0) return start_of(first_tick(*slot));
  sort(*slot);
  return nodes_[list(*slot).first].at;
}

// The level is that of the highest group of bits in which the tick differs from the wheel's. A timer that is
// overdue waits in the slot where the wheel stands. The answer stays the same until the wheel reaches the slot,
// so a node need not remember where it is.
TimerWheel::Slot TimerWheel::slot_of(Instant at) const {
  const std::uint64_t tick = tick_of(at);
  if (tick <= tick_) return {0, static_cast<unsigned>(tick_ % slots)};
  const unsigned level = (static_cast<unsigned>(std::bit_width(tick ^ tick_)) - 1) / slot_bits;
  return {level, static_cast<unsigned>((tick >> (level * slot_bits)) % slots)};
}

// A lower level holds the earlier timers, and no slot before the wheel's own position is occupied.
std::optional<TimerWheel::Slot> TimerWheel::nearest() const {
  for (unsigned level = 0; level < levels; ++level) {
    if (occupied_[level] != 0) return Slot{level, static_cast<unsigned>(std::countr_zero(occupied_[level]))};
  }
  return std::nullopt;
}

std::uint64_t TimerWheel::first_tick(Slot slot) const {
  const unsigned shift = slot.level * slot_bits;
  const std::uint64_t above = tick_ >> (shift + slot_bits) << (shift + slot_bits);
  return above | (std::uint64_t{slot.index} << shift);
}

void TimerWheel::insert_after(List& list, std::uint32_t before, std::uint32_t id) const {
  const std::uint32_t after = before == none ? list.first : nodes_[before].next;
  nodes_[id].previous = before;
  nodes_[id].next = after;
  (before == none ? list.first : nodes_[before].next) = id;
  (after == none ? list.last : nodes_[after].previous) = id;
}

void TimerWheel::link(std::uint32_t id) {
  const Slot slot = slot_of(nodes_[id].at);
  List& to = list(slot);
  const std::uint64_t bit = 1ull << slot.index;
  std::uint32_t before = to.last;
  // A slot already in order stays so. New deadlines are mostly the later ones: look from the end.
  if (slot.level == 0 && (sorted_ & bit) != 0) {
    while (before != none && nodes_[before].at > nodes_[id].at) before = nodes_[before].previous;
  }
  insert_after(to, before, id);
  occupied_[slot.level] |= bit;
  ++size_;
}

void TimerWheel::unlink(std::uint32_t id) {
  Node& node = nodes_[id];
  const Slot slot = slot_of(node.at);
  List& from = list(slot);
  (node.previous == none ? from.first : nodes_[node.previous].next) = node.next;
  (node.next == none ? from.last : nodes_[node.next].previous) = node.previous;
  if (from.first == none) {
    occupied_[slot.level] &= ~(1ull << slot.index);
    if (slot.level == 0) sorted_ &= ~(1ull << slot.index);
  }
  node.previous = unset;
  node.next = none;
  --size_;
}

// The wheel has come to a slot of a higher level: its timers go to the levels below.
void TimerWheel::sink(Slot slot) {
  tick_ = first_tick(slot);
  std::uint32_t id = std::exchange(list(slot), List{}).first;
  occupied_[slot.level] &= ~(1ull << slot.index);
  while (id != none) {
    const std::uint32_t following = nodes_[id].next;
    --size_;
    link(id);
    id = following;
  }
}

std::uint32_t TimerWheel::merge(std::uint32_t a, std::uint32_t b) const {
  std::uint32_t first = none;
  std::uint32_t* end = &first;
  while (a != none && b != none) {
    std::uint32_t& taken = nodes_[b].at < nodes_[a].at ? b : a;
    *end = taken;
    end = &nodes_[taken].next;
    taken = *end;
  }
  *end = a != none ? a : b;
  return first;
}

// Merge sort of a linked list, stable and without memory: run k waits in bin k until a second of its size comes.
void TimerWheel::sort(Slot slot) const {
  const std::uint64_t bit = 1ull << slot.index;
  if ((sorted_ & bit) != 0) return;
  sorted_ |= bit;
  std::array<std::uint32_t, 33> bins;
  bins.fill(none);
  List& all = list(slot);
  for (std::uint32_t id = all.first; id != none;) {
    std::uint32_t run = std::exchange(id, nodes_[id].next);
    nodes_[run].next = none;
    std::size_t bin = 0;
    for (; bins[bin] != none; ++bin) run = merge(std::exchange(bins[bin], none), run);
    bins[bin] = run;
  }
  std::uint32_t first = none;
  for (const std::uint32_t run : bins) first = merge(run, first);
  all = {};
  for (std::uint32_t id = first; id != none;) insert_after(all, all.last, std::exchange(id, nodes_[id].next));
}

std::optional<std::uint32_t> TimerWheel::take_due(Instant now) {
  while (const auto slot = nearest()) {
    const std::uint64_t tick = first_tick(*slot);
    if (slot->level > 0) {
      if (tick > tick_of(now)) return std::nullopt;
      sink(*slot);
      continue;
    }
    sort(*slot);
    const std::uint32_t id = list(*slot).first;
    if (nodes_[id].at > now) return std::nullopt;
    unlink(id);
    tick_ = tick;
    return id;
  }
  return std::nullopt;
}

void TimerWheel::turn_to(Instant now) {
  if (tick_of(now) > tick_) tick_ = tick_of(now);
}

}  // namespace ft
