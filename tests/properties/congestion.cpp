// Congestion control against naive oracles: the sums against 128 bits, CUBIC against RFC 9438's equations in floating point,
// HyStart++ against RFC 9406's steps kept in lists, and every controller against what must hold whatever happens.
#include "base/rng.hpp"
#include "tcp/congestion/arithmetic.hpp"
#include "tcp/congestion/controller.hpp"
#include "tcp/congestion/cubic.hpp"
#include "tcp/congestion/hystart.hpp"
#include "tcp/send/pacing.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

using namespace ft;
using namespace ft::tcp;
using namespace std::chrono_literals;

__extension__ using Wide = unsigned __int128;

/// Small numbers, great ones and those at the edge.
rc::Gen<std::uint64_t> any_number() {
  return rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 64), rc::gen::arbitrary<std::uint64_t>()),
                      [](const auto& drawn) { return drawn.second >> drawn.first; });
}

TEST_CASE("mul_div is the product in 128 bits divided, or the greatest number when that is too much") {
  CHECK(rc::check([] {
    const auto a = *any_number(), b = *any_number(), c = *any_number();
    const Wide exact = c == 0 ? Wide{UINT64_MAX} : Wide{a} * b / c;
    RC_ASSERT(mul_div(a, b, c) == (exact > UINT64_MAX ? UINT64_MAX : static_cast<std::uint64_t>(exact)));
  }));
}

TEST_CASE("cube_root is the greatest number whose cube is not greater") {
  CHECK(rc::check([] {
    const auto value = *any_number();
    const auto root = cube_root(value);
    RC_ASSERT(Wide{root} * root * root <= value);
    RC_ASSERT(Wide{root + 1} * (root + 1) * (root + 1) > value);
  }));
}

TEST_CASE("saturating sums never wrap") {
  CHECK(rc::check([] {
    const auto a = *any_number(), b = *any_number();
    RC_ASSERT(Wide{saturating_add(a, b)} == std::min(Wide{a} + b, Wide{UINT64_MAX}));
    RC_ASSERT(Wide{saturating_multiply(a, b)} == std::min(Wide{a} * b, Wide{UINT64_MAX}));
  }));
}

/// CUBIC in segments and seconds, written from RFC 9438 4.2 to 4.10.
struct NaiveCubic {
  static constexpr double c = 0.4, beta = 0.7, alpha = 3 * (1 - beta) / (1 + beta);
  double cwnd, ssthresh = INFINITY, w_max = 0, w_est = 0, cwnd_prior = 0, k = 0, began = -1;

  void on_ack(double now, double rtt, double segments) {
    if (cwnd < ssthresh) {
      const double room = ssthresh - cwnd;
      cwnd += std::min(segments, room);
      if (cwnd < ssthresh) return;
      began = -1;
      segments -= room;
      if (segments <= 0) return;
    }
    if (began < 0) {
      began = now;
      w_max = std::max(w_max, cwnd);
      k = std::cbrt((w_max - cwnd) / c);
      w_est = cwnd;
    }
    w_est += (w_est >= cwnd_prior ? 1 : alpha) * segments / cwnd;
    const double t = now - began;
    const auto w = [&](double at) { return c * std::pow(at - k, 3) + w_max; };
    if (w(t) < w_est) {
      cwnd = std::max(cwnd, w_est);
    } else {
      cwnd += (std::clamp(w(t + rtt), cwnd, 1.5 * cwnd) - cwnd) / cwnd * segments;
    }
  }
  void on_loss() {
    cwnd_prior = cwnd;
    w_max = cwnd < w_max ? cwnd * (1 + beta) / 2 : cwnd;
    ssthresh = std::max(cwnd * beta, 2.0);
    cwnd = ssthresh;
    began = -1;
  }
  void on_rto() {
    on_loss();
    cwnd = 1;
    w_max = 0;
  }
};

