// Two captures side by side. Feed it the segments of both, one capture after the other or mixed, then ask for the comparison.
//
// A segment of one is found in the other by its sequence numbers, length and flags, and among its repeats by what tells one copy
// from the next: the IP ID, the timestamp, the order. What differs in its length on both sides (offload cuts anew) is matched by
// its octets. Memory is about 150 octets a segment, and no more than most_segments of each capture are kept.
#pragma once

#include "analysis/compare/comparison.hpp"
#include "analysis/dissect/segment.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace ft::analysis {

struct CompareLimits {
  std::size_t most_segments = 1'000'000;  // of each capture
  std::size_t most_connections = 65'536;  // of each capture
};

class Comparer {
 public:
  explicit Comparer(CompareLimits limits = {});
  ~Comparer();
  Comparer(Comparer&&) noexcept;
  Comparer& operator=(Comparer&&) noexcept;

  /// `capture`: 0 the first, 1 the second. In each capture's order.
  void on(unsigned capture, const Segment& segment);
  Comparison finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ft::analysis
