#include "analysis/find/words.hpp"
#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

namespace {

/// A server whose big segments do not arrive; its timer runs out `repeats` times.
void big_ones_vanish(Talk& t, int repeats, std::uint32_t length = 1400) {
  t.handshake_at_server();
  t.client(30, "P.", 1, 1, 200);
  t.server(30.1, "P.", 1, 201, 600);
  t.client(50, ".", 201, 601);
  t.burst(60, 1, 601, 201, 5, length);
  double at = 60;
  double wait = 250;
  for (int i = 0; i < repeats; ++i, wait *= 2) t.server(at += wait, ".", 601, 201, length);
}

}  // namespace

TEST_CASE("only big segments resent, unanswered, small ones acknowledged: mtu-black-hole") {
  for (const Family family : both_families) {
    Talk t(family);
    big_ones_vanish(t, 4);
    const Told told = t.told();
    CHECK(told.trouble() == "mtu-black-hole");
    CHECK(told.find("mtu-black-hole")->side == 1);
  }
}

TEST_CASE("small segments resent and unanswered are no black hole but rto-backoff") {
  for (const Family family : both_families) {
    Talk t(family);
    big_ones_vanish(t, 4, 300);
    const Told told = t.told();
    CHECK(told.trouble() == "rto-backoff");
    CHECK(told.find("rto-backoff")->severity == Severity::error);
  }
}

TEST_CASE("ICMP that tells an MTU, and smaller segments after it: pmtud, and no trouble") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.client(30, ".", 1, 1, 1400);
    t.client(30.1, ".", 1401, 1, 1400);
    if (family == Family::ipv4)
      t.icmp(40, 3, 4, 1, 1300);
    else
      t.icmp(40, 2, 0, 1, 1300);
    t.client(40.1, ".", 1, 1, 1200);
    t.client(40.2, ".", 1201, 1, 200);
    t.client(40.3, ".", 1401, 1, 1200);
    t.client(40.4, ".", 2601, 1, 200);
    t.server(61, ".", 1, 2801);
    t.goodbye(70, 2801, 1);
    const Told told = t.told();
    CHECK(told.trouble().empty());
    CHECK(told.fact("pmtud", "mtu") == 1300);
    CHECK(told.fact("pmtud", "size_after") == 1200);
  }
}

TEST_CASE("who is told the MTU and sends the same octets in packets as big again is told so") {
  Talk t;
  t.handshake();
  t.client(30, "P.", 1, 1, 1400);
  t.icmp(31, 3, 4, 1, 1300);
  for (const double at : {250.0, 700.0, 1600.0}) {
    t.client(at, "P.", 1, 1, 1400);
    t.icmp(at + 1, 3, 4, 1, 1300);
  }
  const Told told = t.told();
  CHECK(told.find("pmtud")->severity == Severity::warning);
  CHECK(told.fact("pmtud", "ignored") == 1);
  CHECK(say(*told.find("pmtud"), Lang::en) ==
        "The path carries packets of 1300 octets at most: 10.0.0.254 said so, but the client sent the same octets in segments as "
        "big again.");
}

TEST_CASE("a router that names no size is told so, and no size is made up") {
  Talk t;
  t.handshake();
  t.client(30, "P.", 1, 1, 1400);
  t.icmp(31, 3, 4, 1, 0);
  t.client(31.1, ".", 1, 1, 536);
  t.client(31.2, "P.", 537, 1, 864);
  t.server(51, ".", 1, 1401);
  const Told told = t.told();
  CHECK(told.trouble().empty());
  CHECK(say(*told.find("pmtud"), Lang::en) ==
        "A packet of the client was too big for the path: 10.0.0.254 said so, and the client made its segments smaller.");
}

TEST_CASE("full segments repeated in vain, then smaller ones that arrive: mtu-probing-recovered") {
  for (const Family family : both_families) {
    Talk t(family);
    big_ones_vanish(t, 3);
    const double at = 60 + 250 + 500 + 1000 + 2000;
    t.server(at, ".", 601, 201, 1024);
    t.client(at + 20, ".", 201, 1625);
    std::uint32_t seq = 1625;
    for (int i = 0; seq < 7601; ++i, seq += 1024) {
      const std::uint32_t length = std::min<std::uint32_t>(1024, 7601 - seq);
      t.server(at + 25 + 25 * i, ".", seq, 201, length);
      t.client(at + 45 + 25 * i, ".", 201, seq + length);
    }
    const Told told = t.told();
    CHECK(told.trouble() == "mtu-probing-recovered");
    CHECK(told.fact("mtu-probing-recovered", "size_after") == 1024);
  }
}

TEST_CASE("silence both ways while the timer doubles, and then all goes on: path-outage") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.client(100, "P.", 101, 201, 500);
    double at = 100, wait = 220;
    for (int i = 0; i < 4; ++i, wait *= 2) t.client(at += wait, "P.", 101, 201, 500);
    t.server(at + 20, "P.", 201, 601, 100);
    t.client(at + 20.1, ".", 601, 301);
    t.goodbye(at + 30, 601, 301);
    const Told told = t.told();
    CHECK(told.trouble() == "path-outage");
    CHECK(told.has("rto-backoff"));
  }
}

TEST_CASE("the same and nothing comes back until the end: rto-backoff") {
  Talk t;
  t.handshake();
  t.exchange(30);
  t.client(100, "P.", 101, 201, 500);
  double at = 100, wait = 220;
  for (int i = 0; i < 5; ++i, wait *= 2) t.client(at += wait, "P.", 101, 201, 500);
  const Told told = t.told();
  CHECK(told.trouble() == "rto-backoff");
  CHECK(told.find("rto-backoff")->alternatives.front() == "peer-gone");
}

TEST_CASE("one repeat after a timer is no outage") {
  Talk t;
  t.handshake();
  t.exchange(30);
  t.client(100, "P.", 101, 201, 500);
  t.client(320, "P.", 101, 201, 500);
  t.server(340, "P.", 201, 601, 100);
  t.client(340.1, ".", 601, 301);
  const Told told = t.told();
  CHECK(told.trouble() == "tail-loss");
}

TEST_CASE("data after a long silence that nobody answers is idle-timeout") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    double at = 400'000, wait = 220;
    t.client(at, "P.", 101, 201, 50);
    for (int i = 0; i < 5; ++i, wait *= 2) t.client(at += wait, "P.", 101, 201, 50);
    const Told told = t.told();
    CHECK(told.trouble() == "idle-timeout");
    CHECK(told.fact("idle-timeout", "idle") > 399);
  }
}

TEST_CASE("data after a long silence that is answered is nothing") {
  Talk t;
  t.handshake();
  t.exchange(30);
  t.client(400'000, "P.", 101, 201, 50);
  t.server(400'020, "P.", 201, 151, 50);
  t.client(400'020.1, ".", 151, 251);
  CHECK(t.told().trouble().empty());
}
