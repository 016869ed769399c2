// Fragments: what is cut is put together again, in any order and with duplicates; and whatever arrives, the reassembly does what
// a naive one does that keeps an octet map.
#include "net/fragments.hpp"
#include "net/reassembly.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

using namespace ft;
using namespace ft::net;

namespace {

using Octets = std::vector<std::byte>;

constexpr std::uint32_t room = 65515;

KeyedHash hash() { return {std::array<std::uint8_t, 32>{1}, 0}; }

Octets some_octets(std::size_t length) {
  Octets octets(length);
  for (std::size_t i = 0; i < length; ++i) octets[i] = static_cast<std::byte>(i * 31 + i / 251);
  return octets;
}

Datagram as_fragment(std::span<const std::byte> payload, std::uint32_t offset, bool more) {
  Datagram d;
  d.source = IpAddress::v4(10, 0, 0, 2);
  d.destination = IpAddress::v4(10, 0, 0, 1);
  d.protocol = 6;
  d.fragment = FragmentPlace{1, offset, more, room};
  d.payload = payload;
  d.packet = payload;
  return d;
}

std::expected<std::optional<Datagram>, DropReason> add(Reassembly& reassembly, Instant now, const Datagram& fragment) {
  return reassembly.add(now, fragment, fragment.fragment.value());
}

std::vector<Piece> cut(std::size_t total, std::size_t fits) {
  std::vector<Piece> pieces;
  for (std::size_t offset = 0; offset < total; offset += pieces.back().length) pieces.push_back(piece_at(total, offset, fits));
  return pieces;
}

/// The rules of RFC 5722 with an octet map: slow and plain.
class Naive {
 public:
  enum class Result { stored, whole, overlap };

  Result add(std::span<const std::byte> payload, std::uint32_t offset, bool more) {
    if (poisoned_) return Result::overlap;
    const auto end = static_cast<std::uint32_t>(offset + payload.size());
    if (std::ranges::any_of(
            parts_, [&](const Part& p) { return p.offset == offset && p.more == more && std::ranges::equal(p.octets, payload); }))
      return Result::stored;
    const bool overlaps =
        std::ranges::any_of(parts_, [&](const Part& p) { return offset < p.offset + p.octets.size() && p.offset < end; });
    const bool beyond_end = end_ && (end > *end_ || !more);
    const bool end_too_early =
        !more && std::ranges::any_of(parts_, [&](const Part& p) { return p.offset + p.octets.size() > end; });
    if (overlaps || beyond_end || end_too_early) {
      poisoned_ = true;
      return Result::overlap;
    }
    if (!more) end_ = end;
    parts_.push_back({offset, more, {payload.begin(), payload.end()}});
    std::size_t sum = 0;
    for (const Part& p : parts_) sum += p.octets.size();
    return end_ && sum == *end_ ? Result::whole : Result::stored;
  }

  Octets whole() const {
    Octets all(*end_);
    for (const Part& p : parts_) std::ranges::copy(p.octets, all.begin() + p.offset);
    return all;
  }

 private:
  struct Part {
    std::uint32_t offset;
    bool more;
    Octets octets;
  };
  std::vector<Part> parts_;
  std::optional<std::uint32_t> end_;
  bool poisoned_ = false;
};

}  // namespace

TEST_CASE("pieces cover a datagram without gaps, and each fits") {
  CHECK(rc::check([] {
    const auto total = *rc::gen::inRange<std::size_t>(1, 65516);
    const auto fits = *rc::gen::inRange<std::size_t>(8, 1500);
    std::size_t covered = 0;
    const auto pieces = cut(total, fits);
    for (const Piece& piece : pieces) {
      RC_ASSERT(piece.offset == covered);
      RC_ASSERT(piece.length >= 1 && piece.length <= fits);
      RC_ASSERT(!piece.more || piece.length % 8 == 0);
      RC_ASSERT(piece.more == (&piece != &pieces.back()));
      covered += piece.length;
    }
    RC_ASSERT(covered == total);
  }));
}

