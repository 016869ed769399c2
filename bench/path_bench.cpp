// A bad path in real time: what comes out of one TUN device goes into the other and back, through the simulator's faults.
//
//   path_bench LEFT RIGHT FAULTS      faults as for --impair, each way: rate=50Mbit,delay=10ms,loss=1%,queue=400,seed=1
//
// Prints "ready" when both devices are there; bench/paths then moves them into namespaces. Ends with its standard input.
#include "io/clock.hpp"
#include "io/tun.hpp"
#include "sockets/impaired_link.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

using namespace ft;

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "path_bench: %s\n", why.c_str());
  std::exit(1);
}

struct Way {
  Link& from;
  Link& to;
  sim::Impairment faults;
  std::uint64_t packets = 0, lost = 0;

  void take_in(Instant now, std::span<std::byte> buffer) {
    for (int i = 0; i < 64; ++i) {
      const auto got = from.receive(now, buffer);
      if (got.outcome != Link::Outcome::done) return;
      ++packets;
      if (faults.submit(now, buffer.first(got.length)).copies == 0) ++lost;
    }
  }
  void let_out(Instant now) {
    // A device without room loses the packet, as a queue does.
    while (const auto arrival = faults.pop(now)) static_cast<void>(to.send(now, arrival->octets, {}));
  }
};

std::unique_ptr<io::Tun> device(const char* name) {
  auto tun = io::Tun::open({.device = name, .kernel = {}, .mtu = 1500});
  if (!tun) stop(tun.error());
  return std::move(*tun);
}

void sleep_until(std::optional<Instant> wake, Instant now, std::span<pollfd> polled) {
  timespec timeout{3600, 0};
  if (wake) {
    const Duration left = std::clamp<Duration>(*wake - now, Duration::zero(), std::chrono::hours(1));
    timeout = {static_cast<time_t>(left.count() / 1'000'000'000), static_cast<long>(left.count() % 1'000'000'000)};
  }
  ::ppoll(polled.data(), polled.size(), &timeout, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) stop("expected LEFT RIGHT FAULTS");
  const auto faults = sockets::parse_both_ways(argv[3]);
  if (!faults) stop(faults.error());
  ::prctl(PR_SET_TIMERSLACK, 1000);  // nanoseconds: a millisecond's path shall not become longer by a tenth
  const auto left = device(argv[1]);
  const auto right = device(argv[2]);
  std::array<Way, 2> ways = {Way{*left, *right, sim::Impairment(faults->out)}, Way{*right, *left, sim::Impairment(faults->in)}};
  std::puts("ready");
  std::fflush(stdout);

  const io::RealClock clock;
  std::vector<std::byte> buffer(65536 + 64);
  std::array<pollfd, 3> polled = {
      pollfd{left->descriptor(), POLLIN, 0}, {right->descriptor(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  while ((polled[2].revents & (POLLIN | POLLHUP)) == 0) {
    Instant now = clock.now();
    for (Way& way : ways) way.take_in(now, buffer);
    now = clock.now();
    for (Way& way : ways) way.let_out(now);
    std::optional<Instant> wake = ways[0].faults.next_delivery();
    if (const auto other = ways[1].faults.next_delivery(); other && (!wake || *other < *wake)) wake = other;
    sleep_until(wake, clock.now(), polled);
  }
  std::printf("there %llu packets, %llu lost; back %llu, %llu lost\n", static_cast<unsigned long long>(ways[0].packets),
              static_cast<unsigned long long>(ways[0].lost), static_cast<unsigned long long>(ways[1].packets),
              static_cast<unsigned long long>(ways[1].lost));
  return 0;
}
