#include "fourtuple/stack.hpp"
#include "wire/ipv4.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace ft;
using namespace std::chrono_literals;

namespace {

/// One stack that talks to itself; whatever reaches the link is counted.
struct Alone {
  explicit Alone(bool v6, Medium medium = Medium::ip) : v6_(v6) {
    StackConfig config;
    config.medium = medium;
    config.mac = MacAddress({2, 0, 0, 0, 0, 1});
    config.addresses = {{IpAddress::v4(10, 0, 0, 1), 24}, {*IpAddress::parse("fd00::1"), 64}};
    config.secret.fill(5);
    config.tcp.msl = 1s;
    config.max_super_segment = 65000;
    stack.emplace(config);
  }

  IpAddress own() const { return v6_ ? *IpAddress::parse("fd00::1") : IpAddress::v4(10, 0, 0, 1); }
  IpAddress localhost() const { return v6_ ? *IpAddress::parse("::1") : IpAddress::v4(127, 0, 0, 1); }

  void drain() {
    std::array<std::byte, 70000> buffer;
    while (stack->poll_transmit(now, buffer)) ++left;
    while (const auto event = stack->poll_event()) events.push_back(*event);
  }
  void run(Duration duration) {
    const Instant until = now + duration;
    for (drain(); now < until; drain()) {
      const auto deadline = stack->next_deadline();
      now = deadline ? std::min(std::max(*deadline, now), until) : until;
      stack->on_deadline(now);
    }
  }
  std::string state(ConnectionId id) const {
    const auto info = stack->info(id);
    return info ? std::string(info->state) : "gone";
  }
  std::size_t read_all(ConnectionId id) {
    std::array<std::byte, 65536> buffer;
    const auto n = stack->read(id, buffer);
    return n.value_or(0);
  }

  std::optional<Stack> stack;
  std::vector<Event> events;
  Instant now{1s};
  int left = 0;

 private:
  bool v6_;
};

template <class F>
void over_both_families(F f) {
  for (const bool v6 : {false, true}) {
    CAPTURE(v6);
    f(v6);
  }
}

}  // namespace

TEST_CASE("a connection to one of our own addresses lives without a link") {
  over_both_families([](bool v6) {
    for (const Medium medium : {Medium::ip, Medium::ethernet}) {
      Alone alone(v6, medium);
      for (const IpAddress& address : {alone.own(), alone.localhost()}) {
        const auto listener = alone.stack->listen({address, 80});
        REQUIRE(listener);
        const auto client = alone.stack->connect(alone.now, {address, 80});
        REQUIRE(client);
        alone.drain();
        CHECK(alone.state(*client) == "ESTABLISHED");
        const auto server = alone.stack->accept(*listener);
        REQUIRE(server);
        CHECK(alone.stack->info(*server)->tuple.remote == alone.stack->info(*client)->tuple.local);
        CHECK(alone.stack->info(*server)->tuple.remote.address == address);

        std::vector<std::byte> text(300'000, std::byte{'x'});
        std::size_t written = 0;
        std::size_t read = 0;
        for (int turn = 0; turn < 10'000 && read < text.size(); ++turn) {
          written += alone.stack->write(*client, std::span(text).subspan(written)).value_or(0);
          alone.run(1ms);
          read += alone.read_all(*server);
        }
        CHECK(read == text.size());
        REQUIRE(alone.stack->close(*client));
        alone.run(100ms);
        REQUIRE(alone.stack->close(*server));
        alone.run(10s);
        alone.stack->close(*listener);
        CHECK(alone.stack->ports().empty());
      }
      CHECK(alone.left == 0);
      CHECK(alone.stack->counters().packets_out == 0);
      CHECK(alone.stack->buffer_memory() == 0);
    }
  });
}

TEST_CASE("a port of our own that nobody listens at refuses") {
  over_both_families([](bool v6) {
    Alone alone(v6);
    const auto client = alone.stack->connect(alone.now, {alone.own(), 81});
    REQUIRE(client);
    alone.drain();
    CHECK(alone.stack->info(*client)->closed == CloseReason::refused);
    CHECK(alone.left == 0);
  });
}

TEST_CASE("a connection may have itself as its peer") {
  over_both_families([](bool v6) {
    Alone alone(v6);
    const auto self = alone.stack->connect(alone.now, {alone.own(), 5000}, {.local_port = 5000});
    REQUIRE(self);
    alone.drain();
    CHECK(alone.state(*self) == "ESTABLISHED");
    REQUIRE(alone.stack->write(*self, std::as_bytes(std::span("echo", 4))));
    alone.run(1s);
    std::array<std::byte, 10> into;
    CHECK(alone.stack->read(*self, into) == 4);
    REQUIRE(alone.stack->close(*self));
    alone.run(10s);
    CHECK(alone.stack->ports().empty());
    CHECK(alone.left == 0);
  });
}

TEST_CASE("no port is chosen that would make a connection its own peer") {
  StackConfig config;
  config.addresses = {{IpAddress::v4(10, 0, 0, 1), 24}};
  config.ephemeral = {50000, 50000};
  Stack stack(config);
  const auto id = stack.connect(Instant{1s}, {IpAddress::v4(10, 0, 0, 1), 50000});
  REQUIRE_FALSE(id);
  CHECK(id.error().code == Error::no_ephemeral_port);
}

TEST_CASE("what claims to come from ourselves over the link stays a forgery") {
  Alone alone(false);
  wire::Ipv4Header header;
  header.total_length = 40;
  header.protocol = wire::protocol::tcp;
  header.source = header.destination = alone.own();
  std::array<std::byte, 40> packet{};
  wire::write_ipv4(header, packet);
  const auto verdict = alone.stack->on_packet(alone.now, packet);
  CHECK(verdict.dropped == DropReason::bad_source);
}
