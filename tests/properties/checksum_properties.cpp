// The checksum against the plainest oracle: add 16-bit numbers, high octet first, carry around.
#include "wire/checksum.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

using namespace ft::wire;

namespace {

using Octets = std::vector<std::uint8_t>;

std::uint16_t naive_checksum(const Octets& data) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); i += 2) {
    const std::uint32_t low = i + 1 < data.size() ? data[i + 1] : 0u;
    sum += (std::uint32_t{data[i]} << 8) | low;
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<std::uint16_t>(~sum);
}

/// Random octets, and often runs of ff and 00 where carries pile up.
Octets arbitrary_octets() {
  const auto length = *rc::gen::inRange<std::size_t>(0, 700);
  const auto kind = *rc::gen::inRange(0, 3);
  if (kind == 0) return Octets(length, 0xff);
  if (kind == 1) return *rc::gen::container<Octets>(length, rc::gen::element<std::uint8_t>(0x00, 0xff, 0x01, 0xfe));
  return *rc::gen::container<Octets>(length, rc::gen::arbitrary<std::uint8_t>());
}

/// The same octets at a chosen distance from an aligned address.
struct Placed {
  std::vector<std::byte> storage;
  std::span<std::byte> octets;
  Placed(const Octets& data, std::size_t offset) : storage(data.size() + offset), octets(std::span{storage}.subspan(offset)) {
    std::copy(data.begin(), data.end(), reinterpret_cast<std::uint8_t*>(octets.data()));
  }
};

}  // namespace

TEST_CASE("the checksum agrees with the naive sum at every length and alignment") {
  CHECK(rc::check([] {
    const Octets data = arbitrary_octets();
    const Placed placed{data, *rc::gen::inRange<std::size_t>(0, 16)};
    RC_ASSERT(finish(add_octets(0, placed.octets)) == naive_checksum(data));
  }));
}

TEST_CASE("a sum fed in parts of even length is the sum of the whole") {
  CHECK(rc::check([] {
    const Octets data = arbitrary_octets();
    const Placed placed{data, 0};
    PartialSum sum = 0;
    std::span<const std::byte> rest = placed.octets;
    while (!rest.empty()) {
      const auto n = std::min(rest.size(), *rc::gen::inRange<std::size_t>(1, 100) * 2);
      sum = add_octets(sum, rest.first(n));
      rest = rest.subspan(n);
    }
    RC_ASSERT(finish(sum) == naive_checksum(data));
  }));
}

TEST_CASE("copy_and_add copies every octet and sums what it copied, also past its piece size") {
  CHECK(rc::check([] {
    Octets data = arbitrary_octets();
    if (*rc::gen::inRange(0, 4) == 0) data.resize(data.size() + 8192, 0x5a);
    const Placed from{data, *rc::gen::inRange<std::size_t>(0, 9)};
    Placed to{Octets(data.size(), 0xee), *rc::gen::inRange<std::size_t>(0, 9)};
    const auto start = *rc::gen::arbitrary<std::uint16_t>();
    const PartialSum sum = copy_and_add(start, from.octets, to.octets.data());
    RC_ASSERT(std::equal(from.octets.begin(), from.octets.end(), to.octets.begin()));
    RC_ASSERT(finish(sum) == finish(add_octets(start, from.octets)));
    RC_ASSERT(finish(add_octets(0, to.octets)) == naive_checksum(data));
  }));
}
