#include "sim/script.hpp"

#include <doctest/doctest.h>

#include "sim/sentence.hpp"

using namespace ft;
using namespace ft::sim;
using namespace std::chrono_literals;

namespace {

constexpr Instant t0{};

Step step(const char* text, const char* event = "", Duration after = {}) {
  Step s = parse_step(text).value();
  if (*event != '\0') s.trigger = parse_event(event).value();
  (*event != '\0' ? s.trigger.after : s.trigger.at) = after;
  return s;
}

}  // namespace

TEST_CASE("dated steps come in order of time, equal times in order of the file") {
  const std::vector<Step> steps{step("client close", "", 2s), step("server listen"), step("client connect")};
  Script script{steps, t0 + 1s};
  CHECK(script.next() == t0 + 1s);
  CHECK(script.pop(t0) == nullptr);
  CHECK(script.pop(t0 + 1s) == &steps[1]);
  CHECK(script.pop(t0 + 1s) == &steps[2]);
  CHECK(script.pop(t0 + 1s) == nullptr);
  CHECK(script.next() == t0 + 3s);
  CHECK_FALSE(script.finished());
  CHECK(script.pop(t0 + 9s) == &steps[0]);
  CHECK(script.finished());
  CHECK_FALSE(script.next().has_value());
}

TEST_CASE("a step waits for its event and then for its delay") {
  const std::vector<Step> steps{step("client write 10", "client.connected", 50ms)};
  Script script{steps};
  script.happened("server.connected", t0 + 1s);
  CHECK_FALSE(script.next().has_value());
  script.happened("client.connected", t0 + 2s);
  script.happened("client.connected", t0 + 3s);
  CHECK(script.next() == t0 + 2s + 50ms);
  CHECK(script.pop(t0 + 2s + 50ms) == &steps[0]);
  CHECK(script.pop(never) == nullptr);
}

TEST_CASE("received counts octets, everything else counts occurrences") {
  const std::vector<Step> steps{step("server write 1", "server.received 100"), step("server write 2", "server.written 2")};
  Script script{steps};
  script.happened("server.received", t0, 99);
  script.happened("server.written", t0);
  CHECK_FALSE(script.next().has_value());
  script.happened("server.received", t0 + 1s, 150);
  script.happened("server.written", t0 + 2s);
  CHECK(script.pop(t0 + 2s) == &steps[0]);
  CHECK(script.pop(t0 + 2s) == &steps[1]);
}
