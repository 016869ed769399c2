#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

namespace {

/// A window shut at 50 ms, and probes of it; the numbers stand at 5001.
void shut_window(Talk& t, int probes) {
  t.handshake();
  t.burst(30, 0, 1, 1, 5, 1000);
  t.server(50, ".", 1, 5001).window = 0;
  double at = 50, wait = 220;
  for (int i = 0; i < probes; ++i, wait *= 2) {
    t.client(at += wait, ".", 5000, 1);
    t.server(at + 20, ".", 1, 5001).window = 0;
  }
}

/// Requests of the client, each answered after `think`.
void requests(Talk& t, double think, double between, int count = 3) {
  t.handshake();
  double at = 30;
  std::uint32_t ask = 1, answer = 1;
  for (int i = 0; i < count; ++i) {
    t.client(at, "P.", ask, answer, 100);
    ask += 100;
    t.server(at + 20, ".", answer, ask);
    t.server(at + 20.2 + think, "P.", answer, ask, 300);
    answer += 300;
    t.client(at + 20.3 + think, ".", ask, answer);
    at += 25 + think + between;
  }
  t.goodbye(at, ask, answer);
}

}  // namespace

TEST_CASE("a window shut and opened again is zero-window-recovered, the receiver's doing") {
  for (const Family family : both_families) {
    Talk t(family);
    shut_window(t, 3);
    t.server(3000, ".", 1, 5001);
    t.client(3001, "P.", 5001, 1, 1000);
    t.server(3021, ".", 1, 6001);
    t.goodbye(3030, 6001, 1);
    const Told told = t.told();
    CHECK(told.trouble() == "zero-window-recovered");
    CHECK(told.find("zero-window-recovered")->side == 1);
    CHECK(told.find("zero-window-recovered")->cost.time > 2s);
    CHECK_FALSE(told.has("keepalive"));
  }
}

TEST_CASE("a window shut for a moment is no trouble") {
  Talk t;
  t.handshake();
  t.burst(30, 0, 1, 1, 5, 1000);
  t.server(50, ".", 1, 5001).window = 0;
  t.server(90, ".", 1, 5001);
  t.client(91, "P.", 5001, 1, 1000);
  t.server(111, ".", 1, 6001);
  CHECK(t.told().trouble().empty());
}

TEST_CASE("a window that never opens again, and probes to the end, is zero-window-stalled") {
  for (const Family family : both_families) {
    Talk t(family);
    shut_window(t, 5);
    const Told told = t.told();
    CHECK(told.trouble() == "zero-window-stalled");
    CHECK(told.find("zero-window-stalled")->side == 1);
  }
}

TEST_CASE("a window that shuts with the last octet and nobody wants more is not stalled") {
  Talk t;
  t.handshake();
  t.burst(30, 0, 1, 1, 5, 1000);
  t.server(50, ".", 1, 5001).window = 0;
  t.client(51, "F.", 5001, 1);
  t.server(71, "F.", 1, 5002).window = 0;
  t.client(71.1, ".", 5002, 2);
  CHECK(t.told().trouble().empty());
}

