// IPv4 source routes, seen from the packets (RFC 9293 3.9.2.1).
#include "covers.hpp"
#include "unit/stack/pair.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv4_options.hpp"

#include <doctest/doctest.h>

using namespace ft;
using ft::test::Pair;
using namespace std::chrono_literals;

namespace {

const IpAddress gate1 = IpAddress::v4(10, 0, 0, 11);
const IpAddress gate2 = IpAddress::v4(10, 0, 0, 12);
const IpAddress gate3 = IpAddress::v4(10, 0, 0, 13);

struct Seen {
  IpAddress destination;
  std::optional<wire::ReceivedRoute> route;
  std::size_t length = 0;
};

Seen look(const std::vector<std::byte>& packet) {
  const auto parsed = wire::parse_ipv4(packet);
  REQUIRE(parsed);
  const auto route = wire::read_source_route(parsed->options);
  REQUIRE(route);
  return {parsed->header.destination, *route, packet.size()};
}

/// What the gates on the way make of a packet: each puts its own address where the next one's was, and the packet ends at its
/// last destination.
void travel(std::vector<std::byte>& packet) {
  const auto parsed = wire::parse_ipv4(packet);
  if (!parsed || parsed->options.empty()) return;
  const auto route = wire::read_source_route(parsed->options);
  if (!route || !*route || (*route)->complete) return;
  const wire::SourceRoute hops = (*route)->recorded;
  wire::Ipv4Header header = parsed->header;
  std::vector<std::byte> options(parsed->options.begin(), parsed->options.end());
  // The option is <nop, type, length, pointer, addresses...>: what was destination is recorded, what was recorded is destination.
  std::vector<IpAddress> passed{header.destination};
  for (std::uint8_t i = 0; i + 1 < hops.count; ++i) passed.push_back(hops.hops[i]);
  header.destination = hops.hops[hops.count - 1u];
  for (std::size_t i = 0; i < passed.size(); ++i)
    for (std::size_t octet = 0; octet < 4; ++octet)
      options[4 + 4 * i + octet] = static_cast<std::byte>(passed[i].octets()[octet]);
  options[3] = static_cast<std::byte>(4 + 4 * passed.size());
  std::copy(options.begin(), options.end(), packet.begin() + 20);
  wire::write_ipv4(header, packet, options.size());
}

Pair routed_pair(bool accepts) {
  Pair pair(false, [accepts](StackConfig& a, StackConfig& b) { a.accept_source_routes = b.accept_source_routes = accepts; });
  return pair;
}

void connect(Pair& pair) {
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80));
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80), {.source_route = {gate1, gate2}});
  pair.run(100ms);
}

}  // namespace

TEST_CASE("a connection over given hops sends every packet to the first of them, the rest in the option") {
  FT_COVERS("rfc9293 MUST-51", "rfc9293 MUST-16");
  Pair pair = routed_pair(true);
  std::vector<Seen> seen;
  pair.filter = [&](int from, auto& packet) {
    if (from == 0) seen.push_back(look(packet));
    travel(packet);
    return true;
  };
  connect(pair);
  REQUIRE(pair.state(0, pair.client) == "ESTABLISHED");
  pair.write(0, pair.client, std::string(3000, 'x'));
  pair.run(1s);
  REQUIRE(seen.size() >= 4);
  std::size_t longest = 0;
  for (const Seen& s : seen) {
    CHECK(s.destination == gate1);
    REQUIRE(s.route);
    CHECK(s.route->recorded.count == 2);
    CHECK(s.route->recorded.hops[0] == gate2);
    CHECK(s.route->recorded.hops[1] == pair.address(1));
    longest = std::max(longest, s.length);
  }
  CHECK(longest == 1500);  // the option's octets come out of the text
  CHECK(pair.stacks[0].info(pair.client)->agreed.path_mss == 1448);
}

