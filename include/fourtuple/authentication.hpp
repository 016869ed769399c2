// Segments that prove who sent them: TCP-MD5 (RFC 2385) and TCP-AO (RFC 5925, with the algorithms of RFC 5926), by peer address.
// The core computes no digests itself: a MacProvider does; openssl_mac.hpp has one made of libcrypto.
//
// A peer with keys is held to them: what comes unsigned or wrongly signed is dropped in silence and counted, before anything else
// of the segment is looked at, and everything that we send to it is signed, RSTs too. To change keys give both sides the new one,
// then one side asks for it with Stack::use_key; the other follows (RFC 5925 7.5).
#pragma once

#include "fourtuple/address.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ft {

class MacProvider {
 public:
  enum class Algorithm : std::uint8_t {
    md5,           // a plain digest of 16 octets; there is no key
    hmac_sha1,     // 20 octets (RFC 2104)
    aes_128_cmac,  // 16 octets (RFC 4493); the key has 16 octets
  };
  virtual ~MacProvider() = default;
  /// Over all `parts` in their order, into `out`. Returns the octets written; 0: not to be had, and nothing will be sent.
  virtual std::size_t compute(Algorithm algorithm, std::span<const std::byte> key,
                              std::span<const std::span<const std::byte>> parts, std::span<std::byte, 20> out) const = 0;
};

/// RFC 5925 3.1: a master key tuple without its addresses.
struct AoKey {
  std::uint8_t send_id = 0;                                              // KeyID in what we send
  std::uint8_t receive_id = 0;                                           // KeyID in what comes
  MacProvider::Algorithm algorithm = MacProvider::Algorithm::hmac_sha1;  // hmac_sha1 or aes_128_cmac, both cut to 96 bits
  std::vector<std::byte> secret;
  bool covers_options = true;  // of TCP; the option of TCP-AO itself is always covered
};

struct PeerKeys {
  IpAddress peer;
  std::vector<std::byte> md5{};  // the secret; empty: none
  std::vector<AoKey> ao{};       // when there is one, md5 is not used; the first is the one to begin with
};

struct Authentication {
  std::shared_ptr<const MacProvider> provider;
  std::vector<PeerKeys> peers;  // a peer that is not named needs no key
  const PeerKeys* find(const IpAddress& peer) const {
    for (const PeerKeys& keys : peers)
      if (keys.peer == peer && (!keys.md5.empty() || !keys.ao.empty())) return &keys;
    return nullptr;
  }
};

}  // namespace ft