TEST_CASE("in flight at the window's edge all the time is receive-window-limited") {
  for (const bool small : {true, false}) {
    Talk t;
    t.handshake(0, 50);
    std::uint32_t seq = 1;
    double at = 60;
    for (int round = 0; round < 20; ++round, at += 50.5) {
      const std::uint32_t begin = seq;
      seq = t.burst(at, 0, seq, 1, 8, 1000);
      for (std::uint32_t n = 2; n <= 8; n += 2) t.server(at + 50 + 0.05 * n, ".", 1, begin + 1000 * n).window = small ? 64 : 512;
    }
    t.goodbye(at, seq, 1, 50);
    const Told told = t.told();
    CHECK(told.has("receive-window-limited") == small);
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("small writes with pauses between them are application-limited") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    std::uint32_t seq = 1;
    for (int i = 0; i < 10; ++i, seq += 3000) {
      t.burst(30 + 100 * i, 0, seq, 1, 3, 1000);
      t.server(50.5 + 100 * i, ".", 1, seq + 3000);
    }
    t.goodbye(1040, seq, 1);
    const Told told = t.told();
    CHECK(told.has("application-limited"));
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("a transfer without pauses is not application-limited") {
  Talk t;
  t.handshake();
  std::uint32_t seq = 1;
  for (int i = 0; i < 10; ++i) {
    seq = t.burst(30 + 21 * i, 0, seq, 1, 10, 1000);
    t.server(51 + 21 * i, ".", 1, seq);
  }
  CHECK_FALSE(t.told().has("application-limited"));
}

TEST_CASE("answers that take longer than the way are server-think-time") {
  for (const Family family : both_families) {
    Talk t(family);
    requests(t, 800, 0);
    const Told told = t.told();
    CHECK(told.has("server-think-time"));
    CHECK(told.find("server-think-time")->side == 1);
    CHECK_FALSE(told.has("client-think-time"));
    CHECK(told.trouble().empty());
    CHECK(told.connections[0].verdict == "server-think-time");
  }
}

TEST_CASE("requests that come late are client-think-time, not the server's") {
  Talk t;
  requests(t, 1, 1500);
  const Told told = t.told();
  CHECK(told.has("client-think-time"));
  CHECK_FALSE(told.has("server-think-time"));
}

TEST_CASE("prompt requests and answers think nowhere") {
  Talk t;
  requests(t, 1, 1);
  const Told told = t.told();
  CHECK_FALSE(told.has("client-think-time"));
  CHECK_FALSE(told.has("server-think-time"));
  CHECK_FALSE(told.has("high-rtt"));
}

TEST_CASE("a wait that a lost packet made is not the server's thinking") {
  Talk t;
  t.handshake();
  t.client(30, "P.", 1, 1, 100);
  t.exchange(1050);
  t.goodbye(1080, 101, 201);
  CHECK_FALSE(t.told().has("server-think-time"));
}

TEST_CASE("a round trip of 400 ms is high-rtt") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake(0, 400);
    t.client(410, "P.", 1, 1, 100);
    t.server(810, "P.", 1, 101, 200);
    t.client(810.1, ".", 101, 201);
    t.goodbye(900, 101, 201, 400);
    const Told told = t.told();
    CHECK(told.has("high-rtt"));
    CHECK_FALSE(told.has("server-think-time"));
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("small writes that each wait for a delayed ACK are nagle-delayed-ack") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake(0, 2);
    std::uint32_t ask = 1, answer = 1;
    double at = 10;
    for (int i = 0; i < 4; ++i) {
      t.client(at, "P.", ask, answer, 100);
      t.server(at + 42, ".", answer, ask + 100);
      t.client(at + 42.1, "P.", ask + 100, answer, 100);
      ask += 200;
      t.server(at + 44.2, "P.", answer, ask, 50);
      answer += 50;
      t.client(at + 44.3, ".", ask, answer);
      at += 60;
    }
    t.goodbye(at, ask, answer, 2);
    const Told told = t.told();
    CHECK(told.trouble() == "nagle-delayed-ack");
    CHECK(told.find("nagle-delayed-ack")->side == 0);
    CHECK(told.find("nagle-delayed-ack")->times == 4);
  }
}

TEST_CASE("small writes that do not wait for an ACK are no trouble") {
  Talk t;
  t.handshake(0, 2);
  t.client(10, "P.", 1, 1, 100);
  t.client(10.1, "P.", 101, 1, 100);
  t.server(12.2, "P.", 1, 201, 50);
  t.client(12.3, ".", 201, 51);
  t.goodbye(20, 201, 51, 2);
  const Told told = t.told();
  CHECK_FALSE(told.has("nagle-delayed-ack"));
}

TEST_CASE("one octet before the next, asked and answered while nothing else is said, is keepalive") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    for (int i = 1; i <= 3; ++i) {
      t.client(10'000 * i, ".", 100, 201);
      t.server(10'000 * i + 20, ".", 201, 101);
    }
    const Told told = t.told();
    CHECK(told.has("keepalive"));
    CHECK(told.fact("keepalive", "probes") == 3);
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("keep-alives that nobody answers, and RST, are keepalive-unanswered") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    for (int i = 0; i < 4; ++i) t.client(10'000 + 1000 * i, ".", 100, 201);
    t.client(14'000, "R.", 101, 201);
    const Told told = t.told();
    CHECK(told.trouble() == "keepalive-unanswered");
    CHECK(told.fact("keepalive-unanswered", "probes") == 4);
  }
}
