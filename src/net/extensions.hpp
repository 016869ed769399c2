// The chain of IPv6 extension headers in front of a transport header or fragment (RFC 8200 4). Hop-by-hop and destination
// options are read for what they demand of a host that knows none of them, a routing header must have arrived at its last
// segment, and everything else ends the chain.
#pragma once

#include "net/datagram.hpp"
#include "wire/ipv6.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

namespace ft::net {

struct Chain {
  std::uint8_t protocol = 0;                     // the first Next Header that is no extension read here
  std::uint32_t protocol_offset = 0;             // where it was named, from the start of the packet
  std::uint32_t length = 0;                      // octets of extension headers, up to and with the fragment header
  std::optional<wire::FragmentHeader> fragment;  // the chain stops after it
};

/// The headers that a chain is made of; everything else ends it.
constexpr bool is_extension(std::uint8_t next_header) {
  return next_header == wire::next_header::hop_by_hop || next_header == wire::next_header::routing ||
         next_header == wire::next_header::fragment || next_header == wire::next_header::destination_options;
}

/// Walks from a first Next Header that was named at `named_at`; `octets` follow it and begin `base` octets into the packet.
std::expected<Chain, Rejection> walk_extensions(std::uint8_t next_header, std::uint32_t named_at, std::uint32_t base,
                                                std::span<const std::byte> octets);

/// Where the chain ends when nothing in it is judged: the transport protocol and the octets from its header on, as far as they
/// are there. For the question whether a packet that is refused was an ICMPv6 error.
struct ChainEnd {
  std::uint8_t protocol = 0;
  std::span<const std::byte> octets;
};
ChainEnd skip_extensions(std::uint8_t next_header, std::span<const std::byte> octets);

}  // namespace ft::net
