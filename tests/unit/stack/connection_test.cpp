#include "pair.hpp"

#include <doctest/doctest.h>

using namespace ft;
using ft::test::Pair;
using namespace std::chrono_literals;

namespace {
template <class F>
void over_both_families(F f) {
  for (const bool v6 : {false, true}) {
    CAPTURE(v6);
    f(v6);
  }
}
}  // namespace

TEST_CASE("a handshake takes three segments and both ends end in ESTABLISHED") {
  over_both_families([](bool v6) {
    Pair pair(v6);
    pair.establish();
    CHECK(pair.state(0, pair.client) == "ESTABLISHED");
    CHECK(pair.state(1, pair.server) == "ESTABLISHED");
    CHECK(pair.sent[0] == 2);
    CHECK(pair.sent[1] == 1);
    CHECK(pair.saw(0, Event::Kind::connected));
    CHECK(pair.saw(1, Event::Kind::acceptable));
  });
}

TEST_CASE("what one end writes the other reads, then four segments close both ways") {
  over_both_families([](bool v6) {
    Pair pair(v6);
    pair.establish();
    CHECK(pair.write(0, pair.client, "GET /") == 5);
    pair.run(200ms);
    CHECK(pair.read_all(1, pair.server) == "GET /");
    CHECK(pair.write(1, pair.server, "200 OK") == 6);
    REQUIRE(pair.stacks[0].shutdown(pair.client));
    pair.run(200ms);
    CHECK(pair.state(0, pair.client) == "FIN-WAIT-2");
    CHECK(pair.state(1, pair.server) == "CLOSE-WAIT");
    CHECK(pair.read_all(0, pair.client) == "200 OK");
    REQUIRE(pair.stacks[1].close(pair.server));
    pair.run(200ms);
    CHECK(pair.state(0, pair.client) == "TIME-WAIT");
    CHECK(pair.close_reason(0) == CloseReason::normal);
    REQUIRE(pair.stacks[0].close(pair.client));
    pair.run(70s);
    CHECK(pair.stacks[0].ports().empty());
    CHECK(pair.stacks[1].ports().size() == 1);  // the listener
    CHECK(pair.stacks[0].buffer_memory() == 0);
    CHECK(pair.stacks[1].buffer_memory() == 0);
  });
}

TEST_CASE("a closed port answers a SYN with RST and the connect is refused") {
  over_both_families([](bool v6) {
    Pair pair(v6, [](StackConfig& client, StackConfig&) { client.tcp.ecn_retry_after_reset = false; });
    pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 81));
    pair.run(100ms);
    CHECK(pair.close_reason(0) == CloseReason::refused);
    CHECK(pair.sent[0] == 1);
    CHECK(pair.sent[1] == 1);
  });
}

TEST_CASE("a lost SYN is repeated after one second") {
  Pair pair;
  int syns = 0;
  pair.filter = [&](int from, auto&) { return from != 0 || ++syns > 1; };
  pair.listener = *pair.stacks[1].listen(pair.at(1, 80));
  pair.client = *pair.stacks[0].connect(pair.now, pair.at(1, 80));
  pair.run(1010ms);
  CHECK(pair.state(0, pair.client) == "SYN-SENT");
  pair.run(20ms);
  CHECK(pair.state(0, pair.client) == "ESTABLISHED");
}

TEST_CASE("a megabyte arrives whole over a path that loses every fiftieth packet") {
  over_both_families([](bool v6) {
    Pair pair(v6);
    pair.establish();
    int packets = 0;
    pair.filter = [&](int, auto&) { return ++packets % 50 != 0; };
    std::string text(1 << 20, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 2654435761u >> 13);
    std::size_t written = 0;
    std::string received;
    for (int turn = 0; turn < 20000 && received.size() < text.size(); ++turn) {
      written += pair.write(0, pair.client, std::string_view(text).substr(written));
      pair.run(10ms);
      received += pair.read_all(1, pair.server);
    }
    CHECK(received == text);
    CHECK(pair.stacks[0].info(pair.client)->retransmissions > 0);
  });
}

