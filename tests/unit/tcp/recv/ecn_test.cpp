#include "tcp/recv/ecn.hpp"

#include "covers.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace ft;
using namespace ft::tcp;

namespace {

constexpr std::uint8_t not_ect = 0, ect_1 = 1, ect_0 = 2, ce = 3;
std::array<std::byte, 4096> octets;

Segment text(std::uint32_t length, std::uint8_t ip_ecn, std::uint8_t flags = wire::tcp_flag::ack) {
  Segment s;
  s.header.flags = flags;
  s.text = std::span<const std::byte>(octets).first(length);
  s.ip_ecn = ip_ecn;
  return s;
}

EcnReceiver receiver(EcnMode mode, bool mirrors = false) {
  EcnReceiver ecn;
  ecn.open(mode, mirrors, EcnReceiver::Side::server);
  return ecn;
}

}  // namespace

TEST_CASE("without agreement nothing is echoed") {
  EcnReceiver ecn = receiver(EcnMode::off);
  CHECK(ecn.on_segment(text(100, ce), false) == Cause::none);
  CHECK(ecn.flags(false) == 0);
  CHECK_FALSE(ecn.option(false, false));
}

TEST_CASE("ECE stands until CWR, and a packet with both leaves it standing") {
  EcnReceiver ecn = receiver(EcnMode::classic);
  CHECK(ecn.flags(true) == 0);
  ecn.on_segment(text(100, ce), false);
  CHECK(ecn.flags(true) == 1);
  ecn.on_ack_sent(true, false, false);
  ecn.on_segment(text(100, ect_0), false);
  CHECK(ecn.flags(false) == 1);
  ecn.on_segment(text(100, ect_0, wire::tcp_flag::cwr), false);
  CHECK(ecn.flags(true) == 0);
  ecn.on_segment(text(100, ce, wire::tcp_flag::cwr), false);
  CHECK(ecn.flags(true) == 1);
  CHECK(ecn.ce_packets() == 2);
}

TEST_CASE("for DCTCP ECE follows each packet, and a change is acknowledged at once") {
  EcnReceiver ecn = receiver(EcnMode::classic, true);
  CHECK(ecn.on_segment(text(100, ect_0), false) == Cause::none);
  CHECK(ecn.on_segment(text(100, ce), true) == Cause::ack_ce_changed);
  CHECK(ecn.flags(true) == 1);
  ecn.remember_earlier(Seq{500});
  const auto earlier = ecn.take_earlier();
  REQUIRE(earlier);
  CHECK(earlier->nxt == Seq{500});
  CHECK_FALSE(earlier->ece);
  CHECK(ecn.on_segment(text(100, ce), true) == Cause::none);
  CHECK(ecn.on_segment(text(0, not_ect), true) == Cause::none);  // an acknowledgement says nothing
  CHECK(ecn.on_segment(text(100, ect_0, wire::tcp_flag::cwr), true) == Cause::ack_ce_changed);
  CHECK(ecn.flags(true) == 0);
}

TEST_CASE("the counters begin at 5, 1, 1 and 0") {
  EcnReceiver ecn = receiver(EcnMode::accurate);
  CHECK(ecn.flags(false) == 5);
  CHECK_FALSE(ecn.option(false, false));  // the server's SYN-ACK has shown the option
  EcnReceiver client;
  client.open(EcnMode::accurate, false, EcnReceiver::Side::client);
  CHECK(client.option(false, false) == wire::AccEcnOption{.order = 0, .fields = 3, .octets = {1, 0, 1}});
  client.on_ack_sent(true, true, false);
  CHECK_FALSE(client.option(false, false));
  CHECK(client.option(false, true));  // once more, on the first text
  client.on_ack_sent(false, true, true);
  CHECK_FALSE(client.option(false, true));
}

