#include "analysis/compare/prover.hpp"

#include <algorithm>
#include <utility>

namespace ft::analysis {

namespace {

/// What explains a loss, rather than deny it.
constexpr std::string_view causes[] = {"congestion", "loss-random", "shaper", "firewall-drops", "route-change"};

void add_sorted(std::vector<std::uint64_t>& frames, std::uint64_t& count, std::uint64_t frame) {
  if (frame == 0) return;
  const auto place = std::ranges::lower_bound(frames, frame);
  if (place != frames.end() && *place == frame) return;
  count = std::max<std::uint64_t>(count, frames.size()) + 1;
  if (frames.size() < Finding::most_frames) frames.insert(place, frame);
}

}  // namespace

Proving::Proving(Finding& finding, std::string_view id, const Lane& lane, const std::string& other)
    : finding_(finding), lane_(lane), proof_{.id = id, .capture = other, .frames = {}, .frame_count = 0} {
  text("near", *lane.near).text("far", *lane.far);
}

Proving& Proving::crossing(const Crossing& crossing) { return crossing_of(crossing, lane_); }

Proving& Proving::crossing_of(const Crossing& crossing, const Lane& lane) {
  add_sorted(finding_.frames, finding_.frame_count, lane.first_frame(crossing));
  return other_frame(lane.other_frame(crossing));
}

Proving& Proving::other_frame(std::uint64_t frame) {
  add_sorted(proof_.frames, proof_.frame_count, frame);
  return *this;
}

Proving& Proving::frames(const Proof& seen) {
  for (const std::uint64_t frame : seen.frames) other_frame(frame);
  proof_.frame_count = std::max(proof_.frame_count, seen.frame_count);
  return *this;
}

Proving& Proving::gone(std::uint64_t count) {
  replace({"gone", Fact::Unit::count, static_cast<double>(count)});
  return *this;
}

Proving& Proving::text(std::string_view name, std::string value) {
  replace({name, Fact::Unit::text, 0, std::move(value)});
  return *this;
}

void Proving::certain(bool at_edge) {
  finding_.confidence = at_edge ? 0.95f : 1.0f;
  std::erase_if(finding_.alternatives, [](std::string_view id) { return std::ranges::find(causes, id) == std::end(causes); });
  if (at_edge) finding_.alternatives.push_back("other-capture-short");
  finding_.proof = std::move(proof_);
}

void Proving::replace(Fact fact) {
  const auto known = std::ranges::find(finding_.facts, fact.name, &Fact::name);
  if (known == finding_.facts.end())
    finding_.facts.push_back(std::move(fact));
  else
    *known = std::move(fact);
}

bool has_fact(const Finding& finding, std::string_view name) {
  return std::ranges::find(finding.facts, name, &Fact::name) != finding.facts.end();
}

void prove_absence(Connection& connection, const std::array<std::string, 2>& names) {
  const Passage nowhere;
  for (Finding& finding : connection.findings) {
    const bool unanswered = finding.id == "syn-unanswered" || finding.id == "icmp-rejected" || finding.id == "reset-by-middlebox";
    if (!unanswered && finding.id != "port-closed") continue;
    if (finding.id == "port-closed") {  // whom the SYN never reached did not refuse it
      Draft draft("reset-by-middlebox", finding.side);
      Finding fresh = draft.frames(finding.frames).between(finding.from, finding.until).done();
      fresh.cost = finding.cost;
      fresh.facts = finding.facts;
      finding = std::move(fresh);
    }
    const Lane lane{.passage = &nowhere, .side = 0, .near = &names[0], .far = &names[1]};
    Proving(finding, "unseen", lane, names[1]).certain(true);
    if (finding.id != "syn-unanswered") continue;
    finding.alternatives = {"firewall-drops"};
    finding.facts.push_back({"proven", Fact::Unit::count, 1});
    finding.facts.push_back({"between", Fact::Unit::count, 1});
  }
}

}  // namespace ft::analysis
