// Two stacks and a hostile link between them: the octets decide what each application does and which packet is delivered,
// lost, doubled, overtaken or damaged. Whatever happens, what is read is what was written, in order; and once the link is
// good again everything written arrives, both sides close, and nothing is left.
#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "bytes.hpp"
#include "fourtuple/stack.hpp"
#include "trace/sinks.hpp"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

using namespace ft;
using namespace ft::fuzz;

namespace {

using namespace std::chrono_literals;

struct Flight {
  std::vector<std::byte> packet;
  bool super = false;
};

struct Side {
  std::unique_ptr<Stack> stack;
  IpAddress address;
  ListenerId listener{};
  ConnectionId connection{};
  std::deque<Flight> sent;    // on its way to the other side
  std::uint64_t written = 0;  // octets that the stack took
  std::uint64_t read = 0;     // octets that the application got
  bool shut = false;          // we ended our stream
  bool end_seen = false;      // and the peer theirs
  CloseReason closed = CloseReason::none;
};

/// The octet that stands at `at` of the stream that side `from` writes.
std::byte pattern(std::size_t from, std::uint64_t at) { return static_cast<std::byte>(at * 31 + (at >> 8) * 7 + from * 101); }

class Duel {
 public:
  explicit Duel(Bytes& in) {
    const std::uint8_t bits = in.u8();
    v6_ = (bits & 1) != 0;
    for (std::size_t i = 0; i < 2; ++i) open(i, in, (bits & 2) != 0);
    simultaneous_ = (bits & 4) != 0;
    start();
  }

  void step(Bytes& in) {
    const std::uint8_t code = in.u8();
    const std::size_t side = code >> 7;
    switch ((code & 0x7f) % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
        deliver(side, 0);
        break;
      case 4:
        deliver(1 - side, 0);
        deliver(side, 0);
        break;
      case 5:
        lose(side);
        break;
      case 6:
        repeat(side);
        break;
      case 7:
        deliver(side, in.below(8));
        break;
      case 8:
        damage(side, in);
        break;
      case 9:
        write(side, in.u16());
        break;
      case 10:
        write(side, in.below(64));
        break;
      case 11:
        read(side, in.u16());
        break;
      case 12:
        read(side, 1 + in.below(100));
        break;
      case 13:
        if (in.below(8) == 7) shutdown(side);
        break;
      case 14:
        pass(in.pick(std::array<Duration, 6>{1ms, 10ms, 50ms, 250ms, 1s, 20s}));
        break;
      default:
        to_deadline();
        break;
    }
    drain();
  }

  /// The link is good from now on.
  void finish() {
    run_until([this] { return settled(); }, 20000);
    for (std::size_t i = 0; i < 2; ++i) {
      if (is_alive(0) && is_alive(1)) FT_ASSERT(sides_[i].read == sides_[1 - i].written);
      shutdown(i);
    }
    run_until([this] { return ports_are_free(); }, 20000);
    drain();  // the last events
    for (const Side& side : sides_) {
      FT_ASSERT(side.closed != CloseReason::none || !side.connection);
      FT_ASSERT(side.stack->buffer_memory() == 0 || side.connection);
    }
  }

 private:
  void open(std::size_t i, Bytes& in, bool super) {
    StackConfig c;
    sides_[i].address =
        v6_ ? *IpAddress::parse(i == 0 ? "fd00::1" : "fd00::2") : IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(i + 1));
    c.addresses = {{sides_[i].address, static_cast<std::uint8_t>(v6_ ? 64 : 24)}};
    c.mtu = in.pick(std::array<std::uint32_t, 3>{1500, 1280, 9000});
    c.secret.fill(in.u8());
    const std::uint8_t bits = in.u8();
    c.tcp.window_scale = (bits & 1) == 0;
    c.tcp.sack = (bits & 2) == 0;
    c.tcp.timestamps = (bits & 4) == 0;
    c.tcp.nagle = (bits & 8) == 0;
    c.tcp.send_buffer = in.pick(std::array<std::uint32_t, 4>{65536, 3000, 100, 1u << 19});
    c.tcp.receive_buffer = in.pick(std::array<std::uint32_t, 4>{65536, 3000, 100, 1u << 19});
    c.tcp.fin_wait_2_timeout = 0s;
    c.tcp.user_timeout = 24h;  // nobody gives up: what does not arrive in the end is our mistake
    c.tcp.connect_timeout = 24h;
    c.max_super_segment = super ? 40000 : 0;
    sides_[i].stack = std::make_unique<Stack>(c);
    if (std::getenv("FUZZ_STORY") != nullptr) sides_[i].stack->set_trace(&story_, static_cast<std::uint8_t>(i));
  }

  void start() {
    Side& a = sides_[0];
    Side& b = sides_[1];
    if (simultaneous_) {
      ConnectOptions from_a;
      ConnectOptions from_b;
      from_a.local_port = 1000;
      from_b.local_port = 2000;
      a.connection = *a.stack->connect(now_, {b.address, 2000}, from_a);
      b.connection = *b.stack->connect(now_, {a.address, 1000}, from_b);
    } else {
      b.listener = *b.stack->listen({b.address, 80});
      a.connection = *a.stack->connect(now_, {b.address, 80});
    }
    drain();
  }

  // --- the link --------------------------------------------------------------------------------------------------

