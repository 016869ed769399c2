#include "net/routes.hpp"

#include "wire/ndp.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace ft::net {

namespace {

IpAddress subnet_broadcast(const InterfaceAddress& own) {
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const unsigned first_bit = static_cast<unsigned>(8 * i);
    const unsigned fixed = own.prefix_length <= first_bit ? 0u : std::min(8u, own.prefix_length - first_bit);
    octets[i] = static_cast<std::uint8_t>(own.address.octets()[i] | (0xffu >> fixed));
  }
  return IpAddress::from_octets(Family::ipv4, octets);
}

}  // namespace

Routes::Routes(const StackConfig& config)
    : own_(config.addresses), accept_any_(config.accept_any_address), accept_source_routes_(config.accept_source_routes) {
  const auto rank = [](const Route& r) { return 2 * r.prefix_length + (r.gateway ? 0 : 1); };
  // Behind its equals, so that the configuration's order decides between them.
  const auto insert = [&](const Route& r) {
    routes_.insert(std::ranges::upper_bound(routes_, rank(r), std::ranges::greater{}, rank), r);
  };
  for (const Route& route : config.routes) insert(route);
  for (const InterfaceAddress& own : own_) {
    insert({own.address, own.prefix_length, {}});
    if (own.address.is_v4() && own.prefix_length < 31) broadcasts_.push_back(subnet_broadcast(own));
  }
}

bool Routes::is_own(const IpAddress& address) const {
  return std::ranges::any_of(own_, [&](const InterfaceAddress& own) { return own.address == address; });
}

bool Routes::is_local(const IpAddress& address) const {
  return is_own(address) || (accept_any_ && is_unicast(address) && !address.is_loopback());
}

bool Routes::is_broadcast(const IpAddress& address) const {
  if (address.is_v6()) return false;
  if (address.is_limited_broadcast()) return true;
  return std::ranges::find(broadcasts_, address) != broadcasts_.end();
}

bool Routes::is_own_group(const IpAddress& address) const {
  if (!address.is_multicast()) return false;
  if (address.is_v4()) return address == IpAddress::v4(224, 0, 0, 1);
  if (address == wire::all_nodes()) return true;
  return std::ranges::any_of(
      own_, [&](const InterfaceAddress& own) { return own.address.is_v6() && address == wire::solicited_node(own.address); });
}

bool Routes::is_unicast(const IpAddress& address) const {
  return !address.is_unspecified() && !address.is_multicast() && !is_broadcast(address);
}

bool Routes::is_on_link(const IpAddress& address) const {
  const Route* route = find(address);
  return route != nullptr && !route->gateway;
}

std::optional<IpAddress> Routes::next_hop(const IpAddress& destination) const {
  if (destination.is_multicast() || is_broadcast(destination)) return destination;
  const Route* route = find(destination);
  if (route == nullptr) return {};
  return route->gateway.value_or(destination);
}

const Route* Routes::find(const IpAddress& destination) const {
  const auto found =
      std::ranges::find_if(routes_, [&](const Route& r) { return destination.in_prefix(r.prefix, r.prefix_length); });
  return found == routes_.end() ? nullptr : &*found;
}

}  // namespace ft::net
