#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
namespace flag = ft::wire::tcp_flag;

TEST_CASE("octets sent once are original") {
  Talk t;
  t.handshake();
  t.ten_segments();
  t.wait(20_ms);
  t.ack(server, 1, 10001);
  const Connection c = t.end();
  CHECK(t.analysis.capture().notes == 0);
  CHECK(c.sides[0].text == 10000);
  CHECK(c.sides[0].unique_text == 10000);
  CHECK(c.sides[0].retransmissions == 0);
  CHECK(c.sides[0].most_in_flight == 10000);
}

TEST_CASE("at the receiver, a segment whose IP ID is older than what lies above its hole was overtaken") {
  Talk t;
  t.handshake(server);
  t.text(client, 1, 1000);
  for (std::uint32_t i = 1; i < 6; ++i) t.text(client, 1 + 1000 * i, 1000);
  const std::uint16_t skipped = t.next_id[0]++;
  const auto above = t.text(client, 7001, 1000);
  t.wait(15_ms);  // longer than half a round trip: the ID decides
  const auto late = t.say(client, {.seq = 6001, .length = 1000, .ack = 1, .ip_id = skipped});
  CHECK(t.label(late) == Label::reordered);
  const auto notes = t.notes(Note::Kind::segment);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].of_frame == above);
  CHECK(notes[0].waited == 15_ms);
  CHECK(notes[0].any(Note::proven));
  CHECK(notes[0].any(Note::hole_filled));
  CHECK(t.end().sides[0].reordered == 1);
}

TEST_CASE("at the receiver, a hole filled by a segment with a newer IP ID is a recovered loss") {
  Talk t;
  t.handshake(server);
  for (std::uint32_t i = 0; i < 6; ++i) t.text(client, 1 + 1000 * i, 1000);
  ++t.next_id[0];
  for (std::uint32_t i = 7; i < 12; ++i) t.text(client, 1 + 1000 * i, 1000);
  t.wait(5_ms);  // shorter than half a round trip: the ID decides
  const auto filled = t.text(client, 6001, 1000);
  CHECK(t.label(filled) == Label::retransmission);
  CHECK(t.cause(filled) == RepeatCause::fast);
  CHECK(t.end().sides[0].unique_text == 12000);
}

TEST_CASE("without IP IDs the order of timestamps tells overtaken from sent again") {
  for (const bool sent_again : {false, true}) {
    Talk t;
    t.ipv6 = true;
    t.handshake(server);
    t.text(client, 1, 1000);
    t.wait(5_ms);
    const auto tick = t.tick();
    t.text(client, 2001, 1000);
    t.text(client, 3001, 1000);
    t.wait(9_ms);
    const auto late = t.say(client, {.seq = 1001, .length = 1000, .ack = 1, .stamp = sent_again ? tick + 8 : tick - 1});
    CHECK(t.label(late) == (sent_again ? Label::retransmission : Label::reordered));
  }
}

TEST_CASE("without any of both the delay decides: less than half a round trip is reordering") {
  for (const bool long_wait : {false, true}) {
    Talk t;
    t.ipv6 = true;
    t.stamps = false;
    t.handshake(server);
    t.text(client, 1, 1000);
    t.text(client, 2001, 1000);
    t.wait(long_wait ? 22_ms : 4_ms);
    const auto late = t.text(client, 1001, 1000);
    CHECK(t.label(late) == (long_wait ? Label::retransmission : Label::reordered));
  }
}

TEST_CASE("a repeat that overtakes its first copy was needless, and the first copy is late") {
  for (const bool ids : {true, false}) {
    Talk t;
    t.ids = ids;
    t.handshake(server);
    t.text(client, 1, 1000);
    ++t.next_id[client];  // the first copy, under way
    const auto above = t.text(client, 2001, 1000);
    t.sack(server, 1, 1001, {{2001, 3001}});
    t.wait(20_ms);
    const auto repeat =
        t.say(client, {.seq = 1001, .length = 1000, .ack = 1, .ip_id = ids ? std::optional<std::uint16_t>{140} : std::nullopt});
    t.ack(server, 1, 3001);
    t.wait(20_ms);
    const auto first = t.say(
        client,
        {.seq = 1001, .length = 1000, .ack = 1, .ip_id = ids ? std::optional<std::uint16_t>{103} : std::nullopt, .stamp = 5020});
    const Connection c = t.end();
    CHECK(t.label(above) == Label::original);
    CHECK(t.label(repeat) == Label::needless);
    CHECK(t.label(first) == Label::reordered);
    CHECK(c.sides[0].needless == 1);
    CHECK(c.sides[0].reordered == 1);
  }
}

