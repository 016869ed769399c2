#include "analysis/compare/prover.hpp"

#include "analysis/find/case.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ft::analysis {

namespace {

using namespace std::chrono_literals;
using namespace wire;
using Is = Testimony::Is;

bool one_of(std::string_view id, std::span<const std::string_view> ids) { return std::ranges::find(ids, id) != ids.end(); }

// Who knows best: what became of a sender's segments is seen near to the sender, what came late or twice near to the receiver.
constexpr std::string_view of_sender[] = {
    "loss-fast-recovery",      "tail-loss",           "lost-retransmission", "path-outage",    "rto-backoff",
    "spurious-retransmission", "loss-random",         "policer-loss",        "mtu-black-hole", "fin-retransmitted",
    "mtu-probing-recovered",   "keepalive-unanswered"};
constexpr std::string_view of_receiver[] = {"reordering", "network-duplicates", "checksum-corruption", "stale-duplicate"};
// What the second capture may see alone, whatever side it is of.
constexpr std::string_view of_either[] = {"rst-injected", "idle-timeout", "blind-reset-attempt"};

constexpr std::string_view losses[] = {"loss-fast-recovery", "tail-loss",      "lost-retransmission", "loss-random",
                                       "policer-loss",       "mtu-black-hole", "fin-retransmitted",   "mtu-probing-recovered"};
constexpr std::string_view stalls[] = {"path-outage", "rto-backoff", "idle-timeout", "keepalive-unanswered"};
constexpr std::string_view resets[] = {
    "rst-injected",       "port-closed",           "reset-by-middlebox", "blind-reset-attempt",  "rst-unread-data",
    "rst-abortive-close", "half-open-peer-forgot", "idle-timeout",       "rst-data-after-close", "client-gave-up"};

bool pure_ack(const Crossing& crossing) {
  constexpr unsigned others = tcp_flag::syn | tcp_flag::fin | tcp_flag::rst;
  return crossing.length == 0 && (crossing.flags & tcp_flag::ack) != 0 && (crossing.flags & others) == 0;
}
bool carries(const Crossing& crossing) { return crossing.length > 0 || (crossing.flags & tcp_flag::fin) != 0; }

class Prover {
 public:
  Prover(Connection& connection, const Evidence& e) : c_(connection), e_(e) {
    const bool same = c_.sides[0].endpoint == e.compared->first.local;
    for (std::size_t way = 0; way < 2; ++way) {
      const Passage& passage = e.compared->ways[way];
      Lane lane{.passage = &passage,
                .side = static_cast<std::uint8_t>(same ? way : 1 - way),
                .near = &(*e.names)[passage.near_is_first ? 0 : 1],
                .far = &(*e.names)[passage.near_is_first ? 1 : 0]};
      lanes_[lane.side] = lane;
    }
  }

  void run() {
    std::optional<Finding> opening = merge();
    prove_opening(c_, lanes_, other(), std::move(opening));
    std::vector<Finding> kept;
    for (Finding& finding : c_.findings)
      if (finding.proof || confirm(finding)) kept.push_back(named(std::move(finding)));
    c_.findings = std::move(kept);
    drop_what_a_forgery_explains();
    prove_offers(c_, lanes_, other());
    for (const Lane& lane : lanes_) {
      add_reordering(lane);
      acknowledgements(lane);
    }
  }

 private:
  const std::string& other() const { return (*e_.names)[1]; }

  static bool fit(const Connection& connection) {
    return !connection.doubtful(Doubt::one_direction) && !connection.doubtful(Doubt::capture_drops) &&
           !connection.doubtful(Doubt::forgotten);
  }

  /// Whether the second capture knows more about it.
  bool is_theirs(std::string_view id, std::uint8_t side) const {
    if (side > 1 || e_.other == nullptr || !fit(*e_.other)) return false;
    const bool near_is_first = lanes_[side].passage->near_is_first;
    return (one_of(id, of_sender) && !near_is_first) || (one_of(id, of_receiver) && near_is_first);
  }

