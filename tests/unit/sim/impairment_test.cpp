#include "sim/impairment.hpp"

#include "sim/packet.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <string>

using namespace ft;
using namespace ft::sim;
using namespace std::chrono_literals;

namespace {

std::vector<std::byte> octets(std::size_t n) { return std::vector<std::byte>(n, std::byte{0}); }

/// An IPv4 packet with a TCP segment of these flags and so much text.
std::vector<std::byte> segment(unsigned flags, std::size_t text = 0) {
  auto p = octets(40 + text);
  p[0] = std::byte{0x45};
  p[2] = std::byte(p.size() >> 8);
  p[3] = std::byte(p.size() & 0xff);
  p[9] = std::byte{6};
  p[32] = std::byte{0x50};
  p[33] = std::byte(flags);
  return p;
}

constexpr Instant t0{};

std::vector<Arrival> everything(Impairment& line) {
  std::vector<Arrival> all;
  while (auto a = line.pop(never)) all.push_back(std::move(*a));
  return all;
}

constexpr unsigned fin = 1, syn = 2, rst = 4, ack = 16;

}  // namespace

TEST_CASE("a perfect line hands packets on at once and in order") {
  Impairment line{{}};
  for (int i = 0; i < 5; ++i) CHECK(line.submit(t0, octets(100 + static_cast<std::size_t>(i))).lost.empty());
  const auto all = everything(line);
  REQUIRE(all.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(all[i].octets.size() == 100 + i);
    CHECK(all[i].number == i + 1);
    CHECK(all[i].at == t0);
  }
  CHECK(line.held_octets() == 0);
}

TEST_CASE("delay and rate add up, and packets wait for the line") {
  Impairment line{{.rate = 8000, .delay = 20ms}};  // one octet a millisecond
  line.submit(t0, octets(100));
  line.submit(t0, octets(100));
  CHECK(line.next_delivery() == t0 + 120ms);
  CHECK_FALSE(line.pop(t0 + 119ms).has_value());
  CHECK(line.pop(t0 + 120ms).has_value());
  CHECK(line.next_delivery() == t0 + 220ms);
}

TEST_CASE("a full queue loses the packet and says so") {
  Impairment by_packets{{.rate = 8000, .queue_packets = 2}};
  CHECK(by_packets.submit(t0, octets(100)).lost.empty());
  CHECK(by_packets.submit(t0, octets(100)).lost.empty());
  CHECK(by_packets.submit(t0, octets(100)).lost == "queue");
  CHECK(by_packets.submit(t0 + 100ms, octets(100)).lost.empty());
  Impairment by_octets{{.rate = 8000, .queue_octets = 250}};
  CHECK(by_octets.submit(t0, octets(200)).lost.empty());
  CHECK(by_octets.submit(t0, octets(100)).lost == "queue");
}

TEST_CASE("memory is bounded even on a line without a limit of its own") {
  Impairment line{{.delay = 10s}};
  std::size_t taken = 0;
  const auto p = octets(20);
  for (std::size_t i = 0; i < Impairment::max_held_packets + 10; ++i) taken += line.submit(t0, p).lost.empty() ? 1u : 0u;
  CHECK(taken <= Impairment::max_held_packets);
  CHECK(line.held_packets() == taken);
}

TEST_CASE("loss keeps to its probability and is named random") {
  Impairment line{{.loss = 0.02, .seed = 3}};
  int lost = 0;
  const auto p = octets(20);
  for (int i = 0; i < 50000; ++i) {
    const Fate fate = line.submit(t0, p);
    if (!fate.lost.empty()) {
      CHECK(fate.lost == "random");
      CHECK(fate.copies == 0);
      ++lost;
    }
    line.pop(t0);
  }
  CHECK(lost > 850);
  CHECK(lost < 1150);
}

TEST_CASE("burst loss comes in runs as long as its leave probability says") {
  Impairment line{{.burst = {.enter = 0.01, .leave = 0.25, .loss = 1}, .seed = 5}};
  int lost = 0, runs = 0;
  bool before = false;
  const auto p = octets(20);
  for (int i = 0; i < 100000; ++i) {
    const bool now = line.submit(t0, p).lost == "burst";
    lost += now ? 1 : 0;
    runs += now && !before ? 1 : 0;
    before = now;
    line.pop(t0);
  }
  CHECK(static_cast<double>(lost) / runs == doctest::Approx(4).epsilon(0.15));
  CHECK(lost > 3000);
}

TEST_CASE("chosen packets are lost by number and by kind") {
  Impairment line{{.drop = {{PacketKind::any, 2}, {PacketKind::data, 2}, {PacketKind::fin, 1}, {PacketKind::pure_ack, 1}}}};
  CHECK(line.submit(t0, segment(syn)).lost.empty());
  CHECK(line.submit(t0, segment(syn)).lost == "chosen");            // packet 2
  CHECK(line.submit(t0, segment(syn | ack)).lost.empty());          // no pure ACK
  CHECK(line.submit(t0, segment(ack, 10)).lost.empty());            // data 1
  CHECK(line.submit(t0, segment(ack)).lost == "chosen");            // pure ACK 1
  CHECK(line.submit(t0, segment(ack, 10)).lost == "chosen");        // data 2
  CHECK(line.submit(t0, segment(ack | fin, 10)).lost == "chosen");  // FIN 1
  CHECK(line.submit(t0, segment(ack | fin, 10)).lost.empty());
  CHECK(line.submit(t0, segment(rst)).lost.empty());
}

