#include "net/reassembly.hpp"

#include "covers.hpp"
#include "packets.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::net;
using namespace ft::test;
using namespace std::chrono_literals;

namespace {

KeyedHash hash() { return {std::array<std::uint8_t, 32>{9}, 0}; }

struct Part {
  std::uint32_t offset;
  std::size_t length;
  bool more;
};

/// A fragment of a datagram whose octets are `whole`.
Datagram fragment(const Octets& whole, Part part, std::uint32_t id = 1, const char* source = "10.0.0.2") {
  Datagram d;
  d.source = ip(source);
  d.destination = ip(d.source.is_v4() ? "10.0.0.1" : "2001:db8::1");
  d.protocol = 17;
  d.fragment = FragmentPlace{id, part.offset, part.more, 65515};
  d.payload = std::span{whole}.subspan(part.offset, part.length);
  d.packet = d.payload;
  return d;
}

std::expected<std::optional<Datagram>, DropReason> add(Reassembly& reassembly, Instant now, const Datagram& fragment) {
  return reassembly.add(now, fragment, fragment.fragment.value());
}

bool is_stored(const std::expected<std::optional<Datagram>, DropReason>& result) { return result && !result->has_value(); }

}  // namespace

TEST_CASE("fragments in any order make the whole") {
  const auto whole = counted(40);
  const std::array<Part, 3> parts{{{0, 16, true}, {16, 16, true}, {32, 8, false}}};
  std::array<std::size_t, 3> order{0, 1, 2};
  do {
    Reassembly reassembly(10000, hash());
    CHECK(is_stored(add(reassembly, start, fragment(whole, parts[order[0]]))));
    CHECK(is_stored(add(reassembly, start, fragment(whole, parts[order[1]]))));
    const auto result = add(reassembly, start, fragment(whole, parts[order[2]]));
    REQUIRE(result.has_value());
    REQUIRE(result->has_value());
    CHECK(std::ranges::equal((*result)->payload, whole));
    CHECK_FALSE((*result)->fragment.has_value());
    CHECK(reassembly.octets() == 0);
    CHECK(reassembly.next_deadline() == std::nullopt);
  } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("the link vouches for the whole only when it vouched for each part") {
  const auto whole = counted(16);
  for (const bool second : {true, false}) {
    Reassembly reassembly(10000, hash());
    auto part = fragment(whole, {0, 8, true});
    part.checksum_verified = true;
    CHECK(is_stored(add(reassembly, start, part)));
    part = fragment(whole, {8, 8, false});
    part.checksum_verified = second;
    CHECK((*add(reassembly, start, part))->checksum_verified == second);
  }
}

TEST_CASE("datagrams are told apart by source, identification and, for IPv4, protocol") {
  const auto whole = counted(16);
  Reassembly reassembly(10000, hash());
  CHECK(is_stored(add(reassembly, start, fragment(whole, {0, 8, true}, 1))));
  CHECK(is_stored(add(reassembly, start, fragment(whole, {8, 8, false}, 2))));
  CHECK(is_stored(add(reassembly, start, fragment(whole, {8, 8, false}, 1, "10.0.0.3"))));
  auto other = fragment(whole, {8, 8, false}, 1);
  other.protocol = 1;
  CHECK(is_stored(add(reassembly, start, other)));
  CHECK(add(reassembly, start, fragment(whole, {8, 8, false}, 1))->has_value());
}

TEST_CASE("an exact duplicate is forgiven") {
  const auto whole = counted(24);
  Reassembly reassembly(10000, hash());
  CHECK(is_stored(add(reassembly, start, fragment(whole, {0, 8, true}))));
  CHECK(is_stored(add(reassembly, start, fragment(whole, {0, 8, true}))));
  CHECK(is_stored(add(reassembly, start, fragment(whole, {16, 8, false}))));
  CHECK(is_stored(add(reassembly, start, fragment(whole, {16, 8, false}))));
  CHECK(add(reassembly, start, fragment(whole, {8, 8, true}))->has_value());
}

TEST_CASE("an overlap ends the datagram, and what comes later of it is discarded") {
  const auto whole = counted(48);
  const std::array<std::pair<Part, Part>, 4> overlaps{{
      {{0, 16, true}, {8, 16, true}},
      {{8, 16, true}, {0, 16, true}},
      {{8, 8, true}, {0, 32, true}},
      {{0, 32, true}, {8, 8, true}},
  }};
  for (const auto& [first, second] : overlaps) {
    Reassembly reassembly(10000, hash());
    CHECK(is_stored(add(reassembly, start, fragment(whole, first))));
    CHECK(add(reassembly, start, fragment(whole, second)).error() == DropReason::fragment_overlap);
    CHECK(add(reassembly, start, fragment(whole, {40, 8, false})).error() == DropReason::fragment_overlap);
  }
}

TEST_CASE("a duplicate with other octets counts as an overlap") {
  const auto whole = counted(24);
  auto other = whole;
  other[3] ^= std::byte{1};
  Reassembly reassembly(10000, hash());
  CHECK(is_stored(add(reassembly, start, fragment(whole, {0, 8, true}))));
  CHECK(add(reassembly, start, fragment(other, {0, 8, true})).error() == DropReason::fragment_overlap);
}

TEST_CASE("two ends, or octets after the end, contradict each other") {
  const auto whole = counted(48);
  for (const Part second : {Part{32, 8, false}, Part{8, 8, false}, Part{24, 8, true}, Part{16, 8, true}}) {
    Reassembly reassembly(10000, hash());
    CHECK(is_stored(add(reassembly, start, fragment(whole, {16, 8, false}))));
    CHECK(add(reassembly, start, fragment(whole, second)).error() == DropReason::fragment_overlap);
  }
}

TEST_CASE("fragments of impossible length are refused") {
  const auto whole = counted(70000);
  Reassembly reassembly(1 << 20, hash());
  CHECK(add(reassembly, start, fragment(whole, {0, 12, true})).error() == DropReason::fragment_bad);
  CHECK(add(reassembly, start, fragment(whole, {8, 0, false})).error() == DropReason::fragment_bad);
  CHECK(add(reassembly, start, fragment(whole, {65512, 4, false})).error() == DropReason::fragment_bad);
  CHECK(is_stored(add(reassembly, start, fragment(whole, {65512, 3, false}))));
}

TEST_CASE("incomplete datagrams expire, and tell whether their first fragment had come") {
  const auto whole = counted(48);
  Reassembly reassembly(10000, hash());
  CHECK(is_stored(add(reassembly, start, fragment(whole, {0, 8, true}, 1))));
  CHECK(is_stored(add(reassembly, start + 1s, fragment(whole, {8, 8, true}, 2))));
  CHECK(is_stored(add(reassembly, start, fragment(whole, {0, 8, true}, 1, "2001:db8::2"))));
  CHECK(reassembly.next_deadline() == start + 30s);
  CHECK_FALSE(reassembly.poll_expired(start + 29s).has_value());
  auto expired = reassembly.poll_expired(start + 31s);
  REQUIRE(expired.has_value());
  CHECK(std::ranges::equal(expired->packet, std::span{whole}.first(8)));
  expired = reassembly.poll_expired(start + 31s);
  REQUIRE(expired.has_value());
  CHECK(expired->packet.empty());
  CHECK_FALSE(reassembly.poll_expired(start + 31s).has_value());
  CHECK(reassembly.next_deadline() == start + 60s);
  CHECK(reassembly.poll_expired(start + 60s).has_value());
  CHECK(reassembly.octets() == 0);
}

TEST_CASE("when memory is short the datagram that waited longest gives way") {
  const auto whole = counted(2000);
  Reassembly reassembly(4000, hash());
  CHECK(is_stored(add(reassembly, start, fragment(whole, {0, 1000, true}, 1))));
  CHECK(is_stored(add(reassembly, start + 1s, fragment(whole, {0, 1000, true}, 2))));
  CHECK(is_stored(add(reassembly, start + 2s, fragment(whole, {0, 1000, true}, 3))));
  CHECK(reassembly.octets() <= 4000);
  CHECK(is_stored(add(reassembly, start + 3s, fragment(whole, {1000, 8, false}, 1))));  // its first part is gone
  CHECK(add(reassembly, start + 3s, fragment(whole, {1000, 8, false}, 3))->has_value());
}

TEST_CASE("a fragment that can never fit is refused") {
  const auto whole = counted(2000);
  Reassembly small(1000, hash());
  CHECK(add(small, start, fragment(whole, {0, 1000, true})).error() == DropReason::fragment_limit);
  CHECK(small.octets() == 0);
  Reassembly none(0, hash());
  CHECK(add(none, start, fragment(whole, {0, 8, true})).error() == DropReason::fragment_limit);
}

TEST_CASE("a datagram of too many fragments is given up") {
  const auto whole = counted(4000);
  Reassembly reassembly(1 << 20, hash());
  for (std::uint32_t i = 0; i < Reassembly::max_fragments; ++i)
    CHECK(is_stored(add(reassembly, start, fragment(whole, {8 * i, 8, true}))));
  const auto one_more = static_cast<std::uint32_t>(8 * Reassembly::max_fragments);
  CHECK(add(reassembly, start, fragment(whole, {one_more, 8, true})).error() == DropReason::fragment_limit);
  CHECK(reassembly.octets() == 0);
}

TEST_CASE("the number of unfinished datagrams is bounded") {
  const auto whole = counted(16);
  Reassembly reassembly(1 << 24, hash());
  for (std::uint32_t id = 0; id < 1000; ++id) CHECK(is_stored(add(reassembly, start, fragment(whole, {0, 8, true}, id))));
  std::size_t unfinished = 0;
  while (reassembly.poll_expired(start + 60s)) ++unfinished;
  CHECK(unfinished == Reassembly::max_datagrams);
}

TEST_CASE("a congestion mark on any fragment marks the whole, and contradictory marks drop it") {
  FT_COVERS("rfc3168 5.3-1", "rfc3168 5.3-2", "rfc3168 5.3-3");
  const auto whole = counted(16);
  const auto result_of = [&](std::uint8_t first, std::uint8_t second) {
    Reassembly reassembly(10000, hash());
    auto part = fragment(whole, {0, 8, true});
    part.traffic_class = first;
    CHECK(is_stored(add(reassembly, start, part)));
    part = fragment(whole, {8, 8, false});
    part.traffic_class = second;
    const auto result = add(reassembly, start, part);
    return result ? int{(*result)->traffic_class} : -1;
  };
  CHECK(result_of(0xb8 | 2, 0xb8 | 3) == (0xb8 | 3));
  CHECK(result_of(0xb8 | 3, 0xb8 | 2) == (0xb8 | 3));
  CHECK(result_of(0xb8 | 2, 0xb8 | 2) == (0xb8 | 2));
  CHECK(result_of(0xb8, 0xb8) == 0xb8);
  CHECK(result_of(0xb8, 0xb8 | 3) == -1);
}
