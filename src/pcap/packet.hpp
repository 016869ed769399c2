// What capture files hold: packets seen at interfaces, with a time and perhaps a comment. Formats: pcapng
// (draft-ietf-opsawg-pcapng) and the classic pcap (draft-ietf-opsawg-pcap). This room turns octets into values and values
// into octets; whoever calls it reads and writes the files.
#pragma once

#include "fourtuple/time.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ft::pcap {

/// The LINKTYPE registry's number; files may carry values that have no name here.
enum class LinkType : std::uint16_t {
  null = 0,  // BSD loopback: 4 octets of address family in the host's order, then IP
  ethernet = 1,
  raw_ip = 101,     // an IPv4 or IPv6 packet, told apart by its version
  loop = 108,       // OpenBSD loopback: as null, in network order
  linux_sll = 113,  // Linux "any" device, 16 octets of header
  ipv4 = 228,
  ipv6 = 229,
  linux_sll2 = 276,
};

/// As seen from the interface where the packet was captured.
enum class Direction : std::uint8_t { unknown = 0, inbound = 1, outbound = 2 };

struct Interface {
  LinkType link_type = LinkType::raw_ip;
  std::uint32_t snap_length = 0;  // octets kept of each packet; 0 = no limit
  std::string name{};             // "client", "eth0"
  std::string description{};
};

/// Octets and comments are borrowed: from the caller when written, from the file when read.
struct Packet {
  Instant at{};                           // since 1970-01-01 00:00 UTC
  bool timed = true;                      // false: the file gives this packet no time
  std::uint32_t interface = 0;            // counts from 0 in the order of the interfaces, over all sections of a file
  LinkType link_type = LinkType::raw_ip;  // read only: the interface's
  Direction direction = Direction::unknown;
  std::uint32_t original_length = 0;  // octets on the wire; 0 when written = as many as there are
  std::span<const std::byte> octets{};
  std::vector<std::string_view> comments{};
};

}  // namespace ft::pcap
