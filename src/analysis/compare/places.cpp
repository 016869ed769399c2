#include "analysis/compare/places.hpp"

#include <set>

namespace ft::analysis {

namespace {

/// A time of the second clock by the first one.
Instant here_of(const Comparison& comparison, Instant there) {
  const Instant about = there - comparison.offset;
  const std::chrono::duration<double> since_middle(about - comparison.middle);
  return about - std::chrono::duration_cast<Duration>(since_middle * comparison.skew);
}

}  // namespace

report::OtherPlace other_place(const Comparison& comparison, const ComparedConnection& compared, const Connection& here,
                               const report::FlowSteps& there) {
  report::OtherPlace place;
  const bool turned_here = here.sides[0].endpoint != compared.first.local;
  const bool turned_there = there.connection().sides[0].endpoint != compared.second.local;
  place.at_opener = compared.first_is_nearer_opener != turned_here;
  std::set<std::uint64_t> only_there;  // frames of the second capture
  for (const Passage& way : compared.ways) {
    for (const Crossing& crossing : way.crossings) {
      const bool lost = crossing.any(Testimony::lost) && !crossing.any(Testimony::at_edge | Testimony::copy);
      if (way.near_is_first && crossing.near != 0) {
        report::OtherPlace::Passed& passed = place.passed[crossing.near];
        if (crossing.far != 0 && comparison.clocks_known) passed.arrived = here_of(comparison, crossing.arrived);
        passed.lost = lost;
      } else if (!way.near_is_first && comparison.clocks_known && crossing.near != 0) {
        if (crossing.far != 0)
          place.passed[crossing.far].left = here_of(comparison, crossing.at);
        else if (lost)
          only_there.insert(crossing.near);
      }
    }
  }
  for (const report::FlowStep& step : there.steps()) {
    if (!only_there.contains(step.frame)) continue;
    place.only_there.push_back(step);
    place.only_there.back().at = here_of(comparison, step.at);
    if (turned_here != turned_there) place.only_there.back().side ^= 1u;
  }
  return place;
}

}  // namespace ft::analysis
