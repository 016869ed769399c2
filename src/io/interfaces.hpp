// What the system says about its network interfaces.
#pragma once

#include "fourtuple/address.hpp"

#include <optional>
#include <string>

namespace ft::io {

/// The interface's MAC address; nullopt when it has none, or only zeros as the loopback.
std::optional<MacAddress> mac_of(const std::string& interface);
/// The interface of the default route (IPv4, else IPv6); empty when there is none.
std::string default_route_interface();

}  // namespace ft::io
