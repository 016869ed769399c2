#include "recovery_path.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace ft::tcp::test;

TEST_CASE("on a path without delay a repeat is not lost again by what was delivered before it left") {
  Path path(with_sack());
  path.rules.srtt = path.rules.min_rtt = 0ms;
  path.sends(0ms, 4);
  CHECK(path.hears(0ms, 1, {block(1001, 4001)}).entered);
  path.repeats(0ms);
  CHECK(path.hears(0ms, 1, {block(1001, 4001)}).newly_lost == 0);
  CHECK_FALSE(path.is_lost(1));
  path.sends(10ms, 1);
  path.hears(10ms, 1, {block(1001, 5001)});
  CHECK(path.is_lost(1));
}

TEST_CASE("RACK finds a segment lost when three later ones were delivered, and enters recovery once") {
  FT_COVERS("rfc9937 6.2-1");
  Path path(with_sack());
  path.sends(0ms, 10);
  CHECK_FALSE(path.hears(100ms, 1, {block(1001, 2001)}).entered);
  CHECK_FALSE(path.hears(100ms, 1, {block(1001, 3001)}).entered);
  const auto third = path.hears(100ms, 1, {block(1001, 4001)});
  CHECK(third.delivery.octets == mss);
  CHECK(third.entered);
  CHECK(third.newly_lost == mss);
  CHECK(path.is_lost(1));
  CHECK_FALSE(path.is_lost(4001));
  CHECK(path.recovery.in_flight() == 6 * mss);
  path.repeats(100ms);
  const auto more = path.hears(101ms, 1, {block(1001, 5001)});
  CHECK_FALSE(more.entered);
  CHECK(more.newly_lost == 0);
  CHECK(path.hears(200ms, 10'001).recovered);
  CHECK(path.recovery.phase() == Phase::open);
}

TEST_CASE("with fewer than three delivered RACK waits a quarter of the round trip before it calls a segment lost") {
  Path path(with_sack());
  path.sends(0ms, 2);
  const auto verdict = path.hears(100ms, 1, {block(1001, 2001)});
  CHECK(verdict.newly_lost == 0);
  REQUIRE(verdict.wait);
  CHECK(*verdict.wait == 25ms);
  const auto late = path.recovery.on_reordering_timer(at(125ms), path.una, path.max, path.rules);
  CHECK(late.newly_lost == mss);
  CHECK(late.entered);
}

TEST_CASE("a repeat that is lost again is found by what was sent after it (RFC 8985 3.2)") {
  Path path(with_sack());
  path.sends(0ms, 6);
  path.hears(100ms, 1, {block(1001, 5001)});
  path.repeats(100ms);
  path.sends(101ms, 1);  // leaves after the repeat
  CHECK_FALSE(path.is_lost(1));
  const auto verdict = path.hears(201ms, 1, {block(6001, 7001), block(1001, 5001)});
  CHECK(verdict.newly_lost >= mss);
  CHECK(path.is_lost(1));
}

TEST_CASE("an original that arrives behind a later one shows reordering, and then three are no proof any more") {
  Path path(with_sack());
  path.sends(0ms, 5);
  path.hears(100ms, 1, {block(1001, 2001)});
  path.hears(101ms, 2001);
  CHECK(path.recovery.rack.reordering_seen());
  const auto verdict = path.hears(102ms, 2001, {block(3001, 5001)});
  CHECK(verdict.newly_lost == 0);
  CHECK(verdict.wait);
}

TEST_CASE("without RACK a segment is lost when more than two segments' worth beyond it were reported (RFC 6675 2)") {
  RecoveryRules rules = with_sack();
  rules.rack = false;
  Path path(rules);
  path.sends(0ms, 10);
  CHECK(path.hears(100ms, 1, {block(2001, 4001)}).newly_lost == 0);
  const auto verdict = path.hears(100ms, 1, {block(2001, 5001)});
  CHECK(verdict.entered);
  CHECK(verdict.newly_lost == 2 * mss);  // 1 and 1001
}

TEST_CASE("without SACK three duplicates mark the first segment, and each partial ACK the next hole (RFC 6582)") {
  FT_COVERS("rfc9937 6.2-2");
  Path path;
  path.sends(0ms, 6);
  for (int i = 0; i < 2; ++i) CHECK_FALSE(path.hears(100ms, 1).entered);
  CHECK(path.recovery.in_flight() == 4 * mss);  // each duplicate stands for a segment that arrived
  CHECK(path.hears(100ms, 1).entered);
  path.repeats(100ms);
  const auto partial = path.hears(200ms, 3001);
  CHECK(partial.newly_lost == mss);
  CHECK(path.is_lost(3001));
  CHECK(path.hears(300ms, 6001).recovered);
}

TEST_CASE("with SACK and without RACK more than two segments beyond it make a segment lost, and two do not (RFC 6675)") {
  RecoveryRules rules = with_sack();
  rules.rack = false;
  Path path(rules);
  path.sends(0ms, 10);
  CHECK(path.hears(100ms, 1, {block(1001, 3001)}).newly_lost == 0);
  CHECK(path.hears(100ms, 1, {block(1001, 4001)}).newly_lost == mss);
}

TEST_CASE("SACK blocks beyond what was sent, or upside down, say nothing") {
  Path path(with_sack());
  path.sends(0ms, 5);
  for (const auto& said : {block(1001, 9001), block(3001, 2001), block(2001, 2001)}) {
    CHECK(path.hears(100ms, 1, {said}).delivery.octets == 0);
    CHECK(path.recovery.board.sacked() == 0);
  }
}

TEST_CASE("a timestamp that echoes the first copy takes a reduction back (Eifel)") {
  RecoveryRules rules = with_sack();
  Path path(rules);
  path.sends(0ms, 5);
  path.hears(100ms, 1, {block(1001, 4001)});
  path.repeats(110ms);
  CHECK(path.hears(111ms, 5001, {}, at(1ms)).undone);
}

TEST_CASE("a timestamp that echoes the repeat takes nothing back") {
  Path path(with_sack());
  path.sends(0ms, 5);
  path.hears(100ms, 1, {block(1001, 4001)});
  path.repeats(110ms);
  CHECK_FALSE(path.hears(210ms, 4001, {}, at(111ms)).undone);
}

TEST_CASE("D-SACKs for every repeat take a reduction back") {
  Path path(with_sack());
  path.sends(0ms, 8);
  path.hears(100ms, 1, {block(2001, 6001)});
  path.repeats(100ms);
  path.repeats(100ms);
  CHECK_FALSE(path.hears(150ms, 6001).undone);
  CHECK_FALSE(path.hears(200ms, 6001, {block(1, 1001)}).undone);
  const auto verdict = path.hears(200ms, 6001, {block(1001, 2001)});
  CHECK(verdict.duplicate_seen);
  CHECK(verdict.undone);
}

TEST_CASE("each round trip with a D-SACK widens the reordering window by a quarter of the round trip") {
  FT_COVERS("rfc8985 3.3.2-2", "rfc8985 4-4");
  Path path(with_sack());
  path.sends(0ms, 4);
  path.hears(100ms, 2001, {block(1, 1001)});
  path.hears(100ms, 2001, {block(1001, 2001)});  // the same round trip
  path.hears(101ms, 2001, {block(3001, 4001)});
  const auto wait = path.recovery.rack.reordering_window(100ms, 200ms, false);
  CHECK(wait == 50ms);
}

TEST_CASE("while recovery lasts, what leaves follows what is delivered down to ssthresh (RFC 9937)") {
  Prr prr;
  prr.begin(20 * mss, mss);
  CHECK(prr.allowed() == mss);
  prr.on_sent(mss);
  std::uint64_t pipe = 19 * mss;
  std::uint64_t out = mss;
  for (int ack = 0; ack < 19; ++ack) {
    pipe -= std::min<std::uint64_t>(pipe, mss);
    prr.on_ack(mss, false, pipe, 10 * mss, mss);
    while (prr.allowed() >= mss) {
      prr.on_sent(mss);
      pipe += mss;
      out += mss;
    }
    CHECK(pipe >= 9 * mss);
  }
  CHECK(out >= 9 * mss);
  CHECK(out <= 11 * mss);
  CHECK(pipe <= 11 * mss);
}

TEST_CASE("when more was lost than the reduction asks, PRR sends one for one, and one more where an ACK moves on") {
  Prr prr;
  prr.begin(20 * mss, mss);
  prr.on_sent(mss);
  prr.on_ack(mss, false, 4 * mss, 10 * mss, mss);
  CHECK(prr.allowed() == mss);
  prr.on_ack(mss, true, 4 * mss, 10 * mss, mss);
  CHECK(prr.allowed() == 2 * mss);
}

TEST_CASE("a delivery rate is octets over the longer of the sending and the acknowledging phase") {
  BufferPool pool{1u << 20};
  Recovery recovery{Seq{1}, DeliveryTotals{}, Rack::Learnt{}};
  RecoveryRules rules = with_sack();
  REQUIRE(recovery.board.reserve(pool, 10));
  for (std::uint32_t i = 0; i < 10; ++i) {
    SentSegment record;
    record.seq = Seq{1 + i * mss};
    record.length = mss;
    recovery.on_new(at(i * 1ms), record);
  }
  AckNews news;
  news.ack = Seq{5001};
  recovery.on_ack(at(104ms), Seq{1}, Seq{10'001}, news, rules);
  news.ack = Seq{10'001};
  const auto verdict = recovery.on_ack(at(109ms), Seq{5001}, Seq{10'001}, news, rules);
  const RateSample sample = recovery.rate.sample(at(109ms), verdict.delivery, 100ms);
  CHECK(sample.delivered == 10 * mss);
  CHECK(sample.interval == 109ms);
  CHECK_FALSE(sample.app_limited);
  recovery.board.release(pool);
}

TEST_CASE("three duplicates repair a loss that comes after gigabytes without one, where SACK is not agreed") {
  RecoveryRules rules;
  rules.sack = false;
  Path path(rules);
  const auto gigabyte_leaves = [&] {
    REQUIRE(path.recovery.board.reserve(path.pool, 1));
    SentSegment record;
    record.seq = path.max;
    record.length = 1u << 30;
    path.recovery.on_new(at(0ms), record);
    path.max += record.length;
  };
  gigabyte_leaves();
  for (int i = 0; i < 4; ++i) {
    const Seq end = path.max;
    path.sends(1ms, 1);  // the flight never ends
    (void)path.hears(2ms, end.value());
    (void)path.hears(3ms, path.max.value());
    gigabyte_leaves();
    if (i == 2) break;
  }
  const std::uint32_t last = path.una.value();
  path.sends(4ms, 4);
  CHECK(path.hears(5ms, last).newly_lost == 0);
  CHECK(path.hears(6ms, last).newly_lost == 0);
  CHECK(path.hears(7ms, last).entered);
}
