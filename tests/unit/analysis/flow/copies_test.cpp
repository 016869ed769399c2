#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;

TEST_CASE("the same packet a moment later on another link is the capture's duplicate, milliseconds later the network's") {
  Talk t;
  t.handshake();
  const auto first = t.say(client, {.seq = 1, .length = 100, .ack = 1, .ip_id = 500});
  t.wait(20_us);
  const auto mirrored = t.say(client, {.seq = 1, .length = 100, .ack = 1, .ip_id = 500, .link = 2});
  t.wait(3_ms);
  const auto tick = t.tick() - 3;
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
  t.ten_segments();
  t.wait(20_ms);
  const auto tick = t.tick();
  for (int i = 0; i < 5; ++i) t.ack(server, 1, 2001);
  const auto doubled =
      t.say(server, {.seq = 1, .ack = 2001, .ip_id = static_cast<std::uint16_t>(t.next_id[1] - 1), .stamp = tick});
  CHECK(t.label(doubled) == Label::network_duplicate);
  CHECK(t.notes(Note::Kind::segment).size() == 1);
  CHECK(t.end().sides[1].duplicate_acks == 4);
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
