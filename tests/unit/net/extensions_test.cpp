// IPv6 extension headers and fragments, as the engine judges whole packets.
#include "net/engine.hpp"
#include "packets.hpp"
#include "wire/udp.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;

namespace {

const IpAddress us = ip("2001:db8::1"), them = ip("2001:db8::2");

StackConfig config() {
  StackConfig c;
  c.addresses = {{us, 64}, {ip("10.0.0.1"), 24}};
  return c;
}

Octets octets(std::initializer_list<int> values, std::size_t more = 20) {
  Octets result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
  const auto tail = counted(more);
  result.insert(result.end(), tail.begin(), tail.end());
  return result;
}

struct Outcome {
  DropReason dropped = DropReason::none;
  int type = -1;  // of the ICMPv6 error sent, if any
  int code = -1;
  std::uint32_t pointer = 0;
};

Outcome outcome_of(std::uint8_t next_header, const Octets& payload, const IpAddress& destination = us) {
  net::Engine engine(config());
  Outcome outcome{dropped(engine.on_packet(start, ip_packet(them, destination, next_header, payload), false))};
  const auto sent = drain(engine, start);
  if (sent.empty()) return outcome;
  const auto packet = wire::parse_ipv6(sent[0].octets);
  REQUIRE(packet.has_value());
  const auto icmp = wire::parse_icmpv6(packet->header.source, packet->header.destination, packet->payload);
  REQUIRE(icmp.has_value());
  outcome.type = icmp->type;
  outcome.code = icmp->code;
  outcome.pointer = icmp->rest;
  return outcome;
}

/// A destination options header in front of TCP with one option of this type.
Octets with_option(int type) { return octets({6, 0, type, 4, 0, 0, 0, 0}); }

Octets with_fragment_header(int next_header, std::uint32_t offset, bool more, std::span<const std::byte> data) {
  Octets result(8 + data.size());
  wire::write_fragment({static_cast<std::uint8_t>(next_header), offset, more, 77}, result);
  std::ranges::copy(data, result.begin() + 8);
  return result;
}

}  // namespace

TEST_CASE("an unknown option is skipped, dropped or complained about as its first two bits say") {
  CHECK(outcome_of(60, with_option(0x1e)).dropped == DropReason::none);
  auto outcome = outcome_of(60, with_option(0x5e));
  CHECK(outcome.dropped == DropReason::bad_options);
  CHECK(outcome.type == -1);
  for (const int type : {0x9e, 0xde}) {
    outcome = outcome_of(60, with_option(type));
    CHECK(outcome.dropped == DropReason::bad_options);
    CHECK(outcome.type == 4);
    CHECK(outcome.code == 2);
    CHECK(outcome.pointer == 42);
  }
}

TEST_CASE("a complaint about an option in a multicast packet is sent only for type 10") {
  const auto udp = [](int type) { return octets({17, 0, type, 4, 0, 0, 0, 0}); };
  CHECK(outcome_of(60, udp(0x9e), ip("ff02::1")).type == 4);
  CHECK(outcome_of(60, udp(0xde), ip("ff02::1")).type == -1);
}

TEST_CASE("an error that hides behind a bad option and a fragment header is not answered with another") {
  const auto hidden = [](int type) {
    return octets({44, 0, 0x9e, 4, 0, 0, 0, 0, 58, 0, 0, 0, 0, 0, 0, 9, type, 0, 0, 0, 0, 0, 0, 0});
  };
  CHECK(outcome_of(60, hidden(128)).type == 4);
  CHECK(outcome_of(60, hidden(1)).type == -1);
  CHECK(outcome_of(60, hidden(137)).type == -1);
}

TEST_CASE("a routing header with segments left is refused with a pointer at its type") {
  const auto outcome = outcome_of(43, octets({6, 0, 0, 1, 0, 0, 0, 0}));
  CHECK(outcome.dropped == DropReason::unsupported_extension);
  CHECK(outcome.type == 4);
  CHECK(outcome.code == 0);
  CHECK(outcome.pointer == 42);
}

TEST_CASE("hop-by-hop options after another header are refused") {
  const auto outcome = outcome_of(60, octets({0, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0}));
  CHECK(outcome.dropped == DropReason::unsupported_extension);
  CHECK(outcome.type == 4);
  CHECK(outcome.code == 1);
  CHECK(outcome.pointer == 40);
}

TEST_CASE("an unknown header behind known ones is pointed at where it was named") {
  const auto outcome = outcome_of(60, octets({51, 0, 1, 4, 0, 0, 0, 0}));
  CHECK(outcome.dropped == DropReason::unknown_protocol);
  CHECK(outcome.code == 1);
  CHECK(outcome.pointer == 40);
}

