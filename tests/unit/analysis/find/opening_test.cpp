#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

TEST_CASE("SYNs that nobody answers are syn-unanswered") {
  for (const Family family : both_families) {
    Talk t(family);
    for (const double at : {0.0, 1000.0, 3000.0, 7000.0}) t.client(at, "S", 0, 0);
    const Told told = t.told();
    CHECK(told.trouble() == "syn-unanswered");
    CHECK(told.fact("syn-unanswered", "tries") == 4);
    CHECK(told.find("syn-unanswered")->frames == std::vector<std::uint64_t>{1, 2, 3, 4});
    CHECK(told.connections[0].verdict == "syn-unanswered");
  }
}

TEST_CASE("a SYN that may still be under way is no failure yet") {
  Talk t;
  t.client(0, "S", 0, 0);
  CHECK(t.told().trouble().empty());
}

TEST_CASE("RST with ACK to a SYN is port-closed") {
  for (const Family family : both_families) {
    Talk t(family);
    t.client(0, "S", 0, 0);
    t.server(20, "R.", 0u - Talk::isn[1], 1);
    const Told told = t.told();
    CHECK(told.trouble() == "port-closed");
    CHECK(told.fact("port-closed", "port") == 80);
  }
}

TEST_CASE("an RST with another TTL than the host's other packets, and too soon, is reset-by-middlebox") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.goodbye(60, 101, 201);
    t.ports[0] = 40001;
    t.ports[1] = 8081;
    t.client(200, "S", 0, 0);
    t.server(201, "R.", 0u - Talk::isn[1], 1).ttl = 250;
    const Told told = t.told();
    CHECK(told.trouble() == "reset-by-middlebox");
    CHECK(told.find("reset-by-middlebox")->confidence < 0.9f);
  }
}

TEST_CASE("an RST like the host's other packets stays port-closed") {
  Talk t;
  t.handshake();
  t.exchange(30);
  t.goodbye(60, 101, 201);
  t.ports[0] = 40001;
  t.ports[1] = 8081;
  t.client(200, "S", 0, 0);
  t.server(220, "R.", 0u - Talk::isn[1], 1);
  CHECK(t.told().trouble() == "port-closed");
}

TEST_CASE("an ICMP error about the SYN is icmp-rejected, with its sender and reason") {
  Talk four(Family::ipv4);
  four.client(0, "S", 0, 0);
  four.icmp(10, 3, 13, 0);
  const Told told = four.told();
  CHECK(told.trouble() == "icmp-rejected");
  CHECK(say(*told.find("icmp-rejected"), Lang::en) == "10.0.0.254 said no: forbidden by a rule (administratively prohibited).");
  Talk six(Family::ipv6);
  six.client(0, "S", 0, 0);
  six.icmp(10, 1, 4, 0);
  CHECK(six.told().trouble() == "icmp-rejected");
}

TEST_CASE("an ICMP error about a connection that goes on is only a note") {
  Talk t;
  t.handshake();
  t.client(30, "P.", 1, 1, 100);
  t.icmp(40, 3, 1, 1);
  t.server(50, ".", 1, 101);
  t.goodbye(60, 101, 1);
  const Told told = t.told();
  CHECK(told.trouble().empty());
  CHECK(told.has("icmp-rejected"));
}

TEST_CASE("a SYN sent twice and then answered is syn-retransmitted-then-ok") {
  for (const Family family : both_families) {
    Talk t(family);
    t.client(0, "S", 0, 0);
    t.handshake(1000);
    t.exchange(1030);
    t.goodbye(1060, 101, 201);
    const Told told = t.told();
    CHECK(told.trouble() == "syn-retransmitted-then-ok");
    CHECK(told.find("syn-retransmitted-then-ok")->cost.time == 1s);
    CHECK(told.find("syn-retransmitted-then-ok")->frames == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(told.fact("syn-retransmitted-then-ok", "connect") == doctest::Approx(1.0201));
  }
}

TEST_CASE("a SYN-ACK that passed here and a SYN that came again is synack-lost") {
  for (const Family family : both_families) {
    Talk t(family);
    t.client(0, "S", 0, 0);
    t.server(0.1, "S.", 0, 1);
    t.client(1000, "S", 0, 0);
    t.server(1000.1, "S.", 0, 1);
    t.client(1020, ".", 1, 1);
    t.client(1021, "P.", 1, 1, 100);
    t.server(1021.1, ".", 1, 101);
    t.server(1022, "P.", 1, 101, 200);
    t.client(1042, ".", 101, 201);
    CHECK(t.told().trouble() == "synack-lost");
  }
}

TEST_CASE("a SYN-ACK sent again without a second SYN is handshake-ack-lost") {
  for (const Family family : both_families) {
    Talk t(family);
    t.client(0, "S", 0, 0);
    t.server(0.1, "S.", 0, 1);
    t.server(1000.1, "S.", 0, 1);
    t.client(1020, ".", 1, 1);
    t.server(1020.2, "P.", 1, 1, 11);
    t.client(1040, ".", 1, 12);
    t.client(1100, "F.", 1, 12);
    t.server(1100.2, "F.", 12, 2);
    t.client(1120, ".", 2, 13);
    const Told told = t.told();
    CHECK(told.trouble() == "handshake-ack-lost");
    CHECK(told.find("handshake-ack-lost")->side == 0);
  }
}

TEST_CASE("SYN-ACKs again and again although the ACK arrived are listen-queue-overflow") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    for (const double at : {1020.0, 3020.0, 7020.0}) {
      t.server(at, "S.", 0, 1);
      t.client(at + 0.1, ".", 1, 1);
    }
    CHECK(t.told().trouble() == "listen-queue-overflow");
  }
}

