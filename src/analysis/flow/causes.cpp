// What made a sender repeat itself, told from what it could know: acknowledgements that hint at a loss (RFC 5681 3.2, RFC 6675),
// time since a later segment was delivered (RFC 8985, RACK), a probe after two round trips of silence (RFC 8985 7, TLP), or its
// timer (RFC 6298).
#include "analysis/flow/passing.hpp"

#include <algorithm>

namespace ft::analysis::flow {

namespace {
namespace flag = wire::tcp_flag;

constexpr std::int64_t least_timer = 200'000'000;  // the shortest retransmission timeout in wide use; RFC 6298 asks for a second

std::int64_t timer_of(const SideLive& live, std::int64_t trip) {
  if (live.rtt == 0) return trip == 0 ? least_timer : trip + least_timer;
  return live.rtt + std::max(least_timer, 4 * live.rtt_varies);
}

void begin_mending(SideLive& live, const SideRecord& side, Mending how) {
  live.mending = how;
  live.mend_until = side.max;
}

}  // namespace

std::int64_t round_trip(const Record& record, const Live& live) {
  if (record.syn_to_syn_ack != unknown_time && record.syn_ack_to_ack != unknown_time)
    return from_ticks(record.syn_to_syn_ack) + from_ticks(record.syn_ack_to_ack);
  std::int64_t sum = 0;  // of both legs, as seen from here
  for (std::size_t side = 0; side < 2; ++side)
    if (record.sides[side].rtt_samples != 0) sum += from_ticks(record.sides[side].rtt_least);
  if (sum == 0) sum = std::max(live.sides[0].rtt, live.sides[1].rtt);
  return sum;
}

RepeatCause cause_of_repeat(Passing& p, const Piece& piece, std::uint32_t end) {
  if (p.has(flag::syn)) return RepeatCause::syn;
  if (p.has(flag::fin) && p.segment.length == 0) return RepeatCause::fin;
  if (piece.any(Piece::syn) && piece.tries == 1) return RepeatCause::unknown;  // text of a SYN that was not taken with it
  SideLive& live = p.own_live;
  const std::int64_t trip = round_trip(p.record, p.live);
  const std::int64_t timer = timer_of(live, trip);
  const std::int64_t elapsed = piece.at == 0 ? timer : p.at - piece.at;
  const std::int64_t silence = piece.at == 0 ? timer : std::min(elapsed, p.at - live.last_progress);
  const bool first_waiting = !p.own.any(SideRecord::una_known) || ahead(p.seq, p.own.una) <= 0;
  const bool last_sent = ahead(end, p.own.max) >= 0;
  const bool sacked_above = live.sacked_octets > 0 && ahead(live.sack_high, end) > 0;
  const std::uint32_t mss = std::max(live.largest, 1u);
  const bool timer_ran = elapsed >= timer * 3 / 4 && elapsed >= least_timer * 9 / 10;
  if (live.mending != Mending::nothing && p.own.any(SideRecord::una_known) && ahead(p.own.una, live.mend_until) >= 0)
    live.mending = Mending::nothing;

  const auto on_timer = [&] {
    if (live.rto_count < 255) ++live.rto_count;
    begin_mending(live, p.own, Mending::timer);
    if (live.rto_count > 2 && piece.seq == p.seq && p.segment.length * 10 < piece.size() * 9) return RepeatCause::mtu_probe;
    return RepeatCause::rto;
  };
  if (first_waiting && live.rto_count > 1 && piece.seq == p.seq && piece.tries > 2 && p.segment.length * 10 < piece.size() * 9)
    return on_timer();
  if (live.mending == Mending::timer) {
    if (first_waiting && piece.tries > 1 && timer_ran) return on_timer();
    return RepeatCause::go_back_n;
  }
  if (live.mending == Mending::fast) {
    if (first_waiting && timer_ran && (piece.tries > 1 || p.at - live.last_progress >= timer * 3 / 4)) return on_timer();
    if (sacked_above) return piece.tries > 1 ? RepeatCause::rack : RepeatCause::fast;
    if (first_waiting) return piece.tries > 1 ? RepeatCause::rack : RepeatCause::fast;
    if (last_sent && trip != 0 && elapsed >= trip) return RepeatCause::tlp;
    return RepeatCause::rack;
  }
  if (sacked_above || live.duplicate_acks >= 3) {
    const bool many = live.duplicate_acks >= 3 || live.sacked_octets >= 3 * mss;
    if (!many && timer_ran && first_waiting) return on_timer();
    begin_mending(live, p.own, Mending::fast);
    return many ? RepeatCause::fast : RepeatCause::rack;
  }
  if (timer_ran && first_waiting) {
    // With one segment in flight the probe waits as long as the timer does; the timer is the simpler tale.
    return on_timer();
  }
  if (last_sent && silence * 2 >= trip * 3) return RepeatCause::tlp;
  if (live.duplicate_acks > 0) {
    begin_mending(live, p.own, Mending::fast);
    return RepeatCause::fast;
  }
  if (timer_ran) return live.rto_count > 0 ? RepeatCause::go_back_n : on_timer();
  if (first_waiting && trip != 0 && elapsed >= trip * 3 / 2) return last_sent ? RepeatCause::tlp : on_timer();
  return RepeatCause::unknown;
}

RepeatCause cause_of_fill(const Passing& p, std::int64_t waited, std::uint32_t end) {
  if (p.has(flag::syn)) return RepeatCause::syn;
  const std::int64_t trip = round_trip(p.record, p.live);
  if (waited < 0) return RepeatCause::unknown;
  if (waited >= least_timer * 9 / 10 && waited > trip * 5 / 2) return RepeatCause::rto;
  const auto above = static_cast<std::uint32_t>(std::max(ahead(p.own.max, end), 0));
  const bool many = above >= 3 * std::max(p.own_live.largest, 1u) || p.own_live.duplicate_acks >= 3;
  return many ? RepeatCause::fast : RepeatCause::rack;
}

void mark_needless(Passing& p, std::uint8_t side, std::uint32_t from, std::uint32_t to, std::uint32_t how, bool all) {
  constexpr int farthest = 64;
  const std::int64_t trip = std::min(p.live.sides[side].rtt, round_trip(p.record, p.live));
  int looked = 0;
  for (std::uint32_t i = p.record.last_note; i != none && looked < farthest; i = p.notes.before(i), ++looked) {
    Note& note = p.notes[i];
    if (note.kind != Note::Kind::segment || note.side != side) continue;
    const std::uint32_t begin = note.seq.value();
    const std::uint32_t end = begin + std::max(note.length, 1u);
    if (ahead(begin, to) >= 0 || ahead(from, end) >= 0) continue;
    // What left a moment ago cannot have been answered yet.
    if (p.segment.at - note.at < Duration(trip / 2)) continue;
    if (note.label == Label::network_duplicate && how == Note::by_dsack && !note.any(Note::answered)) {
      note.is |= Note::answered;
      return;
    }
    if (note.label != Label::retransmission || note.any(Note::hole_filled)) continue;
    note.label = Label::needless;
    note.is |= how;
    ++p.live.extra.sides[side].needless;
    if (!all) return;
  }
}

}  // namespace ft::analysis::flow
