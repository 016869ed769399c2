// What a side has sent, kept as pieces of a ring, against an oracle that remembers every octet.
#include "analysis/flow/analysis.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
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

namespace {

void expect_same_side(const Side& x, const Side& y) {
  RC_ASSERT(std::tie(x.packets, x.octets, x.text, x.unique_text, x.data_segments, x.retransmissions, x.needless, x.reordered) ==
            std::tie(y.packets, y.octets, y.text, y.unique_text, y.data_segments, y.retransmissions, y.needless, y.reordered));
  RC_ASSERT(std::tie(x.least_window, x.most_window, x.last_window, x.most_in_flight, x.in_flight_at_end, x.zero_windows) ==
            std::tie(y.least_window, y.most_window, y.last_window, y.most_in_flight, y.in_flight_at_end, y.zero_windows));
  RC_ASSERT(std::tie(x.rtt_least, x.rtt_mean, x.rtt_most, x.rtt_samples, x.rtt_most_frame, x.busy, x.idle, x.window_limited) ==
            std::tie(y.rtt_least, y.rtt_mean, y.rtt_most, y.rtt_samples, y.rtt_most_frame, y.busy, y.idle, y.window_limited));
  RC_ASSERT(
      std::tie(x.pure_acks, x.duplicate_acks, x.ack_jumps, x.pushes, x.dont_fragment, x.largest_text, x.largest_acked_text) ==
      std::tie(y.pure_acks, y.duplicate_acks, y.ack_jumps, y.pushes, y.dont_fragment, y.largest_text, y.largest_acked_text));
  RC_ASSERT(std::tie(x.turns, x.think_total, x.think_most, x.first_text_frame, x.last_text_frame, x.last_text, x.last_packet) ==
            std::tie(y.turns, y.think_total, y.think_most, y.first_text_frame, y.last_text_frame, y.last_text, y.last_packet));
  RC_ASSERT(std::tie(x.checksums_good, x.timestamps, x.ip_ids, x.network_duplicates, x.capture_duplicates) ==
            std::tie(y.checksums_good, y.timestamps, y.ip_ids, y.network_duplicates, y.capture_duplicates));
  for (std::size_t band = 0; band < x.rtt_bands.size(); ++band) {
    RC_ASSERT(x.rtt_bands[band].samples == y.rtt_bands[band].samples);
    RC_ASSERT(x.rtt_bands[band].mean == y.rtt_bands[band].mean);
  }
}

void expect_same(const std::vector<Segment>& segments) {
  Analysis one;
  Analysis many;
  for (const Segment& s : segments) one.on(s);
  many.on(std::span<const Segment>(segments));
  one.finish();
  many.finish();
  RC_ASSERT(one.streams() == many.streams());
  RC_ASSERT(one.capture().notes == many.capture().notes);
  RC_ASSERT(one.capture().octets == many.capture().octets);
  for (std::uint32_t i = 0; i < one.streams(); ++i) {
    const Connection a = one.connection(i);
    const Connection b = many.connection(i);
    RC_ASSERT(a.history == b.history);
    RC_ASSERT(a.state == b.state);
    RC_ASSERT(a.last == b.last);
    RC_ASSERT(a.last_frame == b.last_frame);
    RC_ASSERT(a.doubts == b.doubts);
    RC_ASSERT(a.handshake == b.handshake);
    for (std::size_t side = 0; side < 2; ++side) expect_same_side(a.sides[side], b.sides[side]);
  }
}

/// A conversation that mostly goes well: both sides send what is due and acknowledge what came; now and then something goes
/// wrong.
std::vector<Segment> conversation(std::uint32_t isn, const std::vector<std::tuple<std::uint8_t, std::uint16_t>>& events) {
  static const std::vector<std::byte> octets(2000);
  Play maker(isn);
  std::vector<Segment> segments;
  std::array<std::uint32_t, 2> next{isn + 1, 1};
  const auto say = [&](std::size_t side, std::uint8_t flags, std::uint32_t seq, std::uint32_t ack, std::uint32_t length) {
    Segment s = maker.make(side == 0);
    s.flags = flags;
    s.seq = Seq{seq};
    s.ack = Seq{ack};
    s.length = length;
    s.text = std::span(octets).first(length);
    s.options.has = SegmentOptions::timestamps;
    s.options.stamps = {.val = static_cast<std::uint32_t>(s.frame), .ecr = static_cast<std::uint32_t>(s.frame - 1)};
    segments.push_back(s);
  };
  say(0, wire::tcp_flag::syn, isn, 0, 0);
  say(1, wire::tcp_flag::syn | wire::tcp_flag::ack, 0, isn + 1, 0);
  say(0, wire::tcp_flag::ack, isn + 1, 1, 0);
  for (const auto& [what, how] : events) {
    const std::size_t side = what & 1;
    const std::uint32_t length = how % 1461u;
    const auto flags = static_cast<std::uint8_t>(wire::tcp_flag::ack | ((what & 2) != 0 ? wire::tcp_flag::psh : 0));
    const int kind = what >> 4;
    if (kind == 0) {  // sent again
      say(side, flags, next[side] - length, next[side ^ 1], length);
    } else if (kind == 1) {  // something was not captured
      next[side] += how % 3000u;
    } else if (kind == 2) {  // an old ACK
      say(side, flags, next[side], next[side ^ 1] - length, 0);
    } else if (kind < 7) {
      say(side, flags, next[side], next[side ^ 1], 0);
    } else {
      say(side, flags, next[side], next[side ^ 1], length);
      next[side] += length;
    }
  }
  return segments;
}

}  // namespace

TEST_CASE("the short way of plain segments says what the long way says") {
  CHECK(rc::check([](std::uint32_t isn, const std::vector<std::tuple<std::uint8_t, std::uint16_t>>& events) {
    expect_same(conversation(isn, events));
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
        expect_same(segments);
      }));
}
