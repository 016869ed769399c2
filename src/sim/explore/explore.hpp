// Every order of everything, breadth first: all that a machine can come to within so many choices, each state looked at once. A
// state is kept as a number and the way that led to it, so millions fit into memory; it is made again by taking that way.
#pragma once

#include "sim/explore/machine.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ft::sim::explore {

/// Where the way that is about to be taken is written down before it is: who finds the explorer dead finds the way there.
struct Notebook {
  std::uint32_t length = 0;
  std::uint32_t well_from = 0;
  std::array<Choice, 1024> way{};
};

struct Bounds {
  unsigned depth = 100;               // choices from the start
  std::uint64_t states = 10'000'000;  // distinct ones
  std::uint64_t twins = 0;            // every so many-th time that a state is met again, both are compared; 0: never
  Notebook* notebook = nullptr;
};

struct Count {
  std::uint64_t states = 0;       // distinct
  std::uint64_t transitions = 0;  // choices taken from them
  std::uint64_t ends = 0;         // states in which nothing happens any more once the network is well
  std::uint64_t compared = 0;     // twins
  unsigned depth = 0;             // of the deepest state
  bool whole = false;             // everything within the rules was seen: no bound cut it
};

/// The shortest way to something wrong.
struct Finding {
  std::string wrong;
  std::vector<Choice> way;  // the last of it with a network that is well again, from `well_from` on
  std::size_t well_from = 0;
};

struct Result {
  Count count;
  std::optional<Finding> finding;
};

/// `go_on` is asked every few thousand states.
Result explore(const Rules& rules, const Bounds& bounds, const std::function<bool(const Count&)>& go_on);

/// Takes the way again and tells each step.
std::vector<Step> retell(const Rules& rules, const Finding& finding);

}  // namespace ft::sim::explore
