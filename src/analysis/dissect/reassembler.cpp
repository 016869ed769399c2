#include "analysis/dissect/reassembler.hpp"

#include <algorithm>
#include <cstring>

namespace ft::analysis {
namespace {

constexpr std::uint32_t most_contents = 65535;
constexpr std::size_t most_pieces = 128;  // holes that one packet may have; fragments of 576-octet links need 120 at most

}  // namespace

/// No octet beyond the end, no second end, and where it overlaps what is there already, the same octets.
bool Reassembler::fits(const Packet& packet, const Fragment& fragment) const {
  const std::uint64_t to = fragment.offset + fragment.contents.size();
  if (to > most_contents) return false;
  if (packet.length != 0 && (to > packet.length || (!fragment.more && to != packet.length))) return false;
  if (!fragment.more && !packet.pieces.empty() && packet.pieces.back().to > to) return false;
  for (const Piece& piece : packet.pieces) {
    const std::uint32_t from = std::max(piece.from, fragment.offset);
    const std::uint32_t until = std::min(piece.to, static_cast<std::uint32_t>(to));
    if (from >= until) continue;
    if (std::memcmp(packet.octets.data() + from, fragment.contents.data() + (from - fragment.offset), until - from) != 0)
      return false;
  }
  return packet.pieces.size() < most_pieces;
}

void Reassembler::put(Packet& packet, const Fragment& fragment) {
  Piece added{fragment.offset, fragment.offset + static_cast<std::uint32_t>(fragment.contents.size())};
  if (packet.octets.size() < added.to) {
    octets_ += added.to - packet.octets.size();
    packet.octets.resize(added.to);
  }
  std::ranges::copy(fragment.contents, std::span(packet.octets).subspan(added.from).begin());
  if (!fragment.more) packet.length = added.to;
  const auto touches = [&](const Piece& p) { return p.from <= added.to && added.from <= p.to; };
  for (const Piece& piece : packet.pieces) {
    if (!touches(piece)) continue;
    added = {std::min(added.from, piece.from), std::max(added.to, piece.to)};
  }
  std::erase_if(packet.pieces, touches);
  const auto place = std::ranges::find_if(packet.pieces, [&](const Piece& p) { return p.from > added.from; });
  packet.pieces.insert(place, added);
}

void Reassembler::forget(Packets::iterator packet, bool lost) {
  octets_ -= packet->second.octets.size();
  if (lost) ++lost_;
  by_age_.erase(packet->second.age);
  waiting_.erase(packet);
}

/// The oldest go: those that waited too long, and as many as it takes to stay within the limits with `octets` more.
void Reassembler::make_room(std::size_t octets, Instant at) {
  while (!by_age_.empty()) {
    const auto oldest = waiting_.find(by_age_.front());
    const bool late = at > oldest->second.since && at - oldest->second.since > limits_.longest;
    if (!late && waiting_.size() <= limits_.most_packets && octets_ + octets <= limits_.most_octets) return;
    forget(oldest, true);
  }
}

Reassembler::Outcome Reassembler::add(const Fragment& fragment, Instant at) {
  if (fragment.more && (fragment.contents.empty() || fragment.contents.size() % 8 != 0)) return Outcome::refused;
  make_room(fragment.offset + fragment.contents.size(), at);
  const Key key{fragment.source, fragment.destination, fragment.id, fragment.protocol};
  const auto [found, fresh] = waiting_.try_emplace(key);
  Packet& packet = found->second;
  if (fresh) {
    packet.since = at;
    packet.age = by_age_.insert(by_age_.end(), key);
  }
  if (!fits(packet, fragment)) {
    forget(found, true);
    return Outcome::refused;
  }
  put(packet, fragment);
  if (packet.length == 0 || packet.pieces.size() != 1 || packet.pieces.front().from != 0 ||
      packet.pieces.front().to != packet.length) {
    return Outcome::waiting;
  }
  octets_ -= packet.octets.size();
  whole_ = std::move(packet.octets);
  packet.octets.clear();
  forget(found, false);
  return Outcome::complete;
}

}  // namespace ft::analysis
