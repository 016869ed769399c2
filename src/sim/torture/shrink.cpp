#include "sim/torture/shrink.hpp"

#include <algorithm>

namespace ft::sim::torture {
namespace {

std::vector<std::size_t> members(const Chosen& chosen) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < chosen.size(); ++i)
    if (chosen[i]) out.push_back(i);
  return out;
}

}  // namespace

Chosen shrink(Chosen chosen, const StillFails& still_fails, unsigned most_runs) {
  std::size_t pieces = 2;
  unsigned runs = 0;
  for (;;) {
    const auto left = members(chosen);
    if (left.size() < 2) break;
    pieces = std::min(pieces, left.size());
    bool smaller = false;
    for (std::size_t piece = 0; piece < pieces && !smaller; ++piece) {
      if (runs++ >= most_runs) return chosen;
      Chosen without = chosen;
      for (std::size_t i = left.size() * piece / pieces; i < left.size() * (piece + 1) / pieces; ++i) without[left[i]] = false;
      if (still_fails(without)) {
        chosen = std::move(without);
        smaller = true;
      }
    }
    if (smaller) {
      pieces = std::max<std::size_t>(pieces - 1, 2);
    } else if (pieces == left.size()) {
      break;
    } else {
      pieces *= 2;
    }
  }
  return chosen;
}

}  // namespace ft::sim::torture
