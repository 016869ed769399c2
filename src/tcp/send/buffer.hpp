// What the application wrote and the peer has not acknowledged: a ring that begins at `first`, the sequence number of its
// first octet, and takes memory only while it holds something.
#pragma once

#include "base/byte_ring.hpp"
#include "wire/seq.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace ft::tcp {

class SendBuffer {
 public:
  void open(Seq first) { first_ = first; }

  /// Takes what fits below `limit` and the pool's ceiling; 0 when nothing does.
  std::uint32_t write(BufferPool& pool, std::uint32_t limit, std::span<const std::byte> from) {
    const std::uint32_t n = make_room(pool, limit, static_cast<std::uint32_t>(std::min<std::size_t>(from.size(), limit)));
    if (n != 0) ring_.write_at(size_, from.first(n));
    size_ += n;
    return n;
  }
  /// Contiguous room for about `wanted` octets; commit() what was filled in.
  std::span<std::byte> reserve(BufferPool& pool, std::uint32_t limit, std::uint32_t wanted) {
    const std::uint32_t n = make_room(pool, limit, wanted);
    if (n == 0) return {};
    return ring_.writable(size_, n)[0];
  }
  void commit(std::uint32_t octets) { size_ += octets; }

  /// Octets from `seq` on, in at most two pieces.
  std::array<std::span<const std::byte>, 2> view(Seq seq, std::uint32_t length) const {
    return ring_.view(seq.value() - first_.value(), length);
  }
  /// Everything before `seq` is acknowledged.
  void drop_before(BufferPool& pool, Seq seq) {
    const std::int32_t acked = distance(first_, seq);
    if (acked <= 0) return;
    const std::uint32_t n = std::min(static_cast<std::uint32_t>(acked), size_);
    ring_.advance(n);
    size_ -= n;
    first_ += n;
    if (size_ == 0) ring_.release(pool);
  }
  void release(BufferPool& pool) {
    ring_.release(pool);
    size_ = 0;
  }

  Seq first() const { return first_; }
  Seq end() const { return first_ + size_; }
  std::uint32_t size() const { return size_; }
  /// So much a write() would take whole. At the pool's ceiling that is less than the limit leaves.
  std::uint32_t room(const BufferPool& pool, std::uint32_t limit) const {
    if (size_ >= limit) return 0;
    std::uint32_t block = pool.block_size(std::min(limit, BufferPool::largest));
    while (block > ring_.capacity() && !(pool.may_acquire(block) && block <= pool.ceiling() - pool.used()))
      block = block > BufferPool::smallest ? block / 2 : 0;
    return std::min(limit, std::max(block, ring_.capacity())) - size_;
  }
  /// Octets of pool memory held.
  std::uint32_t memory() const { return ring_.capacity(); }

 private:
  std::uint32_t make_room(BufferPool& pool, std::uint32_t limit, std::uint32_t wanted) {
    if (size_ >= limit) return 0;
    const std::uint32_t n = std::min(wanted, limit - size_);
    if (n == 0) return 0;
    if (size_ + n <= ring_.capacity() || ring_.ensure(pool, size_ + n)) return n;
    // The ceiling is reached: what a smaller block takes, or what still fits. Modest blocks are for modest wishes.
    std::uint32_t less = pool.block_size(std::min(size_ + n, BufferPool::largest));
    for (; less > ring_.capacity() && less > BufferPool::modest; less /= 2)
      if (ring_.ensure(pool, less)) return std::min(n, less - size_);
    return ring_.capacity() - size_;
  }

  ByteRing ring_;
  Seq first_;
  std::uint32_t size_ = 0;
};

}  // namespace ft::tcp
