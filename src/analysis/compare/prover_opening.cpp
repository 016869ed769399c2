// Which packet of a handshake was lost, and what the path made of its options: from one end that is a guess.
#include "analysis/compare/prover.hpp"
#include "analysis/dissect/segment.hpp"
#include "analysis/find/case.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace ft::analysis {

namespace {

using namespace wire;
using Is = Testimony::Is;

constexpr std::string_view of_opening[] = {"syn-unanswered", "syn-retransmitted-then-ok", "synack-lost", "handshake-ack-lost",
                                           "listen-queue-overflow"};

/// The packets of a handshake, as they were sent.
struct Handshake {
  std::vector<const Crossing*> syns, answers;
  const Crossing* ack = nullptr;

  explicit Handshake(const std::array<Lane, 2>& lanes) {
    for (const Crossing& x : lanes[0].crossings()) {
      const bool syn = (x.flags & tcp_flag::syn) != 0 && (x.flags & tcp_flag::ack) == 0;
      if (x.near != 0 && syn && (syns.empty() || syns.front()->seq == x.seq)) syns.push_back(&x);
    }
    for (const Crossing& x : lanes[1].crossings())
      if (x.near != 0 && (x.flags & tcp_flag::syn) != 0 && (x.flags & tcp_flag::ack) != 0) answers.push_back(&x);
    if (answers.empty()) return;
    const auto ends = std::ranges::find_if(lanes[0].crossings(), [&](const Crossing& x) {
      const bool bare = (x.flags & (tcp_flag::syn | tcp_flag::rst)) == 0 && (x.flags & tcp_flag::ack) != 0;
      return x.near != 0 && bare && x.ack == answers.front()->seq + 1;
    });
    if (ends != lanes[0].crossings().end()) ack = &*ends;
  }
  static bool lost(const Crossing* x) { return x->any(Is::lost); }
  static std::uint64_t count_lost(const std::vector<const Crossing*>& all) {
    return static_cast<std::uint64_t>(std::ranges::count_if(all, lost));
  }
  bool answer_came() const { return !std::ranges::all_of(answers, lost); }
};

struct Decision {
  std::string_view id, proof;
  std::uint8_t side = 0;
};

/// Nothing where nothing was lost: what seemed so was slow.
std::optional<Decision> decide(const Handshake& h, const std::array<Lane, 2>& lanes) {
  using namespace std::chrono_literals;
  if (h.syns.empty()) return std::nullopt;
  // Only right before the server it is known what the server had.
  const Duration near_enough = std::max<Duration>(1ms, (lanes[0].passage->least + lanes[1].passage->least) / 10);
  const auto answered_at_once = [&](const Crossing* syn) {
    return syn->far != 0 && h.answers.front()->at - syn->arrived <= near_enough;
  };
  const Crossing& first = *h.syns.front();
  if (h.lost(&first)) {
    if (h.answers.empty()) return Decision{"syn-unanswered", "syn-lost", 0};
    return h.answer_came() ? Decision{"syn-retransmitted-then-ok", "syn-lost", 0} : Decision{"synack-lost", "synack-lost", 1};
  }
  if (h.answers.empty()) return Decision{"syn-unanswered", "not-answered", 0};
  const Crossing& answer = *h.answers.front();
  const bool late = h.syns.size() > 1 && h.syns[1]->far != 0 && answer.at > h.syns[1]->arrived;
  if (late && !std::ranges::any_of(h.syns, answered_at_once)) return std::nullopt;
  if (late) return Decision{"listen-queue-overflow", "not-answered", 1};
  if (h.lost(&answer)) return Decision{"synack-lost", "synack-lost", 1};
  if (h.answers.size() < 2 || h.ack == nullptr) return std::nullopt;
  if (h.lost(h.ack)) return Decision{"handshake-ack-lost", "ack-lost", 0};
  if (!answered_at_once(&first)) return std::nullopt;
  if (h.ack->far != 0 && h.ack->arrived <= h.answers[1]->at) return Decision{"listen-queue-overflow", "ack-arrived", 1};
  return std::nullopt;
}

Duration between(const std::vector<const Crossing*>& all) {
  return all.size() < 2 ? Duration{} : all.back()->at - all.front()->at;
}

/// The finding of that id, with the facts that its sentence needs.
Finding told_anew(const Connection& c, const Handshake& h, const Decision& decision, const Finding& old, bool at_server) {
  Draft draft(decision.id, decision.side);
  const Duration wait = h.syns.size() > 1 ? between(h.syns) : between(h.answers);
  draft.frames(old.frames).between(old.from, old.until).cost(old.cost.time, old.cost.segments, old.cost.octets);
  draft.number("port", c.sides[1].endpoint.port, Fact::Unit::port).flag("proven");
  draft.flag("between", decision.proof != "not-answered").flag("arrived", decision.proof == "not-answered");
  const bool of_answer = decision.side == 1 || decision.id == "handshake-ack-lost";
  draft.count("tries", of_answer ? h.answers.size() : h.syns.size());
  if (decision.id == "syn-retransmitted-then-ok") {
    draft.time("connect", wait + round_trip(c)).count("isn", h.syns.front()->seq.value());
    if (round_trip(c) > Duration{}) draft.time("rtt", round_trip(c));
  } else if (decision.id == "synack-lost") {
    draft.time("connect", wait).flag("elsewhere", !at_server);
    if (!h.answer_came()) draft.severity(Severity::error);
  } else if (decision.id == "syn-unanswered") {
    if (wait > Duration{}) draft.time("wait", wait);
    draft.count("isn", h.syns.front()->seq.value());
  } else if (decision.id == "handshake-ack-lost") {
    draft.time("wait", h.answers[1]->at - h.answers[0]->at);
  } else {
    if (decision.proof == "ack-arrived") draft.count("synacks", h.answers.size());
    draft.flag("ignored", decision.proof == "not-answered" && !has_fact(old, "accepted"));
    if (c.sides[1].text > 0) draft.severity(Severity::warning);
  }
  Finding finding = draft.done();
  for (const Fact& fact : old.facts)
    if (!has_fact(finding, fact.name)) finding.facts.push_back(fact);
  return finding;
}

void add_evidence(Proving& proving, const Handshake& h, const std::array<Lane, 2>& lanes) {
  for (const Crossing* x : h.syns) proving.crossing_of(*x, lanes[0]);
  for (const Crossing* x : h.answers) proving.crossing_of(*x, lanes[1]);
  if (h.ack != nullptr && h.syns.size() < 2) proving.crossing_of(*h.ack, lanes[0]);
}

void tell_options(Connection& c, const Lane& lane, const std::string& other) {
  struct Option {
    Altered what;
    std::string_view name;
  };
  constexpr Option options[] = {
      {Altered::window_scale, "window-scale"}, {Altered::sack_permitted, "sack"}, {Altered::timestamps, "timestamps"}};
  std::string missing;
  const Alteration* shown = nullptr;
  for (const auto& [what, name] : options) {
    const auto found = std::ranges::find(lane.passage->altered, what, &Alteration::what);
    if (found == lane.passage->altered.end() || found->after != "none") continue;
    missing += (missing.empty() ? "" : ", ") + std::string(name);
    shown = &*found;
  }
  if (shown == nullptr) return;
  Draft draft("options-stripped", lane.side);
  draft.frame(shown->frame_first).text("options", missing).flag(lane.side == 0 ? "syn" : "answer").flag("proof");
  Finding finding = draft.between(c.first, c.first).done();
  Proving proving(finding, "altered", lane, other);
  proving.text("before", missing).text("after", "none").other_frame(shown->frame_second).certain();
  c.findings.push_back(std::move(finding));
}

void tell_mss(Connection& c, const Lane& lane, const std::string& other) {
  const auto found = std::ranges::find(lane.passage->altered, Altered::mss, &Alteration::what);
  if (found == lane.passage->altered.end() || found->before == "none" || found->after == "none") return;
  Draft draft("mss-clamped", lane.side);
  const auto octets = [](const std::string& text) { return static_cast<std::uint64_t>(std::strtoul(text.c_str(), nullptr, 10)); };
  draft.frame(found->frame_first).octets("mss", octets(found->after)).octets("mss_before", octets(found->before)).flag("proof");
  Finding finding = draft.between(c.first, c.first).done();
  Proving proving(finding, "altered", lane, other);
  proving.text("before", found->before).text("after", found->after).other_frame(found->frame_second).certain();
  c.findings.push_back(std::move(finding));
}

}  // namespace

