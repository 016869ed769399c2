#include "talk.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

namespace {

/// Ten segments from the client, at the client; those listed are lost, SACK tells of the holes, and they are sent again.
void with_holes(Talk& t, std::initializer_list<int> lost, bool repaired = true) {
  t.handshake();
  t.burst(30, 0, 1, 1, 10, 1000);
  const int first = *lost.begin();
  const auto is_lost = [&](int n) { return std::ranges::find(lost, n) != lost.end(); };
  for (int n = 0; n < 10; ++n) {
    if (is_lost(n)) continue;
    const std::uint32_t upto = 1 + 1000u * static_cast<std::uint32_t>(n < first ? n + 1 : first);
    Segment& ack = t.server(50 + 0.1 * n, ".", 1, upto);
    if (n < first) continue;
    int begin = n;  // of the block that this segment belongs to
    while (!is_lost(begin - 1)) --begin;
    t.sack(ack, 0, 1 + 1000u * static_cast<std::uint32_t>(begin), 1001 + 1000u * static_cast<std::uint32_t>(n));
  }
  if (!repaired) return;
  double at = 51;
  for (const int n : lost) t.client(at += 0.1, ".", 1 + 1000u * static_cast<std::uint32_t>(n), 1, 1000);
  t.server(72, ".", 1, 10'001);
  t.goodbye(80, 10'001, 1);
}

}  // namespace

TEST_CASE("a hole that SACK told of and that was sent again within a round trip is loss-fast-recovery") {
  for (const Family family : both_families) {
    Talk t(family);
    with_holes(t, {3});
    const Told told = t.told();
    CHECK(told.trouble() == "loss-fast-recovery");
    CHECK(told.fact("loss-fast-recovery", "lost") == 1);
    CHECK(told.find("loss-fast-recovery")->side == 0);
  }
}

TEST_CASE("a transfer without a hole tells no loss") {
  Talk t;
  t.handshake();
  t.burst(30, 0, 1, 1, 10, 1000);
  for (int n = 0; n < 10; n += 2) t.server(50 + 0.1 * n, ".", 1, 2001 + 1000u * static_cast<std::uint32_t>(n));
  t.goodbye(80, 10'001, 1);
  const Told told = t.told();
  CHECK(told.trouble().empty());
  CHECK(told.connections[0].verdict == "complete");
}

TEST_CASE("the last segment sent again by a timer, nothing behind it, is tail-loss") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.burst(30, 0, 1, 1, 4, 1000);
    t.server(50, ".", 1, 3001);
    t.client(280, "P.", 3001, 1, 1000);
    t.server(300, ".", 1, 4001);
    t.goodbye(310, 4001, 1);
    const Told told = t.told();
    CHECK(told.trouble() == "tail-loss");
    CHECK(told.find("tail-loss")->cost.time > 200ms);
  }
}

TEST_CASE("octets sent three times, while later ones were acknowledged, are lost-retransmission") {
  for (const Family family : both_families) {
    Talk t(family);
    with_holes(t, {3}, false);
    t.client(51, ".", 3001, 1, 1000);
    for (int n = 0; n < 4; ++n) {
      t.client(52 + 0.1 * n, ".", 10'001 + 1000u * static_cast<std::uint32_t>(n), 1, 1000);
      t.sack(t.server(72 + 0.1 * n, ".", 1, 3001), 0, 4001, 11'001 + 1000u * static_cast<std::uint32_t>(n));
    }
    t.client(96, ".", 3001, 1, 1000);
    t.server(116, ".", 1, 14'001);
    const Told told = t.told();
    CHECK(told.trouble() == "lost-retransmission");
    CHECK(told.fact("lost-retransmission", "tries") == 3);
  }
}

TEST_CASE("a repeat that a D-SACK denies is spurious-retransmission, and no loss") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.client(100, "P.", 101, 201, 500);
    t.client(320, "P.", 101, 201, 500);
    t.server(330, ".", 201, 601);
    t.sack(t.server(340, ".", 201, 601), 0, 101, 601);
    t.goodbye(350, 601, 201);
    const Told told = t.told();
    CHECK(told.trouble().empty());
    CHECK(told.has("spurious-retransmission"));
    CHECK(told.fact("spurious-retransmission", "dsacks") == 1);
    CHECK_FALSE(told.has("tail-loss"));
  }
}

TEST_CASE("a hole that is filled at once by an older packet is reordering") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake_at_server();
    t.burst(30, 0, 1, 1, 10, 1000);
    for (int n = 0; n < 10; ++n) t.segments()[3 + static_cast<std::size_t>(n)].at += ms(n == 4 ? 2 : 0);
    t.sack(t.server(31.05, ".", 1, 4001), 0, 5001, 10'001);
    t.server(32.6, ".", 1, 10'001);
    const Told told = t.told();
    CHECK(told.has("reordering"));
    CHECK(told.trouble().empty());
    CHECK_FALSE(told.has("loss-fast-recovery"));
  }
}

TEST_CASE("packets that the file has in another order than their times tell are no reordering of the network") {
  Talk t;
  t.handshake_at_server();
  t.client(30, ".", 1, 1, 1000);
  t.client(30.2, ".", 2001, 1, 1000);
  t.client(30.1, ".", 1001, 1, 1000).options.stamps.val -= 1;
  t.server(30.3, ".", 1, 3001);
  Analysis analysis;  // not sorted by time
  std::uint64_t frame = 0;
  for (Segment& segment : t.segments()) {
    segment.frame = ++frame;
    analysis.on(segment);
  }
  analysis.finish();
  const Told told = test::told(analysis);
  CHECK_FALSE(told.has("reordering"));
  CHECK(told.find("capture-incomplete")->severity == Severity::info);
}

TEST_CASE("at the sender, SACK that tells of holes which close by themselves is reordering") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.burst(30, 0, 1, 1, 10, 1000);
    t.server(50, ".", 1, 4001);
    t.sack(t.server(50.1, ".", 1, 4001), 0, 5001, 6001);
    t.sack(t.server(50.2, ".", 1, 4001), 0, 5001, 7001);
    t.server(50.3, ".", 1, 10'001);
    t.goodbye(60, 10'001, 1);
    const Told told = t.told();
    CHECK(told.has("reordering"));
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("the same packet again, ID and timestamp and all, is network-duplicates and no retransmission") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake_at_server();
    t.burst(30, 0, 1, 1, 4, 1000);
    for (int i = 0; i < 2; ++i) {
      Segment copy = t.segments()[4 + static_cast<std::size_t>(i)];
      copy.at += ms(2);
      t.segments().push_back(copy);
    }
    t.server(40, ".", 1, 4001);
    const Told told = t.told();
    CHECK(told.has("network-duplicates"));
    CHECK(told.fact("network-duplicates", "copies") == 2);
    CHECK_FALSE(told.has("spurious-retransmission"));
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("the same packet within microseconds over another way is capture-duplicates") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.goodbye(100, 101, 201);
    const std::vector<Segment> once = t.segments();
    for (Segment copy : once) {
      copy.at += std::chrono::microseconds(5);
      copy.link = 77;
      t.segments().push_back(copy);
    }
    const Told told = t.told();
    CHECK(told.has("capture-duplicates"));
    CHECK_FALSE(told.has("network-duplicates"));
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("what was captured before and behind a router is captured twice, without IDs and timestamps too") {
  for (const Family family : both_families) {
    Talk t(family);
    t.timestamps = false;
    t.handshake();
    t.exchange(30);
    t.goodbye(100, 101, 201);
    const std::vector<Segment> once = t.segments();
    for (Segment copy : once) {
      copy.at += std::chrono::microseconds(400);
      copy.link = 77;
      --copy.ttl;
      t.segments().push_back(copy);
    }
    const Told told = t.told();
    CHECK(told.has("capture-duplicates"));
    CHECK_FALSE(told.has("network-duplicates"));
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("isolated losses here and there, the round trip steady, are loss-random") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    std::uint32_t seq = 1;
    double at = 30;
    for (int flight = 0; flight < 8; ++flight) {
      const std::uint32_t begin = seq;
      seq = t.burst(at, 0, seq, 1, 20, 1000);
      const std::uint32_t hole = begin + 1000u * static_cast<std::uint32_t>((flight * 7) % 13);
      for (int n = 0; n < 4; ++n)
        t.sack(t.server(at + 20 + 0.1 * n, ".", 1, hole), 0, hole + 1000, seq - 1000u * static_cast<std::uint32_t>(3 - n));
      t.client(at + 21, ".", hole, 1, 1000);
      t.server(at + 41, ".", 1, seq);
      at += 45;
    }
    t.goodbye(at, seq, 1);
    const Told told = t.told();
    CHECK(told.trouble() == "loss-random");
    CHECK(told.fact("loss-random", "low") < 5);
    CHECK(told.fact("loss-random", "high") > 5);
  }
}

TEST_CASE("several losses in one place are not called random") {
  Talk t;
  with_holes(t, {2, 4, 6, 7});
  const Told told = t.told();
  CHECK_FALSE(told.has("loss-random"));
  CHECK(told.trouble() == "loss-fast-recovery");
}

TEST_CASE("rows of losses at the same rate, the round trip steady, are policer-loss") {
  Talk t;
  t.handshake();
  std::uint32_t seq = 1;
  double at = 30;
  for (int flight = 0; flight < 8; ++flight) {
    const std::uint32_t begin = seq;
    seq = t.burst(at, 0, seq, 1, 40, 1000);
    const std::uint32_t hole = begin + 30'000;
    t.server(at + 20, ".", 1, hole);
    for (int n = 0; n < 4; ++n)
      t.sack(t.server(at + 20.1 + 0.1 * n, ".", 1, hole), 0, hole + 6000, hole + 7000 + 1000u * static_cast<std::uint32_t>(n));
    for (std::uint32_t n = 0; n < 6; ++n) t.client(at + 21 + 0.1 * n, ".", hole + 1000 * n, 1, 1000);
    t.server(at + 42, ".", 1, seq);
    at += 90;
  }
  t.goodbye(at, seq, 1);
  const Told told = t.told();
  CHECK(told.trouble() == "policer-loss");
  CHECK(told.find("policer-loss")->confidence < 0.9f);
}

TEST_CASE("a round trip that grows with what is in flight is bufferbloat") {
  for (const bool grows : {true, false}) {
    Talk t;
    t.handshake();
    std::uint32_t seq = 1;
    double at = 30;
    for (int flight = 1; flight <= 6; ++flight) {
      const int count = 2 << flight;
      const double rtt = grows ? 20 + count * 3.0 : 20;
      const std::uint32_t begin = seq;
      seq = t.burst(at, 0, seq, 1, count, 1000);
      for (int n = 1; n < count; n += 2) t.server(at + rtt + 0.1 * n, ".", 1, begin + 1000u * static_cast<std::uint32_t>(n + 1));
      at += rtt + count * 0.1 + 5;
    }
    t.goodbye(at, seq, 1);
    CHECK(t.told().has("bufferbloat") == grows);
  }
}
