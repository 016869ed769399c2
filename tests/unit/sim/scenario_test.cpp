#include "sim/scenario.hpp"

#include <doctest/doctest.h>

#include "sim/embedded.hpp"
#include "wire/tcp.hpp"

using namespace ft;
using namespace ft::sim;
using namespace std::chrono_literals;

namespace {

std::string error_of(std::string_view text) {
  const auto s = parse_scenario("story.toml", text);
  return s ? "none" : s.error();
}

constexpr std::string_view small = R"(title = "A"
steps = [{ do = "client connect" }]
)";

}  // namespace

TEST_CASE("a scenario is read into values") {
  const auto s = parse_scenario("dir/story.toml", R"(
title = "A story"
title_zh = "故事"
teaches = "something"
kernel = true
seed = 7
until = "2s"
steps = [
  { do = "server listen port=81 backlog=2" },
  { at = "10ms", do = "client connect port=81 from=50000 address=2" },
  { when = "client.received 1KiB", after = "5ms", do = "client write 2KiB" },
  { when = "client.state FIN-WAIT-2", do = "attacker inject RST,ACK victim=client seq=next-5 octets=3" },
]
expect = ["client.sends SYN at 0s 1s", "not server2.closed reset", "server.sends DATA 3+", "client.stays TIME-WAIT 60s"]
[client]
addresses = ["10.0.0.1", "fd00::1", "10.0.0.3", "fd00::3"]
ephemeral = "50000-50003"
tcp = { msl = "1s", nagle = false, receive_buffer = "4KiB", mss = 536 }
[server]
accepts = false
filtered_ports = [80, 443]
[link]
to_server = "delay=1ms,drop=syn"
rtt = "100ms"
)");
  REQUIRE_MESSAGE(s.has_value(), (s ? "" : s.error()));
  CHECK(s->name == "story");
  CHECK(s->title_zh == "故事");
  CHECK(s->kernel);
  CHECK(s->seed == 7);
  CHECK(s->until == 2s);
  REQUIRE(s->steps.size() == 4);
  CHECK(s->steps[0].verb == Verb::listen);
  CHECK(s->steps[0].port == 81);
  CHECK(s->steps[0].backlog == 2);
  CHECK(s->steps[1].trigger.at == 10ms);
  CHECK(s->steps[1].from_port == 50000);
  CHECK(s->steps[1].from_address == 1);
  CHECK(s->steps[2].trigger.event == "client.received");
  CHECK(s->steps[2].trigger.count == 1024);
  CHECK(s->steps[2].trigger.after == 5ms);
  CHECK(s->steps[2].octets == 2048);
  CHECK(s->steps[3].trigger.event == "client.state FIN-WAIT-2");
  CHECK(s->steps[3].injection.flags == (wire::tcp_flag::rst | wire::tcp_flag::ack));
  CHECK(s->steps[3].injection.offset == -5);
  CHECK(s->steps[3].injection.octets == 3);
  REQUIRE(s->expectations.size() == 4);
  CHECK(s->expectations[0].times == std::vector<Duration>{0s, 1s});
  CHECK(s->expectations[1].negated);
  CHECK(s->expectations[1].subject == "server2");
  CHECK(s->expectations[2].at_least);
  CHECK(s->expectations[2].number == 3);
  CHECK(s->expectations[3].duration == 60s);
  CHECK(s->hosts[0].v4.size() == 2);
  CHECK(s->hosts[0].v6[1] == *IpAddress::parse("fd00::3"));
  CHECK(s->hosts[0].tcp.msl == 1s);
  CHECK_FALSE(s->hosts[0].tcp.nagle);
  CHECK(s->hosts[0].tcp.receive_buffer == 4096);
  CHECK(s->hosts[0].tcp.mss == 536);
  CHECK(s->hosts[0].ephemeral.last == 50003);
  CHECK_FALSE(s->hosts[1].accepts);
  CHECK(s->hosts[1].filtered_ports == std::vector<std::uint16_t>{80, 443});
  CHECK(s->to_server.delay == 1ms);
  CHECK(s->to_client.delay == 50ms);
  CHECK(s->to_server.drop.size() == 1);
}

TEST_CASE("what is not said has the house's defaults") {
  const auto s = parse_scenario("a.toml", small);
  REQUIRE(s.has_value());
  CHECK(address_of(*s, Role::client, false) == IpAddress::v4(10, 0, 0, 1));
  CHECK(address_of(*s, Role::server, true) == *IpAddress::parse("fd00::2"));
  CHECK(s->to_server.delay + s->to_client.delay == 40ms);
  CHECK(s->hosts[0].mtu == 1500);
  CHECK_FALSE(s->until.has_value());
}

TEST_CASE("a host's configuration bears its addresses and a secret that the seed decides") {
  const auto s = parse_scenario("a.toml", small);
  REQUIRE(s.has_value());
  const auto client = host_config(*s, Role::client, false, 1);
  REQUIRE(client.addresses.size() == 1);
  CHECK(client.addresses[0].address == IpAddress::v4(10, 0, 0, 1));
  CHECK(client.secret == host_config(*s, Role::client, false, 1).secret);
  CHECK(client.secret != host_config(*s, Role::client, false, 2).secret);
  CHECK(client.secret != host_config(*s, Role::server, false, 1).secret);
}

