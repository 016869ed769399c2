#include "wire/ndp.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/address_octets.hpp"

namespace ft::wire {

namespace {

constexpr std::uint8_t option_source_mac = 1;
constexpr std::uint8_t option_target_mac = 2;
constexpr std::uint32_t flag_router = 0x80000000, flag_solicited = 0x40000000, flag_override = 0x20000000;
constexpr std::size_t mac_option_length = 8;

struct Body {
  IpAddress target;
  std::optional<MacAddress> mac;
};

std::expected<Body, DropReason> parse_body(const Icmpv6Message& message, std::uint8_t wanted_option) {
  ByteReader in(message.body);
  Body body;
  body.target = read_address(in, Family::ipv6);
  if (!in.ok()) return std::unexpected(DropReason::too_short);
  if (message.code != 0 || body.target.is_multicast()) return std::unexpected(DropReason::bad_neighbour);
  while (in.remaining() != 0) {
    const std::uint8_t type = in.u8();
    const std::size_t length = std::size_t{8} * in.u8();
    if (length == 0) return std::unexpected(DropReason::bad_neighbour);
    ByteReader option(in.take(length - 2));
    if (!in.ok()) return std::unexpected(DropReason::bad_neighbour);
    if (type == wanted_option && length == mac_option_length) body.mac = read_mac(option);
  }
  return body;
}

std::span<const std::byte> write_body(const Body& from, std::uint8_t option, NdpBody& body) {
  ByteWriter to(body);
  write_address(to, from.target);
  if (from.mac) {
    to.u8(option);
    to.u8(mac_option_length / 8);
    write_mac(to, *from.mac);
  }
  FT_ASSERT(to.ok());
  return to.written();
}

}  // namespace

IpAddress solicited_node(const IpAddress& address) {
  const auto o = address.octets();
  const std::array<std::uint8_t, 16> group{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, o[13], o[14], o[15]};
  return IpAddress::from_octets(Family::ipv6, group);
}

IpAddress all_nodes() {
  const std::array<std::uint8_t, 16> group{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return IpAddress::from_octets(Family::ipv6, group);
}

std::expected<NeighbourSolicitation, DropReason> parse_neighbour_solicitation(const Icmpv6Message& message) {
  const auto body = parse_body(message, option_source_mac);
  if (!body) return std::unexpected(body.error());
  return NeighbourSolicitation{body->target, body->mac};
}

std::expected<NeighbourAdvertisement, DropReason> parse_neighbour_advertisement(const Icmpv6Message& message) {
  const auto body = parse_body(message, option_target_mac);
  if (!body) return std::unexpected(body.error());
  NeighbourAdvertisement advertisement;
  advertisement.target = body->target;
  advertisement.is_router = (message.rest & flag_router) != 0;
  advertisement.solicited = (message.rest & flag_solicited) != 0;
  advertisement.override_cached = (message.rest & flag_override) != 0;
  advertisement.target_mac = body->mac;
  return advertisement;
}

Icmpv6Message make_neighbour_solicitation(const NeighbourSolicitation& solicitation, NdpBody& body) {
  Icmpv6Message message;
  message.type = icmpv6_type::neighbour_solicitation;
  message.body = write_body({solicitation.target, solicitation.source_mac}, option_source_mac, body);
  return message;
}

Icmpv6Message make_neighbour_advertisement(const NeighbourAdvertisement& advertisement, NdpBody& body) {
  Icmpv6Message message;
  message.type = icmpv6_type::neighbour_advertisement;
  message.rest = (advertisement.is_router ? flag_router : 0) | (advertisement.solicited ? flag_solicited : 0) |
                 (advertisement.override_cached ? flag_override : 0);
  message.body = write_body({advertisement.target, advertisement.target_mac}, option_target_mac, body);
  return message;
}

}  // namespace ft::wire
