#include "io/processor.hpp"

#include <doctest/doctest.h>

#include <thread>

#include <sched.h>

using namespace ft;

TEST_CASE("a thread that stays off a processor runs on another one, if there is one") {
  int before = -1, after = -1;
  std::thread([&] {
    before = io::this_processor();
    io::stay_off(before);
    after = io::this_processor();
  }).join();
  REQUIRE(before >= 0);
  cpu_set_t usable;
  REQUIRE(::sched_getaffinity(0, sizeof usable, &usable) == 0);
  if (CPU_COUNT(&usable) > 1) {
    CHECK(after != before);
  } else {
    CHECK(after == before);
  }
}

TEST_CASE("staying off a processor that there is not changes nothing") {
  std::thread([] {
    io::stay_off(-1);
    io::stay_off(1 << 20);
    CHECK(io::this_processor() >= 0);
  }).join();
}
