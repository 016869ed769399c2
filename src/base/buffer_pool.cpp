#include "base/buffer_pool.hpp"

#include "base/assert.hpp"

#include <bit>
#include <cstdlib>
#include <new>
#include <utility>

namespace ft {

BufferPool::BufferPool(Limits limits) : limits_(limits) {
  FT_ASSERT(std::has_single_bit(limits.largest_block));
  FT_ASSERT(limits.largest_block >= smallest && limits.largest_block <= largest);
}

BufferPool::~BufferPool() {
  FT_ASSERT(used_ == 0);
  for (Free* block : free_) {
    while (block != nullptr) std::free(std::exchange(block, block->next));
  }
}

std::size_t BufferPool::class_of(std::uint32_t size) {
  FT_ASSERT((size & (size - 1)) == 0 && size >= smallest && size <= largest);  // a power of two, without counting its bits
  return static_cast<std::size_t>(std::countr_zero(size) - std::countr_zero(smallest));
}

std::uint32_t BufferPool::block_size(std::uint32_t octets) const {
  if (octets > limits_.largest_block) return 0;
  return octets <= smallest ? smallest : std::bit_ceil(octets);
}

std::byte* BufferPool::acquire(std::uint32_t size) {
  Free*& list = free_[class_of(size)];
  if (size > limits_.largest_block || size > limits_.ceiling - used_) return nullptr;
  void* block = list;
  if (list != nullptr) {
    list = list->next;
    cached_ -= size;
  } else {
    block = std::malloc(size);
    if (block == nullptr) return nullptr;
  }
  used_ += size;
  return static_cast<std::byte*>(block);
}

void BufferPool::release(std::byte* block, std::uint32_t size) {
  FT_ASSERT(block != nullptr && size <= used_);
  Free*& list = free_[class_of(size)];
  used_ -= size;
  if (cached_ + size > limits_.cache) {
    std::free(block);
    return;
  }
  list = ::new (static_cast<void*>(block)) Free{list};
  cached_ += size;
}

}  // namespace ft
