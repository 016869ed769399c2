#include "base/interval_set.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace ft {

IntervalSet::IntervalSet(IntervalSet&& other) noexcept
    : intervals_(std::move(other.intervals_)),
      size_(std::exchange(other.size_, std::uint16_t{0})),
      capacity_(std::exchange(other.capacity_, std::uint16_t{0})),
      limit_(other.limit_) {}

IntervalSet& IntervalSet::operator=(IntervalSet&& other) noexcept {
  intervals_ = std::move(other.intervals_);
  size_ = std::exchange(other.size_, std::uint16_t{0});
  capacity_ = std::exchange(other.capacity_, std::uint16_t{0});
  limit_ = other.limit_;
  return *this;
}

Interval* IntervalSet::first_ending_at_or_after(std::uint64_t x) const {
  return std::lower_bound(intervals_.get(), intervals_.get() + size_, x,
                          [](const Interval& interval, std::uint64_t offset) { return interval.to < offset; });
}

bool IntervalSet::insert(std::uint64_t from, std::uint64_t to) {
  FT_ASSERT(from <= to);
  if (from == to) return true;
  Interval* const lower = first_ending_at_or_after(from);
  Interval* upper = lower;  // past the last that overlaps or touches
  Interval* const end = intervals_.get() + size_;
  while (upper != end && upper->from <= to) ++upper;

  if (lower == upper) {
    if (size_ == limit_) return false;
    const auto position = lower - intervals_.get();
    make_room();
    Interval* const place = intervals_.get() + position;
    std::copy_backward(place, intervals_.get() + size_, intervals_.get() + size_ + 1);
    *place = {from, to};
    ++size_;
    return true;
  }
  lower->from = std::min(lower->from, from);
  lower->to = std::max((upper - 1)->to, to);
  remove(lower + 1, upper);
  return true;
}

void IntervalSet::erase_below(std::uint64_t x) {
  if (empty() || first().from >= x) return;
  Interval* kept = first_ending_at_or_after(x);
  if (kept != end() && kept->to == x) ++kept;
  if (kept != end()) kept->from = std::max(kept->from, x);
  remove(intervals_.get(), kept);
}

void IntervalSet::clear() {
  intervals_.reset();
  size_ = capacity_ = 0;
}

bool IntervalSet::contains(std::uint64_t from, std::uint64_t to) const {
  FT_ASSERT(from <= to);
  if (from == to) return true;
  const Interval* const candidate = first_ending_at_or_after(to);
  return candidate != end() && candidate->from <= from;
}

const Interval& IntervalSet::first() const {
  FT_ASSERT(!empty());
  return intervals_[0];
}

const Interval& IntervalSet::last() const {
  FT_ASSERT(!empty());
  return intervals_[size_ - 1u];
}

void IntervalSet::make_room() {
  if (size_ < capacity_) return;
  const std::uint32_t wanted = std::min<std::uint32_t>(limit_, capacity_ == 0 ? 4u : 2u * capacity_);
  auto larger = std::make_unique<Interval[]>(wanted);
  std::copy(begin(), end(), larger.get());
  intervals_ = std::move(larger);
  capacity_ = static_cast<std::uint16_t>(wanted);
}

void IntervalSet::remove(Interval* from, Interval* to) {
  std::copy(to, intervals_.get() + size_, from);
  size_ = static_cast<std::uint16_t>(size_ - (to - from));
  if (size_ == 0) clear();
}

}  // namespace ft
