// An interval set in a small universe against a plain array of flags: it says the same of every offset, keeps its intervals
// sorted and apart, and refuses only what its limit forbids.
#include "base/assert.hpp"
#include "base/interval_set.hpp"
#include "bytes.hpp"

#include <bitset>

using namespace ft;

namespace {

constexpr std::size_t universe = 512;

std::size_t runs(const std::bitset<universe>& flags) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < universe; ++i) n += flags[i] && (i == 0 || !flags[i - 1]) ? 1u : 0u;
  return n;
}

void compare(const IntervalSet& set, const std::bitset<universe>& flags) {
  FT_ASSERT(set.size() == runs(flags) && set.empty() == flags.none());
  std::uint64_t end = 0;
  bool first = true;
  std::bitset<universe> named;
  for (const Interval& interval : set) {
    FT_ASSERT(interval.from < interval.to && (first || interval.from > end));
    for (std::uint64_t i = interval.from; i < interval.to; ++i) named.set(static_cast<std::size_t>(i));
    end = interval.to;
    first = false;
  }
  FT_ASSERT(named == flags);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes in(data, size);
  const auto limit = static_cast<std::uint16_t>(1 + in.below(8));
  IntervalSet set(limit);
  std::bitset<universe> flags;
  for (int steps = 0; steps < 300 && !in.empty(); ++steps) {
    const std::uint64_t from = in.u16() % universe;
    const std::uint64_t to = std::min<std::uint64_t>(universe, from + in.u8());
    switch (in.below(4)) {
      case 0:
      case 1: {
        std::bitset<universe> more = flags;
        for (std::uint64_t i = from; i < to; ++i) more.set(static_cast<std::size_t>(i));
        const bool fits = runs(more) <= limit;
        FT_ASSERT(set.insert(from, to) == fits);
        if (fits) flags = more;
        break;
      }
      case 2:
        set.erase_below(from);
        for (std::uint64_t i = 0; i < from; ++i) flags.reset(static_cast<std::size_t>(i));
        break;
      default: {
        bool all = true;
        for (std::uint64_t i = from; i < to; ++i) all = all && flags[static_cast<std::size_t>(i)];
        FT_ASSERT(set.contains(from, to) == all);
        break;
      }
    }
    compare(set, flags);
  }
  return 0;
}