TEST_CASE("kinds are read from IPv6 too, and nonsense is only a packet") {
  auto v6 = octets(60);
  v6[0] = std::byte{0x60};
  v6[5] = std::byte{20};
  v6[6] = std::byte{6};
  v6[52] = std::byte{0x50};
  v6[53] = std::byte(syn);
  CHECK(kinds_of(v6)[static_cast<std::size_t>(PacketKind::syn)]);
  for (const auto& p : {octets(0), octets(1), octets(20), octets(60)}) {
    const auto is = kinds_of(p);
    CHECK(is[0]);
    for (std::size_t k = 1; k < is.size(); ++k) CHECK_FALSE(is[k]);
  }
}

TEST_CASE("a late packet is overtaken by those that follow") {
  Impairment line{{.delay = 10ms, .reorder_by = 5ms, .late = {{PacketKind::data, 2}}}};
  for (int i = 0; i < 4; ++i) line.submit(t0 + i * 1ms, segment(ack, 10));
  std::vector<std::uint64_t> order;
  for (const auto& a : everything(line)) order.push_back(a.number);
  CHECK(order == std::vector<std::uint64_t>{1, 3, 4, 2});
}

TEST_CASE("jitter alone never changes the order") {
  Impairment line{{.delay = 10ms, .jitter = 50ms, .seed = 11}};
  for (int i = 0; i < 200; ++i) line.submit(t0 + i * 1ms, octets(20));
  std::uint64_t last = 0;
  for (const auto& a : everything(line)) {
    CHECK(a.number == last + 1);
    last = a.number;
    CHECK(a.at >= t0 + 10ms);
  }
  CHECK(last == 200);
}

TEST_CASE("a duplicate is a second delivery of the same packet") {
  Impairment line{{.duplicate = 1}};
  const Fate fate = line.submit(t0, octets(33));
  CHECK(fate.copies == 2);
  const auto all = everything(line);
  REQUIRE(all.size() == 2);
  CHECK_FALSE(all[0].duplicate);
  CHECK(all[1].duplicate);
  CHECK(all[0].octets == all[1].octets);
}

TEST_CASE("corruption flips one to three bits of the copy that travels") {
  Impairment line{{.corrupt = 1, .seed = 2}};
  for (std::size_t size : {1u, 20u, 1500u}) {
    for (int i = 0; i < 100; ++i) {
      line.submit(t0, octets(size));
      const auto a = line.pop(t0);
      REQUIRE(a.has_value());
      int flipped = 0;
      for (const auto o : a->octets) flipped += std::popcount(std::to_integer<unsigned>(o));
      CHECK(a->corrupted);
      CHECK(flipped >= 1);
      CHECK(flipped <= 3);
    }
  }
}

TEST_CASE("a packet beyond the MTU is lost silently") {
  Impairment line{{.mtu = 1400}};
  CHECK(line.submit(t0, octets(1400)).lost.empty());
  CHECK(line.submit(t0, octets(1401)).lost == "mtu");
}

TEST_CASE("the same seed decides the same fates") {
  const ImpairmentSettings s{
      .delay = 5ms, .jitter = 3ms, .loss = 0.1, .duplicate = 0.1, .reorder = 0.1, .corrupt = 0.1, .seed = 77};
  Impairment a{s}, b{s};
  for (int i = 0; i < 500; ++i) {
    a.submit(t0 + i * 1ms, octets(60));
    b.submit(t0 + i * 1ms, octets(60));
  }
  const auto left = everything(a), right = everything(b);
  REQUIRE(left.size() == right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    CHECK(left[i].at == right[i].at);
    CHECK(left[i].octets == right[i].octets);
  }
}

TEST_CASE("impairment text sets every field") {
  const auto s = parse_impairment(
      "loss=2%,delay=20ms,jitter=5ms,rate=10Mbit,reorder=1%:7ms,duplicate=1%,corrupt=0.1%,burst=1%:30%:90%,drop=syn:1,drop=7,"
      "late=data:2,mtu=1400,queue=100,queue_octets=64KiB,seed=9");
  REQUIRE(s.has_value());
  CHECK(s->loss == doctest::Approx(0.02));
  CHECK(s->delay == 20ms);
  CHECK(s->jitter == 5ms);
  CHECK(s->rate == 10'000'000);
  CHECK(s->reorder == doctest::Approx(0.01));
  CHECK(s->reorder_by == 7ms);
  CHECK(s->duplicate == doctest::Approx(0.01));
  CHECK(s->corrupt == doctest::Approx(0.001));
  CHECK(s->burst.leave == doctest::Approx(0.3));
  CHECK(s->drop == std::vector<ChosenPacket>{{PacketKind::syn, 1}, {PacketKind::any, 7}});
  CHECK(s->late == std::vector<ChosenPacket>{{PacketKind::data, 2}});
  CHECK(s->mtu == 1400);
  CHECK(s->queue_packets == 100);
  CHECK(s->queue_octets == 65536);
  CHECK(s->seed == 9);
}

