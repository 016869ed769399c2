#include "tcp/send/autotune.hpp"

#include <doctest/doctest.h>

using namespace ft::tcp;

TEST_CASE("twice the congestion window may wait to be sent, never less than before") {
  SendAutotune tune;
  tune.open(128 * 1024);
  tune.on_window(10'000, 4u << 20, false);
  CHECK(tune.limit() == 128 * 1024);
  tune.on_window(1'000'000, 4u << 20, true);
  CHECK(tune.limit() == 128 * 1024);
  tune.on_window(1'000'000, 4u << 20, false);
  CHECK(tune.limit() == 2'000'000);
  tune.on_window(10'000, 4u << 20, false);
  CHECK(tune.limit() == 2'000'000);
  tune.on_window(UINT64_MAX, 4u << 20, false);
  CHECK(tune.limit() == 4u << 20);
}