  /// A finding of the second capture in the frames and times of the first.
  Finding translated(Finding finding, std::uint8_t side) {
    Proof seen{.id = {}, .capture = other(), .frames = finding.frames, .frame_count = finding.frame_count};
    std::vector<std::uint64_t> here;
    for (const Lane& lane : lanes_)
      for (const Crossing& crossing : lane.crossings())
        if (lane.first_frame(crossing) != 0 &&
            std::ranges::find(finding.frames, lane.other_frame(crossing)) != finding.frames.end())
          here.push_back(lane.first_frame(crossing));
    std::ranges::sort(here);
    finding.frame_count = here.size();
    finding.frames = std::move(here);
    finding.side = side;
    finding.from -= e_.comparison->offset;
    finding.until -= e_.comparison->offset;
    seen_.push_back({finding.id, side, std::move(seen)});
    return finding;
  }

  /// Takes what the second capture knows better. Returns what it says of the opening, where the first one says nothing.
  std::optional<Finding> merge() {
    std::erase_if(c_.findings, [&](const Finding& finding) { return is_theirs(finding.id, finding.side); });
    std::optional<Finding> opening;
    if (e_.other == nullptr) return opening;
    const bool same = e_.other->sides[0].endpoint == e_.compared->second.local;
    const bool ours_same = c_.sides[0].endpoint == e_.compared->first.local;
    for (const Finding& finding : e_.other->findings) {
      const std::uint8_t side =
          finding.side > 1 || same == ours_same ? finding.side : static_cast<std::uint8_t>(finding.side ^ 1u);
      const bool of_both = finding.id == "idle-timeout";  // what one side has lost the other has lost as well
      const bool known =
          std::ranges::any_of(c_.findings, [&](const Finding& f) { return f.id == finding.id && (of_both || f.side == side); });
      if (is_theirs(finding.id, side) || (one_of(finding.id, of_either) && !known))
        c_.findings.push_back(translated(finding, side));
      else if (is_of_opening(finding) && !opening)
        opening = translated(finding, side);
    }
    return opening;
  }

  /// The frames of the second capture that a translated finding brought along.
  Proving proving(Finding& finding, std::string_view id, const Lane& lane) {
    Proving proving(finding, id, lane, other());
    for (const Seen& seen : seen_)
      if (seen.id == finding.id && seen.side == finding.side) proving.frames(seen.proof);
    for (const std::uint64_t frame : e_.witness->others(finding.frames)) proving.other_frame(frame);
    return proving;
  }

  /// What only the second capture shows is told with its frames.
  Finding named(Finding finding) const {
    const auto seen =
        std::ranges::find_if(seen_, [&](const Seen& one) { return one.id == finding.id && one.side == finding.side; });
    if (finding.proof || seen == seen_.end() || finding.side > 1) return finding;
    finding.proof = seen->proof;
    finding.proof->id = "seen-there";
    return finding;
  }

  /// False: the other capture shows that it is not so.
  bool confirm(Finding& finding) {
    if (one_of(finding.id, resets) && (finding.id != "idle-timeout" || has_fact(finding, "reset"))) return reset(finding);
    if (finding.id == "capture-duplicates") return captured_twice(finding);
    if (finding.side > 1) return true;
    const Lane& lane = lanes_[finding.side];
    if (one_of(finding.id, losses)) return loss(finding, lane);
    if (one_of(finding.id, stalls)) return stall(finding, lane);
    if (finding.id == "spurious-retransmission") return needless(finding, lane);
    if (finding.id == "reordering") return late(finding, lane);
    if (finding.id == "stale-duplicate") return stale(finding, lane);
    if (finding.id == "network-duplicates") return doubled(finding, lane);
    if (finding.id == "checksum-corruption") return damaged(finding, lane);
    return true;
  }

