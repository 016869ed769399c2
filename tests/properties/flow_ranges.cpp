// What a side has sent, kept as pieces of a ring, against an oracle that remembers every octet.
#include "analysis/flow/analysis.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <tuple>
#include <vector>

using namespace ft;
using namespace ft::analysis;

namespace {

constexpr std::uint32_t space = 3000;  // octets of text that can be sent

struct Octets {
  std::vector<bool> sent = std::vector<bool>(space + 2);
  std::vector<bool> sacked = std::vector<bool>(space + 2);
  std::uint32_t max = 1, una = 1;
  std::uint64_t text = 0;

  std::uint32_t count(const std::vector<bool>& which, std::uint32_t from, std::uint32_t to) const {
    std::uint32_t n = 0;
    for (std::uint32_t i = from; i < to; ++i) n += which[i] ? 1u : 0u;
    return n;
  }
};

struct Play {
  explicit Play(std::uint32_t first) : isn(first) {}
  Analysis analysis;
  Octets oracle;
  std::uint32_t isn;
  std::uint64_t frame = 0;
  std::uint16_t id = 1;
  Instant now{std::chrono::seconds(1'700'000'000)};

  Segment make(bool from_client) {
    Segment s;
    s.frame = ++frame;
    now += std::chrono::milliseconds(7);
    s.at = now;
    s.source = IpAddress::v4(10, 0, 0, from_client ? 1 : 2);
    s.destination = IpAddress::v4(10, 0, 0, from_client ? 2 : 1);
    s.source_port = from_client ? 1000 : 80;
    s.destination_port = from_client ? 80 : 1000;
    s.has_ip_id = true;
    s.ip_id = id++;
    s.window = 60000;
    s.flags = wire::tcp_flag::ack;
    return s;
  }

  void open() {
    Segment syn = make(true);
    syn.flags = wire::tcp_flag::syn;
    syn.seq = Seq{isn};
    analysis.on(syn);
    Segment answer = make(false);
    answer.flags |= wire::tcp_flag::syn;
    answer.ack = Seq{isn + 1};
    analysis.on(answer);
    Segment ack = make(true);
    ack.seq = Seq{isn + 1};
    ack.ack = Seq{1};
    analysis.on(ack);
  }

  void text(std::uint32_t from, std::uint32_t length) {
    const std::uint32_t to = std::min(from + length, space);
    if (to < from + 2) return;  // one octet may be a keep-alive
    Segment s = make(true);
    s.seq = Seq{isn + from};
    s.ack = Seq{1};
    s.length = to - from;
    const Judgement judged = analysis.on(s);
    const std::uint32_t seen = oracle.count(oracle.sent, from, to);
    if (from >= oracle.max) {
      RC_ASSERT(judged.label == Label::original);
    } else if (seen == 0) {
      RC_ASSERT(judged.label != Label::original || to <= oracle.una);  // the capture may have changed the order of these two
    } else {
      RC_ASSERT(judged.label == Label::retransmission || judged.label == Label::needless);
      if (to <= oracle.una) RC_ASSERT(judged.label == Label::needless);
    }
    if (judged.label == Label::needless) {
      for (std::uint32_t i = from; i < to; ++i) RC_ASSERT(i < oracle.una || oracle.sacked[i]);
    }
    for (std::uint32_t i = from; i < to; ++i) oracle.sent[i] = true;
    oracle.max = std::max(oracle.max, to);
    oracle.text += to - from;
  }

  void acknowledge(std::uint32_t number, std::uint32_t sack_from, std::uint32_t sack_length) {
    Segment s = make(false);
    // A receiver acknowledges what it has. (What the capture lacks is another story: see Doubt::capture_drops.)
    std::uint32_t whole = 1;
    while (whole < oracle.max && oracle.sent[whole]) ++whole;
    number = std::min(number, whole);
    s.seq = Seq{1};
    s.ack = Seq{isn + number};
    const std::uint32_t sack_to = std::min(sack_from + sack_length, oracle.max);
    if (sack_from > number && sack_to > sack_from && oracle.count(oracle.sent, sack_from, sack_to) == sack_to - sack_from) {
      s.options.sack_count = 1;
      s.options.sack[0] = {.left = Seq{isn + sack_from}, .right = Seq{isn + sack_to}};
      for (std::uint32_t i = sack_from; i < sack_to; ++i) oracle.sacked[i] = true;
    }
    analysis.on(s);
    oracle.una = std::max(oracle.una, number);
  }
};

}  // namespace

TEST_CASE("whatever is sent, repeated, overlapped and acknowledged, each octet is counted once and judged by what was known") {
  CHECK(
      rc::check([](std::uint32_t isn, const std::vector<std::tuple<bool, std::uint16_t, std::uint16_t, std::uint16_t>>& events) {
        Play play(isn);
        play.open();
        for (const auto& [sends, a, b, c] : events) {
          if (sends)
            play.text(1 + a % space, 2 + b % 300);
          else
            play.acknowledge(1 + a % space, 1 + b % space, c % 500);
        }
        play.analysis.finish();
        const Connection connection = play.analysis.connection(0);
        const Side& side = connection.sides[0];
        const std::uint32_t octets = play.oracle.count(play.oracle.sent, 1, space);
        RC_ASSERT(side.text == play.oracle.text);
        RC_ASSERT(side.unique_text == octets);
        RC_ASSERT(side.in_flight_at_end == play.oracle.max - play.oracle.una);
        RC_ASSERT(play.analysis.streams() == 1u);
      }));
}

TEST_CASE("many segments at a time are judged as one at a time") {
  CHECK(rc::check(
      [](std::uint32_t isn, const std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint16_t, std::uint8_t>>& events) {
        // Eight connections mixed, with all flags: also those that make no sense.
        std::vector<Segment> segments;
        Play maker(isn);
        for (const auto& [who, flags, seq, length] : events) {
          Segment s = maker.make((who & 1) != 0);
          ((who & 1) != 0 ? s.source_port : s.destination_port) = static_cast<std::uint16_t>(1000 + (who >> 5));
          s.flags = flags;
          s.seq = Seq{isn + seq % 2000};
          s.ack = Seq{isn + (seq ^ 0x55u) % 2000};
          s.length = length;
          segments.push_back(s);
        }
        Analysis one;
        Analysis many;
        for (const Segment& s : segments) one.on(s);
        many.on(std::span<const Segment>(segments));
        one.finish();
        many.finish();
        RC_ASSERT(one.streams() == many.streams());
        RC_ASSERT(one.capture().notes == many.capture().notes);
        for (std::uint32_t i = 0; i < one.streams(); ++i) {
          const Connection a = one.connection(i);
          const Connection b = many.connection(i);
          RC_ASSERT(a.history == b.history);
          RC_ASSERT(a.state == b.state);
          for (std::size_t side = 0; side < 2; ++side) {
            RC_ASSERT(a.sides[side].packets == b.sides[side].packets);
            RC_ASSERT(a.sides[side].unique_text == b.sides[side].unique_text);
            RC_ASSERT(a.sides[side].retransmissions == b.sides[side].retransmissions);
          }
        }
      }));
}
