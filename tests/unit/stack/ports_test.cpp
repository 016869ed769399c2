#include "pair.hpp"

#include "covers.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace ft;
using ft::test::Pair;
using namespace std::chrono_literals;

namespace {

void small_range(StackConfig& a, StackConfig&) { a.ephemeral = {50000, 50003}; }

}  // namespace

TEST_CASE("connections to one peer get different ports of the range, and the server's port never changes") {
  FT_COVERS("rfc6056 3.3-1");
  Pair pair;
  const auto listener = pair.stacks[1].listen(pair.at(1, 80));
  REQUIRE(listener);
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 50; ++i) {
    const auto id = pair.stacks[0].connect(pair.now, pair.at(1, 80));
    REQUIRE(id);
    const auto tuple = pair.stacks[0].info(*id)->tuple;
    CHECK(tuple.local.port >= 49152);
    ports.insert(tuple.local.port);
  }
  CHECK(ports.size() == 50);
  pair.run(200ms);
  for (int i = 0; i < 50; ++i) {
    const auto id = pair.stacks[1].accept(*listener);
    REQUIRE(id);
    const auto tuple = pair.stacks[1].info(*id)->tuple;
    CHECK(tuple.local == pair.at(1, 80));
    CHECK(ports.contains(tuple.remote.port));
  }
}

TEST_CASE("the same local port serves several peers at once") {
  Pair pair(false, [](StackConfig&, StackConfig& b) { b.addresses.push_back({IpAddress::v4(10, 0, 0, 3), 24}); });
  REQUIRE(pair.stacks[1].listen({IpAddress{}, 80}));
  const auto one = pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = 4000});
  const auto two = pair.stacks[0].connect(pair.now, {IpAddress::v4(10, 0, 0, 3), 80}, {.local_port = 4000});
  REQUIRE(one);
  REQUIRE(two);
  pair.run(100ms);
  CHECK(pair.state(0, *one) == "ESTABLISHED");
  CHECK(pair.state(0, *two) == "ESTABLISHED");
}

TEST_CASE("a four-tuple in use is refused, and TIME-WAIT says when it is free") {
  Pair pair;
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80));
  const auto first = pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = 4000});
  REQUIRE(first);
  pair.run(100ms);
  const auto again = pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = 4000});
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Error::four_tuple_in_use);
  CHECK_FALSE(again.error().free_at);
  const auto server = pair.stacks[1].accept(pair.listener);
  REQUIRE(pair.stacks[0].close(*first));
  pair.run(50ms);
  REQUIRE(pair.stacks[1].close(*server));
  pair.run(50ms);
  const auto waiting = pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = 4000});
  REQUIRE_FALSE(waiting);
  REQUIRE(waiting.error().free_at);
  CHECK(*waiting.error().free_at > pair.now + 59s);
  CHECK(*waiting.error().free_at <= pair.now + 60s);
  pair.run(*waiting.error().free_at - pair.now);
  CHECK(pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = 4000}));
}

TEST_CASE("when no ephemeral port is left the error says so, and when the next will be free") {
  Pair pair(false, small_range);
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80));
  std::vector<ConnectionId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(*pair.stacks[0].connect(pair.now, pair.at(1, 80)));
  pair.run(100ms);
  const auto none = pair.stacks[0].connect(pair.now, pair.at(1, 80));
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Error::no_ephemeral_port);
  CHECK_FALSE(none.error().free_at);  // all four are alive: nobody knows
  REQUIRE(pair.stacks[0].close(ids[0]));
  pair.run(50ms);
  REQUIRE(pair.stacks[1].close(*pair.stacks[1].accept(pair.listener)));
  pair.run(50ms);
  const auto later = pair.stacks[0].connect(pair.now, pair.at(1, 80));
  REQUIRE_FALSE(later);
  REQUIRE(later.error().free_at);
  pair.run(*later.error().free_at - pair.now);
  CHECK(pair.stacks[0].connect(pair.now, pair.at(1, 80)));
}

TEST_CASE("a full range towards one peer leaves every port free towards another") {
  Pair pair(false, small_range);
  for (int i = 0; i < 4; ++i) REQUIRE(pair.stacks[0].connect(pair.now, pair.at(1, 80)));
  CHECK_FALSE(pair.stacks[0].connect(pair.now, pair.at(1, 80)));
  CHECK(pair.stacks[0].connect(pair.now, pair.at(1, 81)));
}

TEST_CASE("a listener on the very address wins over one on any address") {
  FT_COVERS("rfc9293 MUST-43");
  Pair pair;
  const auto any = pair.stacks[1].listen({IpAddress{}, 80});
  const auto exact = pair.stacks[1].listen(pair.at(1, 80));
  REQUIRE(any);
  REQUIRE(exact);
  REQUIRE(pair.stacks[0].connect(pair.now, pair.at(1, 80)));
  pair.run(100ms);
  CHECK(pair.stacks[1].accept(*any).error() == Error::would_block);
  CHECK(pair.stacks[1].accept(*exact));
}

