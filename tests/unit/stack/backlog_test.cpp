// What a listener does when it is full: the accept queue (BacklogPolicy) and the SYN queue (SYN cookies).
#include "pair.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;

namespace {

constexpr auto resets_of = [](const Pair& pair) { return pair.stacks[1].counters().resets_sent; };

/// A backlog of one, taken; then another connect.
ConnectionId second_of_two(Pair& pair, BacklogPolicy policy) {
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80), {.backlog = 1, .when_full = policy});
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(100ms);
  const auto second = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(100ms);
  return second;
}

/// Both SYNs are in the SYN queue before either final ACK comes; then there is room for one.
ConnectionId second_of_a_race(Pair& pair, BacklogPolicy policy) {
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80), {.backlog = 1, .when_full = policy});
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  const auto second = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(100ms);
  return second;
}

}  // namespace

TEST_CASE("by default a SYN that finds the backlog full is dropped, and gets in when there is room") {
  Pair pair;
  const auto second = second_of_two(pair, BacklogPolicy::drop);
  CHECK(pair.state(0, second) == "SYN-SENT");
  CHECK(resets_of(pair) == 0);
  REQUIRE(pair.stacks[1].accept(pair.listener));
  pair.run(2s);
  CHECK(pair.state(0, second) == "ESTABLISHED");
}

TEST_CASE("by default a final ACK that finds the backlog full is not heard, and the SYN-ACK comes again") {
  Pair pair;
  const auto second = second_of_a_race(pair, BacklogPolicy::drop);
  CHECK(pair.state(0, second) == "ESTABLISHED");  // so it believes
  REQUIRE(pair.stacks[1].accept(pair.listener));
  CHECK_FALSE(pair.stacks[1].accept(pair.listener));
  pair.run(2s);
  CHECK(pair.stacks[1].accept(pair.listener));
  CHECK(resets_of(pair) == 0);
}

TEST_CASE("the policy reset answers a final ACK by RST, but drops a SYN") {
  Pair pair;
  second_of_a_race(pair, BacklogPolicy::reset);
  CHECK(resets_of(pair) == 1);
  CHECK(pair.close_reason(0) == CloseReason::reset);
  CHECK(pair.stacks[1].ports().size() == 2);  // the listener and the one that waits
  const auto third = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(100ms);
  CHECK(pair.state(0, third) == "SYN-SENT");
}

TEST_CASE("the policy refuse answers a SYN by RST: the peer learns at once") {
  Pair pair(false, [](StackConfig& client, StackConfig&) { client.tcp.ecn_retry_after_reset = false; });
  second_of_two(pair, BacklogPolicy::refuse);
  CHECK(resets_of(pair) == 1);
  CHECK(pair.close_reason(0) == CloseReason::refused);
}

TEST_CASE("a SYN queue that is full answers with cookies, and with them many get in at once") {
  for (const bool v6 : {false, true}) {
    Pair pair(v6);
    pair.listener = *pair.stacks[1].listen(pair.at(1, 80), {.backlog = 64, .syn_queue = 2});
    std::vector<ConnectionId> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(*pair.stacks[0].connect(pair.now, pair.at(1, 80)));
    pair.run(100ms);
    CHECK(pair.stacks[1].counters().syn_cookies_sent == 18);
    CHECK(pair.stacks[1].counters().syn_cookies_accepted == 18);
    int accepted = 0;
    while (const auto server = pair.stacks[1].accept(pair.listener)) {
      ++accepted;
      const auto info = pair.stacks[1].info(*server);
      CHECK(info->sack);
      CHECK(info->timestamps);
      CHECK(info->window_scale);
      CHECK(pair.write(1, *server, "hello") == 5);
    }
    CHECK(accepted == 20);
    pair.run(1s);
    for (const auto client : clients) CHECK(pair.read_all(0, client) == "hello");
  }
}

TEST_CASE("when a cookie comes back to a full backlog, the policy decides") {
  for (const auto policy : {BacklogPolicy::drop, BacklogPolicy::reset}) {
    Pair pair;
    pair.listener =
        *pair.stacks[1].listen(pair.at(1, 80), {.backlog = 1, .when_full = policy, .syn_cookies = SynCookieUse::always});
    pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
    const auto second = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
    pair.run(100ms);
    CHECK(pair.stacks[1].counters().syn_cookies_accepted == 1);
    CHECK(resets_of(pair) == (policy == BacklogPolicy::drop ? 0 : 1));
    REQUIRE(pair.stacks[1].accept(pair.listener));
    if (policy != BacklogPolicy::drop) continue;
    // The client's first text brings the cookie once more, and now there is room.
    CHECK(pair.write(0, second, "again") == 5);
    pair.run(1s);
    const auto server = pair.stacks[1].accept(pair.listener);
    REQUIRE(server);
    CHECK(pair.read_all(1, *server) == "again");
  }
}

TEST_CASE("a SYN that a cookie answered, over the ashes of a TIME-WAIT, opens a connection that works") {
  Pair pair;
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80), {.backlog = 8, .syn_cookies = SynCookieUse::always});
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = 5000});
  pair.run(100ms);
  pair.server = *pair.stacks[1].accept(pair.listener);
  REQUIRE(pair.stacks[1].close(pair.server));  // the server closes first and waits
  pair.run(100ms);
  REQUIRE(pair.stacks[0].close(pair.client));
  pair.run(100ms);
  REQUIRE(pair.stacks[1].ports().size() == 2);
  const auto again = pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = 5000});
  REQUIRE(again);
  pair.run(100ms);
  CHECK(pair.state(0, *again) == "ESTABLISHED");
  const auto server = pair.stacks[1].accept(pair.listener);
  REQUIRE(server);
  CHECK(pair.write(0, *again, "new") == 3);
  pair.run(100ms);
  CHECK(pair.read_all(1, *server) == "new");
}