  bool loss(Finding& finding, const Lane& lane) {
    const bool only_fin = finding.id == "fin-retransmitted";
    const auto counts = [&](const Crossing& x) { return only_fin ? (x.flags & tcp_flag::fin) != 0 : carries(x); };
    std::uint64_t gone = 0, edge = 0, refused = 0, incomplete = 0;
    for (const Crossing& x : lane.crossings()) {
      if (!counts(x)) continue;
      gone += x.any(Is::lost) && !x.any(Is::at_edge) ? 1u : 0u;
      edge += x.any(Is::lost) && x.any(Is::at_edge) ? 1u : 0u;
      refused += x.any(Is::refused) ? 1u : 0u;
      incomplete += x.any(Is::incomplete) ? 1u : 0u;
    }
    if (gone + edge > 0) {
      Proving p = proving(finding, "lost-between", lane);
      for (const Crossing& x : lane.crossings())
        if (counts(x) && x.any(Is::lost) && (gone == 0 || !x.any(Is::at_edge))) p.crossing(x);
      p.gone(gone > 0 ? gone : edge).certain(gone == 0);
      return true;
    }
    if (refused > 0) {
      Proving p = proving(finding, "lost-beyond", lane);
      for (const Crossing& x : lane.crossings())
        if (x.any(Is::refused)) p.crossing(x);
      p.certain();
      return true;
    }
    const bool all_told = incomplete == 0 && lane.passage->lost_count == 0 && lane.passage->unjudged == 0;
    return !all_told || lane.passage->arrived == 0 || only_fin;
  }

  /// Nothing came back for a while: were the segments lost, or the answers, or was nobody there?
  bool stall(Finding& finding, const Lane& lane) {
    const Lane& back = lanes_[other_side(lane.side)];
    const auto during = [&](const Lane& way, const Crossing& x) {
      const Duration ahead = way.passage->near_is_first ? Duration{} : e_.comparison->offset;
      return x.near != 0 && x.at >= finding.from + ahead && x.at <= finding.until + ahead;
    };
    std::uint64_t gone = 0, edge = 0, came = 0, answers = 0, answers_lost = 0;
    for (const Crossing& x : lane.crossings()) {
      if (!during(lane, x) || (!carries(x) && finding.id != "keepalive-unanswered")) continue;
      if (!x.any(Is::lost | Is::copy)) ++came;
      if (x.any(Is::lost)) ++(x.any(Is::at_edge) ? edge : gone);
    }
    for (const Crossing& x : back.crossings()) {
      if (!during(back, x)) continue;
      ++answers;
      answers_lost += x.any(Is::lost) ? 1u : 0u;
    }
    if (gone + edge > 0 && came <= gone + edge) {
      Proving p = proving(finding, "lost-between", lane);
      for (const Crossing& x : lane.crossings())
        if (during(lane, x) && x.any(Is::lost)) p.crossing(x);
      if (finding.id == "idle-timeout") finding.facts.push_back({"proof", Fact::Unit::count, 1});
      p.gone(gone + edge).certain(gone == 0);
    } else if (came > 0 && answers_lost > 0 && answers_lost * 2 > answers) {
      Proving p = proving(finding, "answers-lost", lane);
      for (const Crossing& x : back.crossings())
        if (during(back, x) && x.any(Is::lost)) p.crossing_of(x, back);
      p.gone(answers_lost).certain();
    } else if (came > 0 && answers == 0) {
      proving(finding, "peer-silent", lane).certain();
      finding.alternatives = {"peer-gone"};
    }
    return true;
  }

