#include "octets.hpp"
#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace ft;
using ft::test::copy_of;
using ft::test::from_hex;

namespace {

// The header of RFC 1071's usual worked example: 45 00 00 73 ... with checksum b861.
std::vector<std::byte> example_packet() {
  auto packet = from_hex("4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7");
  packet.resize(0x73);
  return packet;
}

}  // namespace

TEST_CASE("an IPv4 header is read field by field") {
  const auto packet = example_packet();
  const auto parsed = wire::parse_ipv4(packet);
  REQUIRE(parsed.has_value());
  CHECK(parsed->header.total_length == 0x73);
  CHECK(parsed->header.dont_fragment);
  CHECK_FALSE(parsed->header.is_fragment());
  CHECK(parsed->header.ttl == 64);
  CHECK(parsed->header.protocol == wire::protocol::udp);
  CHECK(parsed->header.source == IpAddress::v4(192, 168, 0, 1));
  CHECK(parsed->header.destination == IpAddress::v4(192, 168, 0, 199));
  CHECK(parsed->payload.size() == 0x73 - 20);
}

TEST_CASE("what the link padded after the IPv4 total length is cut off") {
  auto packet = example_packet();
  packet.resize(packet.size() + 7, std::byte{0xee});
  const auto parsed = wire::parse_ipv4(packet);
  REQUIRE(parsed.has_value());
  CHECK(parsed->payload.size() == 0x73 - 20);
}

TEST_CASE("each fault of an IPv4 header has its own reason") {
  auto packet = example_packet();
  CHECK(wire::parse_ipv4(std::span{packet}.first(19)).error() == DropReason::too_short);
  CHECK(wire::parse_ipv4({}).error() == DropReason::too_short);
  packet[0] = std::byte{0x65};
  CHECK(wire::parse_ipv4(packet).error() == DropReason::bad_version);
  packet[0] = std::byte{0x44};
  CHECK(wire::parse_ipv4(packet).error() == DropReason::bad_header_length);
  packet[0] = std::byte{0x4f};
  CHECK(wire::parse_ipv4(std::span{packet}.first(40)).error() == DropReason::bad_header_length);
  packet = example_packet();
  CHECK(wire::parse_ipv4(std::span{packet}.first(0x72)).error() == DropReason::bad_total_length);
  packet[3] = std::byte{19};
  CHECK(wire::parse_ipv4(packet).error() == DropReason::bad_total_length);
  packet = example_packet();
  packet[8] = std::byte{63};
  CHECK(wire::parse_ipv4(packet).error() == DropReason::bad_ip_checksum);
}

TEST_CASE("IPv4 options are cut off and handed over") {
  auto packet = from_hex("4600 001a 0000 0000 4006 0000 0a00 0001 0a00 0002 9404 0000 abcd");
  const auto sum = wire::finish(wire::add_octets(0, std::span{packet}.first(24)));
  packet[10] = static_cast<std::byte>(sum >> 8);
  packet[11] = static_cast<std::byte>(sum);
  const auto parsed = wire::parse_ipv4(packet);
  REQUIRE(parsed.has_value());
  CHECK(copy_of(parsed->options) == from_hex("94040000"));
  CHECK(copy_of(parsed->payload) == from_hex("abcd"));
}

TEST_CASE("a written IPv4 header reads back the same") {
  wire::Ipv4Header header;
  header.traffic_class = 0xb9;
  header.total_length = 28;
  header.id = 0xbeef;
  header.more_fragments = true;
  header.fragment_offset = 1480;
  header.ttl = 3;
  header.protocol = 1;
  header.source = IpAddress::v4(10, 0, 0, 1);
  header.destination = IpAddress::v4(10, 9, 8, 7);
  std::array<std::byte, 28> packet{};
  CHECK(wire::write_ipv4(header, packet) == 20);
  const auto parsed = wire::parse_ipv4(packet);
  REQUIRE(parsed.has_value());
  CHECK(parsed->header.traffic_class == 0xb9);
  CHECK(parsed->header.id == 0xbeef);
  CHECK(parsed->header.more_fragments);
  CHECK_FALSE(parsed->header.dont_fragment);
  CHECK(parsed->header.fragment_offset == 1480);
  CHECK(parsed->header.ttl == 3);
  CHECK(parsed->header.destination == header.destination);
}

