// What nearly every packet is: Ethernet without tags, IPv4 without options and fragments or IPv6 without extension headers, and a
// whole TCP header. Read on a short way of its own, in one go; the long way (walk.hpp) would say the same of it.
#pragma once

#include "analysis/dissect/segment.hpp"
#include "pcap/packet.hpp"

namespace ft::analysis {

/// All of `segment` but its frame number and time. False, and nothing in it means anything, when the packet is something else.
/// `verify` asks for the checksum of a segment that was captured whole.
bool read_usual(const pcap::Packet& packet, bool verify, Segment& segment);

}  // namespace ft::analysis
