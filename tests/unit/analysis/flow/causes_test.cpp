#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
namespace flag = ft::wire::tcp_flag;

TEST_CASE("octets sent again after three selective acknowledgements above them are a fast retransmission") {
  Talk t;
  t.handshake();
  t.ten_segments();
  t.wait(18_ms);
  t.ack(server, 1, 3001);
  for (std::uint32_t i = 5; i < 8; ++i) t.sack(server, 1, 3001, {{4001, 1 + 1000 * i}});
  const auto again = t.text(client, 3001, 1000);
  t.wait(20_ms);
  t.ack(server, 1, 10001);
  const Connection c = t.end();
  CHECK(t.label(again) == Label::retransmission);
  CHECK(t.cause(again) == RepeatCause::fast);
  const auto notes = t.notes(Note::Kind::segment);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].of_frame == 7);
  CHECK(notes[0].tries == 2);
  CHECK(notes[0].any(Note::acked));
  CHECK(notes[0].any(Note::sack_seen));
  CHECK(c.sides[0].text == 11000);
  CHECK(c.sides[0].unique_text == 10000);
  CHECK(c.sides[0].repeats[static_cast<std::size_t>(RepeatCause::fast)] == 1);
}

TEST_CASE("three duplicate ACKs without SACK make a fast retransmission as well") {
  Talk t;
  t.handshake();
  t.ten_segments();
  t.wait(18_ms);
  for (int i = 0; i < 4; ++i) t.ack(server, 1, 3001);
  const auto again = t.text(client, 3001, 1000);
  CHECK(t.label(again) == Label::retransmission);
  CHECK(t.cause(again) == RepeatCause::fast);
}

TEST_CASE("the last segment sent again after two silent round trips is a tail loss probe") {
  Talk t;
  t.handshake();
  t.text(client, 1, 1000);
  t.wait(20_ms);
  t.ack(server, 1, 1001);
  t.text(client, 1001, 1000);
  t.text(client, 2001, 1000);
  t.wait(42_ms);
  const auto again = t.text(client, 2001, 1000);
  CHECK(t.label(again) == Label::retransmission);
  CHECK(t.cause(again) == RepeatCause::tlp);
}

TEST_CASE(
    "the first octets in flight sent again after the timer are an RTO, and those that follow without being asked for go back N") {
  Talk t;
  t.handshake();
  t.ten_segments();
  t.wait(250_ms);
  const auto first = t.text(client, 1, 1000);
  t.wait(20_ms);
  t.ack(server, 1, 1001);
  const auto second = t.text(client, 1001, 1000);
  const auto third = t.text(client, 2001, 1000);
  CHECK(t.cause(first) == RepeatCause::rto);
  CHECK(t.cause(second) == RepeatCause::go_back_n);
  CHECK(t.cause(third) == RepeatCause::go_back_n);
}

TEST_CASE("an RTO that doubles is an RTO each time, and one with smaller packets is a probe of the path's MTU") {
  Talk t;
  t.handshake();
  t.ten_segments();
  t.wait(250_ms);
  CHECK(t.cause(t.text(client, 1, 1000)) == RepeatCause::rto);
  t.wait(500_ms);
  CHECK(t.cause(t.text(client, 1, 1000)) == RepeatCause::rto);
  t.wait(1000_ms);
  CHECK(t.cause(t.text(client, 1, 1000)) == RepeatCause::rto);
  t.wait(2000_ms);
  CHECK(t.cause(t.text(client, 1, 512)) == RepeatCause::mtu_probe);
}

TEST_CASE("a repeated SYN, SYN-ACK and FIN have their own causes") {
  Talk t;
  t.say(client, {.flags = flag::syn});
  t.wait(1000_ms);
  const auto syn = t.say(client, {.flags = flag::syn});
  t.wait(20_ms);
  t.say(server, {.ack = 1, .flags = flag::syn});
  t.wait(1000_ms);
  const auto syn_ack = t.say(server, {.ack = 1, .flags = flag::syn});
  t.ack(client, 1, 1);
  t.say(client, {.seq = 1, .ack = 1, .flags = flag::fin});
  t.wait(300_ms);
  const auto fin = t.say(client, {.seq = 1, .ack = 1, .flags = flag::fin});
  CHECK(t.cause(syn) == RepeatCause::syn);
  CHECK(t.cause(syn_ack) == RepeatCause::syn);
  CHECK(t.cause(fin) == RepeatCause::fin);
  const Connection c = t.end();
  CHECK(c.handshake == Duration(1020_ms));
  CHECK(c.syn_to_syn_ack == Duration(20_ms));
  CHECK(c.syn_ack_to_ack == Duration::zero());
  CHECK(c.connect_time == Duration(2020_ms));
}

TEST_CASE("a repeat is needless when a D-SACK says that it arrived twice") {
  Talk t;
  t.handshake();
  t.ten_segments();
  t.wait(250_ms);
  const auto again = t.text(client, 1, 1000);
  CHECK(t.label(again) == Label::retransmission);
  t.wait(20_ms);
  t.sack(server, 1, 10001, {{1, 1001}});
  CHECK(t.label(again) == Label::needless);
  const Connection c = t.end();
  CHECK(c.sides[0].needless == 1);
  CHECK(c.sides[0].retransmissions == 1);
  CHECK(c.sides[1].dsacks == 1);
  CHECK(t.notes(Note::Kind::segment)[0].any(Note::by_dsack));
}

TEST_CASE("a repeat is needless when the ACK echoes the time of the first copy") {
  Talk t;
  t.handshake();
  t.text(client, 1, 1000);
  const auto sent_at = t.tick();
  t.wait(250_ms);
  const auto again = t.text(client, 1, 1000);
  t.wait(5_ms);
  t.say(server, {.seq = 1, .ack = 1001, .echo = sent_at});
  CHECK(t.label(again) == Label::needless);
  CHECK(t.notes(Note::Kind::segment)[0].any(Note::by_timestamp));
}

TEST_CASE("a repeat is not needless when the ACK echoes the repeat's own time") {
  Talk t;
  t.handshake();
  t.text(client, 1, 1000);
  t.wait(250_ms);
  const auto sent_at = t.tick();
  const auto again = t.text(client, 1, 1000);
  t.wait(20_ms);
  t.say(server, {.seq = 1, .ack = 1001, .echo = sent_at});
  CHECK(t.label(again) == Label::retransmission);
}

TEST_CASE("a repeat of what was acknowledged, or selectively acknowledged, is needless at once") {
  Talk t;
  t.handshake();
  t.ten_segments();
  t.wait(20_ms);
  t.sack(server, 1, 3001, {{4001, 10001}});
  const auto below = t.text(client, 1001, 1000);
  const auto above = t.text(client, 5001, 1000);
  CHECK(t.label(below) == Label::needless);
  CHECK(t.label(above) == Label::needless);
  CHECK(t.notes(Note::Kind::segment)[0].any(Note::by_ack));
}
