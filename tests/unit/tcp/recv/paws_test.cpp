#include "tcp/recv/paws.hpp"

#include "covers.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;

namespace {

constexpr Instant start{1000s};
constexpr Duration day = std::chrono::hours(24);
constexpr Seq next{500};

}  // namespace

TEST_CASE("a timestamp before the one that is echoed is old, across the wrap too, and the same one is not") {
  for (const std::uint32_t recent : {1000u, 0u}) {
    Paws paws;
    paws.open(recent, start);
    CHECK(paws.is_old(recent - 1, start + 1s));
    CHECK_FALSE(paws.is_old(recent, start + 1s));
    CHECK_FALSE(paws.is_old(recent + 1, start + 1s));
  }
}

TEST_CASE("after 24 days of silence no timestamp is old, and the next one is echoed whatever it says") {
  FT_COVERS("rfc7323 5.3-1");
  Paws paws;
  paws.open(1000, start);
  CHECK(paws.is_old(900, start + 24 * day - 1ns));
  CHECK_FALSE(paws.is_old(900, start + 24 * day));
  paws.on_acceptable(900, next, next, start + 24 * day);
  CHECK(paws.recent() == 900);
  CHECK(paws.is_old(899, start + 25 * day));
}

TEST_CASE("the timestamp to echo is that of the segment which reaches the last ACK, and it never goes back") {
  Paws paws;
  paws.open(1000, start);
  paws.on_acceptable(1010, next + 1, next, start);
  CHECK(paws.recent() == 1000);
  paws.on_acceptable(1010, next, next, start);
  CHECK(paws.recent() == 1010);
  paws.on_acceptable(1005, next, next, start);
  CHECK(paws.recent() == 1010);
}
