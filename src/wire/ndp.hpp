// Neighbour solicitation and advertisement (RFC 4861 4.3, 4.4): the bodies of two ICMPv6 messages, with the one option that
// Ethernet needs, the link-layer address.
#pragma once

#include "wire/icmpv6.hpp"

#include "fourtuple/address.hpp"
#include "fourtuple/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

namespace ft::wire {

struct NeighbourSolicitation {
  IpAddress target;
  std::optional<MacAddress> source_mac;
};

struct NeighbourAdvertisement {
  IpAddress target;
  bool is_router = false;
  bool solicited = false;
  bool override_cached = false;
  std::optional<MacAddress> target_mac;
};

/// What an ND message carries may never have passed a router (RFC 4861 7.1).
inline constexpr std::uint8_t ndp_hop_limit = 255;

/// The solicited-node multicast address of an IPv6 address (RFC 4291 2.7.1).
IpAddress solicited_node(const IpAddress& address);
/// ff02::1
IpAddress all_nodes();

/// Read a message whose type says what it is. bad_neighbour for a code that is not 0, a multicast target, an option of
/// length 0 or past the end (RFC 4861 7.1.1, 7.1.2); unknown options are skipped.
std::expected<NeighbourSolicitation, DropReason> parse_neighbour_solicitation(const Icmpv6Message& message);
std::expected<NeighbourAdvertisement, DropReason> parse_neighbour_advertisement(const Icmpv6Message& message);

/// Target and link-layer address option: at most 24 octets.
using NdpBody = std::array<std::byte, 24>;
/// The message to hand to write_icmpv6; its body lies in `body`.
Icmpv6Message make_neighbour_solicitation(const NeighbourSolicitation& solicitation, NdpBody& body);
Icmpv6Message make_neighbour_advertisement(const NeighbourAdvertisement& advertisement, NdpBody& body);

}  // namespace ft::wire
