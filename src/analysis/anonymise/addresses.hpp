// Addresses for others' eyes: the same address becomes the same other one everywhere, two that share a prefix share one of the
// same length afterwards (as in Crypto-PAn, Xu et al. 2002), and what an address is by its range (private, link-local, multicast,
// loopback) it stays. Whoever does not hold the key cannot go back.
#pragma once

#include "fourtuple/address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

namespace ft::analysis {

using AnonymiseKey = std::array<std::uint8_t, 16>;

class AddressMap {
 public:
  static constexpr std::size_t most_remembered = 65536;  // of each family; then they are worked out anew

  explicit AddressMap(const AnonymiseKey& key) : key_(key) {}

  IpAddress map(const IpAddress& address);
  /// Group addresses stay, but for those that are made of an IP address; unicast ones become locally administered.
  MacAddress map(const MacAddress& mac) const;

 private:
  using Octets = std::array<std::uint8_t, 16>;
  IpAddress map4(const IpAddress& address) const;
  IpAddress map6(const IpAddress& address);
  /// Turns the bits from `first` to `last` over or not, each by what stands before it.
  void scramble(Octets& octets, unsigned first, unsigned last) const;

  AnonymiseKey key_;
  std::map<IpAddress, IpAddress> known_;
};

}  // namespace ft::analysis
