// A TCP header (RFC 9293 3.1) read into a segment: only what flows look at, without a copy of the rest.
#pragma once

#include "analysis/dissect/segment.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace ft::analysis {

enum class TcpHeaderState : std::uint8_t {
  whole,
  cut,        // its fixed part was captured, its options were not, or not all
  too_short,  // the capture ends before its window: nothing was read
  malformed,  // a data offset below 5 or beyond the packet: nothing was read
};

/// Reads ports, numbers, flags, window, options, length and text. `octets` is what was captured from the header on, `wire` how
/// many octets the packet had from there on.
TcpHeaderState read_tcp_segment(std::span<const std::byte> octets, std::uint64_t wire, Segment& segment);

/// Reads a list of options (RFC 9293 3.1); what is cut off by the capture is not malformed.
void read_segment_options(std::span<const std::byte> list, bool cut, SegmentOptions& options);

/// What the checksum of a whole segment (header and text, all of it) says.
ChecksumState judge_checksum(const IpAddress& source, const IpAddress& destination, std::span<const std::byte> octets);

}  // namespace ft::analysis