TEST_CASE("CUBIC's window is the one of RFC 9438's equations, within a thousandth and half a segment") {
  CHECK(rc::check([] {
    const auto mss = *rc::gen::elementOf(std::vector<std::uint32_t>{536, 1000, 1448, 8948});
    const auto segments = *rc::gen::inRange(2u, 900u);
    const Duration rtt = 1ms * *rc::gen::inRange(1, 400);
    CongestionStart start;
    start.mss = mss;
    start.initial_segments = segments;
    Cubic ours(start, {.hystart = false, .paced = true});
    NaiveCubic naive{.cwnd = static_cast<double>(segments)};
    Instant now{1s};
    std::uint64_t delivered = 0;
    const int rounds = *rc::gen::inRange(1, 60);
    for (int round = 0; round < rounds; ++round) {
      const int event = *rc::gen::inRange(0, 20);
      if (event == 0) {
        ours.on_congestion(now, CongestionSignal::loss, ours.window());
        naive.on_loss();
      } else if (event == 1) {
        ours.on_rto(now, ours.window(), true);
        ours.on_recovered(now, 0);
        naive.on_rto();
      }
      const std::uint64_t acks = std::clamp<std::uint64_t>(ours.window() / mss, 1, 100);
      const auto octets = static_cast<std::uint32_t>(std::min<std::uint64_t>(ours.window() / acks, 100'000'000));
      for (std::uint64_t i = 0; i < acks; ++i) {
        now += rtt / static_cast<std::int64_t>(acks);
        CongestionAck ack;
        ack.now = now;
        ack.acked = ack.newly_delivered = octets;
        ack.delivered = delivered += octets;
        ack.prior_in_flight = ours.window();
        ack.in_flight = ours.window() - std::min<std::uint64_t>(ours.window(), octets);
        ack.rtt = ack.srtt = ack.min_rtt = rtt;
        ack.cwnd_limited = true;
        ours.on_ack(ack);
        naive.on_ack(std::chrono::duration<double>(now.time_since_epoch()).count(), std::chrono::duration<double>(rtt).count(),
                     static_cast<double>(octets) / mss);
      }
      const double expected = std::min(naive.cwnd * mss, static_cast<double>(largest_window));
      const double got = static_cast<double>(ours.window());
      RC_ASSERT(std::abs(got - expected) <= expected * 0.001 + 0.5 * mss);
      if (expected >= static_cast<double>(largest_window) / 4) break;
    }
  }));
}

TEST_CASE("HyStart++ decides as RFC 9406 4.2 does with every round's samples in a list") {
  CHECK(rc::check([] {
    HyStart ours{true};
    std::vector<std::vector<Duration>> rounds{{}};
    bool conservative = false, done = false;
    int css_rounds = 0;
    Duration baseline{};
    const int steps = *rc::gen::inRange(1, 400);
    Duration base = 20ms;
    for (int step = 0; step < steps && !done; ++step) {
      const bool begins = *rc::gen::inRange(0, 12) == 0;
      const auto sample = base + 100us * *rc::gen::inRange(0, 120);
      if (*rc::gen::inRange(0, 10) == 0) base += 1ms * *rc::gen::inRange(-5, 12);
      const HyStart::Phase phase = ours.on_ack(begins, sample);
      if (begins) {
        rounds.emplace_back();
        if (conservative && ++css_rounds == 5) done = true;
      }
      if (!done) {
        rounds.back().push_back(sample);
        if (rounds.back().size() >= 8) {
          const Duration current = *std::min_element(rounds.back().begin(), rounds.back().end());
          if (conservative && current < baseline) {
            conservative = false;
          } else if (!conservative && rounds.size() > 1 && !rounds[rounds.size() - 2].empty()) {
            const auto& before = rounds[rounds.size() - 2];
            const Duration last = *std::min_element(before.begin(), before.end());
            const Duration threshold = std::max<Duration>(4ms, std::min<Duration>(last / 8, 16ms));
            if (current >= last + threshold) conservative = true, css_rounds = 0, baseline = current;
          }
        }
      }
      RC_ASSERT(phase == (done           ? HyStart::Phase::done
                          : conservative ? HyStart::Phase::conservative
                                         : HyStart::Phase::slow_start));
    }
  }));
}

constexpr std::array all = {Congestion::cubic, Congestion::new_reno, Congestion::bbr, Congestion::dctcp};

