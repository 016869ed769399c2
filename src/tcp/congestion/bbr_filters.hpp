// The greatest of this slot and the one before: all that BBR's windowed maximum filters need (draft-ietf-ccwg-bbr, "Tracking Time
// for the BBR.max_bw Max Filter"). Who uses it says when the next slot begins.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ft::tcp {

class MaxOfTwo {
 public:
  void add(std::uint64_t value) { now_ = std::max(now_, value); }
  void next_slot() {
    before_ = now_;
    now_ = 0;
  }
  /// A slot without a sample does not push out the one before.
  bool has_sample() const { return now_ != 0; }
  std::uint64_t best() const { return std::max(now_, before_); }

 private:
  std::uint64_t now_ = 0;
  std::uint64_t before_ = 0;
};

}  // namespace ft::tcp
