// What needs no judgement: counters of packets, octets, flags and options.
#include "analysis/flow/passing.hpp"

#include <algorithm>

namespace ft::analysis::flow {

namespace {
namespace flag = wire::tcp_flag;

void count_marks(Passing& p) {
  SideExtra& e = p.own_extra;
  const auto ecn = static_cast<std::uint8_t>(p.segment.traffic_class & 3);  // RFC 3168 5
  e.ect += ecn != 0 ? 1u : 0u;
  e.ce += ecn == 3 ? 1u : 0u;
  if (p.has(flag::ece | flag::cwr | flag::urg)) {
    // In a SYN these two negotiate (RFC 3168 6.1.1); afterwards they report.
    if (!p.has(flag::syn)) {
      e.ece += p.has(flag::ece) ? 1u : 0u;
      e.cwr += p.has(flag::cwr) ? 1u : 0u;
    }
    e.urgent += p.has(flag::urg) ? 1u : 0u;
  }
  switch (p.segment.checksum) {
    case ChecksumState::unknown:
      break;
    case ChecksumState::good:
      ++e.checksums_good;
      break;
    case ChecksumState::bad:
      ++e.checksums_bad;
      ++p.facts.checksums_bad;
      break;
    case ChecksumState::partial:
      ++e.checksums_partial;
      break;
  }
}

}  // namespace

void count(Passing& p) {
  const Segment& s = p.segment;
  SideRecord& own = p.own;
  if (own.packets++ == 0) own.ttl = s.ttl;
  own.octets += s.packet_length;
  p.own_extra.dont_fragment += s.dont_fragment ? 1u : 0u;
  p.own_extra.last_packet = p.at;
  if (s.length != 0) {
    own.text += s.length;
    ++own.data_segments;
    p.own_extra.pushes += p.has(flag::psh) ? 1u : 0u;
    p.own_extra.largest_text = std::max(p.own_extra.largest_text, s.length);
    if (s.text.size() < s.length) {
      ++p.facts.cut_short;
      p.record.doubt(Doubt::cut_short);
    }
    if (p.other.mss != 0 && s.length > p.other.mss) {
      ++p.own_extra.larger_than_mss;
      ++p.facts.larger_than_mss;
      p.record.doubt(Doubt::offloaded);
    }
  } else if ((s.flags & (flag::syn | flag::fin | flag::rst)) == 0) {
    ++p.own_extra.pure_acks;
  }
  if ((s.flags & (flag::syn | flag::fin | flag::rst)) != 0) {
    const auto grow = [](std::uint16_t& n) { n = static_cast<std::uint16_t>(std::min<std::uint32_t>(n + 1u, 0xffff)); };
    if (p.has(flag::syn)) grow(own.syns);
    if (p.has(flag::fin)) grow(own.fins);
    if (p.has(flag::rst)) ++own.resets;
  }
  if ((s.traffic_class & 3) != 0 || p.has(flag::ece | flag::cwr | flag::urg) || s.checksum != ChecksumState::unknown)
    count_marks(p);
  if (s.has_ip_id && !s.fragmented) p.place = p.own_live.ids.place(s.ip_id);
  if (p.stamped()) own.set(SideRecord::stamps);
}

bool is_damaged(Passing& p) {
  // A capture taken where packets leave sees sums that the network card has yet to make: then most of a side's are "bad" and say
  // nothing.
  if (p.segment.checksum != ChecksumState::bad) return false;
  const SideExtra& e = p.own_extra;
  if (e.checksums_good <= e.checksums_bad) return false;
  Note note = p.draft(Note::Kind::bad_checksum);
  p.write(note);
  return true;
}

Note Passing::draft(Note::Kind kind) const {
  Note n;
  n.frame = segment.frame;
  n.at = segment.at;
  n.seq = segment.seq;
  n.ack = segment.ack;
  n.length = segment.length;
  n.in_flight = own.in_flight();
  n.window = window_of(record, side ^ 1);
  n.is = segment.dont_fragment ? static_cast<std::uint32_t>(Note::dont_fragment) : 0u;
  if (own.packets > 1 && segment.ttl != own.ttl) n.is |= Note::other_ttl;
  n.ttl = segment.ttl;
  n.flags = segment.flags;
  n.side = side;
  n.kind = kind;
  return n;
}

void Passing::mark(Label which, RepeatCause why, Note n) {
  label = which;
  cause = why;
  n.label = which;
  n.cause = why;
  note = notes.write(record, n);
  SideExtra& e = own_extra;
  switch (which) {
    case Label::original:
      break;
    case Label::needless:
      ++e.needless;
      [[fallthrough]];
    case Label::retransmission:
      ++e.retransmissions;
      ++e.repeats[static_cast<std::size_t>(why)];
      break;
    case Label::reordered:
      ++e.reordered;
      break;
    case Label::network_duplicate:
      ++e.network_duplicates;
      break;
    case Label::capture_duplicate:
      ++e.capture_duplicates;
      break;
    case Label::probe:
      ++e.probes;
      break;
    case Label::keep_alive:
      ++e.keep_alives;
      break;
    case Label::injected:
      ++e.injected;
      break;
  }
}

}  // namespace ft::analysis::flow