  void deliver(std::size_t from, std::size_t which) {
    auto& queue = sides_[from].sent;
    if (queue.empty()) return;
    which %= queue.size();
    const Flight flight = std::move(queue[which]);
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(which));
    sides_[1 - from].stack->on_packet(now_, flight.packet, {.checksum_verified = flight.super});
  }
  void lose(std::size_t from) {
    if (!sides_[from].sent.empty()) sides_[from].sent.pop_front();
  }
  void repeat(std::size_t from) {
    if (!sides_[from].sent.empty()) sides_[from].sent.push_back(sides_[from].sent.front());
  }
  void damage(std::size_t from, Bytes& in) {
    auto& queue = sides_[from].sent;
    if (queue.empty() || queue.front().super) return;
    auto& packet = queue.front().packet;
    // In the TCP part, where one checksum covers all; one bit is always found.
    const std::size_t header = v6_ ? 40 : 20;
    packet[header + in.u16() % (packet.size() - header)] ^= static_cast<std::byte>(1 << in.below(8));
    deliver(from, 0);
  }

  // --- the applications --------------------------------------------------------------------------------------------

  void write(std::size_t i, std::size_t n) {
    Side& side = sides_[i];
    if (!side.connection || side.shut || side.closed != CloseReason::none) return;
    std::vector<std::byte> text(n);
    for (std::size_t k = 0; k < n; ++k) text[k] = pattern(i, side.written + k);
    if (const auto taken = side.stack->write(side.connection, text)) side.written += *taken;
  }
  /// The octets read.
  std::size_t read(std::size_t i, std::size_t n) {
    Side& side = sides_[i];
    if (!side.connection) return 0;
    const std::span<std::byte> into = std::span{in_}.first(std::min(n, in_.size()));
    const auto got = side.stack->read(side.connection, into);
    if (!got) return 0;
    FT_ASSERT(*got <= n && side.read + *got <= sides_[1 - i].written);
    FT_ASSERT(*got == 0 || !side.end_seen);
    for (std::size_t k = 0; k < *got; ++k) FT_ASSERT(into[k] == pattern(1 - i, side.read + k));
    side.read += *got;
    if (*got != 0 || n == 0) return *got;
    FT_ASSERT(sides_[1 - i].shut && side.read == sides_[1 - i].written);
    side.end_seen = true;
    return 0;
  }
  void shutdown(std::size_t i) {
    Side& side = sides_[i];
    if (side.connection && side.stack->shutdown(side.connection)) side.shut = true;
  }

  // --- time --------------------------------------------------------------------------------------------------------

  void pass(Duration step) {
    now_ += step;
    for (Side& side : sides_) side.stack->on_deadline(now_);
  }
  std::optional<Instant> deadline() const {
    std::optional<Instant> first;
    for (const Side& side : sides_) {
      const auto at = side.stack->next_deadline();
      if (at && (!first || *at < *first)) first = at;
    }
    return first;
  }
  void to_deadline() {
    if (const auto at = deadline()) pass(std::max(*at, now_) - now_);
  }

  void drain() {
    for (std::size_t i = 0; i < 2; ++i) {
      Side& side = sides_[i];
      for (int packets = 0; const auto transmit = side.stack->poll_transmit(now_, out_); ++packets) {
        FT_ASSERT(packets < 20000);
        if (side.sent.size() == 400) side.sent.pop_front();  // the link's queue has an end, too
        side.sent.push_back(
            {{out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(transmit->length)}, transmit->segment_size != 0});
      }
      while (const auto event = side.stack->poll_event()) {
        if (event->kind == Event::Kind::acceptable && !side.connection) {
          if (const auto id = side.stack->accept(side.listener)) side.connection = *id;
        }
        if (event->kind == Event::Kind::closed) side.closed = event->why;
      }
    }
  }

  template <typename Done>
  void run_until(Done done, int limit) {
    for (int rounds = 0; !done(); ++rounds) {
      FT_ASSERT(rounds < limit);
      for (std::size_t i = 0; i < 2; ++i) {
        while (read(i, in_.size()) != 0) {
        }
      }
      drain();
      const bool idle = sides_[0].sent.empty() && sides_[1].sent.empty();
      if (idle) {
        if (!deadline()) {
          // A listener that gave up on the handshake may leave the client alone with a connection, and silent.
          FT_ASSERT(done() || !sides_[1].connection);
          return;
        }
        to_deadline();
      } else {
        pass(1ms);
      }
      for (std::size_t i = 0; i < 2; ++i) {
        while (!sides_[i].sent.empty()) deliver(i, 0);
      }
    }
  }

  bool is_alive(std::size_t i) const {
    return sides_[i].connection && (sides_[i].closed == CloseReason::none || sides_[i].closed == CloseReason::normal);
  }
  /// All that was written has been read, or the connection came to a bad end.
  bool settled() const {
    if (!is_alive(0)) return true;
    if (!sides_[1].connection) return false;
    return !is_alive(1) || (sides_[0].read == sides_[1].written && sides_[1].read == sides_[0].written);
  }
  bool ports_are_free() const {
    const std::size_t listening = simultaneous_ ? 0 : 1;
    return sides_[0].stack->ports().empty() && sides_[1].stack->ports().size() == listening;
  }

  trace::TextLines story_{
      [](std::string_view line) { std::fprintf(stderr, "%.*s", static_cast<int>(line.size()), line.data()); }};
  std::array<Side, 2> sides_;
  bool v6_ = false;
  bool simultaneous_ = false;
  Instant now_{std::chrono::seconds(1)};
  std::vector<std::byte> out_ = std::vector<std::byte>(70000);
  std::vector<std::byte> in_ = std::vector<std::byte>(70000);
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes in{data, size};
  Duel duel{in};
  for (int steps = 0; steps < 400 && !in.empty(); ++steps) duel.step(in);
  duel.finish();
  return 0;
}
