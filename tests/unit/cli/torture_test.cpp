// The program's torture command, and a child that comes to a bad end.
#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <unistd.h>

#include "base/assert.hpp"
#include "cli/child.hpp"

using namespace ft::cli;

namespace {

struct Said {
  int status = 0;
  std::string text;
};

Said tortures(const std::string& arguments) {
  Said said;
  FILE* pipe = popen((std::string(FT_PROGRAM) + " torture " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> piece{};
  for (std::size_t n = 0; (n = fread(piece.data(), 1, piece.size(), pipe)) > 0;) said.text.append(piece.data(), n);
  said.status = WEXITSTATUS(pclose(pipe));
  return said;
}

bool always(std::chrono::nanoseconds) { return true; }

}  // namespace

TEST_CASE("a few worlds keep their promises, and the sums say how many") {
  const Said said = tortures("--worlds 3 --seed 1 --json");
  CHECK(said.status == 0);
  CHECK(said.text.find("\"worlds\": 3") != std::string::npos);
  CHECK(said.text.find("\"failures\": []") != std::string::npos);
}

TEST_CASE("a world can be played alone, and so can those of a file") {
  CHECK(tortures("--replay 5").status == 0);
  const std::string path = "torture-test-" + std::to_string(getpid()) + ".txt";
  std::ofstream(path) << "# two\n7 what it had found\n8\n";
  CHECK(tortures("--seeds " + path).status == 0);
  std::ofstream(path) << "seven\n";
  const Said wrong = tortures("--seeds " + path);
  CHECK(wrong.status == 2);
  CHECK(wrong.text.find(":1: a line begins with a seed, not with seven") != std::string::npos);
  unlink(path.c_str());
}

TEST_CASE("a seed is a number or the word today") {
  const Said said = tortures("--seed yesterday");
  CHECK(said.status == 2);
  CHECK(said.text == "fourtuple torture: --seed wants a whole number or the word today, not yesterday\n");
}

TEST_CASE("a child that fails an assertion is a result, with the assertion's words") {
  const ChildEnd end = in_child(
      [] {
        FT_ASSERT(1 + 1 == 3);
        return 0;
      },
      always);
  CHECK_FALSE(end.well());
  CHECK(end.describe().find("assertion failed: 1 + 1 == 3") != std::string::npos);
}

TEST_CASE("a child that does not end is ended") {
  int ticks = 0;
  const ChildEnd end = in_child(
      [] {
        for (;;) pause();
        return 0;
      },
      [&](auto) { return ++ticks < 3; });
  CHECK(end.hung);
  CHECK(end.describe() == "it did not end: an endless loop");
}

TEST_CASE("a child is judged by the time that it works, not by the time that it waits for a processor") {
  const auto little = [](std::chrono::nanoseconds used) { return used < std::chrono::milliseconds(50); };
  CHECK(in_child([] { return usleep(400'000); }, little).well());
  volatile bool forever = true;
  const ChildEnd end = in_child(
      [&] {
        while (forever) continue;
        return 0;
      },
      little);
  CHECK(end.hung);
}

TEST_CASE("what a child leaves in shared memory is seen, and its status") {
  auto* number = static_cast<int*>(shared_memory(sizeof(int)));
  REQUIRE(number != nullptr);
  const ChildEnd end = in_child(
      [&] {
        *number = 42;
        return 7;
      },
      always);
  CHECK(*number == 42);
  CHECK(end.status == 7);
  CHECK_FALSE(end.well());
}
