// The golden goodput rows: virtual time is exact, so rows that take a few seconds together are played again, digit for digit.
// When they change on purpose: UPDATE_GOLDEN=1 ./sim_tests --test-case="*goodput*", then read the difference in git before you
// commit it, and let goodput_bench make the whole table anew (docs/reference/goodput.md).
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "sim/goodput.hpp"

using namespace ft;
using namespace ft::sim;
using namespace std::chrono_literals;

TEST_CASE("the cheap rows of the goodput table are the golden ones") {
  std::string rows = goodput_heading() + '\n';
  for (const GoodputCase& one : goodput_cases())
    if (one.cheap) rows += goodput_row(one) + '\n';
  const std::string path = FT_SOURCE_DIR "/tests/golden/goodput.txt";
  if (const char* update = std::getenv("UPDATE_GOLDEN"); update != nullptr && *update == '1')
    std::ofstream(path, std::ios::binary) << rows;
  std::ifstream file(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  CHECK(golden == rows);
}

TEST_CASE("a bulk transfer is the same twice, and another seed is another transfer") {
  BulkPlan plan = goodput_cases()[5].plan;
  plan.time = 3s;
  const BulkOutcome first = run_bulk(plan);
  CHECK(first.sum() > 0);
  CHECK(run_bulk(plan).octets == first.octets);
  plan.seed = 2;
  CHECK(run_bulk(plan).octets != first.octets);
}

TEST_CASE("what Jain's index says of shares") {
  BulkOutcome outcome;
  outcome.octets = {5, 5, 5, 5};
  CHECK(outcome.fairness() == 1.0);
  outcome.octets = {8, 0, 0, 0};
  CHECK(outcome.fairness() == 0.25);
}
