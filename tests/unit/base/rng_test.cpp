#include "base/rng.hpp"

#include <doctest/doctest.h>

#include <array>

using ft::Rng;

TEST_CASE("splitmix64 gives the published values for seed 1234567") {
  std::uint64_t state = 1234567;
  CHECK(ft::splitmix64(state) == 6457827717110365317u);
  CHECK(ft::splitmix64(state) == 3203168211198807973u);
  CHECK(ft::splitmix64(state) == 9817491932198370423u);
}

TEST_CASE("the same seed draws the same numbers and another seed others") {
  Rng a{42}, b{42}, c{43};
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto x = a.next();
    CHECK(x == b.next());
    differs = differs || x != c.next();
  }
  CHECK(differs);
}

TEST_CASE("below stays below and reaches every value about equally often") {
  Rng rng{7};
  std::array<int, 6> seen{};
  for (int i = 0; i < 60000; ++i) {
    const auto v = rng.below(6);
    REQUIRE(v < 6);
    ++seen[v];
  }
  for (const int n : seen) CHECK((n > 9500 && n < 10500));
}

TEST_CASE("chance is exact at the ends, draws nothing there, and keeps to its probability between") {
  Rng rng{1}, untouched{1};
  CHECK_FALSE(rng.chance(0));
  CHECK(rng.chance(1));
  CHECK(rng.next() == untouched.next());
  int hits = 0;
  for (int i = 0; i < 100000; ++i) hits += rng.chance(0.02) ? 1 : 0;
  CHECK(hits > 1800);
  CHECK(hits < 2200);
}

TEST_CASE("uniform numbers lie in [0, 1) with the mean in the middle") {
  Rng rng{9};
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double u = rng.uniform();
    REQUIRE((u >= 0 && u < 1));
    sum += u;
  }
  CHECK(sum / 100000 == doctest::Approx(0.5).epsilon(0.01));
}
