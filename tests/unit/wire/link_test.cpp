#include "octets.hpp"
#include "wire/arp.hpp"
#include "wire/ethernet.hpp"
#include "wire/ndp.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace ft;
using ft::test::copy_of;
using ft::test::from_hex;

namespace {
constexpr MacAddress mac_a{{2, 0, 0, 0, 0, 0xa}};
constexpr MacAddress mac_b{{2, 0, 0, 0, 0, 0xb}};
}  // namespace

TEST_CASE("an Ethernet header reads back the same") {
  std::array<std::byte, 16> frame{};
  CHECK(wire::write_ethernet({mac_a, mac_b, wire::ethertype::ipv6}, frame) == 14);
  const auto parsed = wire::parse_ethernet(frame);
  REQUIRE(parsed.has_value());
  CHECK(parsed->header.destination == mac_a);
  CHECK(parsed->header.source == mac_b);
  CHECK(parsed->header.type == 0x86dd);
  CHECK(parsed->payload.size() == 2);
  CHECK(wire::parse_ethernet(std::span{frame}.first(13)).error() == DropReason::too_short);
}

TEST_CASE("group addresses map to group MACs") {
  CHECK(wire::group_mac(IpAddress::v4(255, 255, 255, 255)) == wire::broadcast_mac);
  CHECK(wire::group_mac(IpAddress::v4(239, 129, 2, 3)) == MacAddress{{0x01, 0x00, 0x5e, 0x01, 2, 3}});
  CHECK(wire::group_mac(*IpAddress::parse("ff02::1:ff12:3456")) == MacAddress{{0x33, 0x33, 0xff, 0x12, 0x34, 0x56}});
  CHECK(wire::is_group(wire::broadcast_mac));
  CHECK_FALSE(wire::is_group(mac_a));
}

TEST_CASE("an ARP request is written as RFC 826 draws it") {
  wire::ArpPacket arp;
  arp.sender_mac = mac_a;
  arp.sender = IpAddress::v4(10, 0, 0, 1);
  arp.target = IpAddress::v4(10, 0, 0, 2);
  std::array<std::byte, 28> octets{};
  CHECK(wire::write_arp(arp, octets) == 28);
  CHECK(copy_of(octets) == from_hex("0001 0800 06 04 0001 02000000000a 0a000001 000000000000 0a000002"));
  const auto parsed = wire::parse_arp(octets);
  REQUIRE(parsed.has_value());
  CHECK(parsed->operation == wire::ArpPacket::Operation::request);
  CHECK(parsed->sender_mac == mac_a);
  CHECK(parsed->target == IpAddress::v4(10, 0, 0, 2));
}

TEST_CASE("ARP for other hardware, protocols, lengths or operations is refused") {
  const auto good = from_hex("0001 0800 06 04 0002 02000000000a 0a000001 02000000000b 0a000002");
  CHECK(wire::parse_arp(good).has_value());
  CHECK(wire::parse_arp(std::span{good}.first(27)).error() == DropReason::too_short);
  for (const std::size_t at : {1u, 2u, 4u, 5u, 7u}) {
    auto bad = good;
    bad[at] = std::byte{9};
    CHECK(wire::parse_arp(bad).error() == DropReason::bad_arp);
  }
}

TEST_CASE("a neighbour solicitation carries its target and the asker's MAC") {
  wire::NdpBody body;
  const auto target = *IpAddress::parse("2001:db8::5");
  const auto message = wire::make_neighbour_solicitation({target, mac_a}, body);
  CHECK(message.type == 135);
  CHECK(copy_of(message.body) == from_hex("20010db8000000000000000000000005 0101 02000000000a"));
  const auto parsed = wire::parse_neighbour_solicitation(message);
  REQUIRE(parsed.has_value());
  CHECK(parsed->target == target);
  CHECK(parsed->source_mac == mac_a);
}

TEST_CASE("a neighbour advertisement carries its flags") {
  wire::NdpBody body;
  const auto target = *IpAddress::parse("fe80::5");
  const auto message = wire::make_neighbour_advertisement({target, false, true, true, mac_b}, body);
  CHECK(message.rest == 0x60000000);
  const auto parsed = wire::parse_neighbour_advertisement(message);
  REQUIRE(parsed.has_value());
  CHECK(parsed->solicited);
  CHECK(parsed->override_cached);
  CHECK_FALSE(parsed->is_router);
  CHECK(parsed->target_mac == mac_b);
}

TEST_CASE("neighbour discovery messages that RFC 4861 7.1 forbids are refused") {
  wire::Icmpv6Message message;
  const auto short_body = from_hex("fe80000000000000000000000000");
  message.body = short_body;
  CHECK(wire::parse_neighbour_solicitation(message).error() == DropReason::too_short);
  const auto multicast = from_hex("ff020000000000000000000000000001");
  message.body = multicast;
  CHECK(wire::parse_neighbour_solicitation(message).error() == DropReason::bad_neighbour);
  const auto zero_option = from_hex("fe800000000000000000000000000001 0100 000000000000");
  message.body = zero_option;
  CHECK(wire::parse_neighbour_solicitation(message).error() == DropReason::bad_neighbour);
  const auto long_option = from_hex("fe800000000000000000000000000001 0102 000000000000");
  message.body = long_option;
  CHECK(wire::parse_neighbour_advertisement(message).error() == DropReason::bad_neighbour);
  const auto fine = from_hex("fe800000000000000000000000000001 0e01 000000000000");
  message.body = fine;
  CHECK(wire::parse_neighbour_solicitation(message).has_value());
  message.code = 1;
  CHECK(wire::parse_neighbour_solicitation(message).error() == DropReason::bad_neighbour);
}

TEST_CASE("the solicited-node group keeps the last 24 bits of the address") {
  CHECK(wire::solicited_node(*IpAddress::parse("2001:db8::ab12:3456")) == *IpAddress::parse("ff02::1:ff12:3456"));
  CHECK(wire::all_nodes() == *IpAddress::parse("ff02::1"));
}
