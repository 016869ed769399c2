// Memory for the octets of connections: blocks of 2^k octets, accounted, with a ceiling. A connection that has
// nothing to send and nothing unread holds none of it.
//
// Blocks given back wait on a free list of their size for the next taker, up to a bound; beyond that they return
// to the system.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ft {

class BufferPool {
 public:
  static constexpr std::uint32_t smallest = 2u << 10;
  static constexpr std::uint32_t largest = 64u << 20;

  struct Limits {
    std::uint64_t ceiling = 1ull << 30;     // octets handed out at the same time
    std::uint64_t cache = 32ull << 20;      // octets kept for reuse
    std::uint32_t largest_block = largest;  // a power of two, 2 KiB to 64 MiB
  };

  explicit BufferPool(Limits limits);
  explicit BufferPool(std::uint64_t ceiling) : BufferPool(Limits{.ceiling = ceiling}) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  /// Every block must be back.
  ~BufferPool();

  /// The size of the block that holds `octets`, or 0 when no block is large enough.
  std::uint32_t block_size(std::uint32_t octets) const;
  /// The last eighth is kept for blocks of `modest` octets at most, so that those who hoard leave room for the others.
  bool may_acquire(std::uint32_t size) const {
    return size <= modest ||
           size <= limits_.ceiling - limits_.ceiling / 8 - std::min(used_, limits_.ceiling - limits_.ceiling / 8);
  }
  /// Three quarters are handed out: what can come again had better be dropped.
  bool is_tight() const { return used_ > limits_.ceiling - limits_.ceiling / 4; }
  static constexpr std::uint32_t modest = 4u << 10;
  /// A block of `size` octets (a size that block_size names), uninitialised; null when the ceiling or the system says no.
  std::byte* acquire(std::uint32_t size);
  /// Takes back a block that acquire gave, with the same size.
  void release(std::byte* block, std::uint32_t size);

  /// Octets handed out now.
  std::uint64_t used() const { return used_; }
  /// Octets that wait for reuse.
  std::uint64_t cached() const { return cached_; }
  std::uint64_t ceiling() const { return limits_.ceiling; }

 private:
  struct Free {
    Free* next;
  };
  static constexpr std::size_t classes = 16;  // 2 KiB ... 64 MiB
  static std::size_t class_of(std::uint32_t size);

  Limits limits_;
  std::uint64_t used_ = 0;
  std::uint64_t cached_ = 0;
  std::array<Free*, classes> free_{};
};

}  // namespace ft
