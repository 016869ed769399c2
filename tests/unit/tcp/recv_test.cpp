#include "tcp/arrival/ack.hpp"
#include "tcp/arrival/sequence.hpp"
#include "tcp/arrival/time_wait.hpp"
#include "tcp/recv/receiver.hpp"

#include "covers.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace ft;
using namespace ft::tcp;

namespace {

Segment segment(std::uint32_t seq, std::span<const std::byte> text = {}, std::uint8_t flags = wire::tcp_flag::ack) {
  Segment s;
  s.header.seq = Seq{seq};
  s.header.flags = flags;
  s.text = text;
  return s;
}

RecvVars window(std::uint32_t nxt, std::uint32_t wnd) {
  RecvVars rcv;
  rcv.nxt = Seq{nxt};
  rcv.wnd = wnd;
  return rcv;
}

std::array<std::byte, 100> octets{};

}  // namespace

TEST_CASE("the four cases of RFC 9293 table 6 decide what is acceptable") {
  for (const std::uint32_t base : {1000u, 0xffff'fff0u}) {
    const RecvVars open = window(base, 50);
    const RecvVars shut = window(base, 0);
    CHECK(arrival::is_acceptable(segment(base), shut));
    CHECK_FALSE(arrival::is_acceptable(segment(base + 1), shut));
    CHECK(arrival::is_acceptable(segment(base), open));
    CHECK(arrival::is_acceptable(segment(base + 49), open));
    CHECK(arrival::is_acceptable(segment(base + 50), open));  // not in the table: an ACK of one who has filled the window
    Segment reset = segment(base + 50);
    reset.header.flags = wire::tcp_flag::rst;
    CHECK_FALSE(arrival::is_acceptable(reset, open));
    CHECK_FALSE(arrival::is_acceptable(segment(base + 51), open));
    CHECK_FALSE(arrival::is_acceptable(segment(base - 1), open));
    CHECK(arrival::is_acceptable(segment(base - 99, octets), open));
    CHECK_FALSE(arrival::is_acceptable(segment(base - 100, octets), open));
    CHECK(arrival::is_acceptable(segment(base + 49, octets), open));
    CHECK_FALSE(arrival::is_acceptable(segment(base + 50, octets), open));
  }
}

TEST_CASE("trimming keeps exactly what lies in the window") {
  const RecvVars rcv = window(1000, 50);
  const Segment left = arrival::trim(segment(960, octets), rcv);
  CHECK(left.seq() == Seq{1000});
  CHECK(left.text.size() == 50);
  CHECK(left.text.data() == octets.data() + 40);
  const Segment fin = arrival::trim(segment(1000, octets, wire::tcp_flag::ack | wire::tcp_flag::fin), rcv);
  CHECK(fin.text.size() == 50);
  CHECK_FALSE(fin.fin());  // it lies beyond the edge
  const Segment known = arrival::trim(segment(900, octets, wire::tcp_flag::ack | wire::tcp_flag::fin), rcv);
  CHECK(known.text.empty());
  CHECK(known.fin());  // the FIN itself is the next octet
}

TEST_CASE("an ACK is fresh, the same, old, or impossible") {
  SendVars snd;
  snd.una = Seq{100};
  snd.nxt = snd.max = Seq{200};
  snd.max_wnd = 50;
  using enum arrival::AckMeaning;
  CHECK(arrival::judge_ack(Seq{100}, snd) == same);
  CHECK(arrival::judge_ack(Seq{101}, snd) == fresh);
  CHECK(arrival::judge_ack(Seq{200}, snd) == fresh);
  CHECK(arrival::judge_ack(Seq{201}, snd) == not_sent);
  CHECK(arrival::judge_ack(Seq{50}, snd) == old);
  CHECK(arrival::judge_ack(Seq{49}, snd) == too_old);
}

TEST_CASE("an older segment does not change the send window") {
  SendVars snd;
  snd.wl1 = Seq{500};
  snd.wl2 = Seq{100};
  Segment s = segment(499);
  s.header.ack = Seq{100};
  CHECK_FALSE(arrival::updates_window(s, snd));
  s.header.seq = Seq{500};
  CHECK(arrival::updates_window(s, snd));
  s.header.ack = Seq{99};
  CHECK_FALSE(arrival::updates_window(s, snd));
  s.header.seq = Seq{501};
  CHECK(arrival::updates_window(s, snd));
}

TEST_CASE("TIME-WAIT ignores RST, reopens for a newer SYN, repeats its ACK for the rest") {
  TimeWait record;
  record.rcv_nxt = Seq{1000};
  using enum arrival::TimeWaitMeaning;
  const auto judge = [&](std::uint32_t seq, std::uint8_t flags) {
    return arrival::judge_in_time_wait(segment(seq, {}, flags), record);
  };
  CHECK(judge(1000, wire::tcp_flag::rst) == ignore);
  CHECK(judge(1001, wire::tcp_flag::syn) == reopen);
  CHECK(judge(1000, wire::tcp_flag::syn) == acknowledge);
  CHECK(judge(999, wire::tcp_flag::fin | wire::tcp_flag::ack) == restart);
  CHECK(judge(1000, wire::tcp_flag::ack) == ignore);
  CHECK(judge(500, wire::tcp_flag::ack) == acknowledge);
}

TEST_CASE("with timestamps TIME-WAIT reopens for a later time whatever the sequence number") {
  TimeWait record;
  record.rcv_nxt = Seq{1000};
  record.timestamps = true;
  record.ts_recent = 50;
  Segment syn = segment(1, {}, wire::tcp_flag::syn);
  syn.header.options.timestamps = wire::Timestamps{51, 0};
  CHECK(arrival::judge_in_time_wait(syn, record) == arrival::TimeWaitMeaning::reopen);
  syn.header.options.timestamps = wire::Timestamps{49, 0};
  CHECK(arrival::judge_in_time_wait(syn, record) == arrival::TimeWaitMeaning::acknowledge);
}

TEST_CASE("TIME-WAIT weighs a SYN's timestamps and number as RFC 6191 2 says, whichever of the two connections has timestamps") {
  using enum arrival::TimeWaitMeaning;
  struct Row {
    bool had;    // the old connection used timestamps
    int ts;      // of the SYN, against the last one seen; 99: no option
    bool newer;  // its number is beyond the last one seen
    bool reopens;
    bool listener;  // would take timestamps
  };
  constexpr Row rows[] = {
      {true, 1, false, true, true},    {true, 0, true, true, true},    {true, 0, false, false, true},
      {true, -1, true, false, true},   {true, 99, true, true, true},   {true, 99, false, false, true},
      {false, 5, false, true, true},   {false, -5, false, true, true}, {false, 99, true, true, true},
      {false, 99, false, false, true}, {true, 1, false, false, false}, {true, -1, true, true, false},
      {false, 5, false, false, false}, {false, 5, true, true, false},
  };
  for (const Row& row : rows) {
    TimeWait record;
    record.rcv_nxt = Seq{1000};
    record.timestamps = row.had;
    record.ts_recent = row.had ? 50 : 0;
    Segment syn = segment(row.newer ? 1001 : 1000, {}, wire::tcp_flag::syn);
    if (row.ts != 99) syn.header.options.timestamps = wire::Timestamps{record.ts_recent + static_cast<std::uint32_t>(row.ts), 0};
    CHECK(arrival::judge_in_time_wait(syn, record, row.listener) == (row.reopens ? reopen : acknowledge));
  }
}

TEST_CASE("the offered window never moves its right edge left, whatever scale rounds it") {
  for (const std::uint8_t shift : {std::uint8_t{0}, std::uint8_t{3}, std::uint8_t{7}, std::uint8_t{14}}) {
    RecvVars rcv = window(1, 0);
    std::uint32_t unread = 0;
    Seq edge = rcv.edge();
    const std::uint32_t limit = 1u << 20;
    for (std::uint32_t step = 1; step < 3000; ++step) {
      const auto field = offer_window(rcv, {limit, unread, 1460, shift});
      CHECK((rcv.wnd >> shift) == field);
      REQUIRE(after_or_equal(rcv.edge(), edge));
      REQUIRE(unread + rcv.wnd <= limit);
      edge = rcv.edge();
      const std::uint32_t arrives = std::min(rcv.wnd, step * 7919 % 2000);
      rcv.nxt += arrives;
      rcv.wnd -= arrives;
      unread += arrives;
      unread -= std::min(unread, step * 104729 % 2100);
    }
  }
}

TEST_CASE("the offered window never grows beyond the buffer, however small the segments that are acknowledged") {
  for (const int scale : {0, 7, 14}) {
    const auto shift = static_cast<std::uint8_t>(scale);
    RecvVars rcv = window(1, 0);
    const std::uint32_t limit = 1u << 20;
    (void)offer_window(rcv, {limit, 0, 1460, shift});
    for (std::uint32_t unread = 1; unread < 5000; ++unread) {
      rcv.nxt += 1;
      rcv.wnd -= 1;
      (void)offer_window(rcv, {limit, unread, 1460, shift});
      REQUIRE(unread + rcv.wnd <= limit);
    }
  }
}

TEST_CASE("what is read a little at a time is not announced a little at a time") {
  RecvVars rcv = window(1, 0);
  CHECK_FALSE(should_announce(rcv, {4000, 3500, 1000, 0}));
  CHECK(should_announce(rcv, {4000, 3000, 1000, 0}));
  rcv.wnd = 2000;
  CHECK_FALSE(should_announce(rcv, {8000, 3000, 1000, 0}));
  CHECK(should_announce(rcv, {8000, 2000, 1000, 0}));
}

TEST_CASE("reassembly returns what is in order and keeps islands, in any order of arrival") {
  BufferPool pool(1u << 20);
  std::vector<std::byte> stream(5000);
  for (std::size_t i = 0; i < stream.size(); ++i) stream[i] = static_cast<std::byte>(i * 31 >> 3);
  for (std::uint32_t seed = 1; seed < 200; ++seed) {
    Reassembly reassembly;
    std::uint32_t next = 0;
    std::vector<std::byte> got;
    std::uint32_t random = seed;
    while (next < stream.size()) {
      random = random * 1664525u + 1013904223u;
      const std::uint32_t offset = (random >> 8) % 1500;
      const std::uint32_t length = 1 + (random >> 20) % 700;
      if (next + offset + length > stream.size()) {
        const auto rest =
            reassembly.insert(pool, 0, std::span(stream).subspan(next, std::min<std::size_t>(200, stream.size() - next)));
        next += *rest;
      } else if (const auto grown = reassembly.insert(pool, offset, std::span(stream).subspan(next + offset, length))) {
        next += *grown;
      } else {
        const auto hole = reassembly.insert(pool, 0, std::span(stream).subspan(next, 1));
        next += *hole;
      }
      std::array<std::byte, 512> into;
      const auto n = reassembly.read(pool, into);
      got.insert(got.end(), into.begin(), into.begin() + n);
    }
    std::array<std::byte, 8192> rest;
    const auto n = reassembly.read(pool, rest);
    got.insert(got.end(), rest.begin(), rest.begin() + n);
    REQUIRE(got == stream);
    reassembly.release(pool);
  }
  CHECK(pool.used() == 0);
}

TEST_CASE("text that a link handed over in one large piece is acknowledged at once") {
  AckPolicy policy;
  Deadlines deadlines;
  const Instant now{};
  for (int i = 0; i < 20; ++i) {  // the quick ones at the beginning prove nothing
    policy.on_text(now, 30'000, 1460, false, std::chrono::milliseconds(40), deadlines);
    CHECK(policy.need() == Cause::ack_every_second);
    policy.on_ack_sent(deadlines);
  }
  CHECK(policy.full_size() == 1460);
}

TEST_CASE("a new window rides on an ACK that is due and gives no reason of its own") {
  AckPolicy policy;
  policy.at_once(Cause::ack_every_second);
  policy.at_once(Cause::ack_window_update);
  CHECK(policy.need() == Cause::ack_every_second);
}

TEST_CASE("the report of a duplicate takes the place of the oldest island where the room is short") {
  BufferPool pool{1u << 20};
  Receiver receiver;
  receiver.rcv.nxt = Seq{1000};
  for (const std::uint32_t offset : {100u, 300u, 500u}) REQUIRE(receiver.text.insert(pool, offset, std::span(octets).first(10)));
  receiver.note_duplicate(Seq{900}, Seq{910});
  std::array<wire::SackBlock, 4> blocks;
  CHECK(receiver.take_reports(3, blocks) == 3);
  CHECK(blocks[0] == wire::SackBlock{Seq{900}, Seq{910}});
  CHECK(blocks[1] == wire::SackBlock{Seq{1500}, Seq{1510}});
  CHECK(blocks[2] == wire::SackBlock{Seq{1300}, Seq{1310}});
  CHECK(receiver.take_reports(3, blocks) == 3);  // said once
  CHECK(blocks[2] == wire::SackBlock{Seq{1100}, Seq{1110}});
  receiver.text.release(pool);
}

TEST_CASE("when memory is short, text that comes too early waits for its next time, and text in order is taken") {
  BufferPool pool{20'000};
  std::byte* const hoarded = pool.acquire(16'384);
  Receiver receiver;
  receiver.rcv.nxt = Seq{1000};
  Deadlines deadlines;
  const auto arrives = [&](std::uint32_t seq) {
    return receiver.on_text(pool, Instant{}, segment(seq, octets), 1000, std::chrono::milliseconds(40), deadlines);
  };
  REQUIRE(pool.is_tight());
  CHECK(arrives(1100) == Receiver::Arrived::no_memory);
  CHECK(arrives(1000) == Receiver::Arrived::in_order);
  receiver.text.release(pool);
  pool.release(hoarded, 16'384);
}

TEST_CASE("text in order joins no island that it does not reach, also when there are as many islands as there may be") {
  BufferPool pool{1u << 20};
  Reassembly text;
  // One octet, a hole, one octet, ...: the last offers are one too many.
  for (std::uint32_t offset = 100; offset < 400; offset += 2) (void)text.insert(pool, offset, std::span(octets).first(1));
  CHECK(text.insert(pool, 0, std::span(octets).first(10)) == 10u);
  CHECK(text.ready() == 10);
  CHECK(text.insert(pool, 0, std::span(octets).first(92)) == 93u);  // over the first island, and up to the second
  text.release(pool);
}

TEST_CASE("a ring of many octets takes as many islands as a path that loses every second segment makes") {
  BufferPool pool(64u << 20);
  Reassembly reassembly;
  const std::vector<std::byte> segment(1000);
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < 4000; ++i) kept += reassembly.insert(pool, 1000 + 2000 * i, segment).has_value() ? 1u : 0u;
  CHECK(kept == 4000);
  std::array<wire::SackBlock, 4> blocks;
  CHECK(reassembly.sack_blocks(Seq{0}, 4, blocks) == 4);
  CHECK(blocks[0] == wire::SackBlock{Seq{1000 + 2000 * 3999}, Seq{2000 + 2000 * 3999}});
  REQUIRE(reassembly.overlap(2000 * 1999 + 500, 1000).has_value());
  CHECK(reassembly.overlap(2000 * 1999 + 500, 1000)->from == 1000 + 2000 * 1999);
  reassembly.release(pool);
}

TEST_CASE("a mark of urgent data that was read long ago never comes back, however many octets follow") {
  BufferPool pool{1u << 20};
  Deadlines deadlines;
  Receiver receiver;
  receiver.open(Seq{0}, 1000);
  receiver.rcv.up = Seq{101};
  for (int gigabyte = 0; gigabyte < 9; ++gigabyte) {
    receiver.rcv.wnd = 1000;
    Segment text = segment(receiver.rcv.nxt.value(), octets);
    CHECK(receiver.on_text(pool, Instant{}, text, 1000, {}, deadlines) == Receiver::Arrived::in_order);
    if (gigabyte == 0) CHECK(distance(receiver.read_seq(), receiver.rcv.up) == 100);
    receiver.text.consume(pool, 100);
    CHECK(distance(receiver.read_seq(), receiver.rcv.up) <= 0);
    receiver.rcv.nxt += 1u << 30;
  }
}
