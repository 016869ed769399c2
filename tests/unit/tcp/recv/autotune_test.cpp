#include "tcp/recv/autotune.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;

namespace {

constexpr ReceiveAutotune::Path roomy{.ceiling = 6u << 20, .mss = 1000, .pressed = false};
constexpr std::uint32_t first = 128 * 1024;

struct Reader {
  ReceiveAutotune tune;
  Instant now{};
  Seq nxt{1};

  Reader() {
    tune.open(first);
    tune.on_round_trip(100ms);
    tune.on_text(now, nxt, nxt + first, roomy);
  }
  /// `octets` are read, and a round trip later something arrives.
  std::uint32_t round(std::uint32_t octets, const ReceiveAutotune::Path& path = roomy) {
    tune.on_read(octets);
    now += 100ms;
    nxt += octets;
    tune.on_text(now, nxt, nxt + tune.limit(), path);
    return tune.limit();
  }
};

}  // namespace

TEST_CASE("the window is twice what was read in a round trip, and four times while that doubles") {
  Reader reader;
  CHECK(reader.round(20'000) == first);
  CHECK(reader.round(40'000) == 4 * 40'000 + 16'000);
  CHECK(reader.round(100'000) == 4 * 100'000 + 16'000);
  CHECK(reader.round(100'000) == 4 * 100'000 + 16'000);
  CHECK(reader.round(140'000) == 4 * 100'000 + 16'000);
  CHECK(reader.round(205'000) == 2 * 205'000 + 16'000);
}

TEST_CASE("it never shrinks, nor grows beyond the ceiling") {
  Reader reader;
  CHECK(reader.round(10'000'000) == roomy.ceiling);
  CHECK(reader.round(0) == roomy.ceiling);
  CHECK(reader.round(1, {.ceiling = 1000, .mss = 1000, .pressed = false}) == roomy.ceiling);
}

TEST_CASE("it stays while memory is short, and goes on from there") {
  Reader reader;
  CHECK(reader.round(1'000'000, {.ceiling = 6u << 20, .mss = 1000, .pressed = true}) == first);
  CHECK(reader.round(1'000'000) == 2 * 1'000'000 + 16'000);
}

TEST_CASE("a reader that takes nothing gets no larger window, however much arrives") {
  Reader reader;
  for (int i = 0; i < 100; ++i) {
    reader.nxt += 100'000;
    CHECK(reader.round(0) == first);
  }
}

TEST_CASE("before a round trip is over nothing is decided") {
  Reader reader;
  reader.tune.on_read(1'000'000);
  reader.tune.on_text(reader.now + 99ms, reader.nxt + 1'000'000, reader.nxt + 2'000'000, roomy);
  CHECK(reader.tune.limit() == first);
}

TEST_CASE("the round trip follows timestamps down at once and up slowly") {
  ReceiveAutotune tune;
  tune.on_round_trip(100ms);
  tune.on_round_trip(20ms);
  CHECK(tune.round_trip() == 20ms);
  tune.on_round_trip(100ms);
  CHECK(tune.round_trip() == 30ms);
  tune.on_round_trip(Duration::zero());
  CHECK(tune.round_trip() == 30ms);
}

TEST_CASE("without timestamps a window's worth of text is a round trip") {
  ReceiveAutotune tune;
  tune.open(first);
  Instant now{};
  tune.on_text(now, Seq{1}, Seq{10'001}, roomy);
  tune.on_text(now + 60ms, Seq{5001}, Seq{15'001}, roomy);
  CHECK(tune.round_trip() == Duration::zero());
  tune.on_text(now + 100ms, Seq{10'001}, Seq{20'001}, roomy);
  CHECK(tune.round_trip() == 100ms);
  tune.on_text(now + 180ms, Seq{20'001}, Seq{30'001}, roomy);
  CHECK(tune.round_trip() == 80ms);
  tune.on_text(now + 400ms, Seq{30'001}, Seq{40'001}, roomy);
  CHECK(tune.round_trip() == 80ms);
}
