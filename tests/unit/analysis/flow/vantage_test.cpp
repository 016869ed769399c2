#include "analysis/flow/vantage.hpp"

#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;

namespace {

Connection seen(Duration to_server, Duration to_client) {
  Connection c;
  c.syn_to_syn_ack = to_server;
  c.syn_ack_to_ack = to_client;
  return c;
}

}  // namespace

TEST_CASE(
    "a SYN-ACK that takes the whole round trip is seen at the client, an ACK that does at the server, halves in the middle") {
  CHECK(flow::estimate_vantage(seen(20_ms, 50_us)).where == Vantage::client);
  CHECK(flow::estimate_vantage(seen(50_us, 20_ms)).where == Vantage::server);
  CHECK(flow::estimate_vantage(seen(10_ms, 11_ms)).where == Vantage::middle);
}

TEST_CASE("delays too short to measure say nothing") {
  CHECK(flow::estimate_vantage(seen(60_us, 2_us)).where == Vantage::unknown);
}

TEST_CASE("a TTL that hosts begin with, on one side only, strengthens the estimate; on both it says nothing") {
  Connection c = seen(20_ms, 50_us);
  c.sides[0].packets = c.sides[1].packets = 1;
  c.sides[0].ttl = c.sides[1].ttl = 64;
  const float plain = flow::estimate_vantage(c).confidence;
  c.sides[1].ttl = 57;
  CHECK(flow::estimate_vantage(c).where == Vantage::client);
  CHECK(flow::estimate_vantage(c).confidence > plain);
}

TEST_CASE("evidence against each other lowers the confidence") {
  Connection c = seen(20_ms, 50_us);
  const float plain = flow::estimate_vantage(c).confidence;
  c.sides[0].packets = c.sides[1].packets = 1;
  c.sides[0].ttl = 50;
  c.sides[1].ttl = 64;
  CHECK(flow::estimate_vantage(c).confidence < plain);
}

TEST_CASE("checksums that are left to the network card betray the side where the capture was taken") {
  Connection c;
  c.sides[1].checksums_partial = 5;
  CHECK(flow::estimate_vantage(c).where == Vantage::server);
  c = Connection{};
  c.sides[0].checksums_bad = 20;
  c.sides[1].checksums_good = 20;
  CHECK(flow::estimate_vantage(c).where == Vantage::client);
}

TEST_CASE("without a handshake the round trips of both sides' text tell the vantage") {
  Talk t;
  for (std::uint32_t i = 0; i < 3; ++i) {
    t.text(client, 1 + 100 * i, 100, 1 + 100 * i);
    t.wait(20_ms);
    t.text(server, 1 + 100 * i, 100, 101 + 100 * i);
    t.wait(50_us);
    t.ack(client, 101 + 100 * i, 101 + 100 * i);
  }
  CHECK(t.end().vantage == Vantage::client);
}
