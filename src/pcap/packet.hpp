// What capture files hold: packets seen at interfaces, with a time and perhaps a comment. Formats: pcapng
// (draft-ietf-opsawg-pcapng) and the classic pcap (draft-ietf-opsawg-pcap). This room turns octets into values and values
// into octets; whoever calls it reads and writes the files.
#pragma once

#include "fourtuple/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ft::pcap {

/// The LINKTYPE registry's number; files may carry values that have no name here.
enum class LinkType : std::uint16_t {
  null = 0,  // BSD loopback: 4 octets of address family in the host's order, then IP
  ethernet = 1,
  ppp = 9,
  ppp_hdlc = 50,
  pppoe = 51,
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
  std::string filter{};                     // the capture filter in force, as text
  std::uint8_t fcs_length = 0;              // octets of frame check sequence behind each packet; read only
  std::optional<std::uint64_t> received{};  // what the capturing system counted: read only, told at the end of most captures
  std::optional<std::uint64_t> dropped{};   // packets that it saw and lost
};

/// Who wrote a section of a pcapng file, on what.
struct Section {
  std::string application{};
  std::string system{};
  std::string hardware{};
  std::string comment{};
};

/// Octets and comments are borrowed: from the caller when written, from the file when read.
struct Packet {
  Instant at{};                           // since 1970-01-01 00:00 UTC
  bool timed = true;                      // false: the file gives this packet no time
  std::uint32_t interface = 0;            // counts from 0 in the order of the interfaces, over all sections of a file
  LinkType link_type = LinkType::raw_ip;  // read only: the interface's
  Direction direction = Direction::unknown;
  std::uint32_t original_length = 0;  // octets on the wire; 0 when written = as many as there are
  std::uint32_t dropped_before = 0;   // packets lost since the one before, where the file says; read only
  std::uint8_t fcs_length = 0;        // how many of the last octets on the wire are a frame check sequence; read only
  std::span<const std::byte> octets{};
  std::vector<std::string_view> comments{};
};

}  // namespace ft::pcap
