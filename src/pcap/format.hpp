// The numbers of both formats that reader and writer share.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ft::pcap {

namespace block {
inline constexpr std::uint32_t section_header = 0x0a0d0d0a;  // reads the same in both octet orders
inline constexpr std::uint32_t interface_description = 1;
inline constexpr std::uint32_t packet = 2;  // obsolete, still met
inline constexpr std::uint32_t simple_packet = 3;
inline constexpr std::uint32_t interface_statistics = 5;
inline constexpr std::uint32_t enhanced_packet = 6;
inline constexpr std::size_t overhead = 12;  // type, length, and the length once more at the end
}  // namespace block

namespace option {
inline constexpr std::uint16_t end = 0;
inline constexpr std::uint16_t comment = 1;
inline constexpr std::uint16_t section_hardware = 2;
inline constexpr std::uint16_t section_system = 3;
inline constexpr std::uint16_t section_application = 4;
inline constexpr std::uint16_t interface_name = 2;
inline constexpr std::uint16_t interface_description = 3;
inline constexpr std::uint16_t interface_time_resolution = 9;
inline constexpr std::uint16_t interface_filter = 11;
inline constexpr std::uint16_t interface_fcs_length = 13;
inline constexpr std::uint16_t interface_time_offset = 14;
inline constexpr std::uint16_t packet_flags = 2;
inline constexpr std::uint16_t packet_drop_count = 4;
inline constexpr std::uint16_t statistics_received = 4;
inline constexpr std::uint16_t statistics_dropped = 5;         // by the interface
inline constexpr std::uint16_t statistics_system_dropped = 7;  // by the operating system
}  // namespace option

inline constexpr std::uint32_t octet_order_magic = 0x1a2b3c4d;
inline constexpr std::uint32_t classic_magic_micro = 0xa1b2c3d4;
inline constexpr std::uint32_t classic_magic_nano = 0xa1b23c4d;
inline constexpr std::uint32_t classic_magic_modified = 0xa1b2cd34;  // A. Kuznetzov's: each record tells its interface besides
inline constexpr std::size_t classic_header_length = 24;
inline constexpr std::size_t classic_record_header_length = 16;
inline constexpr std::size_t modified_record_header_length = 24;
inline constexpr std::uint32_t default_snap_length = 262144;     // what capture programs use as "everything"
inline constexpr std::size_t most_octets_of_packet = 16u << 20;  // a packet or block that claims more is called damaged

}  // namespace ft::pcap
