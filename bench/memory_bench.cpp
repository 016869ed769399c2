// Two stacks in one process, joined in memory: what the TCP itself costs, without devices and system calls.
//
//   memory_bench bulk SECONDS [FLOWS]        octets one way, MSS 1460, checksums made and verified
//   memory_bench crr SECONDS [CONCURRENT]    connect, one octet each way, close, again
//   memory_bench idle CONNECTIONS [STEP]     octets of memory for each end of an idle connection
//
// With BENCH_TURNS=N in the environment bulk and crr take N turns of 40 us of virtual time instead of SECONDS: the same
// instructions every time, for a profiler that counts them.
//
// A packet is built by one stack in a buffer and handed from there to the other; at most `batch` packets cross
// before the other side speaks. In crr the client closes first, as clients do, and its TIME-WAIT is kept for 0.2 ms
// (MSL 0.1 ms): ports must not run out, and the peers' programs recycle TIME-WAIT at once.
#include "fourtuple/stack.hpp"
#include "measure.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using ft::ConnectionId;
using ft::Event;
using ft::Instant;
using ft::IpAddress;

constexpr int batch = 64;
constexpr double warm_up = 0.5;  // seconds
constexpr std::uint16_t first_port = 7;
const IpAddress client_address = IpAddress::v4(10, 0, 0, 1);
const IpAddress server_address = IpAddress::v4(10, 0, 0, 2);

/// 0: real time.
int counted_turns() {
  static const char* const text = std::getenv("BENCH_TURNS");
  return text == nullptr ? 0 : std::atoi(text);
}

[[noreturn]] void fail(const char* what, std::string_view why = {}) {
  std::fprintf(stderr, "memory_bench: %s%s%.*s\n", what, why.empty() ? "" : ": ", static_cast<int>(why.size()), why.data());
  std::exit(1);
}

ft::StackConfig config_for(IpAddress address) {
  ft::StackConfig config;
  config.mtu = 1500;
  config.addresses = {{address, 24}};
  config.ephemeral = {1024, 65535};
  config.tcp.nagle = false;
  config.tcp.timestamps = false;  // a segment carries 1460 octets of text, and the peer measured here has none either
  config.max_connections = 1u << 21;
  config.max_half_open = 1u << 16;
  config.secret.fill(static_cast<std::uint8_t>(address.octets()[3]));
  return config;
}

class World {
 public:
  explicit World(ft::TcpOptions (*change)(ft::TcpOptions) = nullptr)
      : client_(make(client_address, change)), server_(make(server_address, change)) {}

  ft::Stack& client() { return client_; }
  ft::Stack& server() { return server_; }
  Instant now() const { return now_; }

  void listen(std::uint16_t port) {
    const ft::ListenOptions options{.backlog = 4096, .syn_queue = 4096, .tcp = {}};
    if (const auto listener = server_.listen({server_address, port}, options); !listener) {
      fail("listen", ft::describe(listener.error()));
    }
  }

  /// One exchange: packets across, deadlines that are due, then events to the two applications.
  template <class OnClient, class OnServer>
  void turn(OnClient on_client, OnServer on_server) {
    now_ = counted_turns() != 0
               ? now_ + std::chrono::microseconds(40)
               : Instant(std::chrono::duration_cast<ft::Duration>(std::chrono::steady_clock::now().time_since_epoch()));
    carry(client_, server_);
    while (const auto event = server_.poll_event()) on_server(*event);
    carry(server_, client_);
    while (const auto event = client_.poll_event()) on_client(*event);
    wake(client_);
    wake(server_);
  }

 private:
  static ft::Stack make(IpAddress address, ft::TcpOptions (*change)(ft::TcpOptions)) {
    ft::StackConfig config = config_for(address);
    if (change != nullptr) config.tcp = change(config.tcp);
    return ft::Stack(std::move(config));
  }
  void carry(ft::Stack& from, ft::Stack& to) {
    for (int i = 0; i < batch; ++i) {
      const auto packet = from.poll_transmit(now_, buffer_);
      if (!packet) return;
      to.on_packet(now_, std::span(buffer_).first(packet->length));
    }
  }
  void wake(ft::Stack& stack) {
    const auto deadline = stack.next_deadline();
    if (deadline && *deadline <= now_) stack.on_deadline(now_);
  }

  Instant now_{};
  ft::Stack client_;
  ft::Stack server_;
  std::array<std::byte, 2048> buffer_{};
};

void accept_all(World& world, ft::ListenerId listener, auto on_accepted) {
  while (const auto id = world.server().accept(listener)) on_accepted(*id);
}

ConnectionId connect(World& world, std::uint16_t port) {
  const auto id = world.client().connect(world.now(), {server_address, port});
  if (!id) fail("connect", ft::describe(id.error().code));
  return *id;
}

/// Turns for `seconds` after the warm-up; `mark` takes the counters.
template <class Turn, class Count>
std::array<bench::Mark, 2> run_for(double seconds, Turn turn, Count count) {
  const double start = bench::wall_seconds();
  std::array<bench::Mark, 2> marks;
  if (const int turns = counted_turns(); turns != 0) {
    marks[0] = count();
    for (int i = 0; i < turns; ++i) turn();
    marks[1] = count();
    std::printf("%d turns, %llu segments, %llu connections: ", turns,
                static_cast<unsigned long long>(marks[1].segments - marks[0].segments),
                static_cast<unsigned long long>(marks[1].done - marks[0].done));
    return marks;
  }
  bool warm = false;
  for (;;) {
    for (int i = 0; i < 16; ++i) turn();
    const double now = bench::wall_seconds();
    if (!warm && now - start > warm_up) {
      warm = true;
      marks[0] = count();
    } else if (warm && now - marks[0].wall >= seconds) {
      marks[1] = count();
      return marks;
    }
  }
}

