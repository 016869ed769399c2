#include "tcp/decisions.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;

namespace {

/// A connection with all the room in the world.
HoldFacts free_facts(std::uint32_t queued) {
  return {.queued = queued,
          .window = 65535,
          .window_left = 65535,
          .max_window = 65535,
          .mss = 1460,
          .cwnd = 14600,
          .cwnd_left = 14600};
}

std::uint64_t particular(const Held& held, Fact fact) {
  for (const Particular& p : held.particulars)
    if (p.fact == fact) return p.value;
  FAIL("no particular ", to_string(fact));
  return 0;
}

}  // namespace

TEST_CASE("where nothing is queued, nothing is held") {
  HoldFacts facts = free_facts(0);
  facts.window_left = 0;
  CHECK(judge_hold(facts).hold == Hold::none);
}

TEST_CASE("a small segment waits for Nagle only while something is unacknowledged") {
  HoldFacts facts = free_facts(20);
  CHECK(judge_hold(facts).hold == Hold::none);
  facts.unacknowledged = 1460;
  const Held held = judge_hold(facts);
  CHECK(held.hold == Hold::nagle);
  CHECK(particular(held, Fact::queued) == 20);
  CHECK(particular(held, Fact::unacknowledged) == 1460);
  facts.nagle = false;
  CHECK(judge_hold(facts).hold == Hold::none);
  facts.corked = true;
  CHECK(judge_hold(facts).hold == Hold::corked);
}

TEST_CASE("a full congestion window holds, and a repair measures what leaves") {
  HoldFacts facts = free_facts(5000);
  facts.cwnd_left = 0;
  CHECK(judge_hold(facts).hold == Hold::congestion_window);
  CHECK(particular(judge_hold(facts), Fact::cwnd) == 14600);
  facts.cwnd_left = 1000;  // less than a segment
  CHECK(judge_hold(facts).hold == Hold::congestion_window);
  facts.in_recovery = true;
  CHECK(judge_hold(facts).hold == Hold::rate_reduction);
}

TEST_CASE("the peer's window holds: shut, or open too little to be worth a segment") {
  HoldFacts facts = free_facts(5000);
  facts.window_left = 0;
  facts.window = 0;
  CHECK(judge_hold(facts).hold == Hold::receive_window);
  facts.window_left = 100;
  CHECK(judge_hold(facts).hold == Hold::silly_window);
  CHECK(particular(judge_hold(facts), Fact::window) == 100);
}

TEST_CASE("the pacer holds until its time") {
  HoldFacts facts = free_facts(5000);
  facts.wait = 3ms;
  const Held held = judge_hold(facts);
  CHECK(held.hold == Hold::pacing);
  CHECK(particular(held, Fact::wait) == 3'000'000);
}

TEST_CASE("before the handshake is over, octets wait for it") {
  HoldFacts facts = free_facts(5000);
  facts.synchronized = false;
  CHECK(judge_hold(facts).hold == Hold::handshake);
}

TEST_CASE("every decision has an id of its own") {
  std::set<std::string_view> ids;
  for (int i = 1; i < static_cast<int>(Hold::count_); ++i) CHECK(ids.insert(describe(static_cast<Hold>(i)).id).second);
  for (int i = 0; i < static_cast<int>(Loss::count_); ++i) CHECK(ids.insert(describe(static_cast<Loss>(i)).id).second);
  for (int i = 0; i < static_cast<int>(Turn::count_); ++i) CHECK(ids.insert(describe(static_cast<Turn>(i)).id).second);
  CHECK(loss_of(Cause::retransmit_rto) == Loss::timeout);
}
