#include "octets.hpp"
#include "wire/icmp.hpp"
#include "wire/icmpv6.hpp"
#include "wire/udp.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace ft;
using ft::test::copy_of;
using ft::test::from_hex;

TEST_CASE("an ICMP echo is written with its checksum and reads back the same") {
  const auto data = from_hex("616263");
  std::array<std::byte, 11> octets{};
  CHECK(wire::write_icmp({wire::icmp_type::echo_request, 0, 0x12340001, data}, octets) == 11);
  const auto parsed = wire::parse_icmp(octets);
  REQUIRE(parsed.has_value());
  CHECK(parsed->type == 8);
  CHECK(parsed->rest == 0x12340001);
  CHECK(copy_of(parsed->body) == data);
  octets[10] ^= std::byte{1};
  CHECK(wire::parse_icmp(octets).error() == DropReason::bad_transport_checksum);
  CHECK(wire::parse_icmp(std::span{octets}.first(7)).error() == DropReason::too_short);
}

TEST_CASE("ICMP errors are told from queries") {
  CHECK(wire::is_icmp_error(wire::icmp_type::destination_unreachable));
  CHECK(wire::is_icmp_error(wire::icmp_type::source_quench));
  CHECK(wire::is_icmp_error(wire::icmp_type::redirect));
  CHECK(wire::is_icmp_error(200));
  CHECK_FALSE(wire::is_icmp_error(wire::icmp_type::echo_request));
  CHECK_FALSE(wire::is_icmp_error(wire::icmp_type::echo_reply));
  CHECK_FALSE(wire::is_icmp_error(13));
  CHECK(wire::is_icmpv6_error(wire::icmpv6_type::packet_too_big));
  CHECK_FALSE(wire::is_icmpv6_error(wire::icmpv6_type::echo_request));
}

TEST_CASE("the ICMPv6 checksum covers the addresses") {
  const auto a = *IpAddress::parse("2001:db8::1");
  const auto b = *IpAddress::parse("2001:db8::2");
  const auto c = *IpAddress::parse("2001:db8::3");
  const auto data = from_hex("61626364");
  std::array<std::byte, 12> octets{};
  CHECK(wire::write_icmpv6(a, b, {wire::icmpv6_type::echo_request, 0, 7, data}, octets) == 12);
  CHECK(wire::parse_icmpv6(a, b, octets).has_value());
  CHECK(wire::parse_icmpv6(a, c, octets).error() == DropReason::bad_transport_checksum);
  CHECK(wire::parse_icmpv6(a, b, std::span{octets}.first(4)).error() == DropReason::too_short);
}

TEST_CASE("a UDP datagram reads back the same, and may lack its checksum over IPv4 only") {
  const auto a = IpAddress::v4(10, 0, 0, 1);
  const auto b = IpAddress::v4(10, 0, 0, 2);
  const auto data = from_hex("0102030405");
  std::array<std::byte, 13> octets{};
  CHECK(wire::write_udp(a, b, {53, 1024}, data, octets) == 13);
  auto parsed = wire::parse_udp(a, b, octets);
  REQUIRE(parsed.has_value());
  CHECK(parsed->header.source_port == 53);
  CHECK(parsed->header.destination_port == 1024);
  CHECK(copy_of(parsed->payload) == data);
  octets[12] ^= std::byte{1};
  CHECK(wire::parse_udp(a, b, octets).error() == DropReason::bad_transport_checksum);
  octets[6] = octets[7] = std::byte{0};
  CHECK(wire::parse_udp(a, b, octets).has_value());
  const auto c = *IpAddress::parse("2001:db8::1");
  CHECK(wire::parse_udp(c, c, octets).error() == DropReason::bad_transport_checksum);
}

TEST_CASE("a UDP length that does not fit its packet is refused") {
  const auto a = IpAddress::v4(10, 0, 0, 1);
  CHECK(wire::parse_udp(a, a, from_hex("0001 0002 0009 0000")).error() == DropReason::bad_total_length);
  CHECK(wire::parse_udp(a, a, from_hex("0001 0002 0007 0000")).error() == DropReason::bad_total_length);
  CHECK(wire::parse_udp(a, a, from_hex("0001 0002 0008")).error() == DropReason::too_short);
}
