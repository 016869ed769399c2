// A hierarchical timing wheel (Varghese and Lauck, scheme 6): timers by the million, O(1) to set, move and
// cancel, and a turn whose cost does not depend on how much time has passed.
//
// A timer is a number of the caller's (a slab index). Time is cut into ticks of 2^20 ns (about 1 ms). A timer
// waits on the level of the highest group of 6 bits in which its tick differs from the wheel's, and sinks
// towards level 0 as the wheel turns. Eight levels span every Instant there is. The ticks only sort timers into
// slots; firing compares the deadline itself, so nothing fires a nanosecond early or out of order.
#pragma once

#include "fourtuple/time.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ft {

class TimerWheel {
 public:
  explicit TimerWheel(Instant start = Instant{}) : tick_(tick_of(start)) {}

  /// Sets timer `id`, or moves it when it is set already. Memory grows with the largest id seen, 16 octets each.
  void schedule(std::uint32_t id, Instant at);
  /// Harmless when the timer is not set.
  void cancel(std::uint32_t id);
  bool is_scheduled(std::uint32_t id) const { return id < nodes_.size() && nodes_[id].previous != unset; }
  std::optional<Instant> deadline(std::uint32_t id) const;
  std::uint32_t size() const { return size_; }

  /// When to call advance: the nearest deadline itself when it lies on level 0 (within about 67 ms), else an
  /// instant that is not later. O(1), amortised: the nearest slot is sorted once.
  std::optional<Instant> next() const;

  /// Calls fire(id) for every timer with deadline <= now, in order of deadline. A timer is unset when it fires;
  /// `fire` may set and cancel any timer, and what it sets up to `now` fires in the same call.
  template <class F>
  void advance(Instant now, F fire) {
    while (const auto id = take_due(now)) fire(*id);
    turn_to(now);
  }

 private:
  static constexpr unsigned tick_bits = 20;  // 2^20 ns
  static constexpr unsigned slot_bits = 6;
  static constexpr unsigned slots = 1u << slot_bits;
  static constexpr unsigned levels = 8;  // 8 * 6 bits hold the 44 bits of a tick
  static constexpr std::uint32_t none = 0xffff'ffff;
  static constexpr std::uint32_t unset = 0xffff'fffe;  // as `previous`: not in any list

  struct Node {
    Instant at{};
    std::uint32_t previous = unset;
    std::uint32_t next = none;
  };
  struct List {
    std::uint32_t first = none;
    std::uint32_t last = none;
  };
  struct Slot {
    unsigned level;
    unsigned index;
  };

  // Instants before the origin are ordered too: flip the sign.
  static constexpr std::uint64_t tick_of(Instant at) {
    return (static_cast<std::uint64_t>(at.time_since_epoch().count()) ^ (1ull << 63)) >> tick_bits;
  }
  static constexpr Instant start_of(std::uint64_t tick) {
    return Instant(Duration(static_cast<std::int64_t>((tick << tick_bits) ^ (1ull << 63))));
  }

  Slot slot_of(Instant at) const;
  std::optional<Slot> nearest() const;
  std::uint64_t first_tick(Slot slot) const;
  List& list(Slot slot) const { return lists_[slot.level * slots + slot.index]; }
  void link(std::uint32_t id);
  void unlink(std::uint32_t id);
  void insert_after(List& list, std::uint32_t before, std::uint32_t id) const;
  void sink(Slot slot);
  void sort(Slot slot) const;
  std::uint32_t merge(std::uint32_t a, std::uint32_t b) const;
  std::optional<std::uint32_t> take_due(Instant now);
  void turn_to(Instant now);

  // Sorting the nearest slot changes no answer, so next() may do it: hence mutable.
  mutable std::vector<Node> nodes_;  // by id
  mutable std::array<List, std::size_t{levels} * slots> lists_{};
  mutable std::uint64_t sorted_ = 0;              // level-0 slots whose list is in order of deadline
  std::array<std::uint64_t, levels> occupied_{};  // a bit for each slot that is not empty
  std::uint64_t tick_;                            // where the wheel stands: nothing waits in a slot before it
  std::uint32_t size_ = 0;
};

}  // namespace ft
