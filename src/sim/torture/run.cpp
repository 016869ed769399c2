#include "sim/torture/run.hpp"

#include "sim/torture/runner.hpp"

namespace ft::sim::torture {

Outcome run(const Plan& plan, const Chosen& chosen, trace::Sink* story) { return Runner(plan, chosen, story).play(); }

Outcome run(const Plan& plan, trace::Sink* story) {
  const Chosen all(plan.items.size(), true);
  return run(plan, all, story);
}

}  // namespace ft::sim::torture
