// SipHash (Aumasson and Bernstein, 2012) with 64 bits of output: a keyed hash that an outsider who does not hold the key
// cannot aim. Initial sequence numbers (RFC 6528) and ephemeral ports (RFC 6056) show their value to the world and take
// SipHash-2-4; a hash table shows none and takes SipHash-1-3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ft {

using SipKey = std::span<const std::uint8_t, 16>;

std::uint64_t siphash(SipKey key, std::span<const std::byte> octets);

/// The same function of octets that are words already, as if each had been written little-endian.
std::uint64_t siphash_words(SipKey key, std::span<const std::uint64_t> words);

/// SipHash-1-3 of words: one round a word and three at the end.
std::uint64_t siphash_13_words(SipKey key, std::span<const std::uint64_t> words);

}  // namespace ft
