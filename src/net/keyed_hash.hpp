// A hash of addresses that an outsider cannot aim: tables keyed by what strangers send (neighbours, path MTUs, fragments) and
// flow labels (RFC 6437 3) use it. Its key is drawn from the caller's secret, one key per use.
#pragma once

#include "base/siphash.hpp"
#include "fourtuple/address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ft::net {

class KeyedHash {
 public:
  /// `use` tells apart what is keyed by the same secret.
  KeyedHash(std::span<const std::uint8_t, 32> secret, std::uint8_t use) {
    const std::array<std::byte, 2> label{std::byte{use}, std::byte{0}};
    const std::array<std::byte, 2> more_label{std::byte{use}, std::byte{1}};
    store(0, siphash(secret.first<16>(), label) ^ siphash(secret.last<16>(), more_label));
    store(8, siphash(secret.first<16>(), more_label) ^ siphash(secret.last<16>(), label));
  }

  std::uint64_t operator()(std::span<const std::byte> octets) const { return siphash(std::span{key_}, octets); }
  /// As the hasher of an unordered container.
  std::size_t operator()(const IpAddress& address) const {
    return static_cast<std::size_t>((*this)(std::as_bytes(address.octets())));
  }

 private:
  void store(std::size_t at, std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i) key_[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }

  std::array<std::uint8_t, 16> key_{};
};

}  // namespace ft::net
