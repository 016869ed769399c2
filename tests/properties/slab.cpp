// The slab against a map from every handle ever given to its object.
#include "base/slab.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace {

using ft::Slab;

TEST_CASE("the slab agrees with a map: living handles find their object, dead ones nothing") {
  CHECK(rc::check([] {
    using Handle = Slab<std::uint64_t>::Handle;
    const auto limit = *rc::gen::inRange<std::uint32_t>(0, 40);
    Slab<std::uint64_t> slab(limit);
    std::vector<std::pair<Handle, std::uint64_t>> living;
    std::vector<Handle> dead;
    const int steps = *rc::gen::inRange(1, 200);
    for (int step = 0; step < steps; ++step) {
      if (*rc::gen::inRange(0, 5) < 3) {
        const auto value = static_cast<std::uint64_t>(step);
        const auto handle = slab.emplace(value);
        RC_ASSERT(handle.has_value() == (living.size() < limit));
        if (handle) living.emplace_back(*handle, value);
      } else if (!living.empty()) {
        const auto victim = *rc::gen::inRange<std::size_t>(0, living.size());
        slab.erase(living[victim].first.index);
        dead.push_back(living[victim].first);
        living[victim] = living.back();
        living.pop_back();
      }
      RC_ASSERT(slab.size() == living.size());
      for (const auto& [handle, value] : living) {
        RC_ASSERT(handle.generation != 0u);
        RC_ASSERT(slab.get(handle) != nullptr);
        RC_ASSERT(*slab.get(handle) == value);
        RC_ASSERT(slab.handle_of(handle.index) == handle);
      }
      for (const auto handle : dead) RC_ASSERT(slab.get(handle) == nullptr);
    }
    std::map<std::uint32_t, std::uint64_t> met;
    slab.for_each([&](std::uint32_t index, std::uint64_t& value) { met[index] = value; });
    std::map<std::uint32_t, std::uint64_t> expected;
    for (const auto& [handle, value] : living) expected[handle.index] = value;
    RC_ASSERT(met == expected);
  }));
}

}  // namespace
