// Diagnoses 48 to 52: hosts, the honesty of the capture, notes.
#include "analysis/find/words.hpp"
#include "talk.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

TEST_CASE("hundreds of SYNs in a second that never finish are syn-flood") {
  for (const Family family : both_families) {
    Talk t(family);
    for (std::uint16_t n = 0; n < 300; ++n) {
      t.hosts[0] = static_cast<std::uint8_t>(10 + n % 100);
      t.ports[0] = static_cast<std::uint16_t>(1024 + n);
      t.client(n * 2.0, "S", 0, 0);
      t.server(n * 2.0 + 0.1, "S.", 0, 1);
    }
    const Told told = t.told();
    CHECK(told.has("syn-flood"));
    CHECK(told.verdict.id() == "syn-flood");
    CHECK(told.verdict.failure() == FailureClass::attack);
  }
}

TEST_CASE("hundreds of connections in a second that finish are no flood") {
  Talk t;
  for (std::uint16_t n = 0; n < 300; ++n) {
    t.ports[0] = static_cast<std::uint16_t>(1024 + n);
    t.handshake(n * 2.0, 1);
    t.client(n * 2.0 + 1.2, "P.", 1, 1, 10);
    t.server(n * 2.0 + 2.2, ".", 1, 11);
    t.goodbye(n * 2.0 + 3, 11, 1, 1);
  }
  const Told told = t.told();
  CHECK(told.hosts.empty());
  CHECK(told.trouble().empty());
}

TEST_CASE("one address that tries many ports in vain is port-scan, and the single refusals are notes") {
  for (const Family family : both_families) {
    Talk t(family);
    for (std::uint16_t n = 0; n < 60; ++n) {
      t.ports[0] = static_cast<std::uint16_t>(40'000 + n);
      t.ports[1] = static_cast<std::uint16_t>(20 + n);
      t.client(n * 10.0, "S", 0, 0);
      t.server(n * 10.0 + 5, "R.", 0u - Talk::isn[1], 1);
    }
    const Told told = t.told();
    CHECK(told.trouble() == "port-scan");
    CHECK(told.fact("port-scan", "ports") >= 55);
    CHECK(say(*told.find("port-scan"), Lang::en).find(" tried about ") != std::string::npos);  // an estimate is called one
    CHECK(say(told.verdict, Lang::en)[0] == "60 connections: 0 closed properly.");             // not "nothing wrong"
  }
}

TEST_CASE("distinct things are counted within a few per cent, all ports of a host within a fifth") {
  for (const std::uint64_t count : {1u, 15u, 400u, 3000u, 20'000u, 65'535u}) {
    DistinctCounter counter;
    std::mt19937_64 hashes(count);
    const double error = count <= 3000 ? 0.05 : 0.2;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t hash = hashes();
      for (int again = 0; again < 2; ++again) counter.add(hash);
    }
    const auto told = static_cast<double>(counter.count());
    CAPTURE(count);
    CHECK(told >= (1 - error) * static_cast<double>(count));
    CHECK(told <= (1 + error) * static_cast<double>(count));
  }
}

TEST_CASE("one address that uses many ports is no scan") {
  Talk t;
  for (std::uint16_t n = 0; n < 60; ++n) {
    t.ports[0] = static_cast<std::uint16_t>(40'000 + n);
    t.ports[1] = static_cast<std::uint16_t>(20 + n);
    t.handshake(n * 100.0);
    t.exchange(n * 100.0 + 21);
    t.goodbye(n * 100.0 + 60, 101, 201);
  }
  CHECK(t.told().hosts.empty());
}

TEST_CASE("a packet with a wrong sum that is sent again with a right one is checksum-corruption") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake_at_server();
    for (std::uint32_t n = 0; n < 8; ++n) {
      Segment& s = t.client(30 + n, "P.", 1 + 1000 * n, 1, 1000);
      if (n == 7) s.checksum = ChecksumState::bad;
      t.server(30.1 + n, ".", 1, n == 7 ? 7001 : 1001 + 1000 * n);
    }
    t.client(260, "P.", 7001, 1, 1000);
    t.server(260.1, ".", 1, 8001);
    const Told told = t.told();
    CHECK(told.trouble() == "checksum-corruption");
    CHECK(told.fact("checksum-corruption", "damaged") == 1);
  }
}

