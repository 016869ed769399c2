// Losses that no ACK shows: timeouts, timeouts that were none, and the probe that spares them.
#include "recovery_path.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace ft::tcp::test;

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
