#include "sim/world.hpp"

#include <doctest/doctest.h>

#include <string>

#include "sim/packet.hpp"
#include "wire/ipv4.hpp"

using namespace ft;
using namespace ft::sim;
using namespace std::chrono_literals;

namespace {

constexpr Instant t0{};
const IpAddress left = IpAddress::v4(10, 0, 0, 1), right = IpAddress::v4(10, 0, 0, 2);

StackConfig host(IpAddress address) {
  StackConfig config;
  config.addresses = {{address, 24}};
  return config;
}

/// The kinds of events in order, one letter each: s(ent), r(eceived), L(ink sent), D(elivered), X lost; others are left out.
struct Letters final : trace::Sink {
  std::string text;
  std::string_view why;
  Instant last{};
  bool in_order = true;
  void on_event(const trace::Event& event) override {
    in_order = in_order && event.at >= last;
    last = event.at;
    if (std::holds_alternative<trace::SegmentSent>(event.what)) text += 's';
    if (std::holds_alternative<trace::SegmentReceived>(event.what)) text += 'r';
    if (std::holds_alternative<trace::LinkSent>(event.what)) text += 'L';
    if (std::holds_alternative<trace::LinkDelivered>(event.what)) text += 'D';
    if (const auto* lost = std::get_if<trace::LinkLost>(&event.what)) {
      text += 'X';
      why = lost->why;
    }
  }
};

struct Pair {
  Letters letters;
  World world{1, letters};
  World::Host a = world.add_host(host(left)), b = world.add_host(host(right));
  explicit Pair(ImpairmentSettings to_b = {.delay = 10ms}, ImpairmentSettings to_a = {.delay = 10ms}) {
    world.add_link(a, b, std::move(to_b), std::move(to_a));
  }
  void listen() { REQUIRE(world.use(b).listen({right, 80}).has_value()); }
  ConnectionId connect() { return world.use(a).connect(world.now(), {right, 80}).value(); }
};

}  // namespace

TEST_CASE("a handshake takes a round trip, and the trace keeps its order") {
  Pair pair;
  pair.listen();
  std::optional<Instant> connected;
  pair.world.on_event(pair.a, [&](const Event& event) {
    if (event.kind == Event::Kind::connected) connected = pair.world.now();
  });
  pair.connect();
  CHECK(pair.world.run_until(t0 + 1s));
  CHECK(connected == t0 + 20ms);
  CHECK(pair.letters.text == "sLDrsLDrsLDr");
  CHECK(pair.letters.in_order);
  CHECK(pair.world.now() == t0 + 1s);
}

TEST_CASE("tasks run at their time, in order of time and then of asking") {
  Pair pair;
  std::string order;
  pair.world.at(t0 + 2s, [&] { order += 'c'; });
  pair.world.at(t0 + 1s, [&] {
    order += 'a';
    pair.world.at(t0, [&] { order += 'x'; });  // the past is now
  });
  pair.world.at(t0 + 1s, [&] { order += 'b'; });
  CHECK(pair.world.pending_tasks() == 3);
  pair.world.run_until(t0 + 3s);
  CHECK(order == "abxc");
  CHECK(pair.world.pending_tasks() == 0);
}

TEST_CASE("a lost packet is reported and not delivered") {
  Pair pair{{.delay = 10ms, .drop = {{PacketKind::syn, 1}}}};
  pair.listen();
  pair.connect();
  pair.world.run_until(t0 + 500ms);
  CHECK(pair.letters.text == "sLX");
  CHECK(pair.letters.why == "chosen");
  CHECK(pair.world.in_flight() == 0);
}

TEST_CASE("a filter in front of a host drops on arrival") {
  Pair pair;
  pair.listen();
  pair.world.filter(pair.b, [](std::span<const std::byte> packet) { return look_at_tcp(packet)->destination.port == 80; });
  pair.connect();
  pair.world.run_until(t0 + 500ms);
  CHECK(pair.letters.text == "sLX");
  CHECK(pair.letters.why == "filter");
}

TEST_CASE("a crashed host is silent and forgets, and comes back with another secret") {
  Pair pair;
  pair.listen();
  const auto secret = pair.world.look(pair.b)->config().secret;
  pair.world.crash(pair.b);
  CHECK_FALSE(pair.world.is_up(pair.b));
  pair.connect();
  pair.world.run_until(t0 + 500ms);
  CHECK(pair.letters.text == "sLX");
  CHECK(pair.letters.why == "down");
  pair.world.restart(pair.b);
  CHECK(pair.world.look(pair.b)->config().secret != secret);
  CHECK(pair.world.look(pair.b)->ports().empty());
  pair.world.run_until(t0 + 2s);  // the SYN's retransmission meets a host that does not listen
  // refused, it asks once more, without ECN (RFC 3168 6.1.1.1)
  CHECK(pair.letters.text == "sLXsLDrsLDrsLDrsLDr");
}

TEST_CASE("three hosts in a row: packets take the link to their destination, or none") {
  Letters letters;
  World world{1, letters};
  const auto a = world.add_host(host(left)), b = world.add_host(host(right)),
             c = world.add_host(host(IpAddress::v4(10, 0, 0, 3)));
  world.add_link(a, b, {}, {});
  world.add_link(a, c, {}, {});
  REQUIRE(world.use(c).listen({IpAddress::v4(10, 0, 0, 3), 80}).has_value());
  REQUIRE(world.use(a).connect(t0, {IpAddress::v4(10, 0, 0, 3), 80}).has_value());
  world.run_until(t0 + 1s);
  CHECK(world.look(c)->counters().segments_in == 2);
  CHECK(world.look(b)->counters().packets_in == 0);
  REQUIRE(world.use(a).connect(world.now(), {IpAddress::v4(10, 0, 0, 9), 80}).has_value());
  world.run_until(t0 + 1s);
  CHECK(letters.why == "no-link");
}

TEST_CASE("the bound of happenings stops a run") {
  Pair pair;
  std::function<void()> again = [&] { pair.world.at(pair.world.now() + 1ms, again); };
  again();
  CHECK_FALSE(pair.world.run_until(t0 + 10s, 100));
}

TEST_CASE("a forged packet is whole and right") {
  wire::TcpHeader header;
  header.flags = wire::tcp_flag::rst;
  header.seq = Seq{0x01020304};
  for (const auto& [from, to] : {std::pair{left, right}, std::pair{*IpAddress::parse("fd00::1"), *IpAddress::parse("fd00::2")}}) {
    const std::vector<std::byte> text(3, std::byte{'x'});
    const auto packet = make_tcp_packet({from, 1000}, {to, 80}, header, text);
    const auto seen = look_at_tcp(packet);
    REQUIRE(seen.has_value());
    CHECK(seen->source == Endpoint{from, 1000});
    CHECK(seen->destination == Endpoint{to, 80});
    CHECK(seen->tcp.header.seq == Seq{0x01020304});
    CHECK(seen->tcp.text.size() == 3);
    Stack stack{host(to)};
    CHECK(stack.on_packet(t0, packet).dropped == DropReason::rst_to_closed);  // checksums were right
  }
}
