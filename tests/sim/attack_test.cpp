// Under attack, in virtual time: what strangers may cost, and that others do not notice.
#include "unit/stack/attacker.hpp"

#include "base/rng.hpp"
#include "unit/stack/pair.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace ft;
using namespace ft::test;

namespace {

/// How many guesses the blind attacks make: FT_ATTACKS, else few enough for everyday.
std::uint64_t attacks() {
  const char* told = std::getenv("FT_ATTACKS");
  return told == nullptr ? 200'000 : std::strtoull(told, nullptr, 10);
}

wire::TcpHeader header_of(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack = 0, std::uint16_t window = 65535) {
  wire::TcpHeader header;
  header.seq = Seq{seq};
  header.ack = Seq{ack};
  header.flags = flags;
  header.window = window;
  return header;
}

IpAddress spoofed(Rng& rng, bool v6) {
  std::array<std::uint8_t, 16> octets{0xfd, 0x77};
  for (std::size_t i = 2; i < 16; ++i) octets[i] = static_cast<std::uint8_t>(rng.next());
  if (v6) return IpAddress::from_octets(Family::ipv6, octets);
  return IpAddress::v4(10, octets[2] | 1, octets[3], static_cast<std::uint8_t>(octets[4] | 1));
}

/// A pair that anybody can send to; what answers strangers is lost.
struct Besieged : Pair {
  explicit Besieged(bool v6 = false, const std::function<void(StackConfig&, StackConfig&)>& change = {})
      : Pair(v6, [&](StackConfig& a, StackConfig& b) {
          a.routes = b.routes = {{IpAddress::unspecified(v6 ? Family::ipv6 : Family::ipv4), 0, {}}};
          if (change) change(a, b);
        }) {}
  Verdict strike(const std::vector<std::byte>& packet) { return stacks[1].on_packet(now, packet); }
  /// Throws away what the server sends, and counts it.
  std::uint64_t discard() {
    std::array<std::byte, 2000> buffer;
    std::uint64_t count = 0;
    while (stacks[1].poll_transmit(now, buffer)) ++count;
    return count;
  }
};

}  // namespace

