#include "wire/checksum.hpp"

#include "base/cursor.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using ft::IpAddress;
using namespace ft::wire;

namespace {

std::vector<std::byte> octets(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

}  // namespace

TEST_CASE("the example of RFC 1071 3 sums to ddf2") {
  const auto data = octets({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7});
  CHECK(finish(add_octets(0, data)) == static_cast<std::uint16_t>(~0xddf2));
}

TEST_CASE("an odd last octet counts as the high half of a pair") {
  CHECK(finish(add_octets(0, octets({0x12}))) == static_cast<std::uint16_t>(~0x1200));
  CHECK(finish(add_octets(0, octets({0x00, 0x01, 0x02}))) == static_cast<std::uint16_t>(~0x0201));
}

TEST_CASE("nothing sums to nothing") {
  CHECK(finish(add_octets(0, {})) == 0xffff);
  CHECK(finish(copy_and_add(0, {}, nullptr)) == 0xffff);
}

TEST_CASE("carries go around in every word size") {
  const std::vector<std::byte> ones(1000, std::byte{0xff});
  CHECK(finish(add_octets(0, ones)) == 0);
  CHECK(finish(add_octets(add_octets(0, ones), octets({0x00, 0x01}))) == static_cast<std::uint16_t>(~1));
}

TEST_CASE("data that holds its own checksum is valid, and one flipped bit is not") {
  auto data =
      octets({0x45, 0x00, 0x00, 0x3c, 0x1c, 0x46, 0x40, 0x00, 0x40, 0x06, 0, 0, 0xac, 0x10, 0x0a, 0x63, 0xac, 0x10, 0x0a, 0x0c});
  ft::store_be16(data.data() + 10, finish(add_octets(0, data)));
  CHECK(is_valid(add_octets(0, data)));
  for (std::size_t bit = 0; bit < data.size() * 8; ++bit) {
    auto damaged = data;
    damaged[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    CHECK_FALSE(is_valid(add_octets(0, damaged)));
  }
}

TEST_CASE("the pseudo-header sums what RFC 9293 3.1 and RFC 8200 8.1 draw") {
  const auto drawn4 = octets({10, 0, 0, 1, 10, 0, 0, 2, 0, 6, 0x01, 0x23});
  CHECK(finish(pseudo_header(IpAddress::v4(10, 0, 0, 1), IpAddress::v4(10, 0, 0, 2), 6, 0x0123)) ==
        finish(add_octets(0, drawn4)));

  const auto a = *IpAddress::parse("2001:db8::1:2:3");
  const auto b = *IpAddress::parse("fe80::ffff:ffff:ffff:ffff");
  std::vector<std::byte> drawn6;
  for (const auto& address : {a, b}) {
    for (const std::uint8_t o : address.octets()) drawn6.push_back(std::byte{o});
  }
  for (const int o : {0x00, 0x01, 0x23, 0x45, 0, 0, 0, 58}) drawn6.push_back(static_cast<std::byte>(o));
  CHECK(finish(pseudo_header(a, b, 58, 0x12345)) == finish(add_octets(0, drawn6)));
}
