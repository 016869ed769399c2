#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

TEST_CASE("RST with ACK from a server that answered nothing of what it took is rst-unread-data") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.burst(30, 0, 1, 1, 4, 1000);
    t.server(50, ".", 1, 4001);
    t.server(60, "R.", 1, 4001);
    const Told told = t.told();
    CHECK(told.trouble() == "rst-unread-data");
    CHECK(told.find("rst-unread-data")->side == 1);
  }
}

TEST_CASE("RST with ACK after everything was said and acknowledged is rst-abortive-close") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.client(300, "R.", 101, 201);
    const Told told = t.told();
    CHECK(told.trouble() == "rst-abortive-close");
    CHECK(told.find("rst-abortive-close")->side == 0);
  }
}

TEST_CASE("RST after both FINs is no abortive close") {
  Talk t;
  t.handshake();
  t.exchange(30);
  t.goodbye(100, 101, 201);
  t.server(140, "R", 202, 0);
  CHECK(t.told().trouble().empty());
}

TEST_CASE("text to a side that has closed, answered by RST, is rst-data-after-close") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.server(60, "F.", 201, 101);
    t.client(60.1, ".", 101, 202);
    t.client(500, "P.", 101, 202, 1000);
    t.server(520, "R", 202, 0);
    const Told told = t.told();
    CHECK(told.trouble() == "rst-data-after-close");
    CHECK(told.find("rst-data-after-close")->side == 1);
    CHECK(told.fact("rst-data-after-close", "octets") == 1000);
  }
}

TEST_CASE("data answered by RST with the number that it acknowledged, without a FIN before, is half-open-peer-forgot") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.client(60'000, "P.", 101, 201, 50);
    t.server(60'020, "R", 201, 0);
    const Told told = t.told();
    CHECK(told.trouble() == "half-open-peer-forgot");
    CHECK(told.find("half-open-peer-forgot")->alternatives.front() == "idle-timeout");
  }
}

TEST_CASE("the same RST with another TTL after a long silence is idle-timeout") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.client(400'000, "P.", 101, 201, 50);
    t.server(400'002, "R", 201, 0).ttl = 255;
    const Told told = t.told();
    CHECK(told.trouble() == "idle-timeout");
  }
}

TEST_CASE("RST with another TTL in the middle of a transfer, the text going on after it, is rst-injected") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.server(60, "P.", 201, 101, 1000);
    t.server(60.2, "R", 1201, 0).ttl = 44;
    t.server(60.4, "P.", 1201, 101, 1000);
    t.server(60.6, "P.", 2201, 101, 1000);
    const Told told = t.told();
    CHECK(told.trouble() == "rst-injected");
    CHECK(told.fact("rst-injected", "ttl") == 44);
    CHECK(told.fact("rst-injected", "after") >= 1);
  }
}

TEST_CASE("RST with the usual TTL and silence after it was not injected") {
  Talk t;
  t.handshake();
  t.exchange(30);
  t.server(60, "P.", 201, 101, 1000);
  t.client(60.1, ".", 101, 1201);
  t.server(60.2, "R.", 1201, 101);
  CHECK_FALSE(t.told().has("rst-injected"));
}

TEST_CASE("RST beside the exact number, a challenge ACK, and the talk goes on: blind-reset-attempt") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake_at_server();
    t.client(30, "P.", 1, 1, 100);
    t.server(30.1, ".", 1, 101);
    t.client(50, "R", 801, 0).ttl = 49;
    t.server(50.1, ".", 1, 101);
    t.client(60, "P.", 101, 1, 100);
    t.server(60.1, ".", 1, 201);
    t.client(80, "F.", 201, 1);
    t.server(80.1, "F.", 1, 202);
    t.client(100, ".", 202, 2);
    const Told told = t.told();
    CHECK(told.trouble() == "blind-reset-attempt");
  }
}

TEST_CASE("one side finished and the other streams on is half-close") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.client(30, "P.", 1, 1, 200);
    t.client(30.1, "F.", 201, 1);
    t.server(50, ".", 1, 202);
    for (std::uint32_t i = 0; i < 10; ++i) {
      t.server(60 + 50 * i, "P.", 1 + 1000 * i, 202, 1000);
      t.client(60.1 + 50 * i, ".", 202, 1001 + 1000 * i);
    }
    t.server(600, "F.", 10'001, 202);
    t.client(600.1, ".", 202, 10'002);
    const Told told = t.told();
    CHECK(told.trouble().empty());
    CHECK(told.fact("half-close", "octets") == 10'000);
    CHECK(told.connections[0].verdict == "half-close");
  }
}

TEST_CASE("a FIN that is acknowledged and never answered is half-closed-not-finished") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.client(100, "F.", 101, 201);
    t.server(140, ".", 201, 102);
    t.ports[0] = 41000;  // the capture went on
    t.handshake(20'000);
    const Told told = t.told();
    CHECK(told.trouble() == "half-closed-not-finished");
    CHECK(told.find("half-closed-not-finished")->side == 1);
  }
}

TEST_CASE("a FIN that was just acknowledged as the capture ended is only a note") {
  Talk t;
  t.handshake();
  t.exchange(30);
  t.client(100, "F.", 101, 201);
  t.server(140, ".", 201, 102);
  CHECK(t.told().trouble().empty());
}

TEST_CASE("FINs that cross are simultaneous-close, and one after the other is not") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.client(100, "F.", 101, 201);
    t.server(105, "F.", 201, 101);
    t.client(105.1, ".", 102, 202);
    t.server(120, ".", 202, 102);
    const Told told = t.told();
    CHECK(told.has("simultaneous-close"));
    CHECK(told.trouble().empty());
    Talk usual(family);
    usual.handshake();
    usual.exchange(30);
    usual.goodbye(100, 101, 201);
    CHECK_FALSE(usual.told().has("simultaneous-close"));
  }
}

TEST_CASE("a FIN sent twice is fin-retransmitted, and no trouble when it was acknowledged") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.client(100, "F.", 101, 201);
    t.client(320, "F.", 101, 201);
    t.server(340, "F.", 201, 102);
    t.client(340.1, ".", 102, 202);
    const Told told = t.told();
    CHECK(told.fact("fin-retransmitted", "tries") == 2);
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("who closes first is time-wait-holder") {
  for (const std::uint8_t first : {std::uint8_t{0}, std::uint8_t{1}}) {
    Talk t;
    t.handshake();
    t.exchange(30);
    const std::uint32_t next[2] = {101, 201};
    const std::uint8_t second = first ^ 1u;
    t.say(100, first, "F.", next[first], next[second]);
    t.say(120, second, "F.", next[second], next[first] + 1);
    t.say(140, first, ".", next[first] + 1, next[second] + 1);
    const Told told = t.told();
    REQUIRE(told.has("time-wait-holder"));
    CHECK(told.find("time-wait-holder")->side == first);
  }
}
