// What is known of paths narrower than the link (RFC 1191 6.3, RFC 8201 5.2): destination -> MTU, forgotten ten minutes
// after it was last lowered, so that a path that grew is found again.
//
// A router may claim any number. Below 576 (IPv4) and 1280 (IPv6) the claim is raised to that: no path in use is narrower, but
// forged claims are, and each of them would make the sender cut its data into crumbs (RFC 5927 7, RFC 8201 4).
#pragma once

#include "net/keyed_hash.hpp"
#include "net/lru.hpp"

#include "fourtuple/address.hpp"
#include "fourtuple/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace ft::net {

class PathMtus {
 public:
  static constexpr Duration lifetime = std::chrono::minutes(10);
  static constexpr std::uint32_t least_v4 = 576;
  static constexpr std::uint32_t least_v6 = 1280;

  /// `link_mtu` in octets of IP packet; at most `limit` destinations, then the one lowered longest ago is forgotten.
  PathMtus(std::uint32_t link_mtu, std::size_t limit, KeyedHash hash) : link_mtu_(link_mtu), table_(limit, hash) {}

  std::uint32_t get(const IpAddress& destination) const;
  /// Never raises: a larger value than the known one changes nothing. Returns the MTU in force.
  std::uint32_t lower(Instant now, const IpAddress& destination, std::uint32_t mtu);
  void on_deadline(Instant now);
  std::optional<Instant> next_deadline() const;

 private:
  struct Known {
    std::uint32_t mtu = 0;
    Instant expires{};
  };

  std::uint32_t link_mtu_;
  Lru<IpAddress, Known, KeyedHash> table_;
};

}  // namespace ft::net
