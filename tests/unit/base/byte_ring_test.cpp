#include "base/byte_ring.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

using ft::BufferPool;
using ft::ByteRing;

std::span<const std::byte> octets(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text_of(const ByteRing& ring, std::uint32_t offset, std::uint32_t length) {
  std::string text(length, '?');
  ring.copy_out(offset, std::as_writable_bytes(std::span(text)));
  return text;
}

TEST_CASE("a ring without octets holds no memory") {
  BufferPool pool(1 << 20);
  ByteRing ring;
  CHECK(ring.capacity() == 0);
  CHECK(ring.view(0, 0)[0].empty());
  ring.advance(0);
  ring.write_at(0, {});
  ring.release(pool);
  CHECK(ring.ensure(pool, 0));
  CHECK(pool.used() == 0);
  CHECK(sizeof(ByteRing) <= 32);
}

TEST_CASE("text written at an offset is found at that offset, in any order of writing") {
  BufferPool pool(1 << 20);
  ByteRing ring;
  REQUIRE(ring.ensure(pool, 100));
  CHECK(ring.capacity() == 2048);
  ring.write_at(6, octets("world"));
  ring.write_at(0, octets("hello "));
  CHECK(text_of(ring, 0, 11) == "hello world");
  ring.advance(6);
  CHECK(text_of(ring, 0, 5) == "world");
  ring.release(pool);
  CHECK(pool.used() == 0);
}

TEST_CASE("text around the edge of a ring comes in two parts") {
  BufferPool pool(1 << 20);
  ByteRing ring;
  REQUIRE(ring.ensure(pool, 2048));
  ring.advance(2045);
  ring.write_at(0, octets("abcdef"));
  const auto parts = ring.view(0, 6);
  CHECK(parts[0].size() == 3);
  CHECK(parts[1].size() == 3);
  CHECK(text_of(ring, 0, 6) == "abcdef");
  auto whole = ring.writable(0, 2048);
  CHECK(whole[0].size() + whole[1].size() == 2048);
  whole[1][2] = std::byte{'F'};
  CHECK(text_of(ring, 5, 1) == "F");
  ring.release(pool);
}

TEST_CASE("a ring that grows keeps every octet at its offset") {
  BufferPool pool(1 << 20);
  ByteRing ring;
  REQUIRE(ring.ensure(pool, 2048));
  ring.advance(2040);
  std::string text(2048, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 26);
  ring.write_at(0, octets(text));
  REQUIRE(ring.ensure(pool, 5000));
  CHECK(ring.capacity() == 8192);
  CHECK(pool.used() == 8192);
  CHECK(text_of(ring, 0, 2048) == text);
  ring.release(pool);
}

TEST_CASE("a ring that the pool refuses stays as it was") {
  BufferPool pool(4096);
  ByteRing ring;
  REQUIRE(ring.ensure(pool, 2048));
  ring.write_at(0, octets("kept"));
  CHECK_FALSE(ring.ensure(pool, 4096));  // 2048 are held while 4096 are asked for
  CHECK_FALSE(ring.ensure(pool, 0xffff'ffff));
  CHECK(ring.capacity() == 2048);
  CHECK(text_of(ring, 0, 4) == "kept");
  ring.release(pool);
}

TEST_CASE("a ring starts where it was when it needs memory again, and shrinks when it needs less") {
  BufferPool pool(1 << 20);
  ByteRing ring;
  const std::string text(8192, 'x');
  REQUIRE(ring.ensure(pool, 8192));
  ring.write_at(0, octets(text));
  ring.release(pool);
  for (const std::uint32_t expected : {8192u, 4096u, 2048u, 2048u}) {
    REQUIRE(ring.ensure(pool, 10));
    CHECK(ring.capacity() == expected);
    ring.write_at(0, octets("little"));
    ring.release(pool);
  }
}

TEST_CASE("a ring that remembers more than the pool has left takes what it needs") {
  BufferPool pool(10240);  // the last eighth is for modest wishes
  ByteRing ring;
  REQUIRE(ring.ensure(pool, 8192));
  static_cast<void>(ring.writable(0, 8192));
  ring.release(pool);
  std::byte* const other = pool.acquire(4096);
  REQUIRE(ring.ensure(pool, 10));
  CHECK(ring.capacity() == 2048);
  ring.release(pool);
  pool.release(other, 4096);
}

TEST_CASE("a moved ring takes its memory along") {
  BufferPool pool(1 << 20);
  ByteRing ring;
  REQUIRE(ring.ensure(pool, 1));
  ring.write_at(0, octets("x"));
  ByteRing other = std::move(ring);
  CHECK(ring.capacity() == 0);
  ring = std::move(other);
  CHECK(text_of(ring, 0, 1) == "x");
  ring.release(pool);
}

}  // namespace