std::unique_ptr<CongestionController> make(Congestion which, std::uint32_t mss, std::uint64_t seed) {
  TcpOptions options;
  options.congestion = which;
  CongestionStart start;
  start.mss = mss;
  start.seed = seed;
  return make_controller(options, start);
}

using Script = std::vector<std::array<std::uint64_t, 4>>;

rc::Gen<Script> any_script() {
  return rc::gen::map(rc::gen::arbitrary<std::pair<std::uint64_t, std::uint8_t>>(), [](const auto& drawn) {
    Rng rng{drawn.first};
    Script script(drawn.second);
    for (auto& step : script)
      for (auto& number : step) number = rng.next() >> rng.below(64);
    return script;
  });
}

/// Something happens, sensible or not; the same for the same `drawn`.
void happens(CongestionController& controller, Instant& now, std::uint64_t& delivered, std::uint32_t mss,
             const std::array<std::uint64_t, 4>& drawn) {
  const auto [kind, a, b, c] = drawn;
  now += Duration(static_cast<std::int64_t>(a % 3'000'000'000));
  switch (kind % 16) {
    case 0:
      return controller.on_congestion(now, CongestionSignal::loss, b);
    case 1:
      return controller.on_congestion(now, CongestionSignal::ecn, b);
    case 2:
      return controller.on_rto(now, b, (c & 1) != 0);
    case 3:
      return controller.on_recovered(now, b);
    case 4:
      return controller.on_undo(now);
    case 5:
      return controller.on_restart(now, Duration(static_cast<std::int64_t>(c >> 20)));
    case 6:
      return controller.on_lost(now, {static_cast<std::uint32_t>(b), c, a, (b & 1) != 0});
    case 7:
      return controller.on_sent(now, mss, b);
    default:
      break;
  }
  CongestionAck ack;
  ack.now = now;
  ack.newly_delivered = ack.acked = static_cast<std::uint32_t>(b >> (c % 40));
  delivered += ack.newly_delivered;
  ack.delivered = delivered;
  ack.in_flight = c >> 20;
  ack.prior_in_flight = ack.in_flight + ack.newly_delivered;
  if ((c & 3) != 0) ack.rtt = Duration(static_cast<std::int64_t>(a >> 30));
  ack.srtt = Duration(static_cast<std::int64_t>(b >> 30));
  ack.min_rtt = ack.srtt / 2;
  ack.ce = (c & 12) == 0 ? ack.newly_delivered : 0;
  ack.in_recovery = (c & 16) != 0;
  ack.cwnd_limited = (c & 32) != 0;
  ack.rate = {.delivered = b >> 24,
              .interval = Duration(static_cast<std::int64_t>(a >> 34)),
              .prior_delivered = delivered - std::min<std::uint64_t>(delivered, c >> 32),
              .tx_in_flight = c >> 28,
              .lost = a >> 40,
              .app_limited = (c & 64) != 0};
  controller.on_ack(ack);
}

TEST_CASE("whatever happens, a window is at least a segment and at most 2^40 octets, and a clone does the same") {
  CHECK(rc::check([] {
    auto mss = *rc::gen::elementOf(std::vector<std::uint32_t>{1, 64, 536, 1448, 65535});
    for (const Congestion which : all) {
      auto controller = make(which, mss, 1);
      std::unique_ptr<CongestionController> twin;
      Instant now{1s};
      Instant twins{};
      std::uint64_t delivered = 0;
      std::uint64_t twins_delivered = 0;
      const auto script = *any_script();
      std::size_t step = 0;
      for (const auto& drawn : script) {
        if (step++ == script.size() / 2) twin = controller->clone(), twins = now, twins_delivered = delivered;
        if (drawn[0] % 97 == 0) controller->set_mss(mss = static_cast<std::uint32_t>(1 + drawn[1] % 65535));
        if (twin && drawn[0] % 97 == 0) twin->set_mss(mss);
        happens(*controller, now, delivered, mss, drawn);
        if (twin) happens(*twin, twins, twins_delivered, mss, drawn);
        RC_ASSERT(controller->window() >= mss);
        RC_ASSERT(controller->window() <= largest_window);
        RC_ASSERT(controller->ssthresh() >= mss);
        RC_ASSERT(!controller->phase().empty());
        const Pace pace = pace_of(*controller, 10ms, mss);
        RC_ASSERT(pace.rate == 0 || pace.quantum >= 2 * mss);
        if (twin) {
          RC_ASSERT(twin->window() == controller->window());
          RC_ASSERT(twin->ssthresh() == controller->ssthresh());
          RC_ASSERT(twin->pacing_rate() == controller->pacing_rate());
          RC_ASSERT(twin->phase() == controller->phase());
        }
      }
      RC_ASSERT(controller->memory() >= sizeof(void*));
      RC_ASSERT(controller->memory() <= 640u);
    }
  }));
}

TEST_CASE("undo right after a reduction gives back exactly the window and the threshold") {
  CHECK(rc::check([] {
    for (const Congestion which : {Congestion::cubic, Congestion::new_reno, Congestion::dctcp}) {
      auto controller = make(which, 1000, 1);
      Instant now{1s};
      std::uint64_t delivered = 0;
      for (const auto& drawn : *any_script()) happens(*controller, now, delivered, 1000, drawn);
      const auto window = controller->window();
      const auto ssthresh = controller->ssthresh();
      if (*rc::gen::arbitrary<bool>()) {
        controller->on_congestion(now, CongestionSignal::loss, window);
      } else {
        controller->on_rto(now, window, true);
        controller->on_rto(now, 1000, false);
      }
      RC_ASSERT(controller->window() <= window);
      const bool cut = controller->window() < window;
      controller->on_undo(now);
      RC_ASSERT(controller->window() == window);
      if (cut) RC_ASSERT(controller->ssthresh() == ssthresh);
    }
  }));
}

TEST_CASE("half a year of ACKs of the greatest kind overflows nothing") {
  for (const Congestion which : all) {
    auto controller = make(which, 1448, 1);
    Instant now{1s};
    std::uint64_t delivered = UINT64_MAX / 2;
    for (int i = 0; i < 200'000; ++i) {
      CongestionAck ack;
      ack.now = now += 80s;
      ack.acked = ack.newly_delivered = UINT32_MAX;
      ack.delivered = delivered += UINT32_MAX;
      ack.prior_in_flight = controller->window();
      ack.rtt = ack.srtt = ack.min_rtt = 1ms;
      ack.cwnd_limited = true;
      ack.rate = {
          .delivered = UINT32_MAX, .interval = 1ms, .prior_delivered = delivered - UINT32_MAX, .tx_in_flight = UINT32_MAX};
      controller->on_ack(ack);
      if (controller->window() < 1448 || controller->window() > largest_window) FAIL("the window is ", controller->window());
    }
    CHECK(controller->window() >= (std::uint64_t{1} << 31));
  }
}

TEST_CASE("the bucket never lets more leave than its rate and one quantum, and never less when somebody always sends") {
  CHECK(rc::check([] {
    const Pace pace{.rate = *rc::gen::inRange<std::uint64_t>(1'000, 2'000'000'000),
                    .quantum = *rc::gen::inRange(3'000u, 70'000u)};
    const std::uint32_t segment = *rc::gen::inRange(1u, 1500u);
    Pacing pacing;
    const Instant begin{1s};
    Instant now = begin;
    std::uint64_t sent = 0;
    for (int i = 0; i < 500; ++i) {
      const Instant next = pacing.next_at(now, pace);
      RC_ASSERT(next >= now);
      now = next;
      pacing.on_sent(now, segment, pace);
      sent += segment;
      const Wide allowed = Wide{pace.rate} * static_cast<std::uint64_t>((now - begin).count()) / 1'000'000'000;
      RC_ASSERT(Wide{sent} <= allowed + pace.quantum + segment + 1 + pace.rate / 1'000'000'000);
      RC_ASSERT(Wide{sent} + pace.quantum + segment + 2 >= allowed);
    }
  }));
}

}  // namespace
