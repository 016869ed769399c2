// Where arriving text lands: at its offset in a ring, and an interval set remembers the islands beyond a hole (RFC 9293
// SHLD-31). It also names the SACK blocks, newest first (RFC 2018 4).
#pragma once

#include "base/byte_ring.hpp"
#include "base/interval_set.hpp"
#include "wire/tcp.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace ft::tcp {

class Reassembly {
 public:
  /// `offset` octets beyond the next expected one. Returns by how much the in-order text grew; nullopt: no memory (nothing kept).
  std::optional<std::uint32_t> insert(BufferPool& pool, std::uint32_t offset, std::span<const std::byte> text);

  /// In-order octets that the application has not read.
  std::uint32_t ready() const { return ready_; }
  std::span<const std::byte> peek() const;
  /// Some of them, from `offset` on.
  void copy_out(std::uint32_t offset, std::span<std::byte> into) const { ring_.copy_out(offset, into); }
  std::uint32_t read(BufferPool& pool, std::span<std::byte> into);
  void consume(BufferPool& pool, std::uint32_t octets);
  void release(BufferPool& pool);

  /// What of `length` octets from `offset` beyond the next expected one is there already: the first stretch, as offsets.
  struct Stretch {
    std::uint32_t from;
    std::uint32_t to;
  };
  std::optional<Stretch> overlap(std::uint32_t offset, std::uint32_t length) const;

  /// Octets held beyond a hole.
  std::uint32_t out_of_order() const {
    std::uint64_t octets = 0;
    if (beyond_ == nullptr) return 0;
    for (const Interval& island : beyond_->islands) octets += island.to - island.from;
    return static_cast<std::uint32_t>(octets);
  }
  /// Octets of pool memory held; what the islands take beside it.
  std::uint32_t memory() const { return ring_.capacity(); }
  std::size_t islands_memory() const { return beyond_ == nullptr ? 0 : sizeof(Beyond) + beyond_->islands.memory(); }
  /// Something is there beyond `offset` octets after the next expected one.
  bool has_beyond(std::uint32_t offset) const { return has_islands() && beyond_->islands.last().to > next_ + offset; }
  bool has_islands() const { return beyond_ != nullptr; }
  /// Fills at most `limit` blocks; `next` is RCV.NXT. Returns how many.
  std::uint8_t sack_blocks(Seq next, std::uint8_t limit, std::array<wire::SackBlock, 4>& blocks) const;

 private:
  friend class Fingerprint;

  void shrink_if_empty(BufferPool& pool);

  struct Beyond {
    IntervalSet islands{0};                 // in stream positions, at least one; their limit grows with the ring
    std::array<std::uint32_t, 4> recent{};  // where the latest arrivals began: low 32 bits of their positions
  };

  ByteRing ring_;
  std::unique_ptr<Beyond> beyond_;  // while there is a hole
  std::uint64_t next_ = 0;          // stream position of RCV.NXT
  std::uint32_t ready_ = 0;
};

}  // namespace ft::tcp