TEST_CASE("one SYN-ACK again, seen from the client, is a lost ACK sooner than a full queue") {
  Talk t;
  t.handshake();
  t.server(1020, "S.", 0, 1);
  t.client(1020.1, ".", 1, 1);
  t.server(1040, "P.", 1, 1, 50);
  t.client(1040.1, ".", 1, 51);
  t.goodbye(1050, 1, 51);
  const Told told = t.told();
  CHECK(told.trouble() == "handshake-ack-lost");
  CHECK(told.find("handshake-ack-lost")->alternatives.front() == "listen-queue-overflow");
}

TEST_CASE("SYNs to a port that takes others are listen-queue-overflow") {
  for (const Family family : both_families) {
    Talk t(family);
    for (std::uint16_t n = 0; n < 2; ++n) {
      t.ports[0] = static_cast<std::uint16_t>(40000 + n);
      t.handshake(n * 5);
    }
    t.ports[0] = 40010;
    for (const double at : {50.0, 1050.0, 3050.0}) t.client(at, "S", 0, 0);
    CHECK(t.told().trouble() == "listen-queue-overflow");
  }
}

TEST_CASE("SYNs to another port of the same host stay syn-unanswered") {
  Talk t;
  t.handshake();
  t.ports[1] = 8080;
  t.ports[0] = 40010;
  for (const double at : {50.0, 1050.0, 3050.0}) t.client(at, "S", 0, 0);
  CHECK(t.told().trouble() == "syn-unanswered");
}

TEST_CASE("RST in answer to the handshake's ACK is listen-queue-overflow, one cause among others") {
  Talk t;
  t.handshake();
  t.server(40, "R", 1, 0);
  const Told told = t.told();
  CHECK(told.trouble() == "listen-queue-overflow");
  CHECK_FALSE(told.find("listen-queue-overflow")->alternatives.empty());
}