TEST_CASE("simultaneous open joins two active opens into one connection") {
  over_both_families([](bool v6) {
    Pair pair(v6);
    const auto a = pair.stacks[0].connect(pair.now, pair.at(1, 5000), {.local_port = 4000});
    const auto b = pair.stacks[1].connect(pair.now, pair.at(0, 4000), {.local_port = 5000});
    REQUIRE(a);
    REQUIRE(b);
    pair.run(500ms);
    CHECK(pair.state(0, *a) == "ESTABLISHED");
    CHECK(pair.state(1, *b) == "ESTABLISHED");
  });
}

TEST_CASE("simultaneous close passes through CLOSING to TIME-WAIT at both ends") {
  over_both_families([](bool v6) {
    Pair pair(v6);
    pair.establish();
    REQUIRE(pair.stacks[0].shutdown(pair.client));
    REQUIRE(pair.stacks[1].shutdown(pair.server));
    pair.run(15ms);
    CHECK(pair.state(0, pair.client) == "CLOSING");
    pair.run(100ms);
    CHECK(pair.state(0, pair.client) == "TIME-WAIT");
    CHECK(pair.state(1, pair.server) == "TIME-WAIT");
  });
}

TEST_CASE("closing with unread data sends RST") {
  over_both_families([](bool v6) {
    Pair pair(v6);
    pair.establish();
    pair.write(0, pair.client, "unwanted");
    pair.run(100ms);
    REQUIRE(pair.stacks[1].close(pair.server));
    pair.run(100ms);
    CHECK(pair.close_reason(0) == CloseReason::reset);
  });
}

TEST_CASE("abort resets the peer and later calls repeat why") {
  Pair pair;
  pair.establish();
  REQUIRE(pair.stacks[0].abort(pair.client));
  pair.run(100ms);
  CHECK(pair.close_reason(1) == CloseReason::reset);
  CHECK(pair.stacks[1].write(pair.server, std::as_bytes(std::span("x"))).error() == Error::connection_reset);
  CHECK(pair.stacks[0].close(pair.client).error() == Error::invalid_handle);
}

TEST_CASE("a shut window is probed until the reader comes back, and nothing is lost") {
  Pair pair(false, [](StackConfig&, StackConfig& b) { b.tcp.receive_buffer = 4000; });
  pair.establish();
  std::string text(10000, 'w');
  std::size_t written = pair.write(0, pair.client, text);
  CHECK(written == text.size());
  pair.run(30s);
  CHECK(pair.stacks[0].info(pair.client)->snd_wnd == 0);
  std::string received;
  for (int turn = 0; turn < 100 && received.size() < text.size(); ++turn) {
    received += pair.read_all(1, pair.server);
    pair.run(100ms);
  }
  CHECK(received == text);
}

TEST_CASE("keep-alive probes an idle peer and gives up after the configured count") {
  Pair pair(false, [](StackConfig& a, StackConfig&) {
    a.tcp.keepalive = true;
    a.tcp.keepalive_idle = 10s;
    a.tcp.keepalive_interval = 1s;
    a.tcp.keepalive_count = 3;
  });
  pair.establish();
  pair.run(60s);
  CHECK(pair.state(0, pair.client) == "ESTABLISHED");
  pair.filter = [](int, auto&) { return false; };
  pair.run(20s);
  CHECK(pair.close_reason(0) == CloseReason::timed_out);
}

TEST_CASE("with no place for TIME-WAIT records a connection waits as it is, and goes in the end") {
  Pair pair(false, [](StackConfig& a, StackConfig&) { a.max_time_wait = 0; });
  pair.establish();
  REQUIRE(pair.stacks[0].close(pair.client));
  pair.run(100ms);
  REQUIRE(pair.stacks[1].close(pair.server));
  pair.run(100ms);
  REQUIRE(pair.stacks[0].ports().size() == 1);
  CHECK(pair.stacks[0].ports()[0].state == "TIME-WAIT");
  pair.run(61s);
  CHECK(pair.stacks[0].ports().empty());
}
