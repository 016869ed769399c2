#include "pair.hpp"

#include <doctest/doctest.h>

namespace ft::test {

TEST_CASE("readiness says what read and write would answer") {
  Pair pair;
  const auto listener = *pair.stacks[1].listen(pair.at(1, 80));
  const auto client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  CHECK(pair.stacks[0].readiness(client)->opening);
  pair.run(100ms);
  const auto server = *pair.stacks[1].accept(listener);
  auto ready = *pair.stacks[0].readiness(client);
  CHECK_FALSE(ready.opening);
  CHECK(ready.room == 128 * 1024);

  const std::array<std::byte, 100> text{};
  CHECK(*pair.stacks[0].write(client, text) == 100);
  ready = *pair.stacks[0].readiness(client);
  CHECK(ready.unsent == 100);
  CHECK(ready.unacknowledged == 100);
  (void)pair.stacks[0].shutdown(client);
  CHECK(pair.stacks[0].readiness(client)->shut);
  pair.run(100ms);
  CHECK(pair.stacks[0].readiness(client)->unacknowledged == 0);
  ready = *pair.stacks[1].readiness(server);
  CHECK(ready.unread == 100);
  CHECK(ready.octets_received == 100);
  CHECK(ready.end_of_stream);
  CHECK_FALSE(ready.shut);
  CHECK_FALSE(pair.stacks[1].readiness(ConnectionId{}));
}

TEST_CASE("a port is held by listeners, connections and TIME-WAIT, and a chosen one by nobody") {
  Pair pair;
  const auto any = IpAddress::unspecified(Family::ipv4);
  CHECK_FALSE(pair.stacks[1].is_port_held({any, 80}));
  const auto listener = *pair.stacks[1].listen(pair.at(1, 80));
  CHECK(pair.stacks[1].is_port_held({any, 80}));
  CHECK(pair.stacks[1].is_port_held(pair.at(1, 80)));
  CHECK_FALSE(pair.stacks[1].is_port_held(pair.at(0, 80)));
  const auto client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(100ms);
  const auto server = *pair.stacks[1].accept(listener);
  pair.stacks[1].close(listener);
  CHECK(pair.stacks[1].is_port_held(pair.at(1, 80)));
  (void)pair.stacks[1].close(server);
  pair.run(100ms);
  (void)pair.stacks[0].close(client);
  pair.run(100ms);
  CHECK(pair.stacks[1].is_port_held(pair.at(1, 80)));
  pair.run(61s);
  CHECK_FALSE(pair.stacks[1].is_port_held(pair.at(1, 80)));

  const auto one = *pair.stacks[0].choose_port(any);
  CHECK(one >= 49152);
  CHECK(pair.stacks[0].is_local(pair.address(0)));
  CHECK_FALSE(pair.stacks[0].is_local(pair.address(1)));
  CHECK(*pair.stacks[0].choose_port(any) != one);
}

TEST_CASE("options change while a connection lives, and a listener's for those it accepts next") {
  Pair pair;
  const auto listener = *pair.stacks[1].listen(pair.at(1, 80));
  TcpOptions options = pair.stacks[1].config().tcp;
  options.ttl = 9;
  CHECK(pair.stacks[1].set_options(listener, options));
  CHECK(pair.stacks[1].set_backlog(listener, 7));
  CHECK_FALSE(pair.stacks[1].set_backlog(listener, 0));
  const auto client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(100ms);
  const auto server = *pair.stacks[1].accept(listener);
  CHECK(pair.stacks[1].options(server)->ttl == 9);
  options.keepalive = true;
  options.keepalive_idle = 1s;
  CHECK(pair.stacks[1].set_options(pair.now, server, options));
  const auto before = pair.sent[1];
  pair.run(1500ms);
  CHECK(pair.sent[1] == before + 1);
  CHECK_FALSE(pair.stacks[0].set_options(pair.now, ConnectionId{}, options));
  (void)client;
}

TEST_CASE("trouble that waits to be told when it is switched off is not told, and nothing breaks") {
  Pair pair;
  pair.establish();
  Stack& stack = pair.stacks[0];
  TcpOptions options = *stack.options(pair.client);
  options.tail_loss_probe = false;
  options.r1 = 1;
  REQUIRE(stack.set_options(pair.now, pair.client, options));
  pair.drain();
  CHECK(pair.write(0, pair.client, "hello") == 5);
  std::array<std::byte, 2000> packet;
  const auto time_passes_until = [&](Instant until) {  // everything is lost, and nobody asks for events
    while (stack.poll_transmit(pair.now, packet)) continue;
    while (stack.next_deadline() && *stack.next_deadline() <= until) {
      pair.now = *stack.next_deadline();
      stack.on_deadline(pair.now);
      while (stack.poll_transmit(pair.now, packet)) continue;
    }
  };
  time_passes_until(pair.now + 300ms);
  options.r1 = 2;
  options.tell_trouble = false;
  REQUIRE(stack.set_options(pair.now, pair.client, options));
  time_passes_until(pair.now + 1s);
  CHECK(stack.info(pair.client)->backoff >= 2);
  CHECK_FALSE(stack.poll_event());
}

}  // namespace ft::test
