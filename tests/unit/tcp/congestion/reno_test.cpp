#include "tcp/congestion/reno.hpp"
#include "acks.hpp"
#include "covers.hpp"
#include "tcp/congestion/controller.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace ft::tcp::test;
using namespace std::chrono_literals;

namespace {
Reno reno(SlowStartOptions options = {.hystart = false, .paced = true}) { return Reno(start_with(), options); }
}  // namespace

TEST_CASE("Reno opens with the initial window and no threshold") {
  FT_COVERS("rfc5681 3.1-6");
  const Reno controller = reno();
  CHECK(controller.window() == 10'000);
  CHECK(controller.ssthresh() == UINT64_MAX);
  CHECK(controller.phase() == "slow start");
  CHECK(controller.wants_prr());
  CHECK(controller.memory() == sizeof(Reno));
}

TEST_CASE("slow start adds what was delivered: the window doubles each round trip") {
  FT_COVERS("rfc5681 3.1-1");
  Reno controller = reno();
  Acks acks{controller};
  acks.round();
  CHECK(controller.window() == 20'000);
  acks.round();
  CHECK(controller.window() == 40'000);
}

TEST_CASE("an unpaced sender counts at most eight segments of one ACK in slow start") {
  Reno controller = reno({.hystart = false, .paced = false});
  Acks{controller}.ack(10'000);
  CHECK(controller.window() == 18'000);
}

TEST_CASE("avoidance adds one segment each round trip") {
  FT_COVERS("rfc5681 3.1-9", "rfc5681 3.1-10", "rfc5681 3.1-11", "rfc5681 3.1-1");
  Reno controller = reno();
  controller.on_congestion(epoch, CongestionSignal::loss, 20'000);
  CHECK(controller.window() == 10'000);
  controller.on_recovered(epoch, 0);
  CHECK(controller.phase() == "avoidance");
  Acks acks{controller};
  for (int i = 1; i <= 20; ++i) {
    acks.round();
    CHECK(controller.window() == 10'000u + 1000u * static_cast<unsigned>(i));
  }
}

TEST_CASE("a loss halves what is in flight, never under two segments") {
  FT_COVERS("rfc5681 3.1-7", "rfc5681 3.2-7");
  Reno controller = reno();
  controller.on_congestion(epoch, CongestionSignal::loss, 9'000);
  CHECK(controller.ssthresh() == 4'500);
  CHECK(controller.window() == 4'500);
  controller.on_congestion(epoch, CongestionSignal::loss, 3'000);
  CHECK(controller.ssthresh() == 2'000);
  CHECK(controller.window() == 2'000);
}

TEST_CASE("a timeout leaves one segment, and a second one for the same data keeps the threshold") {
  FT_COVERS("rfc5681 3.1-12", "rfc5681 3.1-13");
  Reno controller = reno();
  controller.on_rto(epoch, 10'000, true);
  CHECK(controller.window() == 1'000);
  CHECK(controller.ssthresh() == 5'000);
  controller.on_rto(epoch, 1'000, false);
  CHECK(controller.window() == 1'000);
  CHECK(controller.ssthresh() == 5'000);
}

TEST_CASE("after a timeout the window grows while the sender still repairs, in recovery it does not") {
  Reno controller = reno();
  Acks acks{controller};
  acks.in_recovery = true;
  controller.on_rto(epoch, 10'000, true);
  acks.ack(1'000);
  CHECK(controller.window() == 2'000);
  acks.ack(10'000);  // an ACK that covers what arrived long ago
  CHECK(controller.window() == 4'000);
  controller.on_recovered(epoch, 4'000);

  controller.on_congestion(epoch, CongestionSignal::loss, 8'000);
  acks.ack(1'000);
  CHECK(controller.window() == 4'000);
}

TEST_CASE("undo brings back exactly the windows of before the reduction, once") {
  Reno controller = reno();
  Acks acks{controller};
  acks.round();
  SUBCASE("of a loss") { controller.on_congestion(epoch, CongestionSignal::loss, 20'000); }
  SUBCASE("of a timeout that repeats") {
    controller.on_rto(epoch, 20'000, true);
    controller.on_rto(epoch, 1'000, false);
  }
  controller.on_undo(epoch);
  CHECK(controller.window() == 20'000);
  CHECK(controller.ssthresh() == UINT64_MAX);
  controller.on_rto(epoch, 1'000, false);
  controller.on_undo(epoch);
  CHECK(controller.window() == 1'000);  // there was nothing left to undo
}

TEST_CASE("after an idle time the window is the initial one again and the threshold remembers three quarters") {
  FT_COVERS("rfc5681 4.1-1");
  Reno controller = reno();
  controller.on_congestion(epoch, CongestionSignal::loss, 80'000);
  controller.on_undo(epoch);
  Acks acks{controller};
  acks.round();
  acks.round();
  controller.on_congestion(epoch, CongestionSignal::loss, 60'000);
  controller.on_recovered(epoch, 0);
  REQUIRE(controller.window() == 30'000);
  controller.on_restart(epoch, 10s);
  CHECK(controller.window() == 10'000);
  CHECK(controller.ssthresh() == 30'000);
  controller.on_restart(epoch, 10s);
  CHECK(controller.window() == 10'000);  // never up
}

TEST_CASE("a window that the application does not fill does not grow, and half of it goes after five minutes") {
  Reno controller = reno();
  Acks acks{controller};
  for (int i = 0; i < 3; ++i) acks.round();
  REQUIRE(controller.window() == 80'000);
  acks.limited = false;
  for (int i = 0; i < 40; ++i) {
    acks.now += 10s;
    acks.ack(1'000);
  }
  CHECK(controller.window() == 40'000);
  CHECK(controller.ssthresh() == UINT64_MAX);
}

TEST_CASE("a smaller MSS leaves as many segments in the window; one larger than the window lifts it") {
  FT_COVERS("rfc5681 3.1-5");
  Reno controller = reno();
  controller.set_mss(500);
  CHECK(controller.window() == 5'000);
  controller.on_rto(epoch, 10'000, true);
  CHECK(controller.window() == 500);
  controller.set_mss(9'000);
  CHECK(controller.window() == 9'000);
}

TEST_CASE("what duplicates deliver opens no window until the hole before it is filled, and then counts whole") {
  FT_COVERS("rfc5681 3.2-5");
  Reno controller = reno();
  CongestionAck ack;
  ack.now = epoch;
  ack.srtt = ack.min_rtt = 100ms;
  ack.in_flight = 8'000;
  ack.cwnd_limited = true;
  for (int i = 0; i < 3; ++i) {
    ack.newly_delivered = 1'000;
    ack.delivered += 1'000;
    controller.on_ack(ack);
    CHECK(controller.window() == 10'000);
  }
  ack.acked = 4'000;
  ack.delivered += 1'000;
  controller.on_ack(ack);
  CHECK(controller.window() == 14'000);
}

TEST_CASE("a window stops at its ceiling") {
  Reno controller = reno();
  Acks acks{controller};
  for (int i = 0; i < 600; ++i) acks.ack(UINT32_MAX);
  CHECK(controller.window() == largest_window);
}

namespace {
struct Nothing final : CongestionFactory {
  std::unique_ptr<CongestionController> make(const CongestionStart&) const override { return nullptr; }
};
}  // namespace

TEST_CASE("options choose the controller by name, and a factory that makes nothing is passed over") {
  TcpOptions options;
  options.congestion = Congestion::new_reno;
  CHECK(make_controller(options, start_with())->name() == "new_reno");
  options.controller = std::make_shared<Nothing>();
  CHECK(make_controller(options, start_with()) != nullptr);
}

TEST_CASE("a clone goes its own way") {
  Reno controller = reno();
  const auto twin = controller.clone();
  controller.on_rto(epoch, 10'000, true);
  CHECK(twin->window() == 10'000);
}

TEST_CASE("two losses in a row reduce twice") {
  FT_COVERS("rfc5681 4.3-2");
  Reno controller = reno();
  controller.on_congestion(epoch, CongestionSignal::loss, 10'000);
  controller.on_congestion(epoch, CongestionSignal::loss, 5'000);
  CHECK(controller.window() == 2'500);
  CHECK(controller.ssthresh() == 2'500);
}