TEST_CASE("the way back of a route that arrived is kept for all segments of the connection") {
  FT_COVERS("rfc9293 MUST-53");
  Pair pair = routed_pair(true);
  std::vector<Seen> answers;
  pair.filter = [&](int from, auto& packet) {
    if (from == 1) answers.push_back(look(packet));
    travel(packet);
    return from == 0;  // the client goes on asking
  };
  connect(pair);
  pair.run(4s);
  REQUIRE(answers.size() >= 2);  // the SYN-ACK and its repeats
  for (const Seen& s : answers) {
    CHECK(s.destination == gate2);
    REQUIRE(s.route);
    CHECK(s.route->recorded.hops[0] == gate1);
    CHECK(s.route->recorded.hops[1] == pair.address(0));
  }
}

TEST_CASE(
    "with routes taken on both sides the conversation goes both ways over the hops, and a later route replaces an earlier") {
  FT_COVERS("rfc9293 MUST-52", "rfc9293 SHLD-24");
  Pair pair = routed_pair(true);
  bool swap = false;
  std::vector<Seen> sent[2];
  pair.filter = [&](int from, auto& packet) {
    sent[from].push_back(look(packet));
    travel(packet);
    if (swap && from == 0) {
      // Another first gate recorded itself.
      for (std::size_t i = 0; i < 4; ++i) packet[24 + i] = static_cast<std::byte>(gate3.octets()[i]);
      wire::Ipv4Header header = wire::parse_quoted_ipv4(packet)->header;
      wire::write_ipv4(header, packet, 12);
    }
    return true;
  };
  connect(pair);
  REQUIRE(pair.state(0, pair.client) == "ESTABLISHED");
  pair.server = *pair.stacks[1].accept(pair.listener);
  pair.write(1, pair.server, "hello");
  pair.run(1s);
  CHECK(pair.read_all(0, pair.client) == "hello");
  CHECK(sent[1].back().destination == gate2);
  CHECK(sent[1].back().route->recorded.hops[0] == gate1);
  swap = true;
  pair.write(0, pair.client, "what");
  pair.run(1s);
  pair.write(1, pair.server, "again");
  pair.run(1s);
  CHECK(sent[1].back().route->recorded.hops[0] == gate3);
  // The client's own route stays, whatever arrives.
  for (const Seen& s : sent[0]) CHECK(s.destination == gate1);
}

TEST_CASE("packets that arrive with a source route are dropped unless the configuration takes them (RFC 7126 4.3)") {
  Pair pair = routed_pair(false);
  pair.filter = [&](int, auto& packet) {
    travel(packet);
    return true;
  };
  connect(pair);
  CHECK(pair.state(0, pair.client) == "SYN-SENT");
  CHECK(pair.stacks[1].counters().dropped[static_cast<std::size_t>(DropReason::source_route)] > 0);
}

TEST_CASE("other IP options are passed over") {
  FT_COVERS("rfc9293 MUST-50");
  Pair pair;
  pair.filter = [&](int, auto& packet) {
    wire::Ipv4Header header = wire::parse_ipv4(packet)->header;
    const std::byte options[8] = {std::byte{7}, std::byte{7}, std::byte{4}, {}, {}, {}, {}, {}};  // record route
    packet.insert(packet.begin() + 20, std::begin(options), std::end(options));
    header.total_length = static_cast<std::uint16_t>(packet.size());
    wire::write_ipv4(header, packet, 8);
    return true;
  };
  pair.establish();
  CHECK(pair.state(0, pair.client) == "ESTABLISHED");
}

TEST_CASE("routes that cannot be are refused: IPv6, too many hops, groups") {
  Pair v6(true);
  CHECK(v6.stacks[0].connect(v6.now, v6.at(1, 80), {.source_route = {v6.address(1)}}).error().code == Error::invalid_argument);
  Pair pair;
  const auto code = [&](std::vector<IpAddress> route) {
    return pair.stacks[0].connect(pair.now, pair.at(1, 80), {.source_route = std::move(route)}).error().code;
  };
  CHECK(code(std::vector<IpAddress>(10, gate1)) == Error::invalid_argument);
  CHECK(code({IpAddress::v4(224, 0, 0, 1)}) == Error::invalid_argument);
  CHECK(code({gate1, IpAddress::v4(255, 255, 255, 255)}) == Error::invalid_argument);
}