TEST_CASE("an empty segment one below the next number is a keep-alive, and its answer is remembered") {
  Talk t;
  t.handshake();
  t.text(client, 1, 100);
  t.wait(20_ms);
  t.ack(server, 1, 101);
  t.wait(std::chrono::seconds(60));
  const auto probe = t.ack(client, 100, 1);
  t.wait(20_ms);
  t.ack(server, 1, 101);
  t.wait(std::chrono::seconds(60));
  const auto octet = t.text(client, 100, 1);
  CHECK(t.label(probe) == Label::keep_alive);
  CHECK(t.label(octet) == Label::keep_alive);
  const auto notes = t.notes(Note::Kind::segment);
  REQUIRE(notes.size() == 2);
  CHECK(notes[0].any(Note::answered));
  CHECK_FALSE(notes[1].any(Note::answered));
  CHECK(t.end().sides[0].keep_alives == 2);
}

TEST_CASE("against a shut window both forms are probes: one old number without text, one new octet") {
  Talk t;
  t.handshake();
  t.text(client, 1, 1000);
  t.wait(20_ms);
  const auto shut = t.say(server, {.seq = 1, .ack = 1001, .window = 0});
  t.wait(200_ms);
  const auto old = t.ack(client, 1000, 1);
  t.wait(20_ms);
  t.say(server, {.seq = 1, .ack = 1001, .window = 0});
  t.wait(400_ms);
  const auto fresh = t.text(client, 1001, 1);
  t.wait(400_ms);
  const auto again = t.text(client, 1001, 1);
  t.wait(20_ms);
  t.ack(server, 1, 1002);
  CHECK(t.label(old) == Label::probe);
  CHECK(t.label(fresh) == Label::probe);
  CHECK(t.label(again) == Label::probe);
  const auto opened = t.notes(Note::Kind::window_opened);
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].of_frame == shut);
  CHECK(opened[0].waited == 1040_ms);
  CHECK(t.notes(Note::Kind::window_shut).size() == 1);
  CHECK(t.end().sides[1].zero_windows == 2);
}

TEST_CASE("a segment with a bad checksum was not received, unless all of that side's are bad") {
  Talk t;
  t.handshake();
  for (std::uint32_t i = 0; i < 5; ++i)
    t.say(client, {.seq = 1 + 100 * i, .length = 100, .ack = 1, .checksum = ChecksumState::good});
  const auto damaged = t.say(client, {.seq = 501, .length = 100, .ack = 1, .checksum = ChecksumState::bad});
  t.wait(250_ms);
  const auto again = t.say(client, {.seq = 501, .length = 100, .ack = 1, .checksum = ChecksumState::good});
  CHECK(t.label(again) == Label::original);
  REQUIRE(t.notes(Note::Kind::bad_checksum).size() == 1);
  CHECK(t.notes(Note::Kind::bad_checksum)[0].frame == damaged);

  Talk offloaded;
  offloaded.handshake();
  for (std::uint32_t i = 0; i < 5; ++i)
    offloaded.say(client, {.seq = 1 + 100 * i, .length = 100, .ack = 1, .checksum = ChecksumState::bad});
  offloaded.wait(250_ms);
  const auto repeated = offloaded.say(client, {.seq = 401, .length = 100, .ack = 1, .checksum = ChecksumState::bad});
  CHECK(offloaded.label(repeated) == Label::retransmission);
  CHECK(offloaded.notes(Note::Kind::bad_checksum).empty());
}

TEST_CASE("text that follows its own RST shows that somebody else sent the RST") {
  Talk t;
  t.handshake();
  t.text(client, 1, 100);
  t.wait(10_ms);
  const auto forged = t.say(server, {.seq = 1, .flags = flag::rst, .ip_id = 7, .ttl = 255});
  t.wait(10_ms);
  t.text(server, 1, 500, 101);
  CHECK(t.label(forged) == Label::injected);
  const auto resets = t.notes(Note::Kind::reset);
  REQUIRE(resets.size() == 1);
  CHECK(resets[0].any(Note::other_ttl));
  CHECK(resets[0].any(Note::exact));
  const Connection c = t.end();
  CHECK(c.state == FlowState::established);
  CHECK(c.closer == 2);
}
