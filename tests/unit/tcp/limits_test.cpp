#include "tcp/limits.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;

namespace {
Instant at(Duration d) { return Instant{} + d; }
}  // namespace

TEST_CASE("time goes to the limit that held, and to no other") {
  Chronograph clock;
  clock.turn(Limit::congestion, at(1s));
  clock.turn(Limit::receive_window, at(3s));
  clock.turn(Limit::congestion, at(10s));
  CHECK(clock.spent(Limit::congestion, at(11s)) == 3s);
  CHECK(clock.spent(Limit::receive_window, at(11s)) == 7s);
  CHECK(clock.spent(Limit::application, at(11s)) == 0s);
  CHECK(clock.spent(Limit::send_buffer, at(11s)) == 0s);
  CHECK(clock.busy(at(11s)) == 10s);
}

TEST_CASE("an idle connection is not busy") {
  Chronograph clock;
  CHECK(clock.busy(at(1h)) == 0s);
  clock.turn(Limit::application, at(1h));
  clock.turn(Limit::idle, at(1h + 5ms));
  CHECK(clock.busy(at(2h)) == 5ms);
  CHECK(clock.spent(Limit::idle, at(2h)) == 0s);
  CHECK(clock.limit() == Limit::idle);
}

TEST_CASE("a limit that is told again keeps the time it began at") {
  Chronograph clock;
  clock.turn(Limit::congestion, at(1s));
  clock.turn(Limit::congestion, at(2s));
  CHECK(clock.spent(Limit::congestion, at(4s)) == 3s);
}

TEST_CASE("time that runs backwards counts as none") {
  Chronograph clock;
  clock.turn(Limit::congestion, at(2s));
  CHECK(clock.spent(Limit::congestion, at(1s)) == 0s);
  clock.turn(Limit::application, at(1s));
  CHECK(clock.busy(at(1s)) == 0s);
}

TEST_CASE("the limit is what keeps the next octet from leaving") {
  const LimitFacts nothing{.synchronized = true};
  CHECK(judge_limit(nothing) == Limit::idle);

  LimitFacts all_sent{.synchronized = true, .outstanding = true};
  CHECK(judge_limit(all_sent) == Limit::application);
  all_sent.write_refused = true;  // it would write more, had the buffer room
  CHECK(judge_limit(all_sent) == Limit::send_buffer);

  LimitFacts waiting{.synchronized = true, .outstanding = true, .queued = true};
  CHECK(judge_limit(waiting) == Limit::congestion);
  waiting.held_by_choice = true;
  CHECK(judge_limit(waiting) == Limit::application);
  waiting.held_by_window = true;
  CHECK(judge_limit(waiting) == Limit::receive_window);
  waiting.outstanding = false;  // a shut window holds it with nothing in flight, too
  CHECK(judge_limit(waiting) == Limit::receive_window);

  const LimitFacts opening{.synchronized = false, .outstanding = true, .queued = true};
  CHECK(judge_limit(opening) == Limit::idle);
}

TEST_CASE("every limit has a name") {
  for (auto i = 0; i < static_cast<int>(Limit::count_); ++i) CHECK(!to_string(static_cast<Limit>(i)).empty());
}
