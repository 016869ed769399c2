// The cases that the draft lists ("BBR Example Test Cases"), over a bottleneck on paper.
#include "tcp/congestion/bbr.hpp"
#include "acks.hpp"
#include "bottleneck.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace ft::tcp::test;
using namespace std::chrono_literals;
using State = Bbr::State;

namespace {
/// One BBR flow over a link of 10 Mbit/s and 40 ms: 50 segments of 1000 octets fill it.
struct Path {
  explicit Path(Link link = {}) : bottleneck(link), flow(bottleneck.add(std::make_unique<Bbr>(start_with()), epoch)) {}
  const Bbr& bbr() const { return static_cast<const Bbr&>(*flow.controller); }
  std::uint64_t bdp() const {
    return bottleneck.link.rate * static_cast<std::uint64_t>(bottleneck.link.round_trip.count()) / 1'000'000'000;
  }
  /// Runs in steps of `step` until `state`; false after `limit`.
  bool until(State state, Duration limit = 15s, Duration step = 1ms) {
    for (Duration spent{}; spent < limit; spent += step) {
      if (bbr().state() == state) return true;
      bottleneck.run(step);
    }
    return bbr().state() == state;
  }
  /// Runs until another state than this one.
  bool leaves(Duration limit) {
    const State was = bbr().state();
    for (Duration spent{}; spent < limit && bbr().state() == was; spent += 200us) bottleneck.run(200us);
    return bbr().state() != was;
  }
  Bottleneck bottleneck;
  Flow& flow;
};
}  // namespace

