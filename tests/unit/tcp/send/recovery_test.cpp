#include "tcp/send/recovery.hpp"

#include "covers.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t mss = 1000;

Instant at(Duration time) { return Instant{} + 1s + time; }

/// A flight of whole segments from sequence number 1 on.
struct Path {
  explicit Path(RecoveryRules with = {}) : rules(with) {
    rules.mss = mss;
    rules.srtt = rules.min_rtt = 100ms;
  }
  ~Path() { recovery.board.release(pool); }

  void sends(Duration time, std::uint32_t segments) {
    REQUIRE(recovery.board.reserve(pool, segments));
    for (std::uint32_t i = 0; i < segments; ++i) {
      SentSegment record;
      record.seq = max;
      record.length = mss;
      recovery.on_new(at(time), record);
      max += mss;
    }
  }
  AckVerdict hears(Duration time, std::uint32_t ack, std::vector<wire::SackBlock> blocks = {}, Instant echo = never) {
    AckNews news;
    news.ack = Seq{ack};
    news.sack = blocks;
    news.echo = echo;
    news.duplicate = news.ack == una;
    const AckVerdict verdict = recovery.on_ack(at(time), una, max, news, rules);
    una = news.ack;
    CHECK(recovery.board.is_consistent());
    return verdict;
  }
  void repeats(Duration time) {
    const auto position = recovery.board.first_lost();
    REQUIRE(position);
    recovery.on_repeat(at(time), *position);
  }
  bool is_lost(std::uint32_t seq) const {
    const std::uint32_t position = recovery.board.position_after(Seq{seq});
    return position != recovery.board.tail() && recovery.board[position].lost;
  }

  RecoveryRules rules;
  BufferPool pool{1u << 24};
  Seq una{1};
  Seq max{1};
  Recovery recovery{Seq{1}, DeliveryTotals{}, Rack::Learnt{}};
};

wire::SackBlock block(std::uint32_t left, std::uint32_t right) { return {Seq{left}, Seq{right}}; }

RecoveryRules with_sack() {
  RecoveryRules rules;
  rules.sack = true;
  return rules;
}

}  // namespace

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

TEST_CASE("duplicates of what a timeout already repeats do not enter recovery") {
  Path path;
  path.sends(0ms, 10);
  path.recovery.on_rto(at(1s), path.una, path.max, path.rules, true);
  CHECK(path.recovery.board.lost() == 10 * mss);
  path.repeats(1s);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(path.hears(1100ms, 1).entered);
}

TEST_CASE("after a timeout RACK takes for lost only what is older than a round trip (RFC 8985 6.3)") {
  Path path(with_sack());
  path.sends(0ms, 3);
  path.hears(100ms, 1001);
  path.sends(290ms, 2);
  path.recovery.on_rto(at(300ms), path.una, path.max, path.rules, true);
  CHECK(path.is_lost(1001));
  CHECK(path.is_lost(2001));
  CHECK_FALSE(path.is_lost(3001));
}

TEST_CASE("a timeout is taken back when something arrives that was never repeated (F-RTO)") {
  Path path(with_sack());
  path.sends(0ms, 5);
  path.recovery.on_rto(at(1s), path.una, path.max, path.rules, true);
  path.repeats(1s);
  CHECK_FALSE(path.hears(1001ms, 1001).undone);  // the first ACK may answer either copy
  const auto verdict = path.hears(1002ms, 2001);
  CHECK(verdict.undone);
  CHECK(path.recovery.phase() == Phase::open);
  CHECK(path.recovery.board.lost() == 0);
  CHECK(path.recovery.in_flight() == 3 * mss);
}

TEST_CASE("without SACK the first ACK after a timeout proves nothing, however much it acknowledges") {
  Path path;
  path.sends(0ms, 5);
  path.recovery.on_rto(at(1s), path.una, path.max, path.rules, true);
  path.repeats(1s);
  CHECK_FALSE(path.hears(1001ms, 3001).undone);
  CHECK(path.hears(1002ms, 4001).undone);
}

TEST_CASE("a timeout during the repair of another is not taken back by F-RTO") {
  RecoveryRules rules = with_sack();
  rules.undo = false;
  Path path(rules);
  path.sends(0ms, 5);
  for (const Duration time : {1s, 3s}) {
    path.recovery.on_rto(at(time), path.una, path.max, path.rules, true);
    path.repeats(time);
    CHECK_FALSE(path.hears(time + 1ms, path.una.value() + mss).undone);
  }
  CHECK_FALSE(path.hears(3002ms, 3001).undone);
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

TEST_CASE("a peer that forgot what it reported gets everything again after the timeout") {
  Path path(with_sack());
  path.sends(0ms, 4);
  path.hears(100ms, 1, {block(1001, 3001)});
  path.recovery.on_rto(at(1s), path.una, path.max, path.rules, true);
  path.repeats(1s);
  path.hears(1100ms, 1001);  // and not 3001: reneged
  path.recovery.on_rto(at(2s), path.una, path.max, path.rules, true);
  CHECK(path.recovery.board.sacked() == 0);
  CHECK(path.is_lost(1001));
}

TEST_CASE("a tail loss probe waits two round trips, longer for a single segment, and not while a loss is repaired") {
  FT_COVERS("rfc8985 7.2-4");
  Path path(with_sack());
  CHECK_FALSE(path.recovery.probe_timeout(path.rules));
  path.sends(0ms, 2);
  CHECK(path.recovery.probe_timeout(path.rules) == Duration(200ms));
  path.hears(100ms, 1001);
  CHECK(path.recovery.probe_timeout(path.rules) == Duration(400ms));
  path.recovery.on_rto(at(1s), path.una, path.max, path.rules, true);
  CHECK_FALSE(path.recovery.probe_timeout(path.rules));
}

TEST_CASE("a repeated tail that is acknowledged without a D-SACK was lost, with one it was not (RFC 8985 7.4.2)") {
  for (const bool reported : {false, true}) {
    Path path(with_sack());
    path.sends(0ms, 2);
    path.recovery.board.mark_lost(path.recovery.board.tail() - 1, Cause::tail_loss_probe);
    path.recovery.on_repeat(at(200ms), path.recovery.board.tail() - 1);
    path.recovery.on_probe(Seq{2001}, true);
    path.hears(300ms, 2001);
    if (reported) path.hears(301ms, 2001, {block(1001, 2001)});
    path.sends(302ms, 1);
    CHECK(path.hears(402ms, 3001).tail_was_lost == !reported);
  }
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

TEST_CASE("a reordering window that duplicates widened is forgotten after sixteen recoveries, those from timeouts as well") {
  FT_COVERS("rfc8985 4-4");
  Path path(with_sack());
  path.sends(0ms, 1);
  (void)path.hears(100ms, 1001, {{Seq{1}, Seq{1001}}});
  CHECK(path.recovery.rack.learnt().multiplier == 2);
  for (int i = 0; i < 16; ++i) {
    const Duration now = 1s * (i + 1);
    CHECK(path.recovery.rack.learnt().multiplier == 2);
    path.sends(now, 1);
    path.recovery.on_rto(at(now + 400ms), path.una, path.max, path.rules, true);
    path.repeats(now + 400ms);
    CHECK(path.hears(now + 500ms, path.max.value()).recovered);
  }
  CHECK(path.recovery.rack.learnt().multiplier == 1);
}
