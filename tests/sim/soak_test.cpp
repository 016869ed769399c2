// Random worlds: two hosts, random faults, random octets both ways, half-closes. The octets arrive as they were written or the
// connection says why not; nothing waits for ever; and in the end no buffer memory is left.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "sim/world.hpp"

using namespace ft;
using namespace ft::sim;
using namespace std::chrono_literals;

namespace {

struct Nothing final : trace::Sink {
  void on_event(const trace::Event&) override {}
};

/// An application that writes its octets in pieces, reads in pieces and with pauses, and closes its half when it is done.
class Talker {
 public:
  Talker(World& world, World::Host host, Rng rng, std::size_t octets) : world_(world), host_(host), rng_(rng), to_send_(octets) {
    for (auto& octet : to_send_) octet = static_cast<std::byte>(rng_.next() & 0xff);
    pauses_ = rng_.chance(0.3);
  }

  /// At that time it aborts, or closes without a thought for what is unread.
  void leaves_early(Instant when, bool by_abort) {
    world_.at(when, [this, by_abort] {
      if (!open_ || !id_) return;
      open_ = false;
      left_early_ = true;
      CHECK((by_abort ? world_.use(host_).abort(id_) : world_.use(host_).close(id_)).has_value());
    });
  }
  bool left_early() const { return left_early_; }

  void owns(ConnectionId id) { id_ = id; }
  bool is_mine(ConnectionId id) const { return id_ == id && open_; }
  const std::vector<std::byte>& sent() const { return to_send_; }
  const std::vector<std::byte>& received() const { return received_; }
  bool end_seen() const { return end_seen_; }
  bool done() const { return !open_; }
  CloseReason why() const { return why_; }

  void on_event(const Event& event) {
    if (event.kind == Event::Kind::closed) why_ = event.why;
    go_on();
    if (event.kind == Event::Kind::closed && open_ && why_ != CloseReason::normal) leave();
  }

  void go_on() {
    if (!open_) return;
    write();
    read();
    if (end_seen_ && at_ == to_send_.size() && open_) leave();
  }

 private:
  void leave() {
    open_ = false;
    CHECK(world_.use(host_).close(id_).has_value());
  }

  void write() {
    while (at_ < to_send_.size()) {
      const std::size_t n = std::min<std::size_t>(to_send_.size() - at_, 1 + rng_.below(5000));
      const auto taken = world_.use(host_).write(id_, std::span{to_send_}.subspan(at_, n));
      if (!taken) return;
      at_ += *taken;
    }
    if (shut_) return;
    shut_ = world_.use(host_).shutdown(id_).has_value();
  }

  void read() {
    std::vector<std::byte> piece(1 + rng_.below(4000));
    while (!end_seen_) {
      if (paused_) return;
      const auto n = world_.use(host_).read(id_, piece);
      if (!n) return;
      if (*n == 0) {
        end_seen_ = true;
        return;
      }
      received_.insert(received_.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*n));
      if (pauses_ && rng_.chance(0.05)) {
        paused_ = true;
        world_.at(world_.now() + Duration{static_cast<std::int64_t>(rng_.below(3'000'000'000))}, [this] {
          paused_ = false;
          go_on();
        });
      }
    }
  }

  World& world_;
  World::Host host_;
  Rng rng_;
  std::vector<std::byte> to_send_, received_;
  std::size_t at_ = 0;
  ConnectionId id_{};
  bool open_ = true, shut_ = false, end_seen_ = false, pauses_ = false, paused_ = false, left_early_ = false;
  CloseReason why_ = CloseReason::none;
};

Duration random_time(Rng& rng, Duration most) {
  return Duration{static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(most.count()) + 1))};
}

ImpairmentSettings random_link(Rng& rng, double most_loss) {
  ImpairmentSettings s;
  s.delay = random_time(rng, 120ms);
  if (rng.chance(0.3)) s.jitter = random_time(rng, 40ms);
  if (rng.chance(0.7)) s.loss = rng.uniform() * most_loss;
  if (rng.chance(0.2)) s.burst = {.enter = 0.005, .leave = 0.4, .loss = 0.8};
  if (rng.chance(0.4)) s.duplicate = rng.uniform() * 0.1;
  if (rng.chance(0.4)) s.reorder = rng.uniform() * 0.1;
  s.reorder_by = random_time(rng, 60ms);
  if (rng.chance(0.3)) s.corrupt = rng.uniform() * 0.03;
  if (rng.chance(0.4)) s.rate = 100'000 + rng.below(50'000'000);
  if (rng.chance(0.3)) s.queue_packets = static_cast<std::uint32_t>(5 + rng.below(50));
  s.seed = rng.next();
  return s;
}

