// Addresses and state of a network device, set through rtnetlink(7) as `ip address add` and `ip link set up` do.
#pragma once

#include "fourtuple/config.hpp"
#include "io/failure.hpp"

#include <string>

namespace ft::io {

/// Gives the device an address with its on-link route; content when it is there already. IPv6 addresses skip duplicate address
/// detection, so they work at once: the other end is ours.
Result<> add_device_address(const std::string& device, const InterfaceAddress& address);
/// Waits, at most a second, until the kernel takes in packets for an IPv6 address of its own. It installs the route in the
/// background after the address can be used already: an answer that comes at once would be dropped.
void await_own_address(const IpAddress& address);
Result<> bring_device_up(const std::string& device);
Result<> set_device_mtu(const std::string& device, std::uint32_t mtu);
Result<std::uint32_t> device_mtu(const std::string& device);
/// No link-local address and no router solicitations: between us and our own kernel there is no router to find. Best effort.
void keep_device_quiet(const std::string& device, bool with_ipv6);
bool device_exists(const std::string& device);

}  // namespace ft::io
