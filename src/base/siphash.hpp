// SipHash-2-4 with 64 bits of output (Aumasson and Bernstein, 2012): a keyed hash that an outsider who does not
// hold the key cannot aim. Initial sequence numbers (RFC 6528), ephemeral ports (RFC 6056) and the
// demultiplexing table use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ft {

using SipKey = std::span<const std::uint8_t, 16>;

std::uint64_t siphash(SipKey key, std::span<const std::byte> octets);

/// The same function of exactly 40 octets, unrolled: a pair of addresses, their ports and what else fits.
std::uint64_t siphash_40(SipKey key, std::span<const std::byte, 40> octets);

}  // namespace ft
