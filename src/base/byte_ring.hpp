// The octets of one direction of a connection: a ring whose size is a power of two, in memory borrowed from a
// BufferPool. Offsets count from the head, the oldest octet. Text may be written at any offset, so what arrives
// out of order lands at once where it belongs.
//
// The ring does not know how much of it is valid; its owner does (from sequence numbers). Without memory it is
// 16 octets and capacity 0. release() must be called before it goes.
//
// A ring that is emptied and filled again and again, as bulk transfer does, would climb from the smallest block every
// time and copy what it holds at each step. So it remembers how large it was and starts there; a ring that used less
// than half starts with half the next time.
#pragma once

#include "base/assert.hpp"
#include "base/buffer_pool.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace ft {

class ByteRing {
 public:
  ByteRing() = default;
  ByteRing(ByteRing&& other) noexcept { take(other); }
  /// What this ring held must have been released.
  ByteRing& operator=(ByteRing&& other) noexcept;
  ~ByteRing() { FT_ASSERT(data_ == nullptr); }

  /// Grows to a power of two >= wanted; every octet keeps its offset. False, and nothing changed, when the pool
  /// refuses. Never shrinks.
  bool ensure(BufferPool& pool, std::uint32_t wanted);
  /// Gives the memory back.
  void release(BufferPool& pool);

  void write_at(std::uint32_t offset, std::span<const std::byte> octets);
  void copy_out(std::uint32_t offset, std::span<std::byte> into) const;
  /// The octets in place, in one part or two; valid until ensure or release.
  std::array<std::span<const std::byte>, 2> view(std::uint32_t offset, std::uint32_t length) const {
    const auto parts = cut(offset, length);
    return {parts[0], parts[1]};
  }
  std::array<std::span<std::byte>, 2> writable(std::uint32_t offset, std::uint32_t length) {
    note_use(offset + length);
    return cut(offset, length);
  }

  /// Drops n octets from the head: what was at offset n is at 0 now.
  void advance(std::uint32_t n) {
    FT_ASSERT(n <= capacity());
    head_ = (head_ + n) & (capacity() - 1);
  }

  std::uint32_t capacity() const { return data_ == nullptr ? 0 : 1u << capacity_bits_; }

 private:
  std::array<std::span<std::byte>, 2> cut(std::uint32_t offset, std::uint32_t length) const {
    const std::uint32_t all = capacity();
    FT_ASSERT(offset <= all && length <= all - offset);
    const std::uint32_t begin = (head_ + offset) & (all - 1);
    const std::uint32_t until_edge = std::min(length, all - begin);
    return {std::span(data_ + begin, until_edge), std::span(data_, length - until_edge)};
  }

  void note_use(std::uint32_t octets) {
    if (octets > capacity() / 2) half_used_ = true;
  }
  void take(ByteRing& other);

  std::byte* data_ = nullptr;
  std::uint32_t head_ = 0;            // where offset 0 lies
  std::uint8_t capacity_bits_ = 0;    // while there is memory: log2 of its size
  std::uint8_t remembered_bits_ = 0;  // what to start with the next time
  bool half_used_ = false;            // more than half of the capacity was filled
};
static_assert(sizeof(ByteRing) <= 16);

}  // namespace ft
