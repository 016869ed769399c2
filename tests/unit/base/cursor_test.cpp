#include "base/cursor.hpp"

#include <doctest/doctest.h>

#include <array>

TEST_CASE("what a writer wrote a reader reads, in network order") {
  std::array<std::byte, 16> buffer{};
  ft::ByteWriter writer{buffer};
  writer.u8(0x01);
  writer.u16(0x0203);
  writer.u32(0x04050607);
  const std::array<std::uint8_t, 3> tail{8, 9, 10};
  writer.bytes(tail);
  writer.fill(2, 0xff);
  REQUIRE(writer.ok());
  CHECK(writer.position() == 12);
  CHECK(writer.remaining() == 4);
  for (std::size_t i = 0; i < 10; ++i) CHECK(ft::load_u8(&buffer[i]) == i + 1);

  ft::ByteReader reader{writer.written()};
  CHECK(reader.u8() == 0x01);
  CHECK(reader.u16() == 0x0203);
  CHECK(reader.u32() == 0x04050607);
  CHECK(ft::load_u8(reader.take(1).data()) == 8);
  std::array<std::uint8_t, 2> rest{};
  reader.copy_to(std::span{rest});
  CHECK(rest == std::array<std::uint8_t, 2>{9, 10});
  reader.skip(2);
  CHECK(reader.remaining() == 0);
  CHECK(reader.take(0).empty());
  CHECK(reader.ok());
}

TEST_CASE("a reader that came to the end stays not ok and gives zeros") {
  const std::array<std::byte, 3> buffer{std::byte{1}, std::byte{2}, std::byte{3}};
  ft::ByteReader reader{buffer};
  CHECK(reader.u16() == 0x0102);
  CHECK(reader.u16() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.u8() == 0);
  CHECK(reader.remaining() == 0);

  ft::ByteReader taker{buffer};
  CHECK(taker.take(4).empty());
  CHECK_FALSE(taker.ok());
  ft::ByteReader skipper{buffer};
  skipper.skip(SIZE_MAX);
  CHECK_FALSE(skipper.ok());
}

TEST_CASE("a writer never writes past its span, nor after it failed") {
  std::array<std::byte, 4> buffer{};
  ft::ByteWriter writer{std::span{buffer}.first(3)};
  writer.u16(0xaaaa);
  writer.u16(0xbbbb);
  CHECK_FALSE(writer.ok());
  writer.u8(0xcc);
  CHECK(writer.position() == 2);
  CHECK(buffer[2] == std::byte{0});
  CHECK(buffer[3] == std::byte{0});
}
