// What is left of an old connection must not stand in the way of a new one (RFC 9293 3.5.1, RFC 5961 4).
#include <doctest/doctest.h>

#include "sim/story.hpp"

using namespace ft;
using namespace ft::sim;

namespace {

struct Nothing final : trace::Sink {
  void on_event(const trace::Event&) override {}
};

void goes_as_told(std::string_view text, std::uint64_t seeds) {
  const auto scenario = parse_scenario("test.toml", text);
  REQUIRE_MESSAGE(scenario.has_value(), (scenario ? "" : scenario.error()));
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    Nothing nothing;
    Overrides overrides;
    overrides.seed = seed;
    overrides.ipv6 = seed % 2 == 0;
    const auto outcome = run(*scenario, overrides, nothing);
    REQUIRE(outcome.has_value());
    for (const CheckedExpectation& e : outcome->expectations) CHECK_MESSAGE(e.met, e.text << ": " << e.sentence);
  }
}

}  // namespace

TEST_CASE("a SYN without timestamps inside a connection that has them is challenged, not swallowed") {
  goes_as_told(R"(title = "SYN"
steps = [
  { do = "server listen" },
  { do = "client connect" },
  { at = "200ms", do = "attacker inject SYN victim=server seq=next+2000" },
]
expect = ["server.dropped syn_challenged", "server.sends ACK 1", "server.state ESTABLISHED", "client.state ESTABLISHED"]
)",
               4);
}

TEST_CASE("a client that forgot its connection opens it anew from the same port, whatever its timestamps say") {
  goes_as_told(R"(title = "The forgetful client"
steps = [
  { do = "server listen" },
  { do = "client connect from=50000" },
  { when = "client.connected", do = "client write 100" },
  { at = "1s", do = "client crash" },
  { at = "2s", do = "client restart" },
  { when = "client.restarted", after = "1s", do = "client2 connect from=50000" },
  { when = "client2.connected", do = "client2 write 50" },
]
expect = ["client2.connected", "server.closed reset", "server2.accepted", "server2.received 50", "client.sends RST 1"]
)",
               20);
}

TEST_CASE("a client that forgot its connection and speaks without timestamps gets through too") {
  goes_as_told(R"(title = "The plain client"
steps = [
  { do = "server listen" },
  { do = "client connect from=50000" },
  { when = "client.connected", do = "client write 100" },
  { at = "1s", do = "client crash" },
  { at = "2s", do = "client restart" },
  { when = "client.restarted", after = "1s", do = "client2 connect from=50000" },
]
expect = ["client2.connected", "server.closed reset", "server2.accepted"]
[client.tcp]
timestamps = false
)",
               20);
}