void bulk(double seconds, int flows) {
  World world;
  world.listen(first_port);
  const std::vector<std::byte> text(16384, std::byte{'x'});
  std::uint64_t octets = 0;
  world.turn([](const Event&) {}, [](const Event&) {});
  for (int i = 0; i < flows; ++i) connect(world, first_port);

  const auto drain = [&](ConnectionId id) {
    for (;;) {
      const auto there = world.server().peek(id);
      if (there.empty()) return;
      octets += there.size();
      world.server().consume(id, there.size());
    }
  };
  const auto on_server = [&](const Event& event) {
    if (event.kind == Event::Kind::acceptable) accept_all(world, event.listener, drain);
    if (event.kind == Event::Kind::readable) drain(event.connection);
    if (event.kind == Event::Kind::closed) fail("a flow ended", ft::describe(event.why));
  };
  const auto on_client = [&](const Event& event) {
    if (event.kind == Event::Kind::closed) fail("a flow ended", ft::describe(event.why));
    if (event.kind != Event::Kind::connected && event.kind != Event::Kind::writable) return;
    while (const auto taken = world.client().write(event.connection, text)) {
      if (*taken < text.size()) break;
    }
  };
  const auto marks = run_for(
      seconds, [&] { world.turn(on_client, on_server); },
      [&] {
        bench::Mark mark;
        mark.octets = octets;
        mark.segments = world.client().counters().segments_out + world.server().counters().segments_out;
        return mark;
      });
  bench::print_bulk("fourtuple", flows, marks[0], marks[1]);
}

ft::TcpOptions short_time_wait(ft::TcpOptions options) {
  options.msl = std::chrono::microseconds(100);
  return options;
}

void crr(double seconds, int concurrent) {
  World world(short_time_wait);
  world.listen(first_port);
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  world.turn([](const Event&) {}, [](const Event&) {});
  for (int i = 0; i < concurrent; ++i) connect(world, first_port);

  std::array<std::byte, 64> text{};
  const auto echo = [&](ConnectionId id) {
    while (const auto got = world.server().read(id, text)) {
      if (*got == 0) {
        if (!world.server().close(id)) ++failed;
        return;
      }
      if (!world.server().write(id, std::span(text).first(*got))) ++failed;
    }
  };
  const auto on_server = [&](const Event& event) {
    if (event.kind == Event::Kind::acceptable) accept_all(world, event.listener, echo);
    if (event.kind == Event::Kind::readable) echo(event.connection);
  };
  const auto on_client = [&](const Event& event) {
    auto& client = world.client();
    if (event.kind == Event::Kind::connected) {
      if (!client.write(event.connection, std::span(text).first(1))) ++failed;
    } else if (event.kind == Event::Kind::readable) {
      const auto got = client.read(event.connection, text);
      if (!got || *got != 1) return;
      ++done;
      if (!client.close(event.connection)) ++failed;
      connect(world, first_port);
    } else if (event.kind == Event::Kind::closed) {
      ++failed;
      static_cast<void>(client.close(event.connection));
      connect(world, first_port);
    }
  };
  const auto marks = run_for(
      seconds, [&] { world.turn(on_client, on_server); },
      [&] {
        bench::Mark mark;
        mark.done = done;
        return mark;
      });
  bench::print_crr("fourtuple", concurrent, failed, marks[0], marks[1]);
}

void idle(std::int64_t connections, std::int64_t step) {
  constexpr std::int64_t a_port = 50'000;  // connections to one port of the server: below the 64,512 ephemeral ports
  constexpr std::int64_t at_once = 256;
  World world;
  for (std::int64_t i = 0; i < (connections + a_port - 1) / a_port; ++i) world.listen(static_cast<std::uint16_t>(first_port + i));
  const std::int64_t resident = bench::resident();
  const std::int64_t heap = bench::heap();
  const double start = bench::wall_seconds();
  std::int64_t started = 0;
  std::int64_t connected = 0;
  std::int64_t accepted = 0;
  while (accepted < connections || connected < connections) {
    const std::int64_t goal = std::min(connections, (accepted / step + 1) * step);
    while (started < goal && started - std::min(connected, accepted) < at_once) {
      connect(world, static_cast<std::uint16_t>(first_port + started / a_port));
      ++started;
    }
    const std::int64_t before = std::min(connected, accepted);
    world.turn(
        [&](const Event& event) {
          if (event.kind == Event::Kind::connected) ++connected;
          if (event.kind == Event::Kind::closed) fail("a connection ended", ft::describe(event.why));
        },
        [&](const Event& event) {
          if (event.kind == Event::Kind::acceptable) accept_all(world, event.listener, [&](ConnectionId) { ++accepted; });
        });
    const std::int64_t after = std::min(connected, accepted);
    if (after != before && (after == goal)) {
      bench::print_idle("fourtuple", after, bench::resident() - resident, bench::heap() - heap, bench::wall_seconds() - start);
    }
  }
}

}  // namespace

int main(int argc, char** argv) { return bench::run("memory_bench", argc, argv, {.bulk = bulk, .crr = crr, .idle = idle}); }