TEST_CASE("BBR starts up with the initial window, paced 2.77 times as fast as it would last a round trip") {
  CongestionStart start = start_with();
  start.srtt = 100ms;
  const Bbr bbr(start);
  CHECK(bbr.window() == 10'000);
  CHECK(bbr.pacing_rate() == 277'000);
  CHECK_FALSE(bbr.wants_prr());
  CHECK(bbr.phase() == "startup");
  CHECK(sizeof(Bbr) <= 512);
}

TEST_CASE("startup ends when the bandwidth stays for three rounds, with an estimate within two per cent") {
  Path path({.queue = 500'000});
  REQUIRE(path.until(State::drain, 2s));
  CHECK(path.bbr().full_bw_reached());
  CHECK(path.bbr().max_bw() >= path.bottleneck.link.rate * 98 / 100);
  CHECK(path.bbr().max_bw() <= path.bottleneck.link.rate * 102 / 100);
  CHECK(path.flow.most_in_flight <= 3 * path.bdp());
}

TEST_CASE("drain ends when what is in flight fits the path") {
  Path path({.queue = 500'000});
  REQUIRE(path.until(State::drain, 2s));
  REQUIRE(path.leaves(1s));
  CHECK(path.flow.in_flight <= path.bdp() + 10'000);
}

TEST_CASE("drain ends after three rounds even when the path became slower meanwhile") {
  Path path({.queue = 500'000});
  REQUIRE(path.until(State::drain, 2s));
  path.bottleneck.link.rate = path.bottleneck.link.rate * 3 / 10;
  CHECK(path.leaves(3s));
}

TEST_CASE("a lossy startup ends although the bandwidth still grows") {
  Path path({.rate = 12'500'000, .queue = 2'000'000, .loss = 0.2});
  REQUIRE(path.until(State::drain, 3s));
  CHECK(path.bbr().full_bw_reached());
}

TEST_CASE("bandwidth is probed in a cycle: down, cruise, refill, up") {
  Path path;
  for (int i = 0; i < 3; ++i) {
    CAPTURE(i);
    REQUIRE(path.until(State::down));
    REQUIRE(path.until(State::cruise));
    REQUIRE(path.until(State::refill));
    REQUIRE(path.until(State::up));
  }
}

TEST_CASE("nine tenths and more of the bandwidth are used and the queue stays short") {
  for (const std::uint64_t queue : {25'000ull, 50'000ull, 500'000ull}) {
    CAPTURE(queue);
    Path path({.queue = queue});
    path.bottleneck.run(3s);
    path.flow.most_in_flight = 0;
    CHECK(share(path.bottleneck, path.flow, 20s) >= 0.9);
    CHECK(path.flow.most_in_flight <= path.bdp() * 9 / 4 + 30'000);
  }
}

TEST_CASE("one per cent of random loss leaves four fifths of the bandwidth") {
  Path path({.queue = 100'000, .loss = 0.01});
  path.bottleneck.run(3s);
  CHECK(share(path.bottleneck, path.flow, 30s) >= 0.8);
}

TEST_CASE("every five seconds the flow empties the path for a look at the round trip, and comes back") {
  Path path({.queue = 500'000});
  path.bottleneck.run(3s);
  REQUIRE(path.until(State::probe_rtt, 8s));
  const Instant begun = path.bottleneck.now;
  path.bottleneck.run(100ms);
  CHECK(path.flow.in_flight <= path.bdp() / 2 + 4'000);
  REQUIRE(path.until(State::cruise, 1s));
  CHECK(path.bottleneck.now - begun >= 200ms);
  CHECK(path.bottleneck.now - begun <= 600ms);
  CHECK(path.bbr().min_rtt() <= 42ms);
  REQUIRE(path.until(State::refill, 5s));
}

TEST_CASE("a longer path is found out within a filter's length") {
  Path path({.queue = 500'000});
  path.bottleneck.run(5s);
  path.bottleneck.link.round_trip = 80ms;
  path.bottleneck.run(25s);
  CHECK(path.bbr().min_rtt() >= 80ms);
  CHECK(path.bbr().min_rtt() <= 90ms);
}

TEST_CASE("a rest counts as a look at the round trip: no probe follows it") {
  Path path;
  path.bottleneck.run(3s);
  path.flow.stops = path.bottleneck.now;
  path.bottleneck.run(6s);
  path.flow.stops = never;
  path.bottleneck.run(200ms);
  CHECK(path.bbr().state() != State::probe_rtt);
}

TEST_CASE("a path far smaller than a segment a round trip still keeps four in flight") {
  Path path({.rate = 12'500, .queue = 20'000, .round_trip = 10ms});
  path.bottleneck.run(10s);
  CHECK(path.bbr().window() >= 4'000);
  CHECK(share(path.bottleneck, path.flow, 20s) >= 0.95);
}

TEST_CASE("ten times the bandwidth is found within a few probes") {
  Path path({.queue = 200'000});
  path.bottleneck.run(5s);
  path.bottleneck.link.rate *= 10;
  path.bottleneck.run(15s);
  CHECK(path.bbr().max_bw() >= path.bottleneck.link.rate * 9 / 10);
}

TEST_CASE("a tenth of the bandwidth is accepted: first by the short-term model, then by the filter") {
  Path path({.rate = 12'500'000, .queue = 250'000});
  path.bottleneck.run(5s);
  path.bottleneck.link.rate /= 10;
  path.bottleneck.run(2s);
  CHECK(path.bbr().bw() <= path.bottleneck.link.rate * 3);
  path.bottleneck.run(15s);
  CHECK(path.bbr().max_bw() <= path.bottleneck.link.rate * 11 / 10);
}

TEST_CASE("a shallow queue bounds what is in flight for long") {
  Path path({.queue = 10'000});
  path.bottleneck.run(20s);
  CHECK(path.bbr().inflight_longterm() != UINT64_MAX);
  CHECK(path.bbr().inflight_longterm() <= 2 * path.bdp());
  CHECK(share(path.bottleneck, path.flow, 20s) >= 0.8);
}

TEST_CASE("marks count as congestion: the queue stays near where the marking begins, without a loss") {
  Path path({.queue = 500'000, .mark_at = 10'000});
  path.bottleneck.run(10s);
  path.flow.most_in_flight = 0;
  const auto dropped = path.bottleneck.dropped;
  CHECK(share(path.bottleneck, path.flow, 20s) >= 0.85);
  CHECK(path.flow.most_in_flight <= path.bdp() * 2);
  CHECK(path.bottleneck.dropped == dropped);
}

TEST_CASE("two flows that began apart come to share a bottleneck") {
  Bottleneck bottleneck({.rate = 6'250'000, .queue = 125'000, .round_trip = 20ms});
  CongestionStart start = start_with();
  Flow& first = bottleneck.add(std::make_unique<Bbr>(start), epoch);
  start.seed = 8;
  Flow& second = bottleneck.add(std::make_unique<Bbr>(start), epoch + 1s);
  bottleneck.run(10s);
  const auto before = second.delivered;
  const double ours = share(bottleneck, first, 30s);
  const double theirs = static_cast<double>(second.delivered - before) / (6'250'000.0 * 30);
  CHECK(ours + theirs >= 0.9);
  CHECK(ours >= 0.3);
  CHECK(theirs >= 0.3);
}

TEST_CASE("undo gives the model back what the loss took, and startup goes on") {
  Path path({.rate = 12'500'000, .queue = 5'000'000});
  path.bottleneck.run(100ms);
  REQUIRE(path.bbr().state() == State::startup);
  auto twin = path.flow.controller->clone();
  auto& bbr = static_cast<Bbr&>(*twin);
  const auto window = bbr.window();
  bbr.on_lost(path.bottleneck.now, {1000, 50'000, 10'000, false});
  bbr.on_congestion(path.bottleneck.now, CongestionSignal::loss, window);
  bbr.on_rto(path.bottleneck.now, window, true);
  CHECK(bbr.window() == 1'000);
  bbr.on_undo(path.bottleneck.now);
  CHECK(bbr.window() == window);
  CHECK(bbr.state() == State::startup);
  CHECK(bbr.inflight_longterm() == UINT64_MAX);
  CHECK(bbr.bw_shortterm() == UINT64_MAX);
}

TEST_CASE("loss in a probe ends it and bounds the long term; undo goes back to probing") {
  Path path({.queue = 500'000});
  REQUIRE(path.until(State::up));
  path.bottleneck.run(60ms);
  REQUIRE(path.bbr().state() == State::up);
  auto twin = path.flow.controller->clone();
  auto& bbr = static_cast<Bbr&>(*twin);
  bbr.on_lost(path.bottleneck.now, {1000, 60'000, 3'000, false});
  CHECK(bbr.state() == State::down);
  CHECK(bbr.inflight_longterm() <= 60'000);
  CHECK(bbr.inflight_longterm() >= 35'000);
  bbr.on_congestion(path.bottleneck.now, CongestionSignal::loss, 60'000);
  bbr.on_undo(path.bottleneck.now);
  CHECK(bbr.state() == State::refill);
  CHECK(bbr.inflight_longterm() == UINT64_MAX);
}

TEST_CASE("flows with other seeds probe at other times, the same seed at the same") {
  const auto probes_at = [](std::uint64_t seed) {
    CongestionStart start = start_with();
    start.seed = seed;
    Bottleneck bottleneck({.queue = 500'000});
    Flow& flow = bottleneck.add(std::make_unique<Bbr>(start), epoch);
    while (static_cast<const Bbr&>(*flow.controller).state() != State::refill) bottleneck.run(1ms);
    return bottleneck.now;
  };
  CHECK(probes_at(1) == probes_at(1));
  CHECK(probes_at(1) != probes_at(2));
}

TEST_CASE("samples that the application held down neither end startup nor lower the bandwidth") {
  Bbr bbr(start_with());
  CongestionAck ack;
  ack.srtt = ack.min_rtt = 100ms;
  ack.rtt = 100ms;
  for (int i = 0; i < 50; ++i) {
    ack.now = epoch + i * 90ms;
    ack.newly_delivered = ack.acked = 1000;
    ack.rate = {
        .delivered = 1000, .interval = 100ms, .prior_delivered = ack.delivered, .tx_in_flight = 1000, .app_limited = true};
    ack.delivered += 1000;
    bbr.on_ack(ack);
  }
  CHECK(bbr.state() == State::startup);
  CHECK_FALSE(bbr.full_bw_reached());
}
