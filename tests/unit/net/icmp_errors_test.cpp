// ICMP errors that arrive, as the engine tells them to TCP.
#include "net/engine.hpp"
#include "packets.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;
using Kind = net::IcmpError::Kind;

namespace {

StackConfig config() {
  StackConfig c;
  c.addresses = {{ip("10.0.0.1"), 24}, {ip("2001:db8::1"), 64}};
  return c;
}

const IpAddress us4 = ip("10.0.0.1"), them4 = ip("10.0.0.2"), router4 = ip("10.0.0.254");
const IpAddress us6 = ip("2001:db8::1"), them6 = ip("2001:db8::2"), router6 = ip("2001:db8::ff");

/// The first octets of a segment from port 49152 to port 80 with SEQ 0x01020304.
Octets segment() {
  Octets octets(20);
  for (std::size_t i = 0; const int octet : {0xc0, 0x00, 0x00, 0x50, 1, 2, 3, 4}) octets[i++] = static_cast<std::byte>(octet);
  return octets;
}

Octets our_packet(const IpAddress& us, const IpAddress& them, std::uint8_t protocol = 6) {
  if (us.is_v6()) return ip_packet(us, them, protocol, segment());
  wire::Ipv4Header header;
  header.source = us;
  header.destination = them;
  header.protocol = protocol;
  header.dont_fragment = true;
  return ipv4_packet(header, segment());
}

net::Input on_error(std::uint8_t type, std::uint8_t code, std::uint32_t rest, const Octets& quote, bool v6 = false) {
  net::Engine engine(config());
  const auto packet =
      v6 ? icmp_packet(router6, us6, type, code, rest, quote) : icmp_packet(router4, us4, type, code, rest, quote);
  const auto input = engine.on_packet(start, packet, false);
  CHECK(drain(engine, start).empty());  // an error is never answered
  return input;
}

net::IcmpError error_of(const net::Input& input) {
  const auto* error = std::get_if<net::IcmpError>(&input);
  REQUIRE(error != nullptr);
  return *error;
}

}  // namespace

TEST_CASE("an ICMP error names the connection and the sequence number that it quotes") {
  const auto v4 = error_of(on_error(3, 1, 0, our_packet(us4, them4)));
  CHECK(v4.tuple == FourTuple{{us4, 49152}, {them4, 80}});
  CHECK(v4.sequence == 0x01020304);
  const auto v6 = error_of(on_error(1, 3, 0, our_packet(us6, them6), true));
  CHECK(v6.tuple == FourTuple{{us6, 49152}, {them6, 80}});
  CHECK(v6.sequence == 0x01020304);
}

TEST_CASE("eight octets of the quoted segment are enough") {
  auto quote = our_packet(us4, them4);
  quote.resize(28);
  CHECK(error_of(on_error(3, 3, 0, quote)).sequence == 0x01020304);
  quote.resize(27);
  CHECK(dropped(on_error(3, 3, 0, quote)) == DropReason::bad_icmp);
  quote.resize(12);
  CHECK(dropped(on_error(3, 3, 0, quote)) == DropReason::bad_icmp);
}

TEST_CASE("soft and hard ICMP errors are told apart by type and code") {
  const auto quote = our_packet(us4, them4);
  for (const std::uint8_t code : std::initializer_list<std::uint8_t>{0, 1, 5, 6, 7, 8, 11, 12, 14})
    CHECK(error_of(on_error(3, code, 0, quote)).kind == Kind::soft);
  for (const std::uint8_t code : std::initializer_list<std::uint8_t>{2, 3, 9, 10, 13})
    CHECK(error_of(on_error(3, code, 0, quote)).kind == Kind::hard);
  CHECK(error_of(on_error(3, 3, 0, quote)).meaning == Error::connection_refused);
  CHECK(error_of(on_error(3, 13, 0, quote)).meaning == Error::host_unreachable);
  CHECK(error_of(on_error(11, 0, 0, quote)).kind == Kind::soft);
  CHECK(error_of(on_error(11, 1, 0, quote)).kind == Kind::soft);
  CHECK(error_of(on_error(12, 0, 0, quote)).kind == Kind::soft);
}

TEST_CASE("soft and hard ICMPv6 errors are told apart by type and code") {
  const auto quote = our_packet(us6, them6);
  for (const std::uint8_t code : std::initializer_list<std::uint8_t>{0, 2, 3, 7})
    CHECK(error_of(on_error(1, code, 0, quote, true)).kind == Kind::soft);
  for (const std::uint8_t code : std::initializer_list<std::uint8_t>{1, 4, 5, 6})
    CHECK(error_of(on_error(1, code, 0, quote, true)).kind == Kind::hard);
  CHECK(error_of(on_error(3, 0, 0, quote, true)).kind == Kind::soft);
  CHECK(error_of(on_error(4, 1, 6, quote, true)).kind == Kind::soft);
  CHECK(error_of(on_error(100, 0, 0, quote, true)).kind == Kind::soft);
}

TEST_CASE("fragmentation needed and packet too big carry the MTU of the next hop") {
  const auto v4 = error_of(on_error(3, 4, 1400, our_packet(us4, them4)));
  CHECK(v4.kind == Kind::packet_too_big);
  CHECK(v4.mtu == 1400);
  CHECK(error_of(on_error(3, 4, 0, our_packet(us4, them4))).mtu == 0);
  const auto v6 = error_of(on_error(2, 0, 1300, our_packet(us6, them6), true));
  CHECK(v6.kind == Kind::packet_too_big);
  CHECK(v6.mtu == 1300);
}

TEST_CASE("fragmentation needed about a packet without DF makes no sense as an MTU") {
  CHECK(error_of(on_error(3, 4, 1400, ip_packet(us4, them4, 6, segment()))).kind == Kind::soft);
}

TEST_CASE("source quench, redirects and messages that are no errors are ignored") {
  const auto quote = our_packet(us4, them4);
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{4, 5, 0, 9, 13, 17, 77})
    CHECK(dropped(on_error(type, 0, 0, quote)) == DropReason::icmp_ignored);
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{129, 133, 134, 137, 200})
    CHECK(dropped(on_error(type, 0, 0, our_packet(us6, them6), true)) == DropReason::icmp_ignored);
}

TEST_CASE("an error about a packet that we cannot have sent is unrelated") {
  CHECK(dropped(on_error(3, 1, 0, our_packet(them4, us4))) == DropReason::icmp_unrelated);
  CHECK(dropped(on_error(3, 1, 0, our_packet(us4, them4, 17))) == DropReason::icmp_unrelated);
  CHECK(dropped(on_error(1, 1, 0, our_packet(them6, us6), true)) == DropReason::icmp_unrelated);
  wire::Ipv4Header header;
  header.source = us4;
  header.destination = them4;
  header.protocol = 6;
  header.fragment_offset = 8;
  CHECK(dropped(on_error(3, 1, 0, ipv4_packet(header, segment()))) == DropReason::icmp_unrelated);
}

TEST_CASE("an ICMP message with a wrong checksum is dropped") {
  net::Engine engine(config());
  for (auto packet :
       {icmp_packet(router4, us4, 3, 1, 0, our_packet(us4, them4)), icmp_packet(router6, us6, 1, 1, 0, our_packet(us6, them6)),
        echo_request(them4, us4, counted(8)), echo_request(them6, us6, counted(8))}) {
    packet.back() ^= std::byte{0x40};
    CHECK(dropped(engine.on_packet(start, packet, true)) == DropReason::bad_transport_checksum);
  }
  CHECK(drain(engine, start).empty());
}
