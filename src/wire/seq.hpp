// Sequence numbers (RFC 9293 3.4): a circle of 2^32, so there is no "less than", only "before", and a signed distance
// that cannot overflow.
#pragma once

#include <cstdint>

namespace ft {

class Seq {
 public:
  constexpr Seq() = default;
  explicit constexpr Seq(std::uint32_t value) : value_(value) {}
  constexpr std::uint32_t value() const { return value_; }

  friend constexpr bool operator==(Seq, Seq) = default;
  friend constexpr Seq operator+(Seq s, std::uint32_t n) { return Seq{s.value_ + n}; }
  friend constexpr Seq operator-(Seq s, std::uint32_t n) { return Seq{s.value_ - n}; }
  constexpr Seq& operator+=(std::uint32_t n) {
    value_ += n;
    return *this;
  }

 private:
  std::uint32_t value_ = 0;
};

/// Octets from `from` to `to`, negative when `to` lies behind; in [-2^31, 2^31).
constexpr std::int32_t distance(Seq from, Seq to) { return static_cast<std::int32_t>(to.value() - from.value()); }
constexpr bool before(Seq a, Seq b) { return distance(b, a) < 0; }
constexpr bool before_or_equal(Seq a, Seq b) { return distance(b, a) <= 0; }
constexpr bool after(Seq a, Seq b) { return before(b, a); }
constexpr bool after_or_equal(Seq a, Seq b) { return before_or_equal(b, a); }
/// a in [low, high)
constexpr bool in_range(Seq a, Seq low, Seq high) { return a.value() - low.value() < high.value() - low.value(); }
constexpr Seq later(Seq a, Seq b) { return before(a, b) ? b : a; }
constexpr Seq earlier(Seq a, Seq b) { return before(a, b) ? a : b; }

}  // namespace ft
