// Which offsets of a stream are there: a sorted set of disjoint half-open intervals, never touching each other.
// Reassembly keeps what arrived beyond a hole in it (RFC 9293 3.10.7.4, seventh), a sender what was selectively
// acknowledged (RFC 2018).
//
// The number of intervals has a hard cap, because a peer decides how many there are. Memory is held only while
// the set is not empty: a connection without holes pays 16 octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace ft {

struct Interval {
  std::uint64_t from = 0;
  std::uint64_t to = 0;  // one past the last
  friend bool operator==(const Interval&, const Interval&) = default;
};

class IntervalSet {
 public:
  /// At most `limit` intervals.
  explicit IntervalSet(std::uint16_t limit) : limit_(limit) {}
  IntervalSet(IntervalSet&& other) noexcept;
  IntervalSet& operator=(IntervalSet&& other) noexcept;

  /// Adds [from, to) and joins what overlaps or touches. False, and nothing changed, when that would take one
  /// interval more than the limit. An empty interval adds nothing.
  bool insert(std::uint64_t from, std::uint64_t to);
  /// Forgets every offset below x.
  void erase_below(std::uint64_t x);
  void clear();

  /// Every offset of [from, to) is in the set; true when there is none.
  bool contains(std::uint64_t from, std::uint64_t to) const;
  /// The offset x is in the set.
  bool covers(std::uint64_t x) const { return contains(x, x + 1); }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t limit() const { return limit_; }
  /// From now on; what is there already stays.
  void set_limit(std::uint16_t limit) { limit_ = limit < size_ ? size_ : limit; }
  /// Octets held beyond the object itself.
  std::size_t memory() const { return capacity_ * sizeof(Interval); }
  /// The interval with the lowest offsets; the set must not be empty.
  const Interval& first() const;
  const Interval& last() const;
  /// The first interval that ends beyond x; end() when there is none.
  const Interval* first_ending_after(std::uint64_t x) const { return first_ending_at_or_after(x + 1); }
  /// In order of offset.
  const Interval* begin() const { return intervals_.get(); }
  const Interval* end() const { return intervals_.get() + size_; }

 private:
  Interval* first_ending_at_or_after(std::uint64_t x) const;
  void make_room();
  void remove(Interval* from, Interval* to);

  std::unique_ptr<Interval[]> intervals_;
  std::uint16_t size_ = 0;
  std::uint16_t capacity_ = 0;
  std::uint16_t limit_;
};
static_assert(sizeof(IntervalSet) <= 16);

}  // namespace ft