TEST_CASE("octets are counted by codepoint, and only counters that ever moved are told") {
  EcnReceiver ecn = receiver(EcnMode::accurate);
  ecn.on_segment(text(100, not_ect), false);
  CHECK_FALSE(ecn.option(false, false));
  ecn.on_segment(text(100, ect_0), false);
  CHECK(ecn.option(false, false) == wire::AccEcnOption{.order = 0, .fields = 1, .octets = {101}});
  ecn.on_ack_sent(true, true, false);
  CHECK_FALSE(ecn.option(false, false));
  ecn.on_segment(text(50, ce), false);
  CHECK(ecn.option(false, false) == wire::AccEcnOption{.order = 0, .fields = 2, .octets = {101, 50}});
  ecn.on_ack_sent(true, true, false);
  ecn.on_segment(text(7, ect_0), false);  // CE stands along, for ACKs that got lost
  CHECK(ecn.option(false, false) == wire::AccEcnOption{.order = 0, .fields = 2, .octets = {108, 50}});
  ecn.on_segment(text(9, ect_1), false);
  CHECK(ecn.option(false, false) == wire::AccEcnOption{.order = 0, .fields = 3, .octets = {108, 50, 10}});
}

TEST_CASE("a stream of ECT(1) is told in the other order") {
  EcnReceiver ecn = receiver(EcnMode::accurate);
  ecn.on_segment(text(100, ect_1), false);
  CHECK(ecn.option(false, false) == wire::AccEcnOption{.order = 1, .fields = 1, .octets = {101}});
  ecn.on_segment(text(10, ce), false);
  CHECK(ecn.option(false, false) == wire::AccEcnOption{.order = 1, .fields = 2, .octets = {101, 10}});
}

TEST_CASE("beside SACK blocks only a mark is told, in two fields at most") {
  EcnReceiver ecn = receiver(EcnMode::accurate);
  ecn.on_segment(text(100, ect_0), false);
  CHECK_FALSE(ecn.option(true, false));
  ecn.on_segment(text(100, ce), false);
  CHECK(ecn.option(true, false)->fields == 2);
  ecn.on_segment(text(100, ect_1), false);
  CHECK_FALSE(ecn.option(true, false));  // three would leave no room for two blocks
}

TEST_CASE("marks count packets with and without text, and the eighth brings the field round") {
  EcnReceiver ecn = receiver(EcnMode::accurate);
  for (std::uint32_t n = 1; n <= 20; ++n) {
    ecn.on_segment(n % 2 == 0 ? text(10, ce) : text(0, ce), false);
    CHECK(ecn.flags(false) == ((5 + n) & 7));
    CHECK(ecn.ce_packets() == n);
  }
}

TEST_CASE("a mark after none is told at once, two more marks on text, or three without") {
  EcnReceiver ecn = receiver(EcnMode::accurate);
  CHECK(ecn.on_segment(text(10, ect_0), true) == Cause::none);
  CHECK(ecn.on_segment(text(10, ce), true) == Cause::ack_ce_changed);
  ecn.on_ack_sent(true, true, false);
  CHECK(ecn.on_segment(text(10, ce), true) == Cause::none);
  CHECK(ecn.on_segment(text(10, ce), true) == Cause::ack_ce_count);
  ecn.on_ack_sent(true, true, false);
  CHECK(ecn.on_segment(text(0, ce), false) == Cause::none);
  CHECK(ecn.on_segment(text(0, ce), false) == Cause::none);
  CHECK(ecn.on_segment(text(0, ce), false) == Cause::ack_ce_count);
}

TEST_CASE("the handshake's echo goes with a bare ACK, as long as SYN-ACKs come") {
  EcnReceiver ecn;
  ecn.open(EcnMode::accurate, false, EcnReceiver::Side::client);
  ecn.on_syn_ack(ce);
  CHECK(ecn.owes_handshake_ack());
  CHECK(ecn.flags(true) == 0b110);
  CHECK(ecn.flags(false) == 6);
  ecn.on_ack_sent(false, true, true);
  CHECK(ecn.owes_handshake_ack());
  ecn.on_ack_sent(true, true, false);
  CHECK_FALSE(ecn.owes_handshake_ack());
  CHECK(ecn.flags(true) == 6);
  ecn.on_syn_ack(ce);  // again: told again, counted once
  CHECK(ecn.cep() == 6);
  ecn.on_syn_ack(not_ect);
  CHECK(ecn.flags(true) == 0b010);
}
