// Who holds a port, in what state, and when it becomes free.
#include "pair.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;

namespace {

/// The only entry of side `side` for that port with that state.
PortEntry only(const Pair& pair, int side, std::uint16_t port, std::string_view state) {
  std::optional<PortEntry> found;
  for (const auto& entry : pair.stacks[static_cast<std::size_t>(side)].ports(port)) {
    if (entry.state != state) continue;
    REQUIRE_FALSE(found);
    found = entry;
  }
  REQUIRE(found);
  return *found;
}

}  // namespace

TEST_CASE("a listener's entry tells how long its queues are") {
  Pair pair;
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80), {.backlog = 5, .syn_queue = 7});
  REQUIRE(pair.stacks[0].connect(pair.now, pair.at(1, 80)));
  pair.run(100ms);
  pair.filter = [](int from, auto&) { return from == 0; };
  REQUIRE(pair.stacks[0].connect(pair.now, pair.at(1, 80)));
  REQUIRE(pair.stacks[0].connect(pair.now, pair.at(1, 80)));
  pair.run(100ms);
  const auto entry = only(pair, 1, 80, "LISTEN");
  CHECK(entry.waiting == 1);
  CHECK(entry.backlog == 5);
  CHECK(entry.half_open == 2);
  CHECK(entry.syn_queue == 7);
  CHECK_FALSE(entry.free_at);
}

TEST_CASE("a half-open record says when its last SYN-ACK is given up, and is gone then") {
  Pair pair;
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80));
  pair.filter = [](int from, auto&) { return from == 0; };
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(10ms);
  REQUIRE(pair.stacks[0].abort(pair.client));  // nobody repeats the SYN
  const auto entry = only(pair, 1, 80, "SYN-RECEIVED");
  REQUIRE(entry.free_at);
  CHECK(*entry.free_at == pair.now + 63s);
  pair.run(40s);
  CHECK(only(pair, 1, 80, "SYN-RECEIVED").free_at == entry.free_at);
  pair.run(*entry.free_at - pair.now - 1ms);
  CHECK(pair.stacks[1].ports(80).size() == 2);
  pair.run(2ms);
  CHECK(pair.stacks[1].ports(80).size() == 1);
}

TEST_CASE("SYN-SENT, FIN-WAIT-2 without a reader and TIME-WAIT say when they end; the others do not know") {
  Pair pair;
  pair.filter = [](int, auto&) { return false; };
  const Instant begin = pair.now;
  const auto lost = *pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = 4000});
  pair.run(100ms);
  CHECK(only(pair, 0, 4000, "SYN-SENT").free_at == begin + 3min);
  pair.run(3min);
  CHECK(pair.stacks[0].ports(4000).empty());
  CHECK(pair.stacks[0].close(lost));

  pair.filter = {};
  pair.establish();
  const auto tuple = pair.stacks[0].info(pair.client)->tuple;
  CHECK_FALSE(pair.stacks[0].holder(tuple)->free_at);
  REQUIRE(pair.stacks[0].close(pair.client));
  pair.run(100ms);
  const auto waits = *pair.stacks[0].holder(tuple);
  CHECK(waits.state == "FIN-WAIT-2");
  CHECK(waits.free_at == pair.now - 80ms + 1min);
  REQUIRE(pair.stacks[1].close(pair.server));
  pair.run(100ms);
  const auto last = *pair.stacks[0].holder(tuple);
  CHECK(last.state == "TIME-WAIT");
  CHECK(last.free_at == pair.now - 90ms + 1min);
  pair.run(1min);
  CHECK_FALSE(pair.stacks[0].holder(tuple));
}

TEST_CASE("listen and connect say who stands in the way") {
  Pair pair(false, [](StackConfig& a, StackConfig&) { a.ephemeral = {5000, 5001}; });
  REQUIRE(pair.stacks[1].listen(pair.at(1, 80), {.backlog = 3}));
  const auto twice = pair.stacks[1].listen(pair.at(1, 80));
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == Error::address_in_use);
  REQUIRE(twice.error().holder);
  CHECK(twice.error().holder->state == "LISTEN");
  CHECK(twice.error().holder->backlog == 3);

  const auto first = *pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = 5000});
  pair.run(100ms);
  const auto same = pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = 5000});
  REQUIRE_FALSE(same);
  REQUIRE(same.error().holder);
  CHECK(same.error().holder->state == "ESTABLISHED");
  CHECK(same.error().holder->tuple == pair.stacks[0].info(first)->tuple);

  // Both ports of the range taken: the one that has a limit goes first.
  REQUIRE(pair.stacks[0].connect(pair.now, pair.at(1, 80)));
  pair.run(100ms);
  REQUIRE(pair.stacks[0].close(first));
  pair.run(100ms);
  const auto none = pair.stacks[0].connect(pair.now, pair.at(1, 80));
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Error::no_ephemeral_port);
  REQUIRE(none.error().holder);
  CHECK(none.error().holder->state == "FIN-WAIT-2");
  CHECK(none.error().holder->tuple.local.port == 5000);
  CHECK(none.error().free_at == none.error().holder->free_at);
}

TEST_CASE("a question for one port or four-tuple leaves out all others") {
  Pair pair;
  pair.establish();
  REQUIRE(pair.stacks[1].listen(pair.at(1, 81)));
  CHECK(pair.stacks[1].ports().size() == 3);
  CHECK(pair.stacks[1].ports(80).size() == 2);
  CHECK(pair.stacks[1].ports(81).size() == 1);
  CHECK(pair.stacks[1].ports(82).empty());
  CHECK(pair.stacks[1].holder({pair.at(1, 81), {}})->state == "LISTEN");
  CHECK_FALSE(pair.stacks[1].holder({pair.at(1, 82), {}}));
}
