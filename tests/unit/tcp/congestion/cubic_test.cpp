#include "tcp/congestion/cubic.hpp"
#include "acks.hpp"
#include "covers.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace ft;
using namespace ft::tcp;
using namespace ft::tcp::test;
using namespace std::chrono_literals;

namespace {
constexpr SlowStartOptions plain{.hystart = false, .paced = true};
constexpr std::uint32_t mss = 1000;

/// A controller in avoidance whose last window was `w_max`.
Cubic after_loss(std::uint64_t w_max) {
  Cubic controller(start_with(mss, static_cast<std::uint32_t>(w_max / mss)), plain);
  controller.on_congestion(epoch, CongestionSignal::loss, w_max);
  controller.on_recovered(epoch, 0);
  return controller;
}
}  // namespace

TEST_CASE("K is the cube root of the segments to regain over C") {
  // 300 segments fell short: (300 / 0.4)^(1/3) = 9.0856 s.
  CHECK(cubic_k(1'000'000, 700'000, mss) >= 9085ms);
  CHECK(cubic_k(1'000'000, 700'000, mss) <= 9086ms);
  CHECK(cubic_k(700'000, 700'000, mss) == 0ms);
  CHECK(cubic_k(1, 700'000, mss) == 0ms);
}

TEST_CASE("the curve begins at 0.7 of the old window, is flat there after K, and rises by C t^3 beyond") {
  FT_COVERS("rfc9438 5.1-1");
  const auto k = cubic_k(1'000'000, 700'000, mss);
  CHECK(cubic_window(0s, k, 1'000'000, mss) == doctest::Approx(700'000).epsilon(0.0001));
  CHECK(cubic_window(k, k, 1'000'000, mss) == 1'000'000);
  CHECK(cubic_window(k + 10s, k, 1'000'000, mss) == 1'400'000);
  CHECK(cubic_window(k + 1ms, k, 1'000'000, mss) == 1'000'000);
}

TEST_CASE("a loss leaves 0.7 of the window") {
  FT_COVERS("rfc9438 4.6-1", "rfc9438 4.6-2");
  Cubic controller = after_loss(100'000);
  CHECK(controller.window() == 70'000);
  CHECK(controller.ssthresh() == 70'000);
  CHECK(controller.phase() == "avoidance");
}

TEST_CASE("on a long path the window is back at the old one after K and stays near it for a while") {
  FT_COVERS("rfc9438 4.4-1", "rfc9438 4.5-1", "rfc9438 5.1-1");
  Cubic controller = after_loss(1'000'000);
  Acks acks{controller};
  acks.now = epoch;
  const Instant k = epoch + cubic_k(1'000'000, 700'000, mss);
  while (acks.now < k) acks.round();
  CHECK(controller.window() == doctest::Approx(1'000'000).epsilon(0.01));
  while (acks.now < k + 3s) acks.round();
  CHECK(controller.window() < 1'030'000);
  while (acks.now < k + 10s) acks.round();
  CHECK(controller.window() > 1'300'000);
}

TEST_CASE("on a short path the window climbs like Reno's, at 9/17 of a segment a round trip and then a whole one") {
  FT_COVERS("rfc9438 4.3-1", "rfc9438 4.3-2");
  Cubic controller = after_loss(20'000);
  Acks acks{controller};
  acks.rtt = 2ms;
  for (int i = 0; i < 12; ++i) acks.round();
  // 14 segments, 6 to regain at 0.53 a round trip.
  CHECK(controller.window() >= 19'500);
  CHECK(controller.window() <= 21'000);
  const auto there = controller.window();
  for (int i = 0; i < 10; ++i) acks.round();
  CHECK(controller.window() >= there + 9'000);
  CHECK(controller.window() <= there + 11'000);
}

TEST_CASE("a flow that falls again before it is where it was leaves room: fast convergence") {
  FT_COVERS("rfc9438 4.7-1");
  Cubic controller = after_loss(1'000'000);
  controller.on_congestion(epoch + 1s, CongestionSignal::loss, 700'000);
  CHECK(controller.window() == 490'000);
  Acks acks{controller};
  acks.now = epoch + 1s;
  // The new plateau is 700 * 1.7 / 2 = 595 segments, not 700.
  const Instant k = acks.now + cubic_k(595'000, 490'000, mss);
  while (acks.now < k) acks.round();
  CHECK(controller.window() == doctest::Approx(595'000).epsilon(0.01));
}

TEST_CASE("time in which the application holds the window down is no time on the curve") {
  FT_COVERS("rfc9438 4.2-1", "rfc9438 4.6-3");
  Cubic steady = after_loss(1'000'000);
  Cubic paused = after_loss(1'000'000);
  Acks steady_acks{steady};
  Acks paused_acks{paused};
  for (int i = 0; i < 20; ++i) steady_acks.round(), paused_acks.round();
  paused_acks.limited = false;
  paused_acks.ack(1000);
  paused_acks.now += 60s;
  paused_acks.ack(1000);
  paused_acks.limited = true;
  for (int i = 0; i < 20; ++i) steady_acks.round(), paused_acks.round();
  CHECK(paused.window() == doctest::Approx(static_cast<double>(steady.window())).epsilon(0.01));
}

TEST_CASE("undo brings back the curve too") {
  FT_COVERS("rfc9438 4.9.1-2", "rfc9438 4.9.2-2");
  Cubic controller = after_loss(1'000'000);
  Cubic untouched = after_loss(1'000'000);
  Acks acks{controller};
  Acks others{untouched};
  for (int i = 0; i < 10; ++i) acks.round(), others.round();
  SUBCASE("after a loss") { controller.on_congestion(acks.now, CongestionSignal::loss, controller.window()); }
  SUBCASE("after a timeout") { controller.on_rto(acks.now, controller.window(), true); }
  CHECK(controller.window() < untouched.window());
  controller.on_undo(acks.now);
  CHECK(controller.window() == untouched.window());
  CHECK(controller.ssthresh() == untouched.ssthresh());
  for (int i = 0; i < 50; ++i) {
    acks.round(), others.round();
    CHECK(controller.window() == untouched.window());
  }
}

TEST_CASE("a window of a million segments grows although each ACK adds less than an octet") {
  Cubic controller = after_loss(1'000'000'000);
  Acks acks{controller};
  acks.rtt = 1s;
  const auto before = controller.window();
  acks.round(100'000);
  CHECK(controller.window() > before);
  Cubic tiny = after_loss(1'000'000'000);
  Acks one{tiny};
  for (int i = 0; i < 100'000; ++i) one.now += 1us, one.ack(1);
  CHECK(tiny.window() >= before);
}

TEST_CASE("slow start that delay ended leads onto the convex half of the curve") {
  FT_COVERS("rfc9438 4.10-1", "rfc9438 4.10-2");
  Cubic controller(start_with(mss, 1000), {.hystart = true, .paced = true});
  Acks acks{controller};
  acks.round();
  for (int i = 0; i < 8; ++i) acks.round(mss, 150ms);
  REQUIRE(controller.phase() == "avoidance");
  const auto plateau = controller.window();
  const Instant begun = acks.now;
  while (acks.now < begun + 5s) acks.round();
  CHECK(controller.window() > plateau + 40'000);  // 0.4 * 5^3 = 50 segments
  CHECK(controller.window() < plateau + 70'000);
}

TEST_CASE("undo keeps what has grown beyond the old window meanwhile") {
  FT_COVERS("rfc9438 4.9.2-3");
  Cubic controller = after_loss(100'000);
  controller.on_congestion(epoch, CongestionSignal::loss, 70'000);
  Acks acks{controller};
  acks.rtt = 1ms;
  while (controller.window() <= 80'000) acks.round();
  const auto window = controller.window();
  const auto ssthresh = controller.ssthresh();
  controller.on_undo(acks.now);
  CHECK(controller.window() == window);
  CHECK(controller.ssthresh() == ssthresh);
}

TEST_CASE("after a timeout the curve begins flat where slow start ended") {
  FT_COVERS("rfc9438 4.8-1");
  Cubic controller = after_loss(1'000'000);
  controller.on_rto(epoch, 700'000, true);
  CHECK(controller.window() == 1'000);
  CHECK(controller.ssthresh() == 490'000);
  Acks acks{controller};
  acks.rtt = 1s;
  while (controller.window() < controller.ssthresh()) acks.round();
  const auto begun = controller.window();
  const Instant from = acks.now;
  while (acks.now < from + 5s) acks.round();
  // 50 segments above where it began; on the old curve it would aim for 595 segments by then.
  CHECK(controller.window() >= begun + 40'000);
  CHECK(controller.window() <= begun + 90'000);
}

TEST_CASE("marks that do not end lead down to one segment, and then to less than one a round trip") {
  FT_COVERS("rfc9438 4.6-4", "rfc9438 4.6-5");
  Cubic controller = after_loss(20'000);
  Acks acks{controller};
  acks.ack(1000, std::nullopt, 1000);
  for (int i = 0; i < 10; ++i) controller.on_congestion(epoch, CongestionSignal::ecn, controller.window());
  CHECK(controller.window() == mss);
  CHECK(controller.ssthresh() == 2 * mss);
  const auto rate = controller.pacing_rate();
  CHECK(rate > 0);
  CHECK(rate <= 5'000);  // one segment in two round trips of 100 ms
  controller.on_congestion(epoch, CongestionSignal::ecn, 1000);
  CHECK(controller.pacing_rate() < rate);
  for (int i = 0; i < 10; ++i) acks.ack(1000);
  CHECK(controller.pacing_rate() == 0);
}

TEST_CASE("a few hundred octets are all that CUBIC holds for a connection") { CHECK(sizeof(Cubic) <= 320); }
