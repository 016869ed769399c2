#include "tcp/challenge_limit.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace ft;
using tcp::ChallengeLimit;

namespace {

std::uint32_t given_in(ChallengeLimit& limit, int second) {
  const Instant now{std::chrono::seconds(second)};
  std::uint32_t given = 0;
  while (given < 100'000 && limit.take(now)) ++given;
  return given;
}

}  // namespace

TEST_CASE("a second's challenges number half to one and a half times the mean, and no two seconds tell of each other") {
  const std::array<std::uint8_t, 16> key{1};
  ChallengeLimit limit(key, 1000);
  std::set<std::uint32_t> numbers;
  double sum = 0;
  for (int second = 0; second < 500; ++second) {
    const std::uint32_t given = given_in(limit, second);
    CHECK(given >= 500);
    CHECK(given < 1500);
    numbers.insert(given);
    sum += given;
  }
  CHECK(numbers.size() > 300);
  CHECK(sum / 500 == doctest::Approx(1000).epsilon(0.05));
}

TEST_CASE("another key draws other numbers, and a mean of zero is no limit") {
  const std::array<std::uint8_t, 16> key{1}, other{2};
  ChallengeLimit one(key, 1000), two(other, 1000), unlimited(key, 0);
  int same = 0;
  for (int second = 0; second < 100; ++second) same += given_in(one, second) == given_in(two, second) ? 1 : 0;
  CHECK(same < 5);
  CHECK(given_in(unlimited, 1) == 100'000);
}

TEST_CASE("the smallest limit still gives one a second") {
  const std::array<std::uint8_t, 16> key{1};
  ChallengeLimit limit(key, 1);
  for (int second = 0; second < 10; ++second) CHECK(given_in(limit, second) == 1);
}