TEST_CASE("impairment text builds on what is there, and empty text changes nothing") {
  const ImpairmentSettings base{.delay = 20ms, .loss = 0.5};
  CHECK(parse_impairment("", base).value() == base);
  CHECK(parse_impairment("loss=1%", base).value().delay == 20ms);
}

TEST_CASE("wrong impairment text is answered with what was meant") {
  CHECK(parse_impairment("los=2%").error() == "unknown fault \"los\"; did you mean \"loss\"?");
  CHECK(parse_impairment("loss").error().find("loss has no value") != std::string::npos);
  CHECK(parse_impairment("loss=200%").error() == "loss: \"200%\" is more than 100%");
  CHECK(parse_impairment("delay=20").error().find("has no unit") != std::string::npos);
  CHECK(parse_impairment("drop=sny").error() == "drop: unknown kind of packet \"sny\"; did you mean \"syn\"?");
  CHECK(parse_impairment("drop=data:0").error() == "drop: packets are counted from 1");
  CHECK(parse_impairment("burst=1%:2%:3%:4%").error().find("enter:leave:loss") != std::string::npos);
  CHECK(parse_impairment("zzz=1").error().find("known are rate, delay") != std::string::npos);
}

namespace {

/// The segment of above, as its sender marked it: `ecn` in the IP header.
std::vector<std::byte> segment_with_ecn(unsigned flags, std::uint8_t ecn, std::size_t text = 0) {
  auto packet = segment(flags, text);
  set_ecn_field(packet, ecn);
  return packet;
}

std::uint8_t ecn_that_arrives(Impairment& line, std::span<const std::byte> packet) {
  line.submit(Instant{}, packet);
  const auto arrival = line.pop(Instant{});
  REQUIRE(arrival);
  return *ecn_field(arrival->octets);
}

}  // namespace

TEST_CASE("a line marks only what may be marked, and the IPv4 header's checksum stays right") {
  ImpairmentSettings settings;
  settings.mark = 1;
  Impairment line(settings);
  for (const std::uint8_t sent : std::initializer_list<std::uint8_t>{0, 1, 2, 3}) {
    const auto packet = segment_with_ecn(0x10, sent, 100);
    line.submit(Instant{}, packet);
    const auto arrival = line.pop(Instant{});
    REQUIRE(arrival);
    CHECK(*ecn_field(arrival->octets) == (sent == 0 ? 0 : 3));
    CHECK(wire::parse_ipv4(arrival->octets));
  }
}

TEST_CASE("the ECN field of an IPv6 packet is written without touching its neighbours") {
  std::vector<std::byte> packet(40);
  wire::Ipv6Header header;
  header.traffic_class = 0xb8;
  header.flow_label = 0xfffff;
  header.next_header = 59;
  header.source = header.destination = *IpAddress::parse("fd00::1");
  wire::write_ipv6(header, packet);
  for (const std::uint8_t field : std::initializer_list<std::uint8_t>{3, 0, 1, 2}) {
    set_ecn_field(packet, field);
    const auto parsed = wire::parse_ipv6(packet);
    REQUIRE(parsed);
    CHECK(parsed->header.traffic_class == (0xb8 | field));
    CHECK(parsed->header.flow_label == 0xfffff);
  }
}

TEST_CASE("a chosen packet is marked, others are not; a network that bleaches clears all") {
  ImpairmentSettings settings = *parse_impairment("mark=data:2");
  Impairment line(settings);
  const auto data = segment_with_ecn(0x10, 2, 10);
  CHECK(ecn_that_arrives(line, data) == 2);
  CHECK(ecn_that_arrives(line, data) == 3);
  CHECK(ecn_that_arrives(line, data) == 2);
  Impairment bleaching(*parse_impairment("ecn=bleach,mark=100%"));
  CHECK(ecn_that_arrives(bleaching, data) == 0);
}

TEST_CASE("a queue marks what joins it when so many wait already") {
  Impairment line(*parse_impairment("rate=1Mbit,mark_queue=2"));
  const auto data = segment_with_ecn(0x10, 2, 1000);
  for (int i = 0; i < 4; ++i) line.submit(Instant{}, data);
  for (const std::uint8_t expected : std::initializer_list<std::uint8_t>{2, 2, 3, 3}) {
    const auto arrival = line.pop(Instant{std::chrono::seconds(1)});
    REQUIRE(arrival);
    CHECK(*ecn_field(arrival->octets) == expected);
  }
}

TEST_CASE("an old firewall loses SYNs that ask for ECN, and no others") {
  Impairment line(*parse_impairment("ecn=drop-syn"));
  CHECK(line.submit(Instant{}, segment(0xc2)).lost == "ecn");
  CHECK(line.submit(Instant{}, segment(0x02)).lost.empty());
  CHECK(line.submit(Instant{}, segment(0x52)).lost.empty());
  CHECK_FALSE(parse_impairment("ecn=eat"));
}