  bool needless(Finding& finding, const Lane& lane) {
    const Lane& back = lanes_[other_side(lane.side)];
    std::uint64_t proven = 0, overtaken = 0, acks = 0;
    for (const Crossing& x : lane.crossings()) {
      proven += x.any(Is::needless) && !x.any(Is::refused) ? 1u : 0u;
      overtaken += x.any(Is::overtaken) && x.length > 0 ? 1u : 0u;
    }
    for (const Crossing& x : back.crossings()) acks += x.any(Is::lost) && !x.any(Is::at_edge) ? 1u : 0u;
    if (proven < finding.times) return true;
    Proving p = proving(finding, acks > 0 ? "acks-lost" : "arrived-before", lane);
    // ACKs go the other way: the capture near to their sender is the far one.
    if (acks > 0) {
      p.gone(acks);
      for (const Crossing& x : back.crossings())
        if (x.any(Is::lost) && !x.any(Is::at_edge)) p.crossing_of(x, back);
    }
    for (const Crossing& x : lane.crossings())
      if (x.any(Is::needless)) p.crossing(x);
    p.certain();
    finding.alternatives = {overtaken > 0 ? "reordering" : acks > 0 ? "acks-lost" : "delay-spike"};
    return true;
  }

  static bool is_late(const Crossing& x) { return x.any(Is::overtaken) && !x.any(Is::repeat) && x.length > 0; }
  static std::uint64_t late_ones(const Lane& lane) {
    return static_cast<std::uint64_t>(std::ranges::count_if(lane.crossings(), is_late));
  }

  bool late(Finding& finding, const Lane& lane) {
    const std::uint64_t count = late_ones(lane);
    if (count == 0) return lane.passage->extra_count > 0;
    for (Fact& fact : finding.facts)
      if (fact.name == "late") fact.value = static_cast<double>(count);
    finding.times = count;
    Proving p = proving(finding, "late-order", lane);
    for (const Crossing& x : lane.crossings())
      if (is_late(x)) p.crossing(x);
    p.gone(count).certain();
    return true;
  }

  void add_reordering(const Lane& lane) {
    const bool known =
        std::ranges::any_of(c_.findings, [&](const Finding& f) { return f.id == "reordering" && f.side == lane.side; });
    const std::uint64_t count = late_ones(lane);
    if (known || count == 0) return;
    Draft draft("reordering", lane.side);
    draft.count("late", count).percent("percent", count, c_.sides[lane.side].data_segments).flag("seen").times(count);
    Finding finding = draft.between(c_.first, c_.last).done();
    late(finding, lane);
    c_.findings.push_back(std::move(finding));
  }

  bool doubled(Finding& finding, const Lane& lane) {
    const auto is_copy = [](const Crossing& x) { return x.any(Is::copy) && x.near == 0; };
    const auto count = static_cast<std::uint64_t>(std::ranges::count_if(lane.crossings(), is_copy));
    if (count == 0) return lane.passage->extra_count > 0 || lane.passage->arrived == 0;
    for (Fact& fact : finding.facts)
      if (fact.name == "copies") fact.value = static_cast<double>(count);
    finding.times = count;
    Proving p = proving(finding, "doubled", lane);
    p.certain();
    return true;
  }

  bool stale(Finding& finding, const Lane& lane) {
    const bool copied = std::ranges::any_of(
        lane.crossings(), [&](const Crossing& x) { return x.near == 0 && x.any(Is::copy) && is_meant(finding, lane, x); });
    if (copied) proving(finding, "doubled", lane).certain();
    return true;
  }

  bool captured_twice(Finding& finding) {
    for (const Lane& lane : lanes_) {
      if (!lane.passage->near_is_first || lane.passage->copies_near == 0) continue;
      Proving(finding, "captured-twice", lane, other()).certain();
    }
    return true;
  }

  bool damaged(Finding& finding, const Lane& lane) {
    const bool changed =
        std::ranges::find(lane.passage->altered, Altered::text, &Alteration::what) != lane.passage->altered.end();
    if (changed) proving(finding, "damaged", lane).certain();
    return true;
  }

