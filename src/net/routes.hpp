// Where packets go, and which addresses are ours: the longest matching prefix decides (RFC 1122 3.3.1, RFC 1812 5.2.4.3), and
// each address of the interface brings its own on-link prefix. Nothing changes after construction.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/config.hpp"

#include <optional>
#include <span>
#include <vector>

namespace ft::net {

class Routes {
 public:
  explicit Routes(const StackConfig& config);

  /// One of the interface's own addresses.
  bool is_own(const IpAddress& address) const;
  /// An own address or a loopback address: packets for it never leave (RFC 1122 3.2.1.3 (g), RFC 4291 2.5.3).
  bool is_this_host(const IpAddress& address) const { return address.is_loopback() || is_own(address); }
  /// An own address, or any unicast address but loopback when the configuration accepts all.
  bool is_local(const IpAddress& address) const;
  /// 255.255.255.255 or the last address of an own IPv4 prefix; /31 and /32 have none (RFC 3021 2.1).
  bool is_broadcast(const IpAddress& address) const;
  /// A multicast group that every host listens to: 224.0.0.1, ff02::1, and the solicited-node groups of our addresses.
  bool is_own_group(const IpAddress& address) const;
  /// Multicast, broadcast or unspecified: nobody in particular.
  bool is_unicast(const IpAddress& address) const;
  /// Reached without a gateway.
  bool is_on_link(const IpAddress& address) const;
  /// Who gets the frame: the destination itself or a gateway; none without a route. Groups and broadcasts are on link.
  std::optional<IpAddress> next_hop(const IpAddress& destination) const;

  bool accepts_source_routes() const { return accept_source_routes_; }
  std::span<const InterfaceAddress> own() const { return own_; }

 private:
  const Route* find(const IpAddress& destination) const;

  std::vector<InterfaceAddress> own_;
  std::vector<IpAddress> broadcasts_;  // of the own IPv4 prefixes
  std::vector<Route> routes_;          // longest prefix first, on-link before gateways
  bool accept_any_ = false;
  bool accept_source_routes_ = false;
};

}  // namespace ft::net
