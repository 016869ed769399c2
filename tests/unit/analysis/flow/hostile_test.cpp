// Captures made to be expensive: whoever can send packets must not be able to stop who looks at them. Each of these is long
// enough that a cost growing with its square would run into the tests' time limit, and memory stays within what the limits
// promise.
#include "analysis/find/find.hpp"
#include "base/rng.hpp"
#include "talk.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;

namespace {

constexpr std::uint32_t many = 200'000;  // segments

/// What the limits promise, and 400 octets for each stream.
void check_memory(const Analysis& analysis) {
  const AnalysisLimits limits;
  const std::size_t promised = limits.live_octets + limits.note_octets + limits.extra_octets;
  CHECK(analysis.memory() <= promised + (std::size_t{4} << 20) + std::size_t{400} * analysis.streams());
}

void check_end(Talk& t) {
  check_memory(t.analysis);
  t.analysis.finish();
  const Finder finder(t.analysis);
  for (std::uint32_t i = 0; i < t.analysis.streams(); ++i) CHECK(finder.connection(i).first_frame != 0);
}

}  // namespace

TEST_CASE("text that comes backwards, an island each time, costs no more for being much") {
  Talk t;
  t.handshake();
  for (std::uint32_t i = 0; i < many; ++i) {
    t.text(client, 1 + (many - i) * 3, 2);
    if (i % 8 == 0) t.wait(1_ms);
  }
  check_end(t);
}

TEST_CASE("SACK blocks that jump about cost no more for being many") {
  Talk t;
  t.handshake();
  Rng rng(7);
  std::uint32_t sent = 1;
  for (std::uint32_t i = 0; i < many; ++i) {
    if (i % 2 == 0) {
      t.text(client, sent, 10);
      sent += 10;
    } else {
      const auto left = static_cast<std::uint32_t>(rng.below(sent));
      const auto other = static_cast<std::uint32_t>(rng.below(sent));
      t.sack(server, 1, 1, {{left, left + 5}, {other, sent}, {1 + left / 2, 1 + left}, {2, 3}});
    }
  }
  check_end(t);
}

TEST_CASE("the same octets again and again cost no more for being many") {
  Talk t;
  t.handshake();
  for (std::uint32_t i = 0; i < 2000; ++i) t.text(client, 1 + i * 1000, 1000);
  for (std::uint32_t i = 0; i < many; ++i) {
    t.text(client, 1 + (i * 7919 % 2000) * 1000, 1000);
    if (i % 5 == 0) t.sack(server, 1, 1, {{1 + (i % 2000), 500 + (i % 2000)}});
    if (i % 100 == 0) t.wait(1_ms);
  }
  check_end(t);
}

TEST_CASE("a connection for each packet costs its record") {
  Talk t;
  for (std::uint32_t i = 0; i < many; ++i) {
    Segment s = t.make(client, {.flags = wire::tcp_flag::syn});
    s.source_port = static_cast<std::uint16_t>(i * 31);
    s.source =
        IpAddress::v4(10, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i));
    t.analysis.on(s);
  }
  CHECK(t.analysis.streams() == many);
  check_end(t);
}

TEST_CASE("windows that open and shut, resets and ICMP errors without end cost no more for being many") {
  Talk t;
  t.handshake();
  for (std::uint32_t i = 0; i < many; ++i) {
    t.say(client, {.seq = 1, .ack = 1, .window = static_cast<std::uint16_t>(i % 2)});
    if (i % 3 == 0) t.say(server, {.seq = 1 + i, .flags = wire::tcp_flag::rst});
    if (i % 3 == 1) {
      IcmpError error;
      error.frame = ++t.frame;
      error.at = t.now;
      error.reporter = error.quoted_destination = IpAddress::v4(10, 9, 0, 2);
      error.quoted_source = IpAddress::v4(10, 9, 0, 1);
      error.quoted_source_port = 40000;
      error.quoted_destination_port = 80;
      error.type = 3;
      error.code = 4;
      t.analysis.on(error);
    }
  }
  check_end(t);
}
