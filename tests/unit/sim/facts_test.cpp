#include "sim/facts.hpp"

#include <doctest/doctest.h>

#include "sim/sentence.hpp"
#include "wire/tcp.hpp"

using namespace ft;
using namespace ft::sim;
using namespace std::chrono_literals;

namespace {

constexpr Instant t0{};
constexpr std::uint8_t fin = 1, syn = 2, rst = 4, ack = 16;
const FourTuple tuple{{IpAddress::v4(10, 0, 0, 1), 50000}, {IpAddress::v4(10, 0, 0, 2), 80}};

void sends(Facts& facts, Duration at, std::uint8_t flags, std::uint32_t seq, std::uint32_t length, std::string_view before,
           std::string_view after) {
  trace::SegmentSent sent{.tuple = tuple, .segment = {}, .why = {"test", ""}, .state_before = before, .state_after = after};
  sent.segment.seq = seq;
  sent.segment.flags = flags;
  sent.segment.length = length;
  facts.on_event({.at = t0 + at, .host = 0, .what = sent});
}

void receives(Facts& facts, Duration at, std::uint8_t flags, std::string_view before, std::string_view after) {
  trace::SegmentReceived received{.tuple = tuple, .segment = {}, .effect = {}, .state_before = before, .state_after = after};
  received.segment.flags = flags;
  facts.on_event({.at = t0 + at, .host = 0, .what = received});
}

void open(Facts& facts) {
  facts.connection("client", Role::client).tuple = tuple;
  sends(facts, 0s, syn, 0xffffffff, 0, "SYN-SENT", "SYN-SENT");
  receives(facts, 40ms, syn | ack, "SYN-SENT", "ESTABLISHED");
  sends(facts, 40ms, ack, 0, 0, "ESTABLISHED", "ESTABLISHED");
}

CheckedExpectation verdict(const Facts& facts, const char* text) {
  Scenario s;
  s.expectations.push_back(parse_expectation(text).value());
  const auto checked = check(s, facts, t0 + 100s);
  REQUIRE(checked.size() == 1);
  return checked[0];
}

}  // namespace

TEST_CASE("segments are counted by kind, and what was sent before counts as retransmission, across the wrap") {
  Facts facts;
  open(facts);
  sends(facts, 1s, ack, 0, 100, "ESTABLISHED", "ESTABLISHED");
  sends(facts, 2s, ack, 0, 100, "ESTABLISHED", "ESTABLISHED");
  sends(facts, 3s, ack | fin, 100, 10, "ESTABLISHED", "FIN-WAIT-1");
  CHECK(verdict(facts, "client.sends DATA 3").met);
  CHECK(verdict(facts, "client.sends RETRANSMISSION at 2s").met);
  CHECK(verdict(facts, "client.sends FIN 1").met);
  CHECK(verdict(facts, "client.sends ACK 1").met);
  CHECK(verdict(facts, "client.sends SYN at 0s").met);
  CHECK(verdict(facts, "client.sends DATA 2+").met);
  const auto wrong = verdict(facts, "client.sends DATA at 1s 2s 4s");
  CHECK_FALSE(wrong.met);
  CHECK(wrong.sentence == "client sent DATA at 1s, 2s, 3s");
  CHECK(verdict(facts, "client.sends RST 1").sentence == "client sent 0 RST segments");
}

TEST_CASE("states, their order and their length are known") {
  Facts facts;
  open(facts);
  sends(facts, 10s, ack | fin, 0, 0, "ESTABLISHED", "FIN-WAIT-1");
  receives(facts, 11s, ack, "FIN-WAIT-1", "FIN-WAIT-2");
  receives(facts, 12s, ack | fin, "FIN-WAIT-2", "TIME-WAIT");
  facts.on_event({.at = t0 + 72s, .host = 0, .what = trace::StateChanged{tuple, "TIME-WAIT", "CLOSED", {"timer-time-wait", ""}}});
  facts.finish();
  CHECK(verdict(facts, "client.stays TIME-WAIT 60s").met);
  CHECK_FALSE(verdict(facts, "client.stays TIME-WAIT 61s").met);
  CHECK(verdict(facts, "client.passed FIN-WAIT-2").met);
  CHECK(verdict(facts, "not client.passed CLOSING").met);
  CHECK(verdict(facts, "client.passed CLOSING").sentence ==
        "client was in SYN-SENT, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, CLOSED");
  CHECK(verdict(facts, "client.state CLOSED").met);
  CHECK(verdict(facts, "client.closed normal").met);
}

TEST_CASE("how a connection ended is read off the trace when nobody was there to hear it") {
  SUBCASE("a reset") {
    Facts facts;
    open(facts);
    receives(facts, 1s, rst, "ESTABLISHED", "CLOSED");
    facts.finish();
    CHECK(verdict(facts, "client.closed reset").met);
  }
  SUBCASE("a refusal") {
    Facts facts;
    facts.connection("client", Role::client).tuple = tuple;
    sends(facts, 0s, syn, 1, 0, "SYN-SENT", "SYN-SENT");
    receives(facts, 1s, rst | ack, "SYN-SENT", "CLOSED");
    facts.finish();
    CHECK(verdict(facts, "client.closed refused").met);
  }
  SUBCASE("a crash tells nobody anything, a timer gives up") {
    for (const auto& [why, found] :
         {std::pair{"crash", "client.closed none"}, std::pair{"user-timeout", "client.closed timed_out"}}) {
      Facts facts;
      open(facts);
      facts.on_event({.at = t0 + 1s, .host = 0, .what = trace::StateChanged{tuple, "ESTABLISHED", "CLOSED", {why, ""}}});
      facts.finish();
      CHECK(verdict(facts, found).met);
    }
  }
  SUBCASE("an abort") {
    Facts facts;
    open(facts);
    sends(facts, 1s, rst | ack, 0, 0, "ESTABLISHED", "CLOSED");
    facts.finish();
    CHECK(verdict(facts, "client.closed aborted").met);
  }
}

TEST_CASE("a connection that never was meets nothing and says so") {
  const Facts facts;
  const auto missing = verdict(facts, "client2.connected");
  CHECK_FALSE(missing.met);
  CHECK(missing.sentence == "there was no connection client2");
  CHECK(verdict(facts, "not client2.connected").met);
}

TEST_CASE("against a kernel only our own end is judged") {
  const Facts facts;
  Scenario s;
  for (const char* text : {"client.connected", "server.accepted", "link.lost none"})
    s.expectations.push_back(parse_expectation(text).value());
  CHECK(check(s, facts, t0).size() == 3);
  const auto ours = check(s, facts, t0, Role::server);
  REQUIRE(ours.size() == 1);
  CHECK(ours[0].text == "server.accepted");
}