TEST_CASE("a quoted IPv4 packet may be cut short and needs no right checksum") {
  auto packet = example_packet();
  packet[8] = std::byte{1};
  const auto quoted = wire::parse_quoted_ipv4(std::span{packet}.first(28));
  REQUIRE(quoted.has_value());
  CHECK(quoted->header.total_length == 0x73);
  CHECK(quoted->payload.size() == 8);
}

TEST_CASE("a written IPv6 header reads back the same") {
  wire::Ipv6Header header;
  header.traffic_class = 0xb9;
  header.flow_label = 0xabcde;
  header.payload_length = 3;
  header.next_header = 6;
  header.hop_limit = 255;
  header.source = *IpAddress::parse("2001:db8::1");
  header.destination = *IpAddress::parse("fe80::2");
  std::array<std::byte, 48> packet{};
  CHECK(wire::write_ipv6(header, packet) == 40);
  const auto parsed = wire::parse_ipv6(packet);
  REQUIRE(parsed.has_value());
  CHECK(parsed->header.traffic_class == 0xb9);
  CHECK(parsed->header.flow_label == 0xabcde);
  CHECK(parsed->header.next_header == 6);
  CHECK(parsed->header.hop_limit == 255);
  CHECK(parsed->header.source == header.source);
  CHECK(parsed->header.destination == header.destination);
  CHECK(parsed->payload.size() == 3);
}

TEST_CASE("each fault of an IPv6 header has its own reason") {
  std::array<std::byte, 41> packet{};
  wire::write_ipv6(
      {.payload_length = 2, .source = IpAddress::unspecified(Family::ipv6), .destination = IpAddress::unspecified(Family::ipv6)},
      packet);
  CHECK(wire::parse_ipv6(std::span{packet}.first(39)).error() == DropReason::too_short);
  CHECK(wire::parse_ipv6(packet).error() == DropReason::bad_total_length);
  packet[0] = std::byte{0x40};
  CHECK(wire::parse_ipv6(packet).error() == DropReason::bad_version);
}

TEST_CASE("an extension header's length counts eight-octet units after the first") {
  const auto octets = from_hex("3c 01 0102030405060708090a0b0c0d0e ff");
  const auto header = wire::parse_extension(octets);
  REQUIRE(header.has_value());
  CHECK(header->next_header == wire::next_header::destination_options);
  CHECK(header->length == 16);
  CHECK(header->body.size() == 14);
  CHECK(wire::parse_extension(std::span{octets}.first(15)).error() == DropReason::too_short);
  CHECK(wire::parse_extension({}).error() == DropReason::too_short);
}

TEST_CASE("a fragment header reads back the same") {
  std::array<std::byte, 8> octets{};
  wire::write_fragment({.next_header = 58, .offset = 65528, .more_fragments = true, .id = 0x12345678}, octets);
  const auto header = wire::parse_fragment(octets);
  REQUIRE(header.has_value());
  CHECK(header->next_header == 58);
  CHECK(header->offset == 65528);
  CHECK(header->more_fragments);
  CHECK(header->id == 0x12345678);
  CHECK(wire::parse_fragment(std::span{octets}.first(7)).error() == DropReason::too_short);
}

TEST_CASE("the option reader skips padding and finds options") {
  const auto body = from_hex("00 0102 0000 0502 0000 c204 00010000");
  wire::Ipv6OptionReader reader(body);
  const auto alert = reader.next();
  REQUIRE(alert.has_value());
  CHECK(alert->type == 5);
  CHECK(alert->offset == 5);
  CHECK(alert->when_unknown() == wire::Ipv6Option::WhenUnknown::skip);
  const auto jumbo = reader.next();
  REQUIRE(jumbo.has_value());
  CHECK(jumbo->type == 0xc2);
  CHECK(jumbo->data.size() == 4);
  CHECK(jumbo->when_unknown() == wire::Ipv6Option::WhenUnknown::discard_and_tell_unless_multicast);
  CHECK_FALSE(reader.next().has_value());
  CHECK_FALSE(reader.malformed());
}

TEST_CASE("an IPv6 option past the end of its header is told as malformed") {
  const auto body = from_hex("0503 0000");
  wire::Ipv6OptionReader reader(body);
  CHECK_FALSE(reader.next().has_value());
  CHECK(reader.malformed());
}