StackConfig random_host(Rng& rng, IpAddress address) {
  StackConfig config;
  config.addresses = {{address, static_cast<std::uint8_t>(address.is_v4() ? 24 : 64)}};
  config.mtu = static_cast<std::uint32_t>(1280 + rng.below(8000));
  config.mtu = std::min(config.mtu, std::uint32_t{1500});
  TcpOptions& tcp = config.tcp;
  tcp.sack = rng.chance(0.7);
  tcp.timestamps = rng.chance(0.7);
  tcp.window_scale = rng.chance(0.7);
  tcp.nagle = rng.chance(0.7);
  tcp.receive_buffer = static_cast<std::uint32_t>(2000 + rng.below(rng.chance(0.5) ? 6000 : 300'000));
  tcp.send_buffer = static_cast<std::uint32_t>(2000 + rng.below(rng.chance(0.5) ? 6000 : 300'000));
  if (rng.chance(0.2)) tcp.mss = static_cast<std::uint16_t>(100 + rng.below(1000));
  // Who has said all it had to say and waits for a peer whose RST was lost has nothing else to find out by.
  tcp.keepalive = true;
  tcp.keepalive_idle = 60s + random_time(rng, 120s);
  return config;
}

/// Two hosts and a link, a caller and an answerer.
struct Two {
  Nothing nothing;
  Rng rng;
  World world;
  bool ipv6 = rng.chance(0.5);
  IpAddress left = *IpAddress::parse(ipv6 ? "fd00::1" : "10.0.0.1"), right = *IpAddress::parse(ipv6 ? "fd00::2" : "10.0.0.2");
  World::Host a = world.add_host(random_host(rng, left)), b = world.add_host(random_host(rng, right));
  Talker caller{world, a, rng.fork(), random_size()}, answerer{world, b, rng.fork(), random_size()};
  bool accepted = false;

  Two(std::uint64_t seed, double most_loss) : rng(seed), world(seed, nothing) {
    world.add_link(a, b, random_link(rng, most_loss), random_link(rng, most_loss));
    world.set_prompt(b, rng.chance(0.3));
    const auto listener = world.use(b).listen({right, 80});
    REQUIRE(listener.has_value());
    world.on_event(b, [this, id = *listener](const Event& event) { on_answerer_event(id, event); });
    world.on_event(a, [this](const Event& event) {
      if (caller.is_mine(event.connection)) caller.on_event(event);
    });
    const auto id = world.use(a).connect(world.now(), {right, 80});
    REQUIRE(id.has_value());
    caller.owns(*id);
  }

  void on_answerer_event(ListenerId listener, const Event& event) {
    if (event.kind == Event::Kind::acceptable) {
      const auto id = world.use(b).accept(listener);
      if (!id) return;
      REQUIRE_FALSE(accepted);
      accepted = true;
      answerer.owns(*id);
      answerer.go_on();
    } else if (accepted && answerer.is_mine(event.connection)) {
      answerer.on_event(event);
    }
  }

  std::size_t random_size() {
    return rng.chance(0.1) ? 0 : static_cast<std::size_t>(rng.below(rng.chance(0.4) ? 3000 : 300'000));
  }

  void leaves_nothing_behind() {
    for (const auto host : {a, b}) {
      CHECK(world.look(host)->buffer_memory() == 0);
      for (const PortEntry& entry : world.look(host)->ports()) CHECK(entry.state == "LISTEN");
    }
    CHECK(world.in_flight() == 0);
  }
};

/// FT_SEEDS=5000 in the environment asks for a longer soak.
std::uint64_t seeds(std::uint64_t usual) {
  const char* wanted = std::getenv("FT_SEEDS");
  return wanted == nullptr ? usual : std::strtoull(wanted, nullptr, 10);
}

bool is_start_of(const std::vector<std::byte>& part, const std::vector<std::byte>& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

}  // namespace

TEST_CASE("random octets cross random worlds unharmed, and nothing is left behind") {
  std::uint64_t retransmissions = 0, dropped = 0;
  for (std::uint64_t seed = 1; seed <= seeds(250); ++seed) {
    CAPTURE(seed);
    Two two{seed, 0.05};
    REQUIRE_MESSAGE(two.world.run_until(Instant{} + 1h, 3'000'000), "the world does not come to rest");
    CHECK(two.accepted);
    CHECK(two.caller.done());
    CHECK(two.answerer.done());
    CHECK(two.caller.end_seen());
    CHECK(two.answerer.end_seen());
    CHECK(two.answerer.received() == two.caller.sent());
    CHECK(two.caller.received() == two.answerer.sent());
    two.leaves_nothing_behind();
    for (const auto host : {two.a, two.b}) {
      retransmissions += two.world.look(host)->counters().retransmissions;
      for (const auto n : two.world.look(host)->counters().dropped) dropped += n;
    }
  }
  // The worlds were hard enough to be worth the name.
  CHECK(retransmissions > 1000);
  CHECK(dropped > 500);
}

TEST_CASE("who leaves early or meets a hopeless link is told why, and what arrived is the start of what was sent") {
  std::size_t whole = 0, broken = 0;
  for (std::uint64_t seed = 1; seed <= seeds(250); ++seed) {
    CAPTURE(seed);
    Two two{seed, seed % 3 == 0 ? 0.5 : 0.05};
    Rng chance{seed + 1'000'000};
    if (chance.chance(0.6)) {
      Talker& who = chance.chance(0.5) ? two.caller : two.answerer;
      who.leaves_early(Instant{} + random_time(chance, chance.chance(0.5) ? 500ms : 5s), chance.chance(0.5));
    }
    REQUIRE_MESSAGE(two.world.run_until(Instant{} + 3h, 3'000'000), "the world does not come to rest");
    CHECK(is_start_of(two.answerer.received(), two.caller.sent()));
    CHECK(is_start_of(two.caller.received(), two.answerer.sent()));
    for (const auto* end : {&two.caller, &two.answerer}) {
      if (end == &two.answerer && !two.accepted) continue;
      CHECK(end->done());
      CHECK((end->left_early() || end->end_seen() || (end->why() != CloseReason::none && end->why() != CloseReason::normal)));
    }
    two.leaves_nothing_behind();
    const bool all = two.answerer.received() == two.caller.sent() && two.caller.received() == two.answerer.sent();
    ++(all ? whole : broken);
  }
  CHECK(whole > 50);
  CHECK(broken > 50);
}
