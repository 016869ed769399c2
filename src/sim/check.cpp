// Expectations held against facts: each becomes a sentence that says what was found.
#include <algorithm>

#include "sim/facts.hpp"
#include "sim/units.hpp"

namespace ft::sim {
namespace {

struct Finding {
  bool met = false;
  std::string found;
};

/// Of points in time: the simulator's clock is exact, a real machine has other things to do as well.
constexpr Duration virtual_tolerance = std::chrono::milliseconds(1);
constexpr Duration real_tolerance = std::chrono::milliseconds(250);

std::string plural(std::uint64_t n, std::string_view word) {
  return std::to_string(n) + " " + std::string{word} + (n == 1 ? "" : "s");
}

std::string times_text(const std::vector<Instant>& times) {
  std::string text;
  for (const Instant t : times) text += (text.empty() ? "" : ", ") + format_duration(t.time_since_epoch());
  return text;
}

bool same_times(const std::vector<Instant>& found, const std::vector<Duration>& wanted, Duration tolerance) {
  return std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(), [tolerance](Instant f, Duration w) {
    const Duration off = f.time_since_epoch() - w;
    return off <= tolerance && off >= -tolerance;
  });
}

Finding find_sent(const Expectation& e, const Facts& facts, Duration tolerance) {
  const auto kind = segment_kind(e.word);
  if (!kind) return {};
  const auto& times = facts.sent(e.host, *kind);
  const std::string who = e.subject + " sent ";
  if (!e.times.empty())
    return {same_times(times, e.times, tolerance), who + (times.empty() ? "no " + e.word : e.word + " at " + times_text(times))};
  const bool met = e.at_least ? times.size() >= e.number : times.size() == e.number;
  return {met, who + plural(times.size(), e.word + " segment")};
}

bool passed_state(const std::vector<StateMark>& path, std::string_view state) {
  return std::any_of(path.begin(), path.end(), [&](const StateMark& m) { return m.state == state; });
}

std::string path_text(const std::vector<StateMark>& path, const ConnectionEnd& c) {
  std::string text;
  for (const StateMark& m : path) {
    if (!text.empty()) text += ", ";
    text += m.state;
  }
  return text.empty() ? c.name + " never left CLOSED" : c.name + " was in " + text;
}

Duration time_in(const std::vector<StateMark>& path, std::string_view state, Instant ended) {
  Duration total{};
  std::optional<Instant> since;
  for (const StateMark& m : path) {
    if (since) total += m.at - *since;
    since = m.state == state ? std::optional{m.at} : std::nullopt;
  }
  return since ? total + (ended - *since) : total;
}

Finding find_about_connection(const Expectation& e, const Facts& facts, Instant ended) {
  const ConnectionEnd* c = facts.find(e.subject);
  if (c == nullptr) return {false, "there was no connection " + e.subject};
  using enum Expectation::Kind;
  switch (e.kind) {
    case closed:
      return {to_string(c->closed) == e.word,
              c->name + (c->closed == CloseReason::none ? " is not closed" : " closed: " + std::string{to_string(c->closed)})};
    case connected:
      return {c->connected, c->name + (c->connected ? " connected" : " did not connect")};
    case accepted:
      return {c->accepted, c->name + (c->accepted ? " was accepted" : " was not accepted")};
    case end:
      return {c->end_seen, c->name + (c->end_seen ? " saw the end of the stream" : " saw no end of the stream")};
    case received:
      return {c->octets_read == e.number, c->name + " received " + plural(c->octets_read, "octet")};
    case state:
      return {c->state == e.word, c->name + " ends in " + std::string{c->state}};
    case passed:
      return {passed_state(facts.path(*c), e.word), path_text(facts.path(*c), *c)};
    case stays: {
      const Duration time = time_in(facts.path(*c), e.word, ended);
      return {time >= e.duration, c->name + " was in " + e.word + " for " + format_duration(time)};
    }
    case error:
      return {to_string(c->error) == e.word,
              c->name + (c->error == Error::none ? " met no error" : " met " + std::string{to_string(c->error)})};
    case local_port:
      return {c->tuple.local.port == e.number, c->name + " has port " + std::to_string(c->tuple.local.port)};
    case sends:
    case dropped:
    case lost:
      break;
  }
  return {};
}

/// A connection that never was is no obstacle to "not": then nothing of the kind happened.
Finding find_out(const Expectation& e, const Facts& facts, Instant ended, Duration tolerance) {
  using enum Expectation::Kind;
  switch (e.kind) {
    case sends:
      return find_sent(e, facts, tolerance);
    case lost:
      return {facts.lost() == e.number, "the link lost " + plural(facts.lost(), "packet")};
    case dropped: {
      std::uint64_t n = 0;
      for (std::size_t r = 0; r < static_cast<std::size_t>(DropReason::count_); ++r)
        if (to_string(static_cast<DropReason>(r)) == e.word) n = facts.dropped(e.host, static_cast<DropReason>(r));
      return {n > 0, e.subject + " dropped " + plural(n, "packet") + " as " + e.word};
    }
    default:
      return find_about_connection(e, facts, ended);
  }
}

}  // namespace

std::vector<CheckedExpectation> check(const Scenario& scenario, const Facts& facts, Instant ended, std::optional<Role> only) {
  std::vector<CheckedExpectation> checked;
  for (const Expectation& e : scenario.expectations) {
    const bool about_link = e.kind == Expectation::Kind::lost;
    if (only && (about_link || e.host != *only)) continue;
    const Finding finding = find_out(e, facts, ended, only ? real_tolerance : virtual_tolerance);
    checked.push_back({e.text, e.line, finding.met != e.negated, finding.found});
  }
  return checked;
}

}  // namespace ft::sim
