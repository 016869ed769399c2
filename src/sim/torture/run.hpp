// Plays a plan and holds the world to its promises after every event. See docs/internals/simulation.md.
#pragma once

#include "fourtuple/trace.hpp"
#include "sim/torture/plan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ft::sim::torture {

/// What is left out of a plan while a failure is made smaller: one flag an item.
using Chosen = std::vector<bool>;

struct Outcome {
  std::string wrong;  // the first promise that was broken; empty: none
  Instant at{};       // when
  std::uint64_t connections = 0, finished = 0, reset = 0, timed_out = 0;
  std::uint64_t packets = 0, lost = 0, events = 0;
};

/// `story`, when there is one, hears everything.
Outcome run(const Plan& plan, const Chosen& chosen, trace::Sink* story = nullptr);
/// The whole plan.
Outcome run(const Plan& plan, trace::Sink* story = nullptr);

}  // namespace ft::sim::torture
