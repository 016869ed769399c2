// What a segment acknowledges of the other side's octets: cumulative (RFC 9293 3.4), selective (RFC 2018), doubly received (RFC
// 2883); round-trip times from it, and which repeats it shows to have been needless (RFC 3522).
#include "analysis/flow/passing.hpp"

#include <algorithm>

namespace ft::analysis::flow {

namespace {
namespace flag = wire::tcp_flag;

void sample(Passing& p, const Piece& piece) {
  const std::int64_t took = p.at - piece.at;
  if (took < 0) return;
  p.rtt = Duration(took);
  sample_rtt(p.other, p.other_live, p.other_extra, piece, took, p.frame);
}

/// Repeats and late ones that this ACK covers: the notes about them learn it.
void tell_notes_acked(Passing& p, const Piece& piece) {
  constexpr int farthest = 32;
  int looked = 0;
  for (std::uint32_t i = p.record.last_note; i != none && looked < farthest; i = p.notes.before(i), ++looked) {
    Note& note = p.notes[i];
    if (note.side != p.side && note.kind == Note::Kind::segment && ahead(note.seq.value(), piece.seq) >= 0 &&
        ahead(note.seq.value(), piece.end) < 0)
      note.is |= Note::acked;
  }
}

/// RFC 3522: the ACK echoes the timestamp of a copy that left before the repeat. Only of the first octets that it covers, since
/// an echo tells of the segment that moved the left edge (RFC 7323 4.3).
void compare_echo(Passing& p, const Piece& piece) {
  if (!p.stamped() || p.segment.options.stamps.ecr == 0) return;
  const std::uint32_t echo = p.segment.options.stamps.ecr;
  if (ahead(echo, piece.stamp) >= 0) return;
  const bool first_copy = piece.stamp_moved != 0xffff && ahead(echo, piece.stamp - piece.stamp_moved) <= 0;
  mark_needless(p, p.side ^ 1, piece.seq, piece.end, Note::by_timestamp, first_copy);
}

void tell_closing(Passing& p) {
  if (p.other.any(SideRecord::fin) && !p.other.any(SideRecord::fin_acked) && ahead(p.ack, p.other_live.fin_seq) > 0) {
    p.other.set(SideRecord::fin_acked);
    p.other_extra.fin_acked_at = p.at;
    p.other_extra.fin_acked_frame = p.frame;
  }
}

void tell_handshake(Passing& p) {
  SideRecord& side = p.other;
  if (side.any(SideRecord::syn_acked) || !side.any(SideRecord::isn_seen)) return;
  side.set(SideRecord::syn_acked);
  if (!p.has(flag::syn) && !side.any(SideRecord::syn_with_ack) && !p.own.any(SideRecord::isn_seen))
    p.record.set(Record::early_ack);
  const SentLog& sent = p.other_live.sent;
  if (p.record.syn_to_syn_ack == unknown_time || p.record.syn_ack_to_ack != unknown_time) return;
  if (!side.any(SideRecord::syn_with_ack) || p.has(flag::syn)) return;
  if (sent.empty() || !sent[sent.first()].any(Piece::syn)) return;
  p.record.syn_ack_to_ack = to_ticks(p.at - sent[sent.first()].at);
  p.record.connect_took = p.at - p.record.first.time_since_epoch().count();
  const SentLog& called = p.own_live.sent;
  if (!called.empty() && called[called.first()].any(Piece::syn)) p.record.handshake_took = p.at - called[called.first()].at;
  p.record.handshake[2] = p.frame;
}

/// For Nagle's wait: the ACK of all there was came alone and late.
void tell_of_late_ack(Passing& p, std::int64_t took) {
  SideLive& live = p.other_live;
  constexpr std::int64_t delayed = 30'000'000;  // delayed ACKs are sent after 40 to 500 ms (RFC 9293 3.8.6.3)
  const std::int64_t trip = round_trip(p.record, p.live);
  live.small_acked_late = live.small_alone && p.segment.length == 0 && took >= delayed && took > trip * 3 / 2;
  live.small_alone = false;
  live.ack_at = p.at;
  live.ack_took = took;
  live.ack_frame = p.frame;
}

/// The other side's octets from here to there are acknowledged and nobody captured them.
void tell_unseen(Passing& p, std::uint32_t from, std::uint32_t to) {
  SideLive& live = p.other_live;
  const std::uint32_t octets = to - from;
  p.other_extra.unseen_acked += octets;
  // One note for many in a row: what is missing is missing.
  const std::uint32_t last = p.record.last_note;
  if (last != none && p.notes[last].kind == Note::Kind::unseen_acked && p.notes[last].side == p.side) {
    p.notes[last].value += octets;
  } else {
    Note note = p.draft(Note::Kind::unseen_acked);
    note.value = octets;
    p.write(note);
  }
  if (live.unseen_to != from) live.unseen_from = from;
  live.unseen_to = to;
  live.unseen_at = p.at;
}

void advance(Passing& p) {
  SideRecord& side = p.other;
  SideLive& live = p.other_live;
  SentLog& sent = live.sent;
  p.acked = p.ack - side.una;
  SentLog::Index i = sent.unacked();
  const SentLog::Index begin = i;
  const Piece* newest = nullptr;
  std::int64_t took = 0;
  std::uint32_t expected = side.una;
  const bool whole = side.any(SideRecord::una_known);  // from here on every octet must have been captured
  for (; i != sent.last() && ahead(sent[i].end, p.ack) <= 0; ++i) {
    Piece& piece = sent[i];
    if (whole && piece.seq != expected && ahead(piece.seq, expected) > 0 && ahead(expected, live.known_from) >= 0)
      tell_unseen(p, expected, piece.seq);
    expected = piece.end;
    took = p.at - piece.at;
    if (piece.any(Piece::sacked)) {
      live.sacked_octets -= std::min(live.sacked_octets, piece.size());
    } else if (piece.tries == 1 && !piece.any(Piece::late)) {
      newest = &piece;
    } else {
      newest = nullptr;
    }
    if (piece.tries > 1 || piece.any(Piece::late)) {
      tell_notes_acked(p, piece);
      if (i == begin && piece.tries > 1) compare_echo(p, piece);
    }
    if (!piece.any(Piece::fin | Piece::syn))
      p.other_extra.largest_acked_text = std::max(p.other_extra.largest_acked_text, piece.size());
  }
  sent.set_unacked(i);
  // A hole that reaches up to the ACK, below something newer.
  if (whole && i != sent.last() && ahead(sent[i].seq, p.ack) >= 0 && ahead(p.ack, expected) > 0 &&
      ahead(expected, live.known_from) >= 0)
    tell_unseen(p, expected, p.ack);
  if (newest != nullptr && !newest->any(Piece::syn) && !(newest->any(Piece::fin) && newest->size() == 1)) sample(p, *newest);
  if (p.acked > 2 * std::max(live.largest, 1u)) ++p.own_extra.ack_jumps;
  side.una = p.ack;
  side.set(SideRecord::una_known);
  live.duplicate_acks = 0;
  live.last_progress = p.at;
  live.rto_count = 0;
  if (live.mending != Mending::nothing && ahead(p.ack, live.mend_until) >= 0) live.mending = Mending::nothing;
  if (p.ack == side.max) {
    live.sacked_octets = 0;
    live.sack_known = 0;
    tell_of_late_ack(p, took);
  }
  tell_handshake(p);
  tell_closing(p);
}

void on_unseen(Passing& p) {
  SideRecord& side = p.other;
  if (side.packets != 0)
    tell_unseen(p, side.max, p.ack);
  else
    p.other_live.known_from = p.ack;
  side.max = p.ack;
}

/// RFC 2883 4: a first block below the cumulative ACK, or inside the second block, reports what came twice.
bool is_dsack(const Passing& p) {
  const SegmentOptions& o = p.segment.options;
  const wire::SackBlock& first = o.sack[0];
  if (before_or_equal(first.right, p.segment.ack)) return true;
  return o.sack_count > 1 && after_or_equal(first.left, o.sack[1].left) && before_or_equal(first.right, o.sack[1].right);
}

void mark_sacked(Passing& p, std::uint32_t from, std::uint32_t to) {
  SideLive& live = p.other_live;
  SentLog& sent = live.sent;
  for (SentLog::Index i = sent.find(from); i != sent.last() && ahead(sent[i].end, to) <= 0; ++i) {
    Piece& piece = sent[i];
    if (piece.any(Piece::sacked) || ahead(piece.seq, from) < 0) continue;
    piece.set(Piece::sacked);
    live.sacked_octets += piece.size();
    if (piece.tries > 1 || piece.any(Piece::late)) tell_notes_acked(p, piece);
  }
  if (live.sacked_octets != 0 && (live.sack_known == 0 || ahead(to, live.sack_high) > 0)) live.sack_high = to;
}

void on_sack(Passing& p) {
  const SegmentOptions& o = p.segment.options;
  SideLive& live = p.other_live;
  ++p.own_extra.sack_segments;
  std::uint8_t first = 0;
  if (is_dsack(p)) {
    p.dsack = true;
    ++p.own_extra.dsacks;
    mark_needless(p, p.side ^ 1, o.sack[0].left.value(), o.sack[0].right.value(), Note::by_dsack, false);
    first = 1;
  }
  for (std::uint8_t i = first; i < o.sack_count; ++i) {
    const std::uint32_t left = o.sack[i].left.value();
    const std::uint32_t right = o.sack[i].right.value();
    if (ahead(left, p.ack) < 0 || ahead(right, left) <= 0 || ahead(right, p.other.max) > 0) continue;
    // Blocks are repeated from ACK to ACK and grow at one end: only what is new has to be marked.
    std::uint32_t from = left;
    for (std::uint8_t k = 0; k < live.sack_known; ++k)
      if (live.sacks[k].left.value() == left && ahead(live.sacks[k].right.value(), from) > 0) from = live.sacks[k].right.value();
    if (ahead(right, from) > 0) mark_sacked(p, from, right);
  }
  live.sacks = o.sack;
  live.sack_known = o.sack_count;
}

/// A bare ACK right after an RST or SYN that was not believed (RFC 5961 3.2, 4.2).
void tell_challenge(Passing& p) {
  if (p.other_live.challenged_frame == 0 || p.segment.length != 0 || p.has(flag::syn | flag::fin | flag::rst)) return;
  Note note = p.draft(Note::Kind::challenge_ack);
  note.of_frame = p.full_frame(p.other_live.challenged_frame);
  p.write(note);
  p.other_live.challenged_frame = 0;
  if (p.other_live.reset_note == none) return;
  Note& reset = p.notes[p.other_live.reset_note];
  if (reset.frame != note.of_frame) return;
  // It lives on: until its sender insists, that RST was not the other side's.
  if (reset.label == Label::original) {
    reset.label = Label::injected;
    ++p.other_extra.injected;
  }
  p.record.clear(Record::ended_by_reset);
  if (p.record.closer == (p.side ^ 1) && !p.other.any(SideRecord::fin)) p.record.closer = 2;
}

}  // namespace

void on_ack(Passing& p) {
  if (!p.has(flag::ack) || p.has(flag::rst)) return;
  SideRecord& side = p.other;
  if (!side.any(SideRecord::based)) {
    side.set(SideRecord::based | SideRecord::una_known);
    side.base = p.ack - 1;
    side.max = side.una = p.ack;
    p.other_live.known_from = p.ack;
    return;
  }
  const std::int32_t beyond = ahead(p.ack, side.max);
  if (!side.any(SideRecord::una_known)) {
    if (side.any(SideRecord::isn_seen) && (beyond > 0 || ahead(p.ack, side.base) <= 0)) {
      // It acknowledges what this connection never sent: the other end lives in another one (RFC 9293 3.5.1).
      p.write(p.draft(Note::Kind::foreign_ack));
      return;
    }
    if (beyond > longest_jump || beyond < -longest_jump) return;
    const SentLog& sent = p.other_live.sent;
    side.una = sent.empty() ? p.ack : sent[sent.first()].seq;
    if (ahead(p.ack, side.una) < 0) side.una = p.ack;
  }
  const std::int32_t news = ahead(p.ack, side.una);
  if (beyond > 0 && beyond <= longest_jump) on_unseen(p);
  if (news > 0 && beyond <= longest_jump) {
    advance(p);
  } else {
    side.set(SideRecord::una_known);
    if (p.other_live.challenged_frame != 0) tell_challenge(p);
    if (news == 0 && p.segment.sequence_length() == 0 && side.in_flight() != 0 &&
        (p.segment.window == p.own.window || p.segment.options.sack_count != 0)) {
      ++p.own_extra.duplicate_acks;
      ++p.other_live.duplicate_acks;
    } else if (news < 0 && p.segment.sequence_length() == 0 && p.place == IdWindow::Place::late && p.own_live.ids.trusted() &&
               p.label == Label::original) {
      Note note = p.draft(Note::Kind::segment);
      note.is |= Note::proven;
      p.mark(Label::reordered, RepeatCause::none, note);
    }
  }
  if (p.segment.options.sack_count != 0) on_sack(p);
  if (p.other_live.probe_note != none && news >= 0 && p.label == Label::original && p.segment.sequence_length() == 0) {
    p.notes[p.other_live.probe_note].is |= Note::answered;
    p.other_live.probe_note = none;
  }
}

}  // namespace ft::analysis::flow