TEST_CASE("truncated and endless chains are dropped") {
  CHECK(outcome_of(60, octets({6, 9, 0, 0})).dropped == DropReason::too_short);
  CHECK(outcome_of(44, octets({6, 0, 0}, 0)).dropped == DropReason::too_short);
  Octets chain;
  for (int i = 0; i < 20; ++i) {
    for (const int octet : {60, 0, 1, 4, 0, 0, 0, 0}) chain.push_back(static_cast<std::byte>(octet));
  }
  CHECK(outcome_of(60, chain).dropped == DropReason::unsupported_extension);
}

TEST_CASE("an atomic fragment is a whole packet") {
  net::Engine engine(config());
  const auto input = engine.on_packet(start, ip_packet(them, us, 44, with_fragment_header(6, 0, false, counted(20))), true);
  REQUIRE(std::holds_alternative<net::Delivered>(input));
  CHECK(std::get<net::Delivered>(input).payload.size() == 20);
  CHECK(engine.next_deadline() == std::nullopt);
}

TEST_CASE("fragments of a TCP segment are delivered whole") {
  const auto text = counted(60);
  net::Engine engine(config());
  auto input =
      engine.on_packet(start, ip_packet(them, us, 44, with_fragment_header(6, 40, false, std::span{text}.subspan(40))), true);
  CHECK(std::holds_alternative<net::Handled>(input));
  input = engine.on_packet(start, ip_packet(them, us, 44, with_fragment_header(6, 0, true, std::span{text}.first(40))), true);
  REQUIRE(std::holds_alternative<net::Delivered>(input));
  CHECK(std::ranges::equal(std::get<net::Delivered>(input).payload, text));
  CHECK(std::get<net::Delivered>(input).checksum_verified);
}

TEST_CASE("destination options inside a reassembled packet are read, a second fragment header is not") {
  const auto inner = octets({6, 0, 1, 4, 0, 0, 0, 0}, 32);
  for (const auto& [next_header, payload, wanted] :
       {std::tuple{60, inner, DropReason::none},
        std::tuple{44, with_fragment_header(6, 8, true, counted(32)), DropReason::unsupported_extension}}) {
    net::Engine engine(config());
    const std::span all{payload};
    engine.on_packet(start, ip_packet(them, us, 44, with_fragment_header(next_header, 0, true, all.first(32))), false);
    CHECK(dropped(engine.on_packet(start, ip_packet(them, us, 44, with_fragment_header(next_header, 32, false, all.subspan(32))),
                                   false)) == wanted);
  }
}

TEST_CASE("a first fragment without the whole header chain is refused") {
  const auto outcome = outcome_of(44, with_fragment_header(6, 0, true, counted(16)));
  CHECK(outcome.dropped == DropReason::fragment_bad);
  CHECK(outcome.type == 4);
  CHECK(outcome.code == 3);
}

TEST_CASE("a fragment of uneven length that is not the last is pointed at") {
  const auto outcome = outcome_of(44, with_fragment_header(6, 0, true, counted(29)));
  CHECK(outcome.dropped == DropReason::fragment_bad);
  CHECK(outcome.type == 4);
  CHECK(outcome.code == 0);
  CHECK(outcome.pointer == 4);
}

TEST_CASE("when reassembly takes too long the sender of the first fragment is told") {
  net::Engine engine(config());
  engine.on_packet(start, ip_packet(them, us, 44, with_fragment_header(17, 0, true, counted(32))), false);
  REQUIRE(engine.next_deadline() == start + 60s);
  engine.on_deadline(start + 60s);
  const auto sent = drain(engine, start + 60s);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].why == "icmp-time-exceeded");
  CHECK(sent[0].octets[40] == std::byte{3});
  CHECK(sent[0].octets[41] == std::byte{1});

  wire::Ipv4Header header;
  header.source = ip("10.0.0.2");
  header.destination = ip("10.0.0.1");
  header.protocol = 17;
  header.fragment_offset = 64;
  engine.on_packet(start + 60s, ipv4_packet(header, counted(32)), false);
  REQUIRE(engine.next_deadline() == start + 90s);
  engine.on_deadline(start + 90s);
  CHECK(drain(engine, start + 90s).empty());  // the first fragment never came

  header.fragment_offset = 0;
  header.more_fragments = true;
  engine.on_packet(start + 90s, ipv4_packet(header, counted(32)), false);
  engine.on_deadline(start + 120s);
  const auto told = drain(engine, start + 120s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].octets[20] == std::byte{11});
  CHECK(told[0].octets[21] == std::byte{1});
}

TEST_CASE("overlapping fragments never reach TCP") {
  net::Engine engine(config());
  const auto text = counted(60);
  engine.on_packet(start, ip_packet(them, us, 44, with_fragment_header(6, 0, true, std::span{text}.first(40))), false);
  CHECK(dropped(engine.on_packet(start, ip_packet(them, us, 44, with_fragment_header(6, 32, false, std::span{text}.subspan(32))),
                                 false)) == DropReason::fragment_overlap);
  CHECK(dropped(engine.on_packet(start, ip_packet(them, us, 44, with_fragment_header(6, 40, false, std::span{text}.subspan(40))),
                                 false)) == DropReason::fragment_overlap);
}
