#include "path.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

TEST_CASE("a repeat is needless when its first copy arrived, and a repair when it did not") {
  Path path;
  path.handshake(start);
  path.send(start + 100ms, true, path.segment(true, 101, 100));
  path.send(start + 110ms, true, path.segment(true, 201, 100), false);
  path.send(start + 120ms, true, path.segment(true, 301, 100));
  path.send(start + 400ms, true, path.segment(true, 101, 100));  // it had arrived
  path.send(start + 410ms, true, path.segment(true, 201, 100));  // it had not
  path.send(start + 500ms, false, path.segment(false, 501, 0));
  path.acknowledge(start + 110ms, 201);  // as soon as it came: the receiver is right there
  const Comparison compared = path.compare();
  const auto& crossings = compared.connections.at(0).ways[0].crossings;
  REQUIRE(crossings.size() == 7);
  CHECK(crossings[2].is == 0);
  CHECK(crossings[3].any(Testimony::lost));
  CHECK(crossings[3].far == 0);
  CHECK(crossings[5].any(Testimony::needless));
  CHECK_FALSE(crossings[5].any(Testimony::refused));
  CHECK(crossings[6].any(Testimony::repeat));
  CHECK_FALSE(crossings[6].any(Testimony::needless));
}

TEST_CASE("what arrived and was still asked for was lost behind the farther place") {
  Path path;
  path.handshake(start);
  path.send(start + 50ms, true, path.segment(true, 101, 100));
  path.acknowledge(start + 60ms + 1ms, 201);
  path.send(start + 100ms, true, path.segment(true, 201, 100));
  for (const Duration later : {120ms, 140ms, 160ms}) path.acknowledge(start + later, 201);
  path.send(start + 400ms, true, path.segment(true, 201, 100));
  const Comparison compared = path.compare();
  CHECK(compared.connections.at(0).ways[0].crossings.back().any(Testimony::refused));
  CHECK(compared.connections[0].ways[0].lost_count == 0);
}

TEST_CASE("two captures before the place of the loss do not call the repair needless") {
  Path path;
  path.there = path.back = 1ms;
  path.handshake(start);
  path.send(start + 100ms, true, path.segment(true, 101, 100));
  path.send(start + 101ms, true, path.segment(true, 201, 100));  // these two are lost farther on
  path.send(start + 102ms, true, path.segment(true, 301, 100));
  for (const Duration later : {140ms, 142ms}) path.acknowledge(start + later, 201);
  path.send(start + 150ms, true, path.segment(true, 201, 100));
  path.send(start + 151ms, true, path.segment(true, 301, 100));
  const Comparison compared = path.compare();
  const auto& crossings = compared.connections.at(0).ways[0].crossings;
  CHECK_FALSE(crossings.back().any(Testimony::needless));
  CHECK(crossings.back().any(Testimony::incomplete));
}
