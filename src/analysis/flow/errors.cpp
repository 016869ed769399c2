// ICMP errors join the stream that they quote; and what is asked of the engine from outside.
#include "analysis/flow/engine.hpp"

#include <algorithm>
#include <bit>

namespace ft::analysis::flow {

namespace {

constexpr std::size_t reporters_kept = 4096;

/// It says that no packet will get there: RFC 1122 3.2.2.1, RFC 4443 3.1. "Too big" is no such word.
bool refuses(const IcmpError& error) { return error.ipv6 ? error.type == 1 : error.type == 3 && error.code != 4; }

}  // namespace

std::optional<std::uint32_t> Engine::on_error(const IcmpError& error) {
  ++facts_.icmp_errors;
  std::uint8_t side = 2;
  const std::uint32_t hash =
      tuple_hash(error.quoted_source, error.quoted_source_port, error.quoted_destination, error.quoted_destination_port, seed_);
  const StreamTable::Slot* slot = table_.find(hash, [&](std::uint32_t stream) {
    side = side_of(records_[stream], error.quoted_source, error.quoted_source_port, error.quoted_destination,
                   error.quoted_destination_port);
    return side != 2;
  });
  if (slot == nullptr) {
    ++facts_.icmp_unmatched;
    return std::nullopt;
  }
  const std::uint32_t stream = slot->stream_after - 1;
  Record& record = records_[stream];
  Live& live = liven(stream, record);
  ++live.extra.icmp_errors;
  Note note;
  note.frame = error.frame;
  note.at = error.at;
  note.seq = error.quoted_seq;
  note.in_flight = record.sides[side].in_flight();
  note.value = error.mtu;
  note.type = error.type;
  note.code = error.code;
  note.ttl = error.ttl;
  note.side = side;
  note.kind = Note::Kind::icmp;
  notes_.write(record, note);
  if (reporters_.size() < reporters_kept) reporters_.emplace_back(error.frame, error.reporter);
  if (refuses(error) && side == 0 && !record.sides[1].any(SideRecord::isn_seen) && record.sides[0].any(SideRecord::isn_seen))
    record.set(Record::refused_by_icmp);
  return stream;
}

void Engine::finish() {
  for (std::uint32_t stream = 0; stream < records_.size(); ++stream) {
    Record& record = records_[stream];
    // A side that nobody heard, although the other side acknowledges what it said.
    for (const SideRecord& side : record.sides)
      if (side.packets == 0 && side.any(SideRecord::based)) record.doubt(Doubt::one_direction);
    const Extra* counters = extra(stream);
    if (counters == nullptr) continue;
    for (std::size_t side = 0; side < 2; ++side)
      if (counters->sides[side].unseen_acked != 0 && record.sides[side].packets != 0) record.doubt(Doubt::capture_drops);
  }
  facts_.notes = notes_.size();
  facts_.notes_cut = notes_.cut();
}

const Live* Engine::live(std::uint32_t stream) const {
  const Record& record = records_[stream];
  return record.live == none ? nullptr : &lives_[record.live];
}

const Extra* Engine::extra(std::uint32_t stream) const {
  const Record& record = records_[stream];
  if (record.live != none) return &lives_[record.live].extra;
  return record.extra == none ? nullptr : &extras_[record.extra];
}

Endpoint Engine::endpoint(const Record& record, std::uint8_t side) const {
  if (record.any(Record::ipv6)) return {addresses_[record.address[side]], record.port[side]};
  const auto octets = std::bit_cast<std::array<std::uint8_t, 8>>(std::array<std::uint32_t, 2>{record.address[side], 0});
  return {IpAddress::from_octets(Family::ipv4, std::span(octets).first(4)), record.port[side]};
}

std::optional<IpAddress> Engine::reporter(std::uint64_t frame) const {
  const auto found = std::lower_bound(reporters_.begin(), reporters_.end(), frame,
                                      [](const auto& entry, std::uint64_t wanted) { return entry.first < wanted; });
  if (found == reporters_.end() || found->first != frame) return std::nullopt;
  return found->second;
}

std::size_t Engine::memory() const {
  return records_.memory() + table_.memory() + addresses_.memory() + lives_.memory() + extras_.memory() + pieces_.memory() +
         notes_.memory();
}

}  // namespace ft::analysis::flow
