// Which of our addresses speaks to a destination: RFC 6724 5 for a host whose addresses are all permanent and on one
// interface, which leaves rules 1, 2, 5.5, 6 and 8. IPv4 is judged by the same rules.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/config.hpp"

#include <optional>
#include <span>

namespace ft::net {

/// None when we have no address of that family. `next_hop` is the gateway, or the destination itself.
std::optional<IpAddress> choose_source(std::span<const InterfaceAddress> own, const IpAddress& destination,
                                       const IpAddress& next_hop);

}  // namespace ft::net
