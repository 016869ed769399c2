#include "tcp/recv/reassembly.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {
constexpr std::uint16_t least_islands = 128;

/// A long path that loses every second segment leaves an island for every two; each costs 16 octets, so this is under two per
/// cent of the ring.
std::uint16_t island_limit(std::uint32_t ring) {
  return static_cast<std::uint16_t>(std::clamp<std::uint32_t>(ring / 1024, least_islands, 32768));
}
}  // namespace

std::optional<std::uint32_t> Reassembly::insert(BufferPool& pool, std::uint32_t offset, std::span<const std::byte> text) {
  const auto length = static_cast<std::uint32_t>(text.size());
  const std::uint32_t needed = ready_ + offset + length;
  if (needed > ring_.capacity() && !ring_.ensure(pool, needed)) return std::nullopt;
  if (offset != 0) {
    const std::uint64_t from = next_ + offset;
    if (length == 0) return 0;
    if (beyond_ == nullptr) beyond_ = std::make_unique<Beyond>();
    auto& recent = beyond_->recent;
    beyond_->islands.set_limit(island_limit(ring_.capacity()));
    if (!beyond_->islands.insert(from, from + length)) return std::nullopt;
    std::rotate(recent.begin(), recent.end() - 1, recent.end());
    recent[0] = static_cast<std::uint32_t>(from);
    ring_.write_at(ready_ + offset, text);
    return 0;
  }
  ring_.write_at(ready_, text);
  std::uint32_t grown = length;
  const std::uint64_t end = next_ + length;
  if (beyond_ != nullptr && beyond_->islands.first().from <= end) {
    // Islands that this text reaches are in order now.
    IntervalSet& islands = beyond_->islands;
    islands.insert(next_, end);
    const Interval first = islands.first();
    grown = static_cast<std::uint32_t>(first.to - next_);
    islands.erase_below(first.to);
    if (islands.empty()) beyond_.reset();
  }
  next_ += grown;
  ready_ += grown;
  return grown;
}

std::optional<Reassembly::Stretch> Reassembly::overlap(std::uint32_t offset, std::uint32_t length) const {
  const std::uint64_t from = next_ + offset;
  const std::uint64_t to = from + length;
  if (beyond_ == nullptr) return std::nullopt;
  const Interval* const island = beyond_->islands.first_ending_after(from);
  if (island == beyond_->islands.end() || island->from >= to) return std::nullopt;
  return Stretch{static_cast<std::uint32_t>(std::max(island->from, from) - next_),
                 static_cast<std::uint32_t>(std::min(island->to, to) - next_)};
}

std::span<const std::byte> Reassembly::peek() const {
  if (ready_ == 0) return {};
  return ring_.view(0, ready_)[0];
}

std::uint32_t Reassembly::read(BufferPool& pool, std::span<std::byte> into) {
  const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(ready_, into.size()));
  if (n == 0) return 0;
  ring_.copy_out(0, into.first(n));
  consume(pool, n);
  return n;
}

void Reassembly::consume(BufferPool& pool, std::uint32_t octets) {
  FT_ASSERT(octets <= ready_);
  ring_.advance(octets);
  ready_ -= octets;
  shrink_if_empty(pool);
}

void Reassembly::shrink_if_empty(BufferPool& pool) {
  if (ready_ == 0 && beyond_ == nullptr && ring_.capacity() != 0) ring_.release(pool);
}

void Reassembly::release(BufferPool& pool) {
  ring_.release(pool);
  beyond_.reset();
  ready_ = 0;
}

std::uint8_t Reassembly::sack_blocks(Seq next, std::uint8_t limit, std::array<wire::SackBlock, 4>& blocks) const {
  std::uint8_t count = 0;
  if (beyond_ == nullptr) return count;
  const IntervalSet& islands = beyond_->islands;
  const auto add = [&](const Interval& island) {
    const wire::SackBlock block{next + static_cast<std::uint32_t>(island.from - next_),
                                next + static_cast<std::uint32_t>(island.to - next_)};
    for (std::uint8_t i = 0; i < count; ++i)
      if (blocks[i] == block) return;
    if (count < limit) blocks[count++] = block;
  };
  //= rfc2018 4-6
  //= rfc2018 4-8
  for (const std::uint32_t low : beyond_->recent) {
    const std::uint64_t position = next_ + (low - static_cast<std::uint32_t>(next_));
    const Interval* const island = islands.first_ending_after(position);
    if (island != islands.end() && island->from <= position) add(*island);
  }
  //= rfc2018 4-7
  for (const Interval* island = islands.begin(); island != islands.end() && count < limit; ++island) add(*island);
  return count;
}

}  // namespace ft::tcp