TEST_CASE("a datagram cut into fragments is whole again in any order, with duplicates") {
  CHECK(rc::check([] {
    const auto whole = some_octets(*rc::gen::inRange<std::size_t>(2, 4000));
    auto pieces = cut(whole.size(), *rc::gen::inRange<std::size_t>(24, 1500));
    RC_PRE(pieces.size() > 1);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < pieces.size(); ++i) order.push_back(i);
    const auto last = *rc::gen::elementOf(order);  // the piece that comes last, once; all others come in any order, some twice
    std::erase(order, last);
    order.push_back(*rc::gen::elementOf(order));
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[*rc::gen::inRange<std::size_t>(0, i + 1)]);
    Reassembly reassembly(1 << 20, hash());
    const auto feed = [&](std::size_t i) {
      const Piece& p = pieces[i];
      return add(reassembly, Instant{},
                 as_fragment(std::span{whole}.subspan(p.offset, p.length), static_cast<std::uint32_t>(p.offset), p.more));
    };
    for (const std::size_t i : order) {
      const auto result = feed(i);
      RC_ASSERT(result.has_value() && !result->has_value());
    }
    const auto result = feed(last);
    RC_ASSERT(result.has_value() && result->has_value());
    RC_ASSERT(std::ranges::equal((*result)->payload, whole));
    RC_ASSERT(reassembly.octets() == 0u);
  }));
}

TEST_CASE("whatever fragments come, the result is that of an octet map") {
  CHECK(rc::check([] {
    const auto source = some_octets(80);
    Reassembly reassembly(1 << 20, hash());
    Naive naive;
    const auto count = *rc::gen::inRange(1, 14);
    for (int i = 0; i < count; ++i) {
      const auto offset = 8 * *rc::gen::inRange<std::uint32_t>(0, 5);
      const bool more = *rc::gen::inRange(0, 4) != 0;
      const auto length = more ? 8 * *rc::gen::inRange<std::size_t>(1, 3) : *rc::gen::inRange<std::size_t>(1, 17);
      auto payload = Octets(source.begin() + offset, source.begin() + static_cast<std::ptrdiff_t>(offset + length));
      if (*rc::gen::inRange(0, 20) == 0) payload[0] ^= std::byte{1};
      const auto result = add(reassembly, Instant{}, as_fragment(payload, offset, more));
      switch (naive.add(payload, offset, more)) {
        case Naive::Result::stored:
          RC_ASSERT(result.has_value() && !result->has_value());
          break;
        case Naive::Result::overlap:
          RC_ASSERT(!result.has_value() && result.error() == DropReason::fragment_overlap);
          break;
        case Naive::Result::whole:
          RC_ASSERT(result.has_value() && result->has_value());
          RC_ASSERT(std::ranges::equal((*result)->payload, naive.whole()));
          return;
      }
    }
  }));
}

TEST_CASE("what is held never exceeds the limit, however the fragments come") {
  CHECK(rc::check([] {
    const auto octets = some_octets(65535);
    const auto limit = *rc::gen::inRange<std::size_t>(0, 6000);
    Reassembly reassembly(limit, hash());
    for (int i = 0; i < 60; ++i) {
      const auto length = 8 * *rc::gen::inRange<std::size_t>(1, 300);
      auto part = as_fragment(std::span{octets}.first(length), 8 * *rc::gen::inRange<std::uint32_t>(0, 4000),
                              *rc::gen::arbitrary<bool>());
      part.fragment->id = *rc::gen::inRange<std::uint32_t>(0, 8);
      (void)add(reassembly, Instant{}, part);
      RC_ASSERT(reassembly.octets() <= limit);
    }
    while (reassembly.poll_expired(Instant{std::chrono::minutes(2)})) {
    }
    RC_ASSERT(reassembly.octets() == 0u);
    RC_ASSERT(!reassembly.next_deadline().has_value());
  }));
}
