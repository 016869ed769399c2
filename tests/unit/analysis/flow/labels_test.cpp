#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
namespace flag = ft::wire::tcp_flag;

namespace {

/// Ten segments of a thousand octets from the client, one a tenth of a millisecond, seen where they leave.
void ten_segments(Talk& t) {
  for (std::uint32_t i = 0; i < 10; ++i) {
    t.text(client, 1 + 1000 * i, 1000);
    t.wait(100_us);
  }
}

}  // namespace

TEST_CASE("octets sent once are original") {
  Talk t;
  t.handshake();
  ten_segments(t);
  t.wait(20_ms);
  t.ack(server, 1, 10001);
  const Connection c = t.end();
  CHECK(t.analysis.capture().notes == 0);
  CHECK(c.sides[0].text == 10000);
  CHECK(c.sides[0].unique_text == 10000);
  CHECK(c.sides[0].retransmissions == 0);
  CHECK(c.sides[0].most_in_flight == 10000);
}

TEST_CASE("octets sent again after three selective acknowledgements above them are a fast retransmission") {
  Talk t;
  t.handshake();
  ten_segments(t);
  t.wait(18_ms);
  t.ack(server, 1, 3001);
  for (std::uint32_t i = 5; i < 8; ++i) t.sack(server, 1, 3001, {{4001, 1001 * 0 + 1 + 1000 * i}});
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
  ten_segments(t);
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
  ten_segments(t);
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
  ten_segments(t);
  t.wait(250_ms);
  CHECK(t.cause(t.text(client, 1, 1000)) == RepeatCause::rto);
  t.wait(500_ms);
  CHECK(t.cause(t.text(client, 1, 1000)) == RepeatCause::rto);
  t.wait(1000_ms);
  CHECK(t.cause(t.text(client, 1, 1000)) == RepeatCause::rto);
  t.wait(2000_ms);
  CHECK(t.cause(t.text(client, 1, 512)) == RepeatCause::mtu_probe);
}

TEST_CASE("a repeat is needless when a D-SACK says that it arrived twice") {
  Talk t;
  t.handshake();
  ten_segments(t);
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
  const auto sent_at = static_cast<std::uint32_t>((t.now - t.began) / 1_ms) + 5000;
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
  const auto sent_at = static_cast<std::uint32_t>((t.now - t.began) / 1_ms) + 5000;
  const auto again = t.text(client, 1, 1000);
  t.wait(20_ms);
  t.say(server, {.seq = 1, .ack = 1001, .echo = sent_at});
  CHECK(t.label(again) == Label::retransmission);
}

TEST_CASE("a repeat of what was acknowledged, or selectively acknowledged, is needless at once") {
  Talk t;
  t.handshake();
  ten_segments(t);
  t.wait(20_ms);
  t.sack(server, 1, 3001, {{4001, 10001}});
  const auto below = t.text(client, 1001, 1000);
  const auto above = t.text(client, 5001, 1000);
  CHECK(t.label(below) == Label::needless);
  CHECK(t.label(above) == Label::needless);
  CHECK(t.notes(Note::Kind::segment)[0].any(Note::by_ack));
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
    const auto tick = static_cast<std::uint32_t>((t.now - t.began) / 1_ms) + 5000;
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

TEST_CASE("the same packet a moment later on another link is the capture's duplicate, milliseconds later the network's") {
  Talk t;
  t.handshake();
  const auto first = t.say(client, {.seq = 1, .length = 100, .ack = 1, .ip_id = 500});
  t.wait(20_us);
  const auto mirrored = t.say(client, {.seq = 1, .length = 100, .ack = 1, .ip_id = 500, .link = 2});
  t.wait(3_ms);
  const std::uint32_t tick = static_cast<std::uint32_t>((t.now - t.began) / 1_ms) + 5000 - 3;
  const auto doubled = t.say(client, {.seq = 1, .length = 100, .ack = 1, .ip_id = 500, .stamp = tick, .echo = tick});
  CHECK(t.label(mirrored) == Label::capture_duplicate);
  CHECK(t.label(doubled) == Label::network_duplicate);
  CHECK(t.analysis.label_of(mirrored).of_frame == first);
  const Connection c = t.end();
  CHECK(c.sides[0].duplicates == 2);
  CHECK(c.sides[0].retransmissions == 0);
  CHECK(c.sides[0].packets == 5);
}

TEST_CASE("a doubled ACK is a duplicate, and three duplicate ACKs in a row are not") {
  Talk t;
  t.handshake();
  ten_segments(t);
  t.wait(20_ms);
  const auto tick = static_cast<std::uint32_t>((t.now - t.began) / 1_ms) + 5000;
  for (int i = 0; i < 5; ++i) t.ack(server, 1, 2001);
  const auto doubled =
      t.say(server, {.seq = 1, .ack = 2001, .ip_id = static_cast<std::uint16_t>(t.next_id[1] - 1), .stamp = tick});
  CHECK(t.label(doubled) == Label::network_duplicate);
  CHECK(t.notes(Note::Kind::segment).size() == 1);
  CHECK(t.end().sides[1].duplicate_acks == 4);
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

TEST_CASE("a copy by its identification is one however much came between") {
  Talk t;
  t.handshake();
  std::uint64_t acks[40]{};
  for (std::uint32_t i = 0; i < 40; ++i) t.text(client, 1 + i * 1000, 1000);
  t.wait(20_ms);
  const std::uint16_t first_id = t.next_id[server];
  for (std::uint32_t i = 0; i < 40; ++i) acks[i] = t.ack(server, 1, 1001 + i * 1000);
  t.wait(2_ms);
  const auto copy = t.say(server, {.seq = 1, .ack = 3001, .ip_id = static_cast<std::uint16_t>(first_id + 2)});
  t.end();
  CHECK(t.label(acks[2]) == Label::original);
  CHECK(t.label(copy) == Label::network_duplicate);
}

TEST_CASE("two resets without identification and timestamp are two resets") {
  Talk t;
  t.stamps = false;
  t.handshake();
  t.ids = false;
  t.text(client, 1, 1000);
  t.text(client, 1001, 1000);
  const auto first = t.say(server, {.seq = 1, .flags = wire::tcp_flag::rst, .ip_id = std::uint16_t{0}});
  t.wait(20_us);
  const auto second = t.say(server, {.seq = 1, .flags = wire::tcp_flag::rst, .ip_id = std::uint16_t{0}});
  t.end();
  CHECK(t.label(first) == Label::original);
  CHECK(t.label(second) == Label::original);
}
