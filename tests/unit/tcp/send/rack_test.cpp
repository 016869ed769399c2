// RACK alone (RFC 8985 3.3.2, 6.2): the bounds of what it waits for.
#include "tcp/send/rack.hpp"

#include "covers.hpp"
#include "tcp/send/min_rtt.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;

TEST_CASE("however many round trips see D-SACKs, the reordering window is never longer than the smoothed round trip") {
  FT_COVERS("rfc8985 3.3.2-2", "rfc8985 3.3.2-3", "rfc8985 3.3.2-4");
  Rack rack;
  Duration last{};
  for (std::uint32_t round = 0; round < 20; ++round) {
    const Seq una{1000 * round}, nxt{1000 * (round + 1)};
    rack.on_ack(true, una, nxt);
    const Duration window = rack.reordering_window(100ms, 120ms, false);
    CHECK(window >= last);
    CHECK(window <= 120ms);
    last = window;
  }
  CHECK(last == 120ms);
}

TEST_CASE("the least round trip follows a path that became longer, within minutes") {
  FT_COVERS("rfc8985 6.2-1");
  MinRtt least;
  Instant now{1s};
  least.on_sample(now, 10ms);
  least.on_sample(now + 1s, 30ms);
  CHECK(least.value() == 10ms);
  for (int second = 0; second < 400; ++second) least.on_sample(now += 1s, 50ms);
  CHECK(least.value() == 50ms);
  least.on_sample(now, 20ms);
  CHECK(least.value() == 20ms);
}
