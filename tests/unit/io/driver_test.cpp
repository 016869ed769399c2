#include "io/driver.hpp"

#include "fake_link.hpp"
#include "io/udp_tunnel.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::io;
using namespace std::chrono_literals;

namespace {

const IpAddress ours = IpAddress::v4(10, 9, 0, 2);
const IpAddress theirs = IpAddress::v4(10, 9, 0, 1);

StackConfig config_with(const IpAddress& address) {
  StackConfig config;
  config.addresses = {{address, 24}};
  config.tcp.ecn = Ecn::off;  // its counters would take room in the first segments
  return config;
}

/// Two stacks that reach each other through a UDP tunnel on loopback, in one thread.
struct Pair {
  Stack a{config_with(ours)};
  Stack b{config_with(theirs)};
  std::unique_ptr<UdpTunnel> link_a, link_b;
  std::optional<Driver> driver_a, driver_b;

  Pair() {
    const Endpoint any{IpAddress::v4(127, 0, 0, 1), 0};
    link_a = std::move(*UdpTunnel::open(any, std::nullopt));
    link_b = std::move(*UdpTunnel::open(any, link_a->local()));
    REQUIRE(link_a->connect_to(link_b->local()));
    driver_a.emplace(a, *link_a);
    driver_b.emplace(b, *link_b);
  }
  template <typename Done>
  bool turn_until(Done done) {
    for (int i = 0; i < 2000 && !done(); ++i) {
      REQUIRE(driver_a->turn(driver_a->now() + 1ms));
      REQUIRE(driver_b->turn(driver_b->now() + 1ms));
    }
    return done();
  }
};

}  // namespace

TEST_CASE("a link without room keeps the packet waiting, and it leaves once") {
  Stack stack(config_with(ours));
  FakeLink link;
  link.room = 0;
  Driver driver(stack, link);
  REQUIRE(stack.connect(driver.read_clock(), {theirs, 80}));
  for (int i = 0; i < 3; ++i) CHECK(driver.flush() == Result<bool>(false));
  CHECK(link.sent.empty());
  link.room = 10;
  CHECK(driver.flush() == Result<bool>(true));
  REQUIRE(link.sent.size() == 1);
  CHECK(link.sent[0].size() >= 40);
}

TEST_CASE("a broken link ends the turn with its reason") {
  Stack stack(config_with(ours));
  FakeLink link;
  link.broken = true;
  Driver driver(stack, link);
  const auto turned = driver.turn(driver.now());
  REQUIRE_FALSE(turned);
  CHECK(turned.error().find("broken") != std::string::npos);
}

TEST_CASE("a turn sleeps until the time that it is given and no longer") {
  Stack stack(config_with(ours));
  FakeLink link;
  Driver driver(stack, link);
  const Instant begun = driver.read_clock();
  REQUIRE(driver.turn(begun + 30ms));
  CHECK(driver.now() - begun >= 30ms);
  CHECK(driver.now() - begun < 5s);
}

TEST_CASE("a turn wakes for the stack's deadline: the SYN is repeated after a second") {
  Stack stack(config_with(ours));
  FakeLink link;
  Driver driver(stack, link);
  const Instant begun = driver.read_clock();
  REQUIRE(stack.connect(begun, {theirs, 80}));
  while (link.sent.size() < 2 && driver.now() - begun < 10s) REQUIRE(driver.turn(begun + 10s));
  REQUIRE(link.sent.size() == 2);
  CHECK(driver.now() - begun >= 1s);
  CHECK(driver.now() - begun < 3s);
}

TEST_CASE("packets that wait together are answered by one acknowledgement") {
  Pair pair;
  REQUIRE(pair.b.listen({theirs, 80}));
  ListenerId listener{};
  pair.driver_b->set_handler([&](const Event& event) {
    if (event.kind == Event::Kind::acceptable) listener = event.listener;
  });
  const auto id = pair.a.connect(pair.driver_a->read_clock(), {theirs, 80});
  REQUIRE(id);
  REQUIRE(pair.turn_until([&] { return static_cast<bool>(listener); }));
  const auto accepted = pair.b.accept(listener);
  REQUIRE(accepted);
  const std::vector<std::byte> text(5u * pair.a.info(*id)->mss);
  REQUIRE(pair.a.write(*id, text) == text.size());
  REQUIRE(pair.driver_a->turn(pair.driver_a->now()));
  const auto before = pair.b.counters().segments_out;
  REQUIRE(pair.driver_b->turn(pair.driver_b->now() + 100ms));
  CHECK(pair.b.peek(*accepted).size() == text.size());
  CHECK(pair.b.counters().segments_out == before + 1);
}

TEST_CASE("a prompt application's answer shares a segment with the acknowledgement") {
  Pair pair;
  REQUIRE(pair.b.listen({theirs, 80}));
  std::optional<ConnectionId> accepted;
  const std::vector<std::byte> answer(100);
  std::size_t answered = 0;
  pair.driver_b->set_prompt(true);
  pair.driver_b->set_handler([&](const Event& event) {
    if (event.kind == Event::Kind::acceptable) accepted = *pair.b.accept(event.listener);
    if (!accepted || pair.b.peek(*accepted).empty()) return;
    pair.b.consume(*accepted, pair.b.peek(*accepted).size());
    answered += pair.b.write(*accepted, answer).value_or(0);
  });
  const auto id = pair.a.connect(pair.driver_a->read_clock(), {theirs, 80});
  REQUIRE(id);
  REQUIRE(pair.turn_until([&] { return accepted.has_value(); }));
  const auto before = pair.b.counters().segments_out;
  REQUIRE(pair.a.write(*id, answer));
  REQUIRE(pair.turn_until([&] { return answered == answer.size() && pair.a.peek(*id).size() == answer.size(); }));
  CHECK(pair.b.counters().segments_out == before + 1);
}

TEST_CASE("descriptors of the caller are polled along") {
  Stack stack(config_with(ours));
  FakeLink link;
  Driver driver(stack, link);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "x", 1) == 1);
  std::array<pollfd, 2> others{pollfd{ends[0], POLLIN, 0}, pollfd{-1, POLLIN, 0}};
  const Instant begun = driver.read_clock();
  REQUIRE(driver.turn(begun + 10s, others));
  CHECK(others[0].revents == POLLIN);
  CHECK(others[1].revents == 0);
  CHECK(driver.now() - begun < 5s);
  ::close(ends[0]);
  ::close(ends[1]);
}
