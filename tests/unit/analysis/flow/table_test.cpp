#include "analysis/flow/table.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <set>

using namespace ft;
using namespace ft::analysis;

namespace {

std::size_t different_hashes(std::uint64_t seed, auto&& address_of, std::uint16_t port) {
  std::set<std::uint64_t> hashes;
  for (std::uint32_t i = 0; i < 1000; ++i)
    hashes.insert(flow::tuple_hash(address_of(i), port, IpAddress::v4(10, 0, 0, 1), 80, seed));
  return hashes.size();
}

}  // namespace

TEST_CASE("connections from port 0 are told apart by their addresses") {
  const auto v4 = [](std::uint32_t i) {
    return IpAddress::v4(10, 1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i));
  };
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{0x0123456789abcdef}})
    CHECK(different_hashes(seed, v4, 0) == 1000);
}

TEST_CASE("whoever does not know the seed cannot make half of an address hide the other half") {
  // The half that makes a factor without the seed 0.
  const auto chosen = [](std::uint32_t i) {
    const std::uint64_t hides = 0x4b33a62ed433d4a3ull ^ (4000 + (std::uint64_t{1} << 16)) * 0x8bb84b93962eacc9ull;
    const auto octets = std::bit_cast<std::array<std::uint8_t, 16>>(std::array<std::uint64_t, 2>{i, hides});
    return IpAddress::from_octets(Family::ipv6, octets);
  };
  CHECK(different_hashes(0x0123456789abcdef, chosen, 4000) == 1000);
}

TEST_CASE("the table of streams is roomy while it is small, and close when it is large") {
  constexpr std::size_t slot = sizeof(flow::StreamTable::Slot);
  flow::StreamTable table;
  const auto hash = [](std::uint32_t stream) { return static_cast<std::uint32_t>(flow::mix(stream + 1)); };
  std::uint32_t streams = 0;
  const auto fill = [&](std::uint32_t until) {
    for (; streams < until; ++streams) table.insert(hash(streams), streams);
    return static_cast<double>(table.memory()) / streams / slot;  // slots for each stream
  };
  for (const std::uint32_t many : {400u, 10'000u, 100'000u, 400'000u}) CHECK(fill(many) >= 2.5);
  for (const std::uint32_t many : {700'000u, 1'000'000u, 2'000'000u}) CHECK(fill(many) <= 3);
  for (std::uint32_t stream = 0; stream < streams; stream += 997) {
    const auto* found = table.find(hash(stream), [&](std::uint32_t guess) { return guess == stream; });
    REQUIRE(found != nullptr);
    CHECK(found->stream_after == stream + 1);
  }
}
