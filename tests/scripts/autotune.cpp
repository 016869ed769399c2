// Rings that grow with the path (docs/internals/windows.md).
#include "covers.hpp"
#include "script.hpp"

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;

namespace {

Setup growing() {
  Setup setup;
  setup.autotune = true;
  setup.wscale = 7;
  setup.timestamps = true;
  setup.options.receive_buffer = 1u << 20;  // shift 5
  setup.options.send_buffer = 200'000;
  return setup;
}

/// `count` segments of 1000 octets arrive, are read, and are acknowledged by whatever acknowledges them.
std::uint32_t stream(Script& s, std::uint32_t from, std::uint32_t count) {
  std::uint32_t window = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    s.receives(". 0:0(0) ack 1"_seg.with_text(from + 1000 * i, 1000));
    s.app_reads(1000);
    while (const auto ack = s.whatever_leaves()) window = std::uint32_t{ack->window} << 5;
  }
  return window;
}

}  // namespace

SCRIPT_CASE("the window begins at 128 KiB and grows to what a reader takes in a round trip") {
  auto s = Script::established(name, variant, growing());
  std::uint32_t at = 1;
  std::uint32_t last = stream(s, at, 4);
  CHECK(last <= 128 * 1024);
  CHECK(last > 120 * 1024);
  at += 4000;
  for (int trip = 0; trip < 10; ++trip) {
    s.lets_pass_until(s.now() + 50ms);
    const std::uint32_t now = stream(s, at, 120);
    at += 120'000;
    CHECK(now >= last);
    last = now;
  }
  CHECK(last >= 200'000);
  CHECK(last <= 1u << 20);
}

SCRIPT_CASE("a write is taken up to 128 KiB, and more when the congestion window has grown") {
  auto s = Script::established(name, variant, growing());
  CHECK(s.app_writes(300'000) == 128 * 1024);
  CHECK(s.app_writes(1) == 0);
}

SCRIPT_CASE("small rings are the same with and without growing") {
  Setup setup = growing();
  setup.options.receive_buffer = 4000;
  setup.options.send_buffer = 3000;
  auto s = Script::established(name, variant, setup);
  CHECK(s.info().rcv_wnd == 4000);
  CHECK(s.app_writes(10'000) == 3000);
}
