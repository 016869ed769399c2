#include "tcp/congestion/dctcp.hpp"
#include "acks.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::tcp;
using namespace ft::tcp::test;

namespace {
Dctcp dctcp() { return Dctcp(start_with(1000, 100), {.hystart = false, .paced = true}); }

/// One round trip in which `marked` of a hundred segments are.
void round(Acks& acks, int marked) {
  const auto window = acks.controller.window();
  for (std::uint64_t i = 0; i < 100; ++i) {
    acks.ack(static_cast<std::uint32_t>(window / 100), std::nullopt,
             i < static_cast<std::uint64_t>(marked) ? static_cast<std::uint32_t>(window / 100) : 0);
  }
}
}  // namespace

TEST_CASE("the first mark halves the window") {
  Dctcp controller = dctcp();
  CHECK(controller.alpha() == Dctcp::whole);
  controller.on_congestion(epoch, CongestionSignal::ecn, 100'000);
  CHECK(controller.window() == 50'000);
}

TEST_CASE("without marks alpha dies away, and a mark costs next to nothing") {
  Dctcp controller = dctcp();
  controller.on_congestion(epoch, CongestionSignal::ecn, 100'000);
  Acks acks{controller};
  for (int i = 0; i < 400; ++i) round(acks, 0);
  CHECK(controller.alpha() < Dctcp::whole / 10'000);
  const auto before = controller.window();
  controller.on_congestion(epoch, CongestionSignal::ecn, before);
  CHECK(controller.window() >= before - before / 10'000);
}

TEST_CASE("alpha settles at the share of marked octets and the window falls by half of it") {
  Dctcp controller = dctcp();
  controller.on_congestion(epoch, CongestionSignal::ecn, 100'000);
  Acks acks{controller};
  for (int i = 0; i < 200; ++i) round(acks, 20);
  CHECK(controller.alpha() == doctest::Approx(0.2 * Dctcp::whole).epsilon(0.02));
  const auto before = controller.window();
  controller.on_congestion(epoch, CongestionSignal::ecn, before);
  CHECK(controller.window() == doctest::Approx(0.9 * static_cast<double>(before)).epsilon(0.005));
}

TEST_CASE("a loss is answered like Reno's, marks or not") {
  Dctcp controller = dctcp();
  Acks acks{controller};
  for (int i = 0; i < 200; ++i) round(acks, 0);
  const auto before = controller.window();
  controller.on_congestion(epoch, CongestionSignal::loss, before);
  CHECK(controller.window() == before / 2);
}
