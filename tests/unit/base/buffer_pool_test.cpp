#include "base/buffer_pool.hpp"

#include <doctest/doctest.h>

#include <cstring>

namespace {

using ft::BufferPool;

TEST_CASE("a buffer pool names the power of two that holds a wish") {
  const BufferPool pool({.ceiling = 1 << 20, .cache = 0, .largest_block = 1 << 20});
  CHECK(pool.block_size(1) == 2048);
  CHECK(pool.block_size(2048) == 2048);
  CHECK(pool.block_size(2049) == 4096);
  CHECK(pool.block_size(1 << 20) == 1 << 20);
  CHECK(pool.block_size((1 << 20) + 1) == 0);
}

TEST_CASE("a buffer pool accounts what it hands out and stops at its ceiling") {
  BufferPool pool(8192);
  std::byte* const a = pool.acquire(4096);
  std::byte* const b = pool.acquire(4096);
  REQUIRE(a != nullptr);
  REQUIRE(b != nullptr);
  std::memset(a, 1, 4096);
  std::memset(b, 2, 4096);
  CHECK(pool.used() == 8192);
  CHECK(pool.acquire(2048) == nullptr);
  pool.release(a, 4096);
  CHECK(pool.used() == 4096);
  std::byte* const c = pool.acquire(2048);
  CHECK(c != nullptr);
  pool.release(b, 4096);
  pool.release(c, 2048);
  CHECK(pool.used() == 0);
}

TEST_CASE("a block given back is the next one handed out") {
  BufferPool pool(1 << 20);
  std::byte* const first = pool.acquire(4096);
  pool.release(first, 4096);
  CHECK(pool.cached() == 4096);
  std::byte* const second = pool.acquire(4096);
  CHECK(second == first);
  CHECK(pool.cached() == 0);
  pool.release(second, 4096);
}

TEST_CASE("a buffer pool keeps no more freed memory than its bound") {
  BufferPool pool({.ceiling = 1 << 20, .cache = 8192});
  std::byte* blocks[4];
  for (auto& block : blocks) block = pool.acquire(4096);
  for (auto* block : blocks) pool.release(block, 4096);
  CHECK(pool.cached() == 8192);
}

}  // namespace
