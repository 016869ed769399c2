// The buffer pool: what it accounts is what it handed out, no two blocks overlap, and no limit is passed.
#include "base/buffer_pool.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

using ft::BufferPool;

struct Block {
  std::byte* data;
  std::uint32_t size;
  std::byte mark;
};

bool is_filled(const Block& block) {
  return std::all_of(block.data, block.data + block.size, [&](std::byte octet) { return octet == block.mark; });
}

TEST_CASE("the buffer pool hands out separate blocks, accounts them and keeps within its limits") {
  CHECK(rc::check([] {
    constexpr std::uint64_t ceiling = 64 * 1024;
    constexpr std::uint64_t cache = 16 * 1024;
    BufferPool pool({.ceiling = ceiling, .cache = cache, .largest_block = 32 * 1024});
    std::vector<Block> blocks;
    std::uint64_t used = 0;
    const int steps = *rc::gen::inRange(1, 60);
    for (int step = 0; step < steps; ++step) {
      if (*rc::gen::inRange(0, 5) < 3) {
        const auto wish = *rc::gen::inRange<std::uint32_t>(0, 40 * 1024);
        const std::uint32_t size = pool.block_size(wish);
        RC_ASSERT((size == 0) == (wish > 32 * 1024));
        if (size == 0) continue;
        RC_ASSERT(size >= wish);
        std::byte* const data = pool.acquire(size);
        RC_ASSERT((data != nullptr) == (used + size <= ceiling));
        if (data == nullptr) continue;
        used += size;
        blocks.push_back({data, size, static_cast<std::byte>(step)});
        std::memset(data, step, size);
      } else if (!blocks.empty()) {
        const auto victim = *rc::gen::inRange<std::size_t>(0, blocks.size());
        RC_ASSERT(is_filled(blocks[victim]));
        used -= blocks[victim].size;
        pool.release(blocks[victim].data, blocks[victim].size);
        blocks[victim] = blocks.back();
        blocks.pop_back();
      }
      RC_ASSERT(pool.used() == used);
      RC_ASSERT(pool.cached() <= cache);
      RC_ASSERT(std::all_of(blocks.begin(), blocks.end(), is_filled));
    }
    for (const Block& block : blocks) pool.release(block.data, block.size);
    RC_ASSERT(pool.used() == 0u);
  }));
}

}  // namespace