TEST_CASE("a client that resets what it was just granted is client-gave-up, no error") {
  for (const Family family : both_families) {
    Talk t(family);
    t.client(0, "S", 0, 0);
    t.server(20, "S.", 0, 1);
    t.client(20.1, "R", 1, 0);
    const Told told = t.told();
    CHECK(told.has("client-gave-up"));
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("a client that resets after an exchange has not given up connecting") {
  Talk t;
  t.handshake();
  t.exchange(30);
  t.client(300, "R.", 101, 201);
  const Told told = t.told();
  CHECK_FALSE(told.has("client-gave-up"));
  CHECK(told.trouble() == "rst-abortive-close");
}

TEST_CASE("a SYN answered by an ACK of something else is old-state-collision") {
  for (const Family family : both_families) {
    Talk t(family);
    t.client(0, "S", 0, 0);
    t.server(20, ".", 90'000, 50'000'000);
    t.client(20.1, "R", 50'000'000, 0);
    t.client(1000, "S", 0, 0);
    t.server(1020, "S.", 0, 1);
    t.client(1020.1, ".", 1, 1);
    t.client(1030, "P.", 1, 1, 10);
    t.server(1050, ".", 1, 11);
    CHECK(t.told().trouble() == "old-state-collision");
  }
}

TEST_CASE("the numbers of the older connection are no numbers of the new one, which goes on without trouble") {
  for (const std::uint32_t old : {90'000u, 2'000'000'000u, 0xf0000000u}) {
    Talk t;
    t.client(0, "S", 0, 0);
    t.server(20, ".", old, 50'000'000);
    t.client(20.1, "R", 50'000'000, 0);
    t.client(1000, "S", 0, 0);
    t.server(1020, "S.", 0, 1);
    t.client(1020.1, ".", 1, 1);
    t.client(1030, "P.", 1, 1, 10);
    t.server(1050, "P.", 1, 11, 500);
    t.client(1050.1, ".", 11, 501);
    t.goodbye(1060, 11, 501);
    const Told told = t.told();
    CHECK(told.trouble() == "old-state-collision");
    CHECK(told.find("old-state-collision")->severity == Severity::warning);
    CHECK(told.fact("old-state-collision", "again") == 1);
    CHECK(told.find("old-state-collision")->frames == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
    CHECK(told.connections[0].sides[1].retransmissions == 0);
    CHECK(told.connections[0].state == FlowState::closed);
  }
}

TEST_CASE("an RST that does not acknowledge the SYN refuses nothing, and who goes on was not torn") {
  Talk t;
  t.client(0, "S", 0, 0);
  t.say(20, 1, "R.", 0, 5000).seq = Seq{0};
  CHECK(t.told().trouble().empty());
  CHECK(t.told().connections[0].state == FlowState::syn_sent);
  t.client(1000, "S", 0, 0);
  t.server(1020, "S.", 0, 1);
  t.client(1020.1, ".", 1, 1);
  const Told told = t.told();
  CHECK(told.connections[0].state == FlowState::established);
  CHECK_FALSE(told.has("rst-injected"));
  CHECK_FALSE(told.has("port-closed"));
}

TEST_CASE("a four-tuple used again is port-reuse, and both connections are complete") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.client(30, "P.", 1, 1, 20);
    t.server(50, "P.", 1, 21, 50);
    t.client(50.1, ".", 21, 51);
    t.goodbye(60, 21, 51);
    const std::uint32_t later = 2'000'000;
    t.client(2000, "S", later, 0);
    t.server(2020, "S.", later, later + 1);
    t.client(2020.1, ".", later + 1, later + 1);
    t.client(2021, "P.", later + 1, later + 1, 20);
    t.server(2041, ".", later + 1, later + 21);
    t.goodbye(2060, later + 21, later + 1);
    const Told told = t.told();
    CHECK(told.connections.size() == 2);
    CHECK(told.has("port-reuse"));
    CHECK(told.trouble().empty());
    CHECK(told.connections[0].verdict == "complete");
  }
}

TEST_CASE("SYNs that cross are simultaneous-open and no retransmissions") {
  for (const Family family : both_families) {
    Talk t(family);
    t.client(0, "S", 0, 0);
    t.server(10, "S", 0, 0);
    t.client(10.1, "S.", 0, 1);
    t.server(30, "S.", 0, 1);
    t.client(30.1, ".", 1, 1);
    t.client(31, "P.", 1, 1, 50);
    t.server(51, ".", 1, 51);
    t.goodbye(60, 51, 1);
    const Told told = t.told();
    CHECK(told.has("simultaneous-open"));
    CHECK(std::ranges::find(told.find("simultaneous-open")->frames, 2) != told.find("simultaneous-open")->frames.end());
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("SYN, ACK, SYN, ACK is split-handshake") {
  for (const Family family : both_families) {
    Talk t(family);
    t.client(0, "S", 0, 0);
    t.server(20, ".", 0, 1);
    t.server(20.5, "S", 0, 0);
    t.client(20.6, "S.", 0, 1);
    t.server(40, ".", 1, 1);
    t.client(41, "P.", 1, 1, 50);
    t.server(61, ".", 1, 51);
    const Told told = t.told();
    CHECK(told.has("split-handshake"));
    CHECK(told.trouble().empty());
  }
}

TEST_CASE("an ordinary handshake and an ordinary close are complete, and nothing is said above info") {
  for (const Family family : both_families) {
    Talk t(family);
    t.handshake();
    t.exchange(30);
    t.goodbye(60, 101, 201);
    const Told told = t.told();
    for (const Finding& finding : told.connections[0].findings) CHECK_MESSAGE(finding.severity == Severity::info, finding.id);
    CHECK(told.connections[0].verdict == "complete");
    CHECK(told.verdict.id() == "complete");
    CHECK(told.verdict.failure() == FailureClass::none);
    CHECK(told.has("time-wait-holder"));
  }
}
