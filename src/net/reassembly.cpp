#include "net/reassembly.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/address_octets.hpp"

#include <algorithm>

namespace ft::net {

namespace {

constexpr std::size_t cost_of_datagram = 512;  // record, index entry, quote
constexpr std::size_t cost_of_part = 64;
constexpr std::uint8_t ecn_mask = 3, ecn_not_ect = 0, ecn_ce = 3;

/// The congestion mark of the whole (RFC 3168 5.3): CE when a part has it; none when parts contradict each other.
std::optional<std::uint8_t> merge_ecn(std::uint8_t first, std::uint8_t seen) {
  const bool has_ce = (seen & (1u << ecn_ce)) != 0;
  if (!has_ce) return first;
  if ((seen & (1u << ecn_not_ect)) != 0) return {};
  return static_cast<std::uint8_t>(first | ecn_ce);
}

}  // namespace

std::size_t Reassembly::KeyHash::operator()(const Key& key) const {
  std::array<std::byte, 37> octets{};
  ByteWriter to(octets);
  wire::write_address(to, key.source);
  wire::write_address(to, key.destination);
  to.u32(key.id);
  to.u8(key.protocol);
  return static_cast<std::size_t>(hash(octets));
}

std::expected<std::optional<Datagram>, DropReason> Reassembly::add(Instant now, const Datagram& fragment,
                                                                   const FragmentPlace& where) {
  const std::size_t length = fragment.payload.size();
  if (length == 0 || (where.more && length % 8 != 0)) return std::unexpected(DropReason::fragment_bad);
  if (where.offset + length > where.room) return std::unexpected(DropReason::fragment_bad);
  Pending* pending = open(now, fragment, where);
  if (pending == nullptr) return std::unexpected(DropReason::fragment_limit);
  if (pending->poisoned) return std::unexpected(DropReason::fragment_overlap);
  if (!make_room(length + cost_of_part, pending)) {
    forget(Key{pending->key});
    return std::unexpected(DropReason::fragment_limit);
  }
  switch (place(*pending, fragment, where)) {
    case Placing::duplicate:
      return std::nullopt;
    case Placing::conflict:
      poison(*pending);
      return std::unexpected(DropReason::fragment_overlap);
    case Placing::too_many:
      forget(Key{pending->key});
      return std::unexpected(DropReason::fragment_limit);
    case Placing::placed:
      break;
  }
  charge(*pending, length + cost_of_part);
  if (pending->received != pending->total) return std::nullopt;
  return finish(*pending);
}

Reassembly::Placing Reassembly::place(Pending& pending, const Datagram& fragment, const FragmentPlace& where) {
  const std::uint32_t offset = where.offset;
  const auto end = offset + static_cast<std::uint32_t>(fragment.payload.size());
  const auto after = std::ranges::upper_bound(pending.parts, offset, {}, &Part::offset);
  if (after != pending.parts.begin()) {
    const Part& before = *std::prev(after);
    const bool is_last_as_before = where.more ? pending.total != end : pending.total == end;
    const bool is_same = before.offset == offset && std::ranges::equal(before.octets, fragment.payload);
    if (is_same && is_last_as_before) return Placing::duplicate;
    if (before.end() > offset) return Placing::conflict;
  }
  if (after != pending.parts.end() && after->offset < end) return Placing::conflict;
  const std::uint32_t farthest = pending.parts.empty() ? 0 : pending.parts.back().end();
  if (pending.total ? end > *pending.total || !where.more : !where.more && end < farthest) return Placing::conflict;
  if (pending.parts.size() == max_fragments) return Placing::too_many;
  if (!where.more) pending.total = end;
  pending.parts.insert(after, Part{offset, {fragment.payload.begin(), fragment.payload.end()}});
  pending.received += end - offset;
  pending.checksum_verified = pending.checksum_verified && fragment.checksum_verified;
  pending.ecn_seen |= static_cast<std::uint8_t>(1u << (fragment.traffic_class & ecn_mask));
  if (offset == 0) {
    pending.first = fragment;
    pending.first.payload = pending.first.packet = {};
    pending.quote.assign(fragment.packet.begin(),
                         fragment.packet.begin() + static_cast<std::ptrdiff_t>(std::min(fragment.packet.size(), max_quote)));
  }
  return Placing::placed;
}

Reassembly::Pending* Reassembly::open(Instant now, const Datagram& fragment, const FragmentPlace& where) {
  const bool is_v4 = fragment.source.is_v4();
  const Key key{fragment.source, fragment.destination, where.id, is_v4 ? fragment.protocol : std::uint8_t{0}};
  if (const auto found = index_.find(key); found != index_.end()) return &*found->second;
  if (!make_room(cost_of_datagram, nullptr)) return nullptr;
  Queue& queue = queue_of(key);
  Pending& pending = queue.emplace_back();
  pending.key = key;
  pending.started = now;
  pending.expires = now + (is_v4 ? timeout_v4 : timeout_v6);
  index_.emplace(key, std::prev(queue.end()));
  charge(pending, cost_of_datagram);
  return &pending;
}

/// Forgets the datagrams that waited longest until `octets` fit, but never `keep`.
bool Reassembly::make_room(std::size_t octets, const Pending* keep) {
  const auto fits = [&] { return octets <= max_octets_ - octets_ && (keep != nullptr || index_.size() < max_datagrams); };
  while (!fits()) {
    const Pending* oldest = nullptr;
    for (const Queue& queue : queues_) {
      auto candidate = queue.begin();
      if (candidate != queue.end() && &*candidate == keep) ++candidate;
      if (candidate != queue.end() && (oldest == nullptr || candidate->started < oldest->started)) oldest = &*candidate;
    }
    if (oldest == nullptr) return false;
    forget(Key{oldest->key});
  }
  return true;
}

void Reassembly::charge(Pending& pending, std::size_t octets) {
  pending.cost += octets;
  octets_ += octets;
  FT_ASSERT(octets_ <= max_octets_);
}

void Reassembly::poison(Pending& pending) {
  pending.poisoned = true;
  pending.parts = {};
  pending.quote = {};
  octets_ -= pending.cost - cost_of_datagram;
  pending.cost = cost_of_datagram;
}

void Reassembly::forget(const Key& key) {
  const auto found = index_.find(key);
  FT_ASSERT(found != index_.end());
  octets_ -= found->second->cost;
  queue_of(key).erase(found->second);
  index_.erase(found);
}

std::expected<std::optional<Datagram>, DropReason> Reassembly::finish(Pending& pending) {
  const auto ecn = merge_ecn(pending.first.traffic_class & ecn_mask, pending.ecn_seen);
  Datagram datagram = pending.first;
  whole_.clear();
  for (const Part& part : pending.parts) whole_.insert(whole_.end(), part.octets.begin(), part.octets.end());
  quote_ = std::move(pending.quote);
  datagram.fragment.reset();
  datagram.checksum_verified = pending.checksum_verified;
  datagram.payload = whole_;
  datagram.packet = quote_;
  forget(Key{pending.key});
  if (!ecn) return std::unexpected(DropReason::fragment_bad);
  datagram.traffic_class = static_cast<std::uint8_t>((datagram.traffic_class & ~ecn_mask) | *ecn);
  return datagram;
}

std::optional<Datagram> Reassembly::poll_expired(Instant now) {
  for (Queue& queue : queues_) {
    if (queue.empty() || queue.front().expires > now) continue;
    Pending& pending = queue.front();
    quote_ = std::move(pending.quote);
    Datagram datagram = pending.first;
    datagram.payload = {};
    datagram.packet = quote_;
    forget(Key{pending.key});
    return datagram;
  }
  return {};
}

std::optional<Instant> Reassembly::next_deadline() const {
  std::optional<Instant> earliest;
  for (const Queue& queue : queues_) {
    if (!queue.empty() && (!earliest || queue.front().expires < *earliest)) earliest = queue.front().expires;
  }
  return earliest;
}

}  // namespace ft::net