TEST_CASE("wrong sums on all that one side sends, acknowledged all the same, are an offload-artefact") {
  for (const ChecksumState state : {ChecksumState::bad, ChecksumState::partial}) {
    Talk t;
    t.handshake();
    t.exchange(30);
    t.goodbye(100, 101, 201);
    for (Segment& s : t.segments())
      if (s.source_port == t.ports[0]) s.checksum = state;
    const Told told = t.told();
    CHECK(told.has("offload-artefact"));
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("a capture that begins in the middle is capture-incomplete, and claims no loss") {
  for (const Family family : both_families) {
    Talk t(family);
    t.client(0, "P.", 5001, 1, 1000);
    t.server(20, ".", 1, 6001);
    t.client(30, "P.", 6001, 1, 1000);
    t.server(50, ".", 1, 7001);
    const Told told = t.told();
    CHECK(told.fact("capture-incomplete", "midstream") == 1);
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("ACKs for octets that nobody captured are capture-incomplete, and no loss") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.client(30, ".", 1, 1, 1000);
    t.client(30.2, "P.", 3001, 1, 1000);  // two were not captured
    t.server(50, ".", 1, 4001);
    t.goodbye(60, 4001, 1);
    const Told told = t.told();
    CHECK(told.has("capture-incomplete"));
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("one direction alone is capture-incomplete, and nobody is blamed") {
  Talk t;
  t.client(0, "S", 0, 0);
  t.client(20, ".", 1, 1);
  t.client(30, "P.", 1, 1, 100);
  t.client(50, ".", 101, 201);
  t.client(60, "F.", 101, 201);
  const Told told = t.told();
  CHECK(told.fact("capture-incomplete", "one_way") == 1);
  CHECK(told.trouble().empty());
}

TEST_CASE("a whole capture is not incomplete") {
  Talk t;
  t.handshake();
  t.exchange(30);
  t.goodbye(100, 101, 201);
  CHECK_FALSE(t.told().has("capture-incomplete"));
}

TEST_CASE("packets marked by a router are ecn-congestion, and capable ones alone are not") {
  for (const bool marked : {true, false}) {
    Talk t;
    t.client(0, "SEW", 0, 0);
    t.server(20, "S.E", 0, 1);
    t.client(20.1, ".", 1, 1);
    t.server(30, "P.", 1, 1, 1000).traffic_class = marked ? 3 : 2;
    t.client(30.1, marked ? ".E" : ".", 1, 1001);
    t.server(50, marked ? "P.W" : "P.", 1001, 1, 1000).traffic_class = 2;
    t.client(50.1, ".", 1, 2001);
    const Told told = t.told();
    CHECK(told.has("ecn-congestion") == marked);
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("a packet of seconds ago is stale-duplicate, and no needless repeat") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake_at_server();
    std::uint32_t seq = 1;
    for (int n = 0; n < 40; ++n, seq += 500) {
      t.client(30 + 100 * n, "P.", seq, 1, 500);
      t.server(30.1 + 100 * n, ".", 1, seq + 500);
    }
    Segment old = t.segments()[3];
    old.at += 3s;
    t.segments().push_back(old);
    const Told told = t.told();
    CHECK(told.has("stale-duplicate"));
    CHECK_FALSE(told.has("spurious-retransmission"));
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("numbers that pass 2^32 are seq-wrap, and others are not") {
  Talk t;
  t.handshake();
  t.burst(30, 0, 1, 1, 2, 1000);  // the client's ISN lies 1024 before the wrap
  t.server(50, ".", 1, 2001);
  t.server(60, "P.", 1, 2001, 100);  // the server's 256
  t.client(60.1, ".", 2001, 101);
  const Told told = t.told();
  REQUIRE(told.has("seq-wrap"));
  CHECK(told.find("seq-wrap")->side == 0);
}

TEST_CASE("URG is urgent, and its absence is not") {
  for (const bool urgent : {true, false}) {
    Talk t;
    t.handshake();
    t.client(30, urgent ? "PU." : "P.", 1, 1, 10).urgent = urgent ? 10 : 0;
    t.server(50, ".", 1, 11);
    CHECK(t.told().has("urgent") == urgent);
  }
}

TEST_CASE("ACKs that leap now and then over several segments are ack-loss-only, of little confidence") {
  Talk t;
  t.handshake();
  std::uint32_t seq = 1;
  for (int round = 0; round < 20; ++round) {
    const std::uint32_t begin = seq;
    seq = t.burst(30 + 25 * round, 0, seq, 1, 8, 1460);
    for (std::uint32_t n = 2; n <= 8; n += 2)
      if (round % 4 != 0 || n == 2 || n == 8) t.server(50 + 25 * round + 0.1 * n, ".", 1, begin + 1460 * n);
  }
  const Told told = t.told();
  REQUIRE(told.has("ack-loss-only"));
  CHECK(told.find("ack-loss-only")->confidence < 0.6f);
  CHECK(told.trouble().empty());
}