TEST_CASE("in a flood of 100,000 SYNs a second 99 of 100 honest clients are connected within three seconds") {
  for (const bool v6 : {false, true}) {
    constexpr int honest = 1000;
    constexpr std::uint32_t queue = 1024;
    Besieged town(v6);
    town.listener = *town.stacks[1].listen(town.at(1, 80), {.backlog = 256, .syn_queue = queue});
    const IpAddress honest_host = town.address(0);
    town.filter = [honest_host, v6](int from, auto& packet) {
      if (from == 0) return true;
      // Strangers never hear our answers: only what goes to the honest host travels on.
      const std::size_t at = v6 ? 24 : 16;
      const auto octets = honest_host.octets();
      return std::equal(octets.begin(), octets.end(), reinterpret_cast<const std::uint8_t*>(packet.data() + at));
    };
    Rng rng{4987};
    std::vector<std::pair<ConnectionId, Instant>> clients;
    int in_time = 0;
    std::size_t accepted = 0;
    std::size_t most_half_open = 0;
    const auto flood = [&] {
      for (int i = 0; i < 100; ++i) {
        const FourTuple tuple{{spoofed(rng, v6), static_cast<std::uint16_t>(1024 + rng.below(60000))}, town.at(1, 80)};
        town.strike(segment_packet(tuple, header_of(wire::tcp_flag::syn, static_cast<std::uint32_t>(rng.next()))));
        std::array<std::byte, 2000> buffer;
        while (const auto transmit = town.stacks[1].poll_transmit(town.now, buffer)) {
          std::vector<std::byte> packet(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(transmit->length));
          if (town.filter(1, packet)) town.wire.push_back({town.now + town.delay, 0, std::move(packet)});
        }
      }
    };
    for (int ms = 0; ms < 3000 + honest; ++ms) {
      if (ms < honest) clients.emplace_back(*town.stacks[0].connect(town.now, town.at(1, 80)), town.now);
      if (ms < 3000) flood();
      town.run(1ms);
      while (town.stacks[1].accept(town.listener)) ++accepted;
      const auto here = *town.stacks[1].holder({town.at(1, 80), {}});
      most_half_open = std::max<std::size_t>(most_half_open, here.half_open);
      std::erase_if(clients, [&](const auto& client) {
        const bool connected = town.stacks[0].info(client.first)->state == "ESTABLISHED";
        const bool late = town.now - client.second > 3s;
        in_time += connected && !late ? 1 : 0;
        return connected || late;
      });
    }
    CHECK(in_time >= honest * 99 / 100);
    CHECK(accepted >= honest * 99 / 100);
    CHECK(most_half_open <= queue);
    CHECK(town.stacks[1].buffer_memory() == 0);
    CHECK(town.stacks[1].counters().syn_cookies_sent > 250'000);
  }
}

TEST_CASE("blind RSTs, SYNs, text, ACKs and ICMP errors cost a connection nothing but its throttled answers") {
  Besieged town;
  town.establish();
  const auto before = *town.stacks[1].info(town.server);
  const FourTuple tuple{town.stacks[0].info(town.client)->tuple.local, town.at(1, 80)};  // the attacker knows it
  const FourTuple back{tuple.remote, tuple.local};
  Rng rng{5961};
  const std::array<std::byte, 32> text{std::byte{'x'}};
  std::uint64_t answers = 0;
  const std::uint64_t guesses = attacks();
  for (std::uint64_t i = 0; i < guesses; ++i) {
    const auto seq = static_cast<std::uint32_t>(rng.next());
    const auto ack = static_cast<std::uint32_t>(rng.next());
    using namespace wire::tcp_flag;
    switch (i % 6) {
      case 0:
        town.strike(segment_packet(tuple, header_of(rst, seq)));
        break;
      case 1:
        town.strike(segment_packet(tuple, header_of(syn, seq)));
        break;
      case 2:
        town.strike(segment_packet(tuple, header_of(wire::tcp_flag::ack | psh, seq, ack), text));
        break;
      case 3:
        town.strike(segment_packet(tuple, header_of(rst | wire::tcp_flag::ack, seq, ack)));
        break;
      case 4:
        town.strike(icmp_packet(back, 3, static_cast<std::uint8_t>(rng.below(5)), seq, 100));
        break;
      default:
        town.strike(segment_packet(tuple, header_of(wire::tcp_flag::ack | fin, seq, ack)));
        break;
    }
    if (i % 10 == 9) {
      answers += town.discard();
      town.now += 1ms;  // ten thousand a second
    }
  }
  answers += town.discard();
  const auto after = *town.stacks[1].info(town.server);
  CHECK(after.state == before.state);
  CHECK(after.rcv_nxt == before.rcv_nxt);
  CHECK(after.snd_una == before.snd_una);
  CHECK(after.mss == before.mss);
  CHECK(after.receive_queued == 0);
  CHECK(town.stacks[1].buffer_memory() < 300'000);  // in-window guesses may wait beyond a hole: in its own buffer, no more
  const auto seconds = guesses / 10'000 + 1;
  CHECK(answers <= (seconds / 5 + 1) * 10 + guesses / 20'000);  // ten in five seconds, and the rare guess just behind the window
  // And the honest peer goes on.
  CHECK(town.write(0, town.client, "still here") == 10);
  town.run(5s);
  CHECK(town.read_all(1, town.server) == "still here");
  MESSAGE(guesses << " blind guesses, " << answers << " answers");
}

TEST_CASE("acknowledgements of what was never sent do not open the congestion window") {
  Besieged town;
  town.establish();
  const auto start = *town.stacks[1].info(town.server);
  const FourTuple tuple{town.stacks[0].info(town.client)->tuple.local, town.at(1, 80)};
  std::string much(100'000, 'y');
  town.write(1, town.server, much);
  town.discard();
  for (std::uint32_t i = 1; i < 1000; ++i) {
    auto header = header_of(wire::tcp_flag::ack, start.rcv_nxt, start.snd_una + 20'000 + 1460 * i);
    header.options.timestamps = wire::Timestamps{0x7000'0000, 0};
    town.strike(segment_packet(tuple, header));
  }
  const auto after = *town.stacks[1].info(town.server);
  CHECK(after.snd_una == start.snd_una);
  CHECK(after.cwnd == start.cwnd);
}

TEST_CASE("acknowledging octet by octet opens the congestion window by octets, not by ACKs") {
  Besieged town(false, [](StackConfig& a, StackConfig&) { a.tcp.timestamps = false; });
  town.establish();
  const auto start = *town.stacks[1].info(town.server);
  const FourTuple tuple{town.stacks[0].info(town.client)->tuple.local, town.at(1, 80)};
  town.write(1, town.server, std::string(100'000, 'y'));
  town.discard();
  town.now += 20ms;
  for (std::uint32_t octet = 1; octet <= 1460; ++octet)
    town.strike(segment_packet(tuple, header_of(wire::tcp_flag::ack, start.rcv_nxt, start.snd_una + octet)));
  const auto after = *town.stacks[1].info(town.server);
  CHECK(after.snd_una == start.snd_una + 1460);
  CHECK(after.cwnd <= start.cwnd + 1460);
  CHECK(town.stacks[1].buffer_memory() < 400'000);
}

TEST_CASE("a peer that claims an MSS of one octet, or cuts its SACK blocks small, costs no more memory than another") {
  for (const std::uint16_t mss : {std::uint16_t{1}, std::uint16_t{1460}}) {
    Besieged town;
    town.listener = *town.stacks[1].listen(town.at(1, 80));
    const FourTuple tuple{{IpAddress::v4(10, 9, 9, 9), 4000}, town.at(1, 80)};
    auto syn = header_of(wire::tcp_flag::syn, 1000);
    syn.options.mss = mss;
    syn.options.sack_permitted = true;
    town.strike(segment_packet(tuple, syn));
    std::uint32_t iss = 0;
    std::array<std::byte, 2000> buffer;
    while (const auto transmit = town.stacks[1].poll_transmit(town.now, buffer))
      iss = wire::parse_tcp(std::span(buffer).first(transmit->length).subspan(20))->header.seq.value();
    town.strike(segment_packet(tuple, header_of(wire::tcp_flag::ack, 1001, iss + 1)));
    const auto server = *town.stacks[1].accept(town.listener);
    CHECK(town.write(1, server, std::string(64'000, 'z')) == 64'000);
    town.discard();
    Rng rng{2018};
    for (int i = 0; i < 2000; ++i) {
      auto ack = header_of(wire::tcp_flag::ack, 1001, iss + 1);
      ack.options.sack_count = 4;
      for (auto& block : ack.options.sack) {
        const auto left = static_cast<std::uint32_t>(iss + 2 + rng.below(20'000));
        block = {Seq{left}, Seq{left + 1 + static_cast<std::uint32_t>(rng.below(3))}};
      }
      town.strike(segment_packet(tuple, ack));
      town.discard();
      town.now += 1ms;
    }
    CHECK(town.stacks[1].info(server)->state == "ESTABLISHED");
    CHECK(town.stacks[1].buffer_memory() < 400'000);
  }
}

TEST_CASE("peers that shut their window or send only what comes later take no more than the ceiling, and others work on") {
  constexpr std::uint64_t ceiling = 8u << 20;
  Besieged town(false, [](StackConfig&, StackConfig& b) { b.max_buffer_memory = ceiling; });
  town.establish();
  const auto hoarders = *town.stacks[1].listen(town.at(1, 81), {.backlog = 2000});
  const std::vector<std::byte> piece(1400, std::byte{'h'});
  std::vector<ConnectionId> held;
  for (std::uint16_t i = 0; i < 1000; ++i) {
    const FourTuple tuple{{IpAddress::v4(10, 9, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)), 4000},
                          town.at(1, 81)};
    town.strike(segment_packet(tuple, header_of(wire::tcp_flag::syn, 1000, 0, 0)));
    std::uint32_t iss = 0;
    std::array<std::byte, 2000> buffer;
    while (const auto transmit = town.stacks[1].poll_transmit(town.now, buffer))
      iss = wire::parse_tcp(std::span(buffer).first(transmit->length).subspan(20))->header.seq.value();
    town.strike(segment_packet(tuple, header_of(wire::tcp_flag::ack, 1001, iss + 1, 0)));
    const auto server = town.stacks[1].accept(hoarders);
    REQUIRE(server);
    held.push_back(*server);
    (void)town.write(1, *server, std::string(60'000, 'w'));  // nothing of it may leave
    for (std::uint32_t hole = 1; hole < 40; ++hole)
      town.strike(segment_packet(tuple, header_of(wire::tcp_flag::ack, 1001 + 1500 * hole, iss + 1, 0), piece));
    town.discard();
    CHECK(town.stacks[1].buffer_memory() <= ceiling);
  }
  CHECK(town.stacks[1].buffer_memory() > ceiling / 2);
  std::string text(3000, 'o');
  for (int i = 0; i < 5; ++i) {
    CHECK(town.write(0, town.client, text) == text.size());
    town.run(1s);
    CHECK(town.read_all(1, town.server) == text);
    CHECK(town.write(1, town.server, text) == text.size());
    town.run(1s);
    CHECK(town.read_all(0, town.client) == text);
  }
}
