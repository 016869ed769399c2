// The engine's wiring: which room gets what arrives (engine_input.cpp), and what leaves (engine_output.cpp). No rule of a
// protocol is in here; those are in the rooms, which do not know each other.
#pragma once

#include "net/engine.hpp"

#include "net/ethernet_link.hpp"
#include "net/headers.hpp"
#include "net/message.hpp"
#include "net/outbox.hpp"
#include "net/path_mtu.hpp"
#include "net/reassembly.hpp"
#include "net/routes.hpp"
#include "net/token_bucket.hpp"
#include "net/unwrap.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

namespace ft::net {

/// Why a packet is sent, for the trace.
struct Why {
  std::string_view id;
  std::string_view clause;
};

class Engine::Impl {
 public:
  explicit Impl(const StackConfig& config);

  Input on_looped(Instant now, std::span<const std::byte> packet) { return on_ip_packet(now, packet, {true, false, true}); }
  Input on_packet(Instant now, std::span<const std::byte> packet, bool checksum_verified);
  void on_deadline(Instant now);
  std::optional<Instant> next_deadline() const;
  std::size_t poll_transmit(Instant now, std::span<std::byte> out, Why& why);
  /// Nothing of its own can be waiting: nearly always.
  bool is_silent() const { return !is_ethernet_ && outbox_.size() == 0; }
  std::expected<Path, Error> path_to(const IpAddress& destination, std::optional<IpAddress> wanted_source) const;
  Reach reach(Instant now, const IpAddress& destination);
  void on_trouble(const IpAddress& destination);
  std::size_t seal(const Envelope& envelope, std::size_t transport_length, std::span<std::byte> out);
  std::size_t link_header_length() const { return is_ethernet_ ? wire::ethernet_header_length : 0; }

  const Routes& routes() const { return routes_; }
  bool loops_back(const IpAddress& destination) const { return way_to(destination).is_here; }
  PathMtus& path_mtus() { return path_mtus_; }
  const Neighbours& neighbours() const { return ethernet_.neighbours(); }

 private:
  Input on_ip_packet(Instant now, std::span<const std::byte> packet, FromLink link);
  /// What nearly all that arrives is: a whole TCP segment for us behind 20 octets of IPv4. nullopt: it is something else, or bad.
  std::optional<Delivered> plain_tcp(std::span<const std::byte> packet, FromLink link);
  Input on_fragment(Instant now, const Datagram& fragment, const FragmentPlace& where);
  Input on_datagram(Instant now, const Datagram& datagram);
  Input on_icmp(Instant now, const Datagram& datagram);
  Input on_icmpv6(Instant now, const Datagram& datagram);
  Input on_udp(Instant now, const Datagram& datagram);
  Input on_echo_request(Instant now, const Datagram& datagram);
  Input use(EthernetLink::Outcome outcome);
  void complain(Instant now, const Datagram& about, Complaint complaint, Rejection::Problem problem = {});
  std::optional<IpAddress> answering_address(const Datagram& datagram) const;

  /// Where packets for `destination` go; valid until the next call.
  struct Way {
    IpAddress destination;
    bool is_known = false;
    bool is_here = false;            // to ourselves
    std::optional<IpAddress> hop{};  // none: no route
  };
  const Way& way_to(const IpAddress& destination) const {
    if (!way_.is_known || way_.destination != destination) find_way(destination);
    return way_;
  }
  void find_way(const IpAddress& destination) const;
  std::size_t write_link_header(const IpAddress& next_hop, std::optional<MacAddress> mac, std::span<std::byte> out) const;
  std::size_t pad(std::size_t length, std::span<std::byte> out) const;
  std::size_t send_arp(Outbox::Item& item, std::span<std::byte> out) const;
  std::size_t send_ip(Outbox::Item& item, std::span<std::byte> out);
  std::size_t send_some(Outbox::Item& item, std::span<std::byte> out);
  Reach reach_for(Instant now, const Message& message);

  bool is_ethernet_;
  Routes routes_;
  PathMtus path_mtus_;
  Reassembly reassembly_;
  EthernetLink ethernet_;
  HeaderWriter headers_;
  Outbox outbox_;
  TokenBucket echo_allowance_;
  TokenBucket error_allowance_;
  // Packets come in trains, and routes never change: what was asked last.
  mutable Way way_;
  Judged judged_;
};

}  // namespace ft::net
