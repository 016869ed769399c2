// Writing capture files: each function appends whole blocks to `out`, so what was written is readable at any moment. A
// pcapng file is one section header, then its interfaces, then packets; later interfaces may follow.
#pragma once

#include "pcap/packet.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace ft::pcap {

void append_section_header(std::vector<std::byte>& out, std::string_view application = "fourtuple",
                           std::string_view comment = {});
/// The interface's number is how many came before it in this section. Times will be in nanoseconds. Counts (received, dropped)
/// are for append_statistics.
void append_interface(std::vector<std::byte>& out, const Interface& interface);
/// Comments longer than 65,535 octets are cut. Times before 1970 become 1970.
void append_packet(std::vector<std::byte>& out, const Packet& packet);
/// What the capturing system counted at an interface, usually written when the capture ends.
void append_statistics(std::vector<std::byte>& out, std::uint32_t interface, Instant at, std::uint64_t received,
                       std::uint64_t dropped);

/// The classic format knows one link type, no names, no directions and no comments; times are in nanoseconds until 2106.
void append_classic_header(std::vector<std::byte>& out, LinkType link_type);
void append_classic_packet(std::vector<std::byte>& out, const Packet& packet);

}  // namespace ft::pcap
