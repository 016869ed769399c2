// The Ethernet side of the engine: which frames are ours, ARP (RFC 826), neighbour discovery (RFC 4861 7.2), and the frame around
// what we send. It keeps the neighbour table; what it wants to say it returns as values.
#pragma once

#include "net/datagram.hpp"
#include "net/message.hpp"
#include "net/neighbours.hpp"
#include "net/routes.hpp"
#include "wire/ethernet.hpp"
#include "wire/icmpv6.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

namespace ft::net {

class EthernetLink {
 public:
  EthernetLink(MacAddress mac, std::size_t max_neighbours, KeyedHash hash) : mac_(mac), neighbours_(max_neighbours, hash) {}

  /// The frame when it is for us: our MAC, broadcast, or the MAC of a group of ours.
  std::expected<wire::ParsedEthernet, DropReason> open(const Routes& routes, std::span<const std::byte> frame) const;

  /// What to send in answer, and why a packet was not used.
  struct Outcome {
    DropReason dropped = DropReason::none;
    std::optional<Message> reply;
  };
  Outcome on_arp(Instant now, const Routes& routes, std::span<const std::byte> packet);
  /// A neighbour solicitation or advertisement whose checksum was right.
  Outcome on_neighbour_message(Instant now, const Routes& routes, const Datagram& datagram, const wire::Icmpv6Message& icmp);

  /// The next ARP request or neighbour solicitation to send.
  std::optional<Message> poll_question(const Routes& routes);

  Reach resolve(Instant now, const Routes& routes, const IpAddress& next_hop);
  /// Where a frame for this next hop goes; none while it is not known.
  std::optional<MacAddress> mac_of(const Routes& routes, const IpAddress& next_hop) const;
  /// Writes the frame's header; returns its length.
  std::size_t write_header(const MacAddress& to, std::uint16_t type, std::span<std::byte> out) const;

  Neighbours& neighbours() { return neighbours_; }
  const Neighbours& neighbours() const { return neighbours_; }

 private:
  Outcome on_solicitation(const Routes& routes, const Datagram& datagram, const wire::Icmpv6Message& icmp);
  Outcome on_advertisement(Instant now, const Datagram& datagram, const wire::Icmpv6Message& icmp);

  MacAddress mac_;
  Neighbours neighbours_;
};

}  // namespace ft::net
