// --so_flags: "NAME=VALUE,NAME=VALUE...". Names are the kernel's sysctls, with or without "net.ipv4." or "net/ipv4/" in front,
// so that what a script sets by sysctl can be handed over; and "mtu", "local" (an address of the stack's), "pcap" (a file).
#pragma once

#include "fourtuple/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ft::packetdrill {

struct Flags {
  StackConfig config;
  bool fast_open_unasked = false;                // tcp_fastopen with the bits 2 and 0x400: every listener takes fast opens
  bool fast_open_client_without_cookie = false;  // its bit 4
  bool fast_open_server_without_cookie = false;  // its bit 0x200
  std::vector<std::string> complaints{};         // one line each: a name that means nothing here, a value that is none
};

/// Begins with what the kernel does by default.
Flags parse_flags(std::string_view text);

}  // namespace ft::packetdrill
