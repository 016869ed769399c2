#include "net/source_choice.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <tuple>

namespace ft::net {

namespace {

/// RFC 6724 3.1, the values of RFC 4291 2.7. Private IPv4 addresses count as global (RFC 6724 3.2).
unsigned scope(const IpAddress& address) {
  constexpr unsigned link_local = 2, global = 14;
  if (address.is_v6() && address.is_multicast()) return address.octets()[1] & 0x0fu;
  return address.is_link_local() || address.is_loopback() ? link_local : global;
}

/// The rows of RFC 6724 2.1 that tell unicast IPv6 addresses in use apart: unique local, 6to4, Teredo and the rest.
unsigned label(const IpAddress& address) {
  if (address.is_v4()) return 4;
  const auto o = address.octets();
  if ((o[0] & 0xfe) == 0xfc) return 13;
  if (o[0] == 0x20 && o[1] == 0x02) return 2;
  if (o[0] == 0x20 && o[1] == 0x01 && o[2] == 0 && o[3] == 0) return 5;
  return 1;
}

/// Leading bits that both have in common, at most the length of our prefix (RFC 6724 2.2).
unsigned common_prefix(const InterfaceAddress& own, const IpAddress& destination) {
  unsigned bits = 0;
  for (std::size_t i = 0; i < destination.size(); ++i) {
    const auto different = static_cast<std::uint8_t>(own.address.octets()[i] ^ destination.octets()[i]);
    bits += static_cast<unsigned>(std::countl_zero(different));
    if (different != 0) break;
  }
  return std::min<unsigned>(bits, own.prefix_length);
}

/// Larger is better; compared rule by rule.
auto merit(const InterfaceAddress& own, const IpAddress& destination, const IpAddress& next_hop) {
  const unsigned ours = scope(own.address);
  const unsigned theirs = scope(destination);
  // Rule 2: the smallest scope that is large enough; failing that, the largest.
  const int scope_merit = ours >= theirs ? 100 - static_cast<int>(ours) : static_cast<int>(ours) - 100;
  return std::tuple{
      own.address == destination,                          // rule 1
      scope_merit,                                         // rule 2
      next_hop.in_prefix(own.address, own.prefix_length),  // rule 5.5: on the next hop's subnet
      label(own.address) == label(destination),            // rule 6
      common_prefix(own, destination),                     // rule 8
  };
}

}  // namespace

std::optional<IpAddress> choose_source(std::span<const InterfaceAddress> own, const IpAddress& destination,
                                       const IpAddress& next_hop) {
  const InterfaceAddress* best = nullptr;
  for (const InterfaceAddress& candidate : own) {
    if (candidate.address.family() != destination.family()) continue;
    if (best == nullptr || merit(*best, destination, next_hop) < merit(candidate, destination, next_hop)) best = &candidate;
  }
  if (best == nullptr) return {};
  return best->address;
}

}  // namespace ft::net
