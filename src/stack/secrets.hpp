// What an outsider must not guess, from one secret: initial sequence numbers (RFC 6528), timestamp offsets (RFC 7323 5.4),
// ephemeral port offsets (RFC 6056) and table hashes.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/time.hpp"
#include "wire/seq.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace ft::stack {

class Secrets {
 public:
  explicit Secrets(std::span<const std::uint8_t, 32> secret);

  /// RFC 6528 3: a 4 microsecond clock plus F(four-tuple, key).
  Seq isn(Instant now, const FourTuple& tuple) const;
  /// 64 bits that nobody outside can tell from the ones before: the hash of a counter.
  std::uint64_t random();
  std::uint32_t timestamp_offset(const FourTuple& tuple) const;
  /// RFC 6056 3.3.4: F and G, over everything of the tuple but the port to be chosen.
  std::uint32_t port_offset(const IpAddress& local, const Endpoint& remote) const;
  std::uint32_t port_slot(const IpAddress& local, const Endpoint& remote) const;
  /// Both; who connects to one peer again and again asks for the same.
  struct PortHashes {
    std::uint32_t offset = 0;
    std::uint32_t slot = 0;
  };
  PortHashes port_hashes(const IpAddress& local, const Endpoint& remote) {
    if (!ports_of_ || ports_of_->local.address != local || ports_of_->remote != remote) {
      ports_of_ = FourTuple{{local, 0}, remote};
      port_hashes_ = {port_offset(local, remote), port_slot(local, remote)};
    }
    return port_hashes_;
  }
  std::uint64_t table_hash(const FourTuple& tuple) const;
  /// For others who hash with purposes of their own: SynCookies, ChallengeLimit.
  std::span<const std::uint8_t, 16> protocol_key() const { return protocol_key_; }
  /// A key that nothing else uses: what is hashed with it has no purpose in it (FastOpenCookies).
  std::array<std::uint8_t, 16> fast_open_key() const;

 private:
  enum class Purpose : std::uint8_t { isn = 1, timestamp, port_offset, port_slot, random, fast_open };
  std::uint64_t hash(Purpose purpose, const FourTuple& tuple) const;

  std::uint64_t drawn_ = 0;
  std::optional<FourTuple> ports_of_;  // whose port_hashes_ are
  PortHashes port_hashes_;
  std::array<std::uint8_t, 16> protocol_key_{};
  std::array<std::uint8_t, 16> table_key_{};
};

}  // namespace ft::stack