TEST_CASE("listening twice on one address and port is refused, and so is an address that is not ours") {
  Pair pair;
  REQUIRE(pair.stacks[1].listen(pair.at(1, 80)));
  CHECK(pair.stacks[1].listen(pair.at(1, 80)).error() == Error::address_in_use);
  CHECK(pair.stacks[1].listen(pair.at(0, 80)).error() == Error::address_not_local);
  CHECK(pair.stacks[1].listen(pair.at(1, 0)).error() == Error::invalid_argument);
}

TEST_CASE("connecting to port 0, a multicast or a broadcast address is refused") {
  Pair pair;
  const auto code = [&](Endpoint to) { return pair.stacks[0].connect(pair.now, to).error().code; };
  CHECK(code(pair.at(1, 0)) == Error::invalid_argument);
  CHECK(code({IpAddress::v4(224, 0, 0, 1), 80}) == Error::invalid_argument);
  CHECK(code({IpAddress::v4(10, 0, 0, 255), 80}) == Error::invalid_argument);
  CHECK(code({IpAddress::v4(255, 255, 255, 255), 80}) == Error::invalid_argument);
  CHECK(code({IpAddress::v4(192, 0, 2, 1), 80}) == Error::no_route);
}

TEST_CASE("local port 0 means any port, and no connection has it") {
  Pair pair(false, [](StackConfig& a, StackConfig&) { a.ephemeral = {0, 2}; });
  REQUIRE(pair.stacks[1].listen(pair.at(1, 80)));
  for (int i = 0; i < 2; ++i) {
    const auto id = pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = std::uint16_t{0}});
    REQUIRE(id);
    CHECK(pair.stacks[0].info(*id)->tuple.local.port != 0);
  }
  CHECK_FALSE(pair.stacks[0].connect(pair.now, pair.at(1, 80)));
}

TEST_CASE("the ledger names every port with its state") {
  Pair pair;
  pair.establish();
  const auto ledger = pair.stacks[1].ports();
  REQUIRE(ledger.size() == 2);
  CHECK(ledger[0].state == "LISTEN");
  CHECK(ledger[1].state == "ESTABLISHED");
  CHECK(ledger[1].tuple.local == pair.at(1, 80));
}

TEST_CASE("a backlog of one holds the second connection back until the first is accepted") {
  Pair pair;
  const auto listener = pair.stacks[1].listen(pair.at(1, 80), {.backlog = 1});
  const auto one = pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(100ms);
  const auto two = pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(500ms);
  CHECK(pair.state(0, *two) == "SYN-SENT");
  CHECK(pair.stacks[1].accept(*listener));
  CHECK(pair.stacks[1].accept(*listener).error() == Error::would_block);
  pair.run(1s);
  CHECK(pair.state(0, *one) == "ESTABLISHED");
  CHECK(pair.state(0, *two) == "ESTABLISHED");
  CHECK(pair.stacks[1].accept(*listener));
}

TEST_CASE("a SYN queue that is full, with cookies off, drops SYNs and keeps what it holds") {
  FT_COVERS("rfc4987 3.2-1");
  Pair pair;
  REQUIRE(pair.stacks[1].listen(pair.at(1, 80), {.backlog = 8, .syn_queue = 2, .syn_cookies = SynCookieUse::off}));
  pair.filter = [](int from, auto&) { return from == 0; };  // no SYN-ACK gets through
  for (int i = 0; i < 3; ++i) REQUIRE(pair.stacks[0].connect(pair.now, pair.at(1, 80)));
  pair.run(100ms);
  CHECK(pair.stacks[1].counters().dropped[static_cast<std::size_t>(DropReason::syn_queue_full)] == 1);
  CHECK(pair.stacks[1].ports().size() == 3);  // the listener and two half-open
}

TEST_CASE("closing a listener resets what nobody accepted") {
  Pair pair;
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80));
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(100ms);
  pair.stacks[1].close(pair.listener);
  pair.run(100ms);
  CHECK(pair.close_reason(0) == CloseReason::reset);
  CHECK(pair.stacks[1].ports().empty());
}

TEST_CASE("initial sequence numbers of one four-tuple follow a 4 microsecond clock, others are far apart") {
  Pair pair;
  const auto isn = [&](std::uint16_t port) {
    const auto id = pair.stacks[0].connect(pair.now, pair.at(1, 80), {.local_port = port});
    const auto value = pair.stacks[0].info(*id)->snd_una;
    REQUIRE(pair.stacks[0].abort(*id));
    return value;
  };
  const auto first = isn(4000);
  pair.now += 40ms;
  CHECK(isn(4000) - first == 10'000);
  const auto other = isn(4001) - first;
  CHECK(other > 1'000'000);
}

TEST_CASE("a stale id answers invalid_handle to every call") {
  Pair pair;
  pair.establish();
  REQUIRE(pair.stacks[0].abort(pair.client));
  std::array<std::byte, 1> octet{};
  CHECK(pair.stacks[0].read(pair.client, octet).error() == Error::invalid_handle);
  CHECK(pair.stacks[0].write(pair.client, octet).error() == Error::invalid_handle);
  CHECK(pair.stacks[0].shutdown(pair.client).error() == Error::invalid_handle);
  CHECK(pair.stacks[0].close(pair.client).error() == Error::invalid_handle);
  CHECK(pair.stacks[0].abort(pair.client).error() == Error::invalid_handle);
  CHECK_FALSE(pair.stacks[0].info(pair.client));
}