  bool reset(Finding& finding) {
    for (const Lane& lane : lanes_) {
      for (const Crossing& x : lane.crossings()) {
        const bool torn = (x.flags & (tcp_flag::rst | tcp_flag::syn)) != 0;
        const bool syn_counts = finding.id == "blind-reset-attempt";
        if (!torn || ((x.flags & tcp_flag::syn) != 0 && !syn_counts)) continue;
        if (!is_meant(finding, lane, x)) continue;
        if (x.any(Is::never_sent)) {
          Proving p = proving(finding, "never-sent", lane);
          p.crossing(x).certain(x.any(Is::at_edge));
          return true;
        }
        if (x.near == 0 || x.far == 0) continue;
        const float before = finding.confidence;
        auto left = finding.alternatives;
        Proving p = proving(finding, "was-sent", lane);
        p.crossing(x).certain();
        std::erase_if(left, [](std::string_view id) {
          return id == "rst-injected" || id == "reset-by-middlebox" || id == "firewall-rejects" || id == "load-balancer";
        });
        finding.alternatives = std::move(left);
        if (finding.id != "port-closed") finding.confidence = before;  // who sent it is a fact; why remains a conclusion
        return true;
      }
    }
    return true;
  }

  /// Who was made to believe in a reset does not know the connection any more: that is no finding of its own.
  void drop_what_a_forgery_explains() {
    const bool forged = std::ranges::any_of(
        c_.findings, [](const Finding& f) { return f.id == "rst-injected" && f.proof && f.proof->id == "never-sent"; });
    if (forged) std::erase_if(c_.findings, [](const Finding& f) { return f.id == "half-open-peer-forgot"; });
  }

  /// Whether it is among the frames of a finding, in whichever capture these are.
  bool is_meant(const Finding& finding, const Lane& lane, const Crossing& x) const {
    const auto among = [](const std::vector<std::uint64_t>& frames, std::uint64_t frame) {
      return frame != 0 && std::ranges::find(frames, frame) != frames.end();
    };
    if (among(finding.frames, lane.first_frame(x))) return true;
    return std::ranges::any_of(seen_, [&](const Seen& seen) {
      return seen.id == finding.id && seen.side == finding.side && among(seen.proof.frames, lane.other_frame(x));
    });
  }

  /// Acknowledgements that were lost without harm.
  void acknowledgements(const Lane& lane) {
    const auto is_lost_ack = [](const Crossing& x) { return pure_ack(x) && x.any(Is::lost) && !x.any(Is::at_edge); };
    const auto count = static_cast<std::uint64_t>(std::ranges::count_if(lane.crossings(), is_lost_ack));
    const auto known =
        std::ranges::find_if(c_.findings, [&](const Finding& f) { return f.id == "ack-loss-only" && f.side == lane.side; });
    if (known != c_.findings.end()) c_.findings.erase(known);
    const bool harm = std::ranges::any_of(c_.findings, [&](const Finding& f) {
      return f.id == "spurious-retransmission" || one_of(f.id, stalls) || is_of_opening(f);
    });
    if (count == 0 || harm) return;
    Draft draft("ack-loss-only", lane.side);
    Finding finding = draft.count("lost", count).times(count).between(c_.first, c_.last).done();
    Proving p(finding, "lost-between", lane, other());
    for (const Crossing& x : lane.crossings())
      if (is_lost_ack(x)) p.crossing(x);
    p.gone(count).certain();
    c_.findings.push_back(std::move(finding));
  }

  static constexpr std::uint8_t other_side(std::uint8_t side) { return side ^ 1u; }

  struct Seen {
    std::string_view id;
    std::uint8_t side = 0;
    Proof proof;
  };

  Connection& c_;
  const Evidence& e_;
  std::array<Lane, 2> lanes_;
  std::vector<Seen> seen_;  // the second capture's evidence for what was taken from it
};

}  // namespace

void prove(Connection& connection, const Evidence& evidence) { Prover(connection, evidence).run(); }

}  // namespace ft::analysis
