#include "sim/explore/explore.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>

namespace ft::sim::explore {
namespace {

constexpr unsigned most_when_well = 600;  // choices until everything is over, with a network that is well
constexpr std::uint32_t root = 0;

/// The numbers are mixed already.
struct AsItIs {
  using is_avalanching = void;
  std::size_t operator()(std::uint64_t x) const { return static_cast<std::size_t>(x); }
};

class Explorer {
 public:
  Explorer(const Rules& rules, const Bounds& bounds) : rules_(rules), bounds_(bounds) {}

  Result run(const std::function<bool(const Count&)>& go_on) {
    nodes_.push_back({});
    ++result_.count.states;
    std::size_t next = 0;
    std::size_t level_end = 1;
    for (unsigned depth = 0; next < nodes_.size() && depth < bounds_.depth; ++depth) {
      for (; next < level_end; ++next) {
        expand(static_cast<std::uint32_t>(next));
        if (result_.finding || result_.count.states >= bounds_.states) return result_;
        if (next % 4096 == 0 && !go_on(result_.count)) return result_;
      }
      level_end = nodes_.size();
      if (next < level_end) result_.count.depth = depth + 1;
    }
    result_.count.whole = next == nodes_.size();
    return result_;
  }

 private:
  struct Node {
    std::uint32_t before = root;
    Choice choice;
  };

  void note(Choice choice, bool well) {
    Notebook* book = bounds_.notebook;
    if (book == nullptr || book->length == book->way.size()) return;
    if (!well) book->well_from = book->length + 1;
    book->way[book->length++] = choice;
  }

  /// Takes the way to a node.
  void go(Machine& machine, std::uint32_t node) {
    way_.clear();
    for (std::uint32_t at = node; at != root; at = nodes_[at].before) way_.push_back(nodes_[at].choice);
    std::reverse(way_.begin(), way_.end());
    if (bounds_.notebook != nullptr) bounds_.notebook->length = bounds_.notebook->well_from = 0;
    for (const Choice choice : way_) {
      note(choice, false);
      machine.apply(choice);
    }
  }

  void expand(std::uint32_t node) {
    {
      Machine machine(rules_, pool_);
      go(machine, node);
      machine.choices(choices_);
      check_end(machine, node);
    }
    const std::vector<Choice> choices = choices_;
    for (const Choice choice : choices) {
      if (result_.finding) return;
      Machine machine(rules_, pool_);
      go(machine, node);
      ++result_.count.transitions;
      note(choice, false);
      if (std::string wrong = machine.apply(choice); !wrong.empty()) {
        find(std::move(wrong), node);
        result_.finding->way.push_back(choice);
        result_.finding->well_from = result_.finding->way.size();
        return;
      }
      const std::uint64_t digest = machine.digest();
      const auto [place, is_new] = seen_.try_emplace(digest, static_cast<std::uint32_t>(nodes_.size()));
      if (is_new) {
        nodes_.push_back({node, choice});
        ++result_.count.states;
      } else if (bounds_.twins != 0 && ++met_again_ % bounds_.twins == 0) {
        compare(machine, place->second);
      }
    }
  }

  void find(std::string wrong, std::uint32_t node) {
    Finding finding;
    finding.wrong = std::move(wrong);
    for (std::uint32_t at = node; at != root; at = nodes_[at].before) finding.way.push_back(nodes_[at].choice);
    std::reverse(finding.way.begin(), finding.way.end());
    finding.well_from = finding.way.size();
    result_.finding = std::move(finding);
  }

  /// With a network that is well from now on, everything comes to the end that was agreed.
  void check_end(Machine& machine, std::uint32_t node) {
    std::vector<Choice> taken;
    std::string wrong;
    for (;;) {
      if (!healed_.insert(machine.state_digest()).second) return;  // from here on it went well before
      const auto choice = machine.next_when_well();
      if (!choice) {
        ++result_.count.ends;
        wrong = machine.judge_end();
        break;
      }
      taken.push_back(*choice);
      note(*choice, true);
      wrong = machine.apply(*choice);
      if (wrong.empty() && taken.size() > most_when_well) wrong = "it goes on without end, though nothing is lost";
      if (!wrong.empty()) break;
    }
    if (wrong.empty()) return;
    find(std::move(wrong), node);
    result_.finding->way.insert(result_.finding->way.end(), taken.begin(), taken.end());
  }

  /// Two ways led to the same number: then the same must be possible from both, or the number forgets something.
  void compare(Machine& machine, std::uint32_t other) {
    ++result_.count.compared;
    Machine twin(rules_, pool_);
    go(twin, other);
    unsigned step = 0;
    for (; step < 40 && machine.state_digest() == twin.state_digest(); ++step) {
      const auto a = machine.next_when_well();
      const auto b = twin.next_when_well();
      if (!a && !b) return;
      if (a.has_value() != b.has_value() || a->move != b->move) break;
      machine.apply(*a);
      twin.apply(*b);
    }
    if (step == 40) return;
    const auto mine = machine.digests();
    const auto theirs = twin.digests();
    const std::string part = mine[0] != theirs[0] ? "the first end" : mine[1] != theirs[1] ? "the second end" : "the flight";
    find("two states have one number and differ after " + std::to_string(step) + " more choices, in " + part +
             ": the number forgets something",
         other);
  }

  const Rules& rules_;
  const Bounds& bounds_;
  BufferPool pool_{64u << 20};
  std::vector<Node> nodes_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t, AsItIs> seen_;
  boost::unordered_flat_set<std::uint64_t, AsItIs> healed_;
  std::vector<Choice> way_, choices_;
  std::uint64_t met_again_ = 0;
  Result result_;
};

}  // namespace

Result explore(const Rules& rules, const Bounds& bounds, const std::function<bool(const Count&)>& go_on) {
  return Explorer(rules, bounds).run(go_on);
}

/// The first step is the opening.
std::vector<Step> retell(const Rules& rules, const Finding& finding) {
  BufferPool pool{64u << 20};
  Machine machine(rules, pool);
  std::vector<Step> steps(1);
  steps[0].at = machine.now();
  steps[0].sent = machine.in_flight();
  steps[0].before = steps[0].after = {machine.state(0), machine.state(1)};
  for (std::size_t i = 0; i < finding.way.size(); ++i) {
    if (i == finding.well_from) (void)machine.next_when_well();
    steps.emplace_back();
    machine.apply(finding.way[i], &steps.back());
  }
  return steps;
}

}  // namespace ft::sim::explore