TEST_CASE("errors name the file, the line and what was meant") {
  CHECK(error_of("title = \"A\"\ntitel_zh = \"B\"\n") == "story.toml:2: unknown key \"titel_zh\"; did you mean \"title_zh\"?");
  CHECK(error_of("title = 5\n") == "story.toml:1: title must be a text in quotes");
  CHECK(error_of("title = \"A\"\nsteps = [\n  { do = \"client conect\" },\n]\n") ==
        "story.toml:3: unknown verb \"conect\"; did you mean \"connect\"?");
  CHECK(error_of("title = \"A\"\nsteps = [\n  { do = \"nobody connect\" },\n]\n")
            .starts_with("story.toml:3: \"nobody\" is nobody"));
  CHECK(error_of("title = \"A\"\nsteps = [\n{ do = \"client connect\" },\n{ when = \"client.conected\", do = \"client close\" "
                 "},\n]\n") == "story.toml:4: unknown event \"conected\"; did you mean \"connected\"?");
  CHECK(error_of("title = \"A\"\nsteps = [{ do = \"client connect\" }]\nexpect = [\n\n\"client.closed rest\"]\n") ==
        "story.toml:5: unknown close reason \"rest\"; did you mean \"reset\"?");
  CHECK(error_of(std::string{small} + "[client]\n[client.tcp]\nmsl = \"1 fortnight\"\n")
            .starts_with("story.toml:5: msl \" fortnight\" is no unit"));
  CHECK(error_of(std::string{small} + "[link]\nto_server = \"los=1%\"\n") ==
        "story.toml:4: to_server unknown fault \"los\"; did you mean \"loss\"?");
  CHECK(error_of("title = \"A\"\nsteps = [[\n").starts_with("story.toml:"));
  CHECK(error_of("title = \"A\"\n") == "story.toml:1: the scenario has no steps");
  CHECK(error_of("title = \"A\"\n[#").starts_with("story.toml:2: "));
  CHECK(error_of("title = \"A\"\n\xef\xbb\xa9s").starts_with("story.toml:2: "));
  CHECK(error_of("steps = [{ do = \"client connect\" }]") == "story.toml:1: the scenario has no title");
  CHECK(error_of("title = \"A\"\nsteps = [\n{ at = \"1s\", when = \"client.end\", do = \"client close\" }]") ==
        "story.toml:3: a step has either at or when, not both");
  CHECK(error_of("title = \"A\"\nsteps = [\n{ do = \"client connect address=2\" }]") ==
        "story.toml:3: client has only 1 addresses of each family");
}

TEST_CASE("steps that make no sense are refused") {
  for (const char* step :
       {"client", "", "client write", "client write 0", "client write -1", "client2 listen", "client listen port=0",
        "attacker connect", "client inject RST victim=server", "attacker inject RST", "attacker inject XYZ victim=server",
        "attacker inject RST victim=server seq=5", "client connect prot=80", "client connect port", "client close now",
        "client1 connect", "client02 connect", "client connect port=99999"}) {
    CAPTURE(step);
    CHECK(error_of("title = \"A\"\nsteps = [\n{ do = \"" + std::string{step} + "\" }]").starts_with("story.toml:3: "));
  }
}

TEST_CASE("expectations that make no sense are refused") {
  for (const char* text :
       {"", "not", "client", "client.", "client.happy", "link.closed normal", "client.lost 1", "client.connected twice",
        "client.sends SYN", "client.sends SYN many", "client.sends SYN at", "client.sends SYM 1", "client2.sends SYN 1",
        "client.state OPEN", "client.stays TIME-WAIT", "client.local_port 70000", "server.dropped nothing_such"}) {
    CAPTURE(text);
    CHECK(error_of(std::string{small} + "expect = [\n\"" + text + "\"]").starts_with("story.toml:4: "));
  }
}

TEST_CASE("any octets as a scenario are an error or a scenario, never a crash") {
  std::string text{small};
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'\0', '[', '"', '\xff', '=', '\n'}) {
      std::string broken = text;
      broken[i] = c;
      const auto s = parse_scenario("x.toml", broken);
      CHECK((s.has_value() || s.error().starts_with("x.toml:")));
    }
    if (i + 1 < text.size()) CHECK_FALSE(parse_scenario("x.toml", text.substr(0, i)).has_value());
  }
}

TEST_CASE("every embedded story can be read and tells its lesson in both languages") {
  CHECK(embedded_scenarios().size() == 34);
  for (const EmbeddedScenario& e : embedded_scenarios()) {
    CAPTURE(e.name);
    const auto s = embedded_scenario(e.name);
    REQUIRE_MESSAGE(s.has_value(), (s ? "" : s.error()));
    CHECK(s->name == e.name);
    for (const auto& text : {s->title, s->title_zh, s->teaches, s->teaches_zh, s->next, s->next_zh}) CHECK_FALSE(text.empty());
    CHECK(s->expectations.size() >= 3);
  }
}

TEST_CASE("an unknown story is answered with the nearest one") {
  CHECK(embedded_scenario("hanshake").error() == "unknown scenario \"hanshake\"; did you mean \"handshake\"?");
}
