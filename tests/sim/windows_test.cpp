// Rings that grow with the path: with nothing but defaults a long fat path is filled, and a slow reader costs no more than it
// reads.
#include "sim/world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace ft;
using namespace ft::sim;
using namespace std::chrono_literals;

namespace {

const IpAddress left = IpAddress::v4(10, 0, 0, 1), right = IpAddress::v4(10, 0, 0, 2);

struct Silent final : trace::Sink {
  void on_event(const trace::Event&) override {}
};

/// One stream from left to right that never runs dry.
struct Stream {
  Silent silent;
  World world{1, silent};
  World::Host a, b;
  ConnectionId sender{}, receiver{};
  ListenerId listener{};
  bool reads = true;
  std::uint64_t read = 0;
  std::array<std::byte, 65536> buffer{};

  Stream(const TcpOptions& options, const ImpairmentSettings& path, std::uint64_t memory = 1ull << 30) {
    const auto host = [&](const IpAddress& address) {
      StackConfig config;
      config.addresses = {{address, 24}};
      config.tcp = options;
      config.max_buffer_memory = memory;
      return config;
    };
    a = world.add_host(host(left));
    b = world.add_host(host(right));
    ImpairmentSettings back = path;
    back.rate = 0;
    world.add_link(a, b, path, back);
    world.on_event(a, [this](const Event& event) {
      if (event.kind == Event::Kind::connected || event.kind == Event::Kind::writable) fill();
    });
    world.on_event(b, [this](const Event& event) {
      if (event.kind == Event::Kind::acceptable) receiver = *world.use(b).accept(event.listener);
      if (reads) drain();
    });
    listener = *world.use(b).listen({right, 80});
    sender = world.use(a).connect(world.now(), {right, 80}).value();
  }
  void fill() {
    while (world.use(a).write(sender, buffer)) {
    }
  }
  void drain() {
    if (!receiver) return;
    while (const auto n = world.use(b).read(receiver, buffer)) {
      if (*n == 0) return;
      read += *n;
    }
  }
  /// Megabits of payload a second, between two instants from the beginning on.
  double goodput(Duration from, Duration to) {
    world.run_until(Instant{} + from);
    const std::uint64_t before = read;
    world.run_until(Instant{} + to);
    return static_cast<double>(read - before) * 8e3 / static_cast<double>((to - from).count());
  }
};

ImpairmentSettings long_fat_path() { return {.rate = 100'000'000, .delay = 50ms, .queue_packets = 1000}; }

}  // namespace

TEST_CASE("a path of 100 Mbit/s and 100 ms is filled with nothing but defaults") {
  Stream stream(TcpOptions{}, long_fat_path());
  CHECK(stream.goodput(3s, 6s) > 90);
}

TEST_CASE("without timestamps the window grows as well") {
  TcpOptions options;
  options.timestamps = false;
  Stream stream(options, long_fat_path());
  CHECK(stream.goodput(3s, 6s) > 90);
}

TEST_CASE("fixed rings of 128 KiB carry what 128 KiB in a round trip are, and no more") {
  TcpOptions options;
  options.autotune = false;
  options.send_buffer = options.receive_buffer = 128 * 1024;
  Stream stream(options, long_fat_path());
  const double most = 128 * 1024 * 8.0 / 0.1 / 1e6;
  const double got = stream.goodput(3s, 6s);
  CHECK(got < most);
  CHECK(got > 0.75 * most);
}

TEST_CASE("who does not read gets no larger window") {
  Stream stream(TcpOptions{}, long_fat_path());
  stream.reads = false;
  stream.world.run_until(Instant{} + 10s);
  const auto info = *stream.world.look(stream.b)->info(stream.receiver);
  CHECK(info.receive_queued <= 136 * 1024);  // rounding to the scale moves the edge a little
  CHECK(info.receive_queued > 100 * 1024);
}

TEST_CASE("when memory is short windows stay, and what was offered is kept") {
  Stream stream(TcpOptions{}, long_fat_path(), 512 * 1024);
  stream.world.run_until(Instant{} + 5s);
  CHECK(stream.read > 1'000'000);
  CHECK(stream.world.look(stream.a)->buffer_memory() <= 512 * 1024);
  CHECK(stream.world.look(stream.b)->buffer_memory() <= 512 * 1024);
}