bool is_of_opening(const Finding& finding) {
  return std::ranges::find(of_opening, finding.id) != std::end(of_opening) && !has_fact(finding, "reset");
}

void prove_opening(Connection& c, const std::array<Lane, 2>& lanes, const std::string& other, std::optional<Finding> second) {
  const auto ours = std::ranges::find_if(c.findings, is_of_opening);
  if (ours == c.findings.end() && !second) return;
  const Handshake h(lanes);
  auto decision = decide(h, lanes);
  if (!decision) return;
  const Finding& old = ours == c.findings.end() ? *second : *ours;
  // Not answered where others were: that was told before, and is true now.
  if (decision->id == "syn-unanswered" && decision->proof == "not-answered" && old.id == "listen-queue-overflow")
    decision = Decision{"listen-queue-overflow", "not-answered", 1};
  Finding finding = told_anew(c, h, *decision, old, lanes[1].passage->near_is_first);
  const Lane& lane = lanes[decision->proof == "synack-lost" ? 1u : 0u];
  Proving proving(finding, decision->proof, lane, other);
  add_evidence(proving, h, lanes);
  const auto& gone = decision->proof == "syn-lost" ? h.syns : h.answers;
  const bool at_edge =
      decision->proof == "syn-lost" && std::ranges::any_of(h.syns, [](const Crossing* x) { return x->any(Is::at_edge); });
  proving.gone(Handshake::count_lost(gone)).certain(at_edge);
  if (decision->proof == "not-answered") finding.alternatives = {"queue-full", "firewall-drops"};
  if (ours == c.findings.end())
    c.findings.push_back(std::move(finding));
  else
    *ours = std::move(finding);
}

void prove_offers(Connection& c, const std::array<Lane, 2>& lanes, const std::string& other) {
  for (const Lane& lane : lanes) {
    const bool compared = std::ranges::any_of(
        lane.crossings(), [](const Crossing& x) { return (x.flags & tcp_flag::syn) != 0 && x.near != 0 && x.far != 0; });
    if (!compared) continue;
    // What both captures have alike, nobody took away: its sender meant it so.
    const std::uint8_t answerer = lane.side;
    std::erase_if(c.findings, [&](const Finding& f) {
      return (f.id == "mss-clamped" || f.id == "options-stripped") && f.side == answerer && !f.proof;
    });
    for (Finding& finding : c.findings) {
      const auto found = std::ranges::find(lane.passage->altered, Altered::window_scale, &Alteration::what);
      if (finding.id != "window-scale-mismatch" || found == lane.passage->altered.end()) continue;
      Proving proving(finding, "altered", lane, other);
      proving.text("before", found->before).text("after", found->after).other_frame(found->frame_second).certain();
    }
    tell_options(c, lane, other);
    tell_mss(c, lane, other);
  }
}

}  // namespace ft::analysis
