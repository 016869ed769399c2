// Makes a failure small: leaves out whatever it can do without (delta debugging, Zeller and Hildebrandt 2002).
#pragma once

#include "sim/torture/run.hpp"

#include <functional>

namespace ft::sim::torture {

/// Does the plan still fail with these items? Called at most `most_runs` times.
using StillFails = std::function<bool(const Chosen&)>;

/// A choice that fails and of which no item that was tried can be left out. `chosen` must fail.
Chosen shrink(Chosen chosen, const StillFails& still_fails, unsigned most_runs);

}  // namespace ft::sim::torture
