#include <doctest/doctest.h>

#include <algorithm>

#include "sim/explore/story.hpp"
#include "tcp/fingerprint.hpp"
#include "trace/sinks.hpp"

using namespace ft;
using namespace ft::sim::explore;

namespace {

Rules world(std::string_view name) {
  const auto all = worlds();
  return *std::find_if(all.begin(), all.end(), [&](const Rules& r) { return r.name == name; });
}

Rules without_faults(std::string_view name) {
  Rules rules = world(name);
  rules.losses = rules.duplicates = rules.ticks = 0;
  return rules;
}

bool go_on(const Count&) { return true; }

/// Delivers what is oldest, until nothing is in flight.
void deliver_all(Machine& machine) {
  while (!machine.in_flight().empty()) CHECK(machine.apply({Move::deliver, 0}) == "");
}

}  // namespace

TEST_CASE("a world without faults is explored to its end, and every run ends as agreed") {
  for (const auto* name : {"handshake", "teardown", "simultaneous-open"}) {
    CAPTURE(name);
    const Rules rules = without_faults(name);
    const Result result = explore(rules, {.states = 1'000'000, .twins = 3}, go_on);
    CHECK_FALSE(result.finding.has_value());
    CHECK(result.count.whole);
    CHECK(result.count.states > 30);
    CHECK(result.count.transitions > result.count.states);
    CHECK(result.count.ends > 0);
  }
}

TEST_CASE("exploring again counts the same") {
  const Rules rules = world("teardown-data");
  const Bounds bounds{.states = 2000};
  const Result once = explore(rules, bounds, go_on);
  const Result again = explore(rules, bounds, go_on);
  CHECK(once.count.states == again.count.states);
  CHECK(once.count.transitions == again.count.transitions);
}

TEST_CASE("every world goes well for its first states") {
  for (const Rules& rules : worlds()) {
    CAPTURE(rules.name);
    const Result result = explore(rules, {.states = 1500, .twins = 5}, go_on);
    CHECK_MESSAGE(!result.finding.has_value(), (result.finding ? result.finding->wrong : ""));
    CHECK(result.count.states >= 1500);
  }
}

TEST_CASE("two ways to one state have one number, and a different state another") {
  const Rules rules = world("teardown");
  BufferPool pool{1u << 24};
  Machine one(rules, pool);
  Machine other(rules, pool);
  CHECK(one.digest() == other.digest());
  one.apply({Move::shut_down, 0});
  one.apply({Move::shut_down, 1});
  CHECK(one.digest() != other.digest());
  other.apply({Move::shut_down, 1});
  other.apply({Move::shut_down, 0});
  CHECK(one.digest() == other.digest());
}

TEST_CASE("waiting for nothing changes no number") {
  const Rules rules = world("teardown");
  BufferPool pool{1u << 24};
  Machine machine(rules, pool);
  machine.apply({Move::shut_down, 0});
  deliver_all(machine);
  const auto before = machine.digests();
  machine.apply({Move::read, 1});
  CHECK(machine.digests()[0] == before[0]);  // the first end has not moved
  CHECK(machine.digests()[1] != before[1]);
}

TEST_CASE("a way is told as calls, segments and changes of state") {
  const Rules rules = without_faults("teardown");
  Finding finding;
  finding.way = {{Move::shut_down, 0}, {Move::deliver, 0}, {Move::deliver, 0},
                 {Move::read, 1},      {Move::close, 1},   {Move::deliver, 0}};
  finding.well_from = finding.way.size();
  trace::Recorder recorder;
  tell(rules, finding, recorder);
  unsigned sent = 0, received = 0, calls = 0, packets = 0;
  std::string_view last;
  for (const auto& record : recorder.records()) {
    const auto& what = record.event().what;
    sent += std::holds_alternative<trace::SegmentSent>(what) ? 1u : 0u;
    packets += std::holds_alternative<trace::LinkSent>(what) ? 1u : 0u;
    calls += std::holds_alternative<trace::Call>(what) ? 1u : 0u;
    if (const auto* arrived = std::get_if<trace::SegmentReceived>(&what)) {
      ++received;
      last = arrived->state_after;
    }
  }
  CHECK(sent == 4);  // FIN, ACK, FIN, ACK
  CHECK(packets == 4);
  CHECK(calls == 3);
  CHECK(received == 3);
  CHECK(last == "TIME-WAIT");
}
