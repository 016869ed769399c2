// What a segment's sequence numbers say: new, late or repeated; a keep-alive; a probe of a shut window. RFC 9293 3.4 and 3.8.
#include "analysis/flow/passing.hpp"

#include <algorithm>

namespace ft::analysis::flow {

namespace {
namespace flag = wire::tcp_flag;

/// Acknowledged pieces kept to recognise late copies: few for the many short connections, more for the long ones.
std::uint32_t history_of(const SideRecord& side) {
  if (side.data_segments < 48) return 6;
  return side.data_segments < 512 ? 24 : 120;
}

bool make_room(Passing& p, std::uint32_t pieces) { return flow::make_room(p.record, p.live, p.pieces, p.side, pieces); }

void fill_in(const Passing& p, Piece& piece, std::uint32_t from, std::uint32_t to) {
  piece.at = p.at;
  piece.seq = from;
  piece.end = to;
  piece.stamp = p.segment.options.stamps.val;
  piece.frame = p.frame;
  piece.ip_id = p.segment.ip_id;
  piece.way = p.way();
  if (p.has(flag::syn) && from == p.seq) piece.set(Piece::syn);
  if (p.has(flag::fin) && to == p.seq + p.segment.sequence_length()) piece.set(Piece::fin);
}

/// Octets that were not sent before, behind all others.
void append(Passing& p, std::uint32_t from, std::uint32_t to) {
  const bool room = make_room(p, 1);
  p.own.max = to;
  if (!room) {
    p.own_live.known_from = to;
    return;
  }
  Piece& piece = p.own_live.sent.append();
  fill_in(p, piece, from, to);
  const std::uint8_t band = band_of(p.own.in_flight(), std::max(p.own_live.largest, 1u));
  piece.set(static_cast<std::uint8_t>(band << Piece::band_shift));
}

void on_new(Passing& p, std::uint32_t end) {
  const bool shut = p.other.any(SideRecord::window_shut) && p.own.any(SideRecord::una_known) && !p.has(flag::syn | flag::fin);
  p.own_live.largest = std::max(p.own_live.largest, p.segment.length);
  append(p, p.seq, end);
  p.fresh = p.segment.length;
  if (!shut) return;
  Note note = p.draft(Note::Kind::segment);
  note.tries = 1;
  p.mark(Label::probe, RepeatCause::none, note);
  p.own_live.probe_note = p.note;
}

struct Overlap {
  std::uint32_t known = 0;   // octets that were captured before, or must have been sent before
  std::uint32_t holes = 0;   // octets that were not
  std::uint32_t before = 0;  // octets before the first that the capture saw of this side
  bool all_sacked = true;    // of the known
  bool found = false;        // `first` is set
  Piece first{};
};

/// Looks at [from, to), which lies below max.
Overlap look(const Passing& p, std::uint32_t from, std::uint32_t to) {
  Overlap o;
  const SideLive& live = p.own_live;
  std::uint32_t at = from;
  if (ahead(at, live.known_from) < 0) {
    const std::uint32_t until = ahead(to, live.known_from) < 0 ? to : live.known_from;
    const std::uint32_t begin = p.own.base + 1;
    if (!p.own.any(SideRecord::isn_seen) && ahead(at, begin) < 0) {
      const std::uint32_t edge = ahead(until, begin) < 0 ? until : begin;
      o.before += edge - at;
      at = edge;
    }
    if (ahead(until, at) > 0) {
      o.known += until - at;
      o.all_sacked = false;
      at = until;
    }
  }
  const SentLog& sent = live.sent;
  for (SentLog::Index i = sent.find(at); i != sent.last() && ahead(to, at) > 0; ++i) {
    const Piece& piece = sent[i];
    if (ahead(piece.seq, to) >= 0) break;
    if (ahead(piece.seq, at) > 0) {
      o.holes += piece.seq - at;
      at = piece.seq;
    }
    if (!o.found) o.first = piece;
    o.found = true;
    o.all_sacked = o.all_sacked && piece.any(Piece::sacked);
    const std::uint32_t until = ahead(piece.end, to) < 0 ? piece.end : to;
    o.known += until - at;
    at = until;
  }
  if (ahead(to, at) > 0) o.holes += to - at;
  return o;
}

/// Remembers that [from, to), below max, was sent (again) now.
void remember(Passing& p, std::uint32_t from, std::uint32_t to) {
  SentLog& sent = p.own_live.sent;
  if (ahead(from, p.own_live.known_from) < 0) from = p.own_live.known_from;
  while (ahead(to, from) > 0) {
    if (!make_room(p, 2)) return;
    if (ahead(from, p.own_live.known_from) < 0) {  // the room came from what was oldest, perhaps from all of it
      from = p.own_live.known_from;
      if (ahead(to, from) <= 0) return;
    }
    SentLog::Index i = sent.find(from);
    if (i != sent.last() && ahead(sent[i].seq, from) < 0) sent.cut(i++, from);
    if (i == sent.last() || ahead(sent[i].seq, from) > 0) {  // a hole
      const std::uint32_t until = i == sent.last() || ahead(sent[i].seq, to) > 0 ? to : sent[i].seq;
      Piece& piece = sent.insert(i);
      fill_in(p, piece, from, until);
      piece.set(Piece::late);
      from = until;
      continue;
    }
    if (ahead(sent[i].end, to) > 0) sent.cut(i, to);
    Piece& piece = sent[i];
    const std::uint32_t moved = piece.stamp_moved + (p.segment.options.stamps.val - piece.stamp);
    piece.stamp_moved = static_cast<std::uint16_t>(std::min(moved, 0xffffu));
    piece.at = p.at;
    piece.stamp = p.segment.options.stamps.val;
    piece.frame = p.frame;
    piece.ip_id = p.segment.ip_id;
    piece.way = p.way();
    if (piece.tries < 255) ++piece.tries;
    from = piece.end;
  }
}

/// Octets below others that came before them: overtaken on the way, or lost and sent again.
void on_late(Passing& p, std::uint32_t end) {
  const SideLive& live = p.own_live;
  const SentLog& sent = live.sent;
  const SentLog::Index next = sent.find(end - 1);
  Note note = p.draft(Note::Kind::segment);
  note.is |= Note::hole_filled;
  note.tries = 1;
  bool after = false;
  bool before = false;
  std::int64_t waited = -1;
  if (next != sent.last()) {
    const Piece& above = sent[next];
    waited = p.at - above.at;
    constexpr std::int64_t out_of_step = 1'000'000'000;  // more is a clock that was set
    if (waited < 0 && waited > -out_of_step) return;     // it was first: the file has the two in the wrong order
    note.of_frame = p.full_frame(above.frame);
    note.waited = Duration(waited);
    if (live.ids.trusted() && p.segment.ip_id != 0 && above.ip_id != 0) {
      const auto step = static_cast<std::int16_t>(p.segment.ip_id - above.ip_id);
      (step < 0 ? before : after) = true;
    } else if (p.stamped()) {
      const std::int32_t step = ahead(p.segment.options.stamps.val, above.stamp - above.stamp_moved);
      if (step != 0) (step < 0 ? before : after) = true;
    }
  }
  if (after) note.is |= Note::clocked_after | Note::proven;
  if (before) note.is |= Note::proven;
  const bool acked = p.own.any(SideRecord::una_known) && ahead(end, p.own.una) <= 0;
  if (acked && live.unseen_to != live.unseen_from && ahead(p.seq, live.unseen_from) >= 0 && ahead(end, live.unseen_to) <= 0) {
    // Its ACK was captured before it was: the capture changed the order, or lost the first copy.
    p.own_extra.unseen_acked -= std::min<std::uint64_t>(p.own_extra.unseen_acked, end - p.seq);
    if (!after) return;
  }
  if (!after && !before) {
    const std::int64_t trip = round_trip(p.record, p.live);
    before = waited >= 0 && waited < (trip != 0 ? trip / 2 : 3'000'000);
  }
  if (before) {
    p.mark(Label::reordered, RepeatCause::none, note);
    return;
  }
  if (acked) note.is |= Note::by_ack;
  if (p.own_live.duplicate_acks > 0 || p.own_live.sacked_octets > 0) note.is |= Note::sack_seen;
  p.mark(acked ? Label::needless : Label::retransmission, cause_of_fill(p, waited, end), note);
}

/// The repeat came first and filled the hole; this is the first copy, later still: its clock is older. So nothing was lost.
bool is_first_copy(Passing& p, const Overlap& overlap) {
  const Piece& repeat = overlap.first;
  if (!overlap.found || !repeat.any(Piece::late) || overlap.holes != 0) return false;
  bool older = false;
  if (p.own_live.ids.trusted() && p.segment.ip_id != 0 && repeat.ip_id != 0)
    older = static_cast<std::int16_t>(p.segment.ip_id - repeat.ip_id) < 0;
  else if (p.stamped())
    older = ahead(p.segment.options.stamps.val, repeat.stamp) < 0;
  if (!older) return false;
  constexpr int farthest = 64;
  const std::uint64_t frame = p.full_frame(repeat.frame);
  std::uint32_t i = p.record.last_note;
  for (int looked = 0; i != none && looked < farthest; i = p.notes.before(i), ++looked) {
    Note& note = p.notes[i];
    if (note.frame != frame || note.kind != Note::Kind::segment) continue;
    if (note.label != Label::retransmission) return false;
    note.label = Label::needless;
    note.is |= Note::by_timestamp;
    ++p.own_extra.needless;
    return true;
  }
  return false;
}

void on_repeat(Passing& p, std::uint32_t end, const Overlap& overlap) {
  SideLive& live = p.own_live;
  Note note = p.draft(Note::Kind::segment);
  if (overlap.found) {
    note.of_frame = p.full_frame(overlap.first.frame);
    note.waited = Duration(p.at - overlap.first.at);
    note.tries = static_cast<std::uint16_t>(overlap.first.tries + 1);
  } else {
    note.tries = 2;
  }
  if (is_first_copy(p, overlap)) {
    note.is |= Note::proven;
    note.tries = 1;
    p.mark(Label::reordered, RepeatCause::none, note);
    return;
  }
  const bool acked = p.own.any(SideRecord::una_known) && ahead(end, p.own.una) <= 0;
  if (ahead(end, p.own.max) >= 0) note.is |= Note::tail;
  if (overlap.holes != 0 || ahead(end, p.own.max) > 0) note.is |= Note::partly_new;
  if (live.duplicate_acks > 0 || live.sacked_octets > 0) note.is |= Note::sack_seen;
  if (p.other.any(SideRecord::window_shut) && !acked && !p.has(flag::syn | flag::fin)) {
    p.mark(Label::probe, RepeatCause::none, note);
    live.probe_note = p.note;
    return;
  }
  if (p.has(flag::syn) && (p.has(flag::ack) ? p.own.any(SideRecord::syn_acked) : p.other.any(SideRecord::isn_seen)))
    note.is |= Note::had_ack;
  const bool useless = acked || (overlap.found && overlap.all_sacked && overlap.holes == 0 && ahead(end, p.own.max) <= 0);
  if (useless) note.is |= Note::by_ack;
  // Whoever repeats himself stamps the time of the repeat: an older one is a packet that was long on its way.
  if (const std::int32_t behind = ahead(p.newest_stamp(), p.segment.options.stamps.val); p.stamped() && behind > 0) {
    note.is |= Note::old_clock;
    note.value = static_cast<std::uint32_t>(behind);
  }
  p.mark(useless ? Label::needless : Label::retransmission, cause_of_repeat(p, overlap.first, end), note);
}

/// Nothing, or one old octet, to make the other side answer (RFC 9293 3.8.4); against a shut window some stacks do the same
/// (3.8.6.1).
bool is_probe(Passing& p) {
  if (p.segment.length > 1 || p.has(flag::syn | flag::fin) || !p.own.any(SideRecord::una_known)) return false;
  const bool shut = p.other.any(SideRecord::window_shut);
  if (p.seq + 1 != p.own.una || (p.own.max != p.own.una && !shut) || p.place == IdWindow::Place::late) return false;
  if (p.own.any(SideRecord::fin) && !shut) return false;
  Note note = p.draft(Note::Kind::segment);
  note.waited = Duration(p.at - std::max(p.own_live.last_new_at, p.own_live.last_progress));
  p.mark(shut ? Label::probe : Label::keep_alive, RepeatCause::none, note);
  p.own_live.probe_note = p.note;
  return true;
}

/// Text for a side that said it would send no more is usual; after a RST it is not, and the first of the former may explain the
/// latter.
void tell_of_closed(Passing& p) {
  const bool after_reset = p.record.any(Record::ended_by_reset);
  if (!p.other.any(SideRecord::fin) && !after_reset) return;
  if (p.other_extra.text_after_close++ != 0 && !after_reset) return;
  Note note = p.draft(Note::Kind::text_after_close);
  note.value = p.segment.length;
  p.write(note);
}

/// Nagle's algorithm against delayed ACKs (RFC 9293 3.7.4, 3.8.6.3): a short segment waits alone for its ACK, and the next leaves
/// with it.
void tell_of_waiting(Passing& p) {
  SideLive& live = p.own_live;
  const std::uint32_t mss = p.other.mss != 0 ? p.other.mss : 536;
  const bool small = p.segment.length < std::min<std::uint32_t>(mss, 1000);
  if (live.small_acked_late && p.at - live.ack_at < std::max<std::int64_t>(2'000'000, round_trip(p.record, p.live) * 5 / 4)) {
    Note note = p.draft(Note::Kind::waited_for_ack);
    note.of_frame = p.full_frame(live.ack_frame);
    note.waited = Duration(live.ack_took);
    p.write(note);
  }
  live.small_acked_late = false;
  live.small_alone = small && p.own.in_flight() == p.segment.length;
}

}  // namespace

bool find_room(Record& record, Live& live, PieceStore& store, std::uint8_t side, std::uint32_t pieces) {
  const SideRecord& own = record.sides[side];
  const bool answered = record.sides[side ^ 1].packets != 0;
  SideLive& own_live = live.sides[side];
  SentLog& sent = own_live.sent;
  const SentLog::Index first = sent.first();
  const bool kept = sent.reserve(store, pieces, history_of(own), answered ? PieceStore::most : 256);
  if (sent.capacity() == 0) {
    own_live.known_from = own.max;
    record.doubt(Doubt::forgotten);
    return false;
  }
  if (sent.first() != first) own_live.known_from = sent.empty() ? own.max : sent[sent.first()].seq;
  if (!kept && answered) record.doubt(Doubt::forgotten);
  return true;
}

void on_text(Passing& p) {
  SideRecord& own = p.own;
  const std::uint32_t length = p.segment.sequence_length();
  if (!own.any(SideRecord::based)) {
    own.set(SideRecord::based);
    own.base = p.seq - 1;
    own.max = p.own_live.known_from = p.seq;
  }
  if (length == 0) {
    is_probe(p);
    return;
  }
  const std::uint32_t end = p.seq + length;
  const std::int32_t off = ahead(p.seq, own.max);
  if (off > longest_jump || off < -longest_jump) return;
  if (off >= 0) {
    on_new(p, end);
  } else if (!is_probe(p)) {
    const std::uint32_t bound = ahead(end, own.max) < 0 ? end : own.max;
    const Overlap overlap = look(p, p.seq, bound);
    if (overlap.known == 0)
      on_late(p, bound);
    else if (!p.crossing)
      on_repeat(p, end, overlap);
    const std::uint32_t repeated = std::min(overlap.known, p.segment.length);
    own.repeated_text += std::min(repeated, 0xffffffffu - own.repeated_text);
    p.fresh = p.segment.length - repeated;
    if (p.label != Label::reordered || overlap.known == 0) remember(p, p.seq, bound);
    if (ahead(end, bound) > 0) append(p, bound, end);
  } else {
    own.repeated_text += std::min(p.segment.length, 0xffffffffu - own.repeated_text);
    return;
  }
  if (p.has(flag::fin)) on_fin(p);
  if (p.fresh == 0) return;
  take_turn(p.record, p.live, p.side, p.at, p.frame);
  tell_of_closed(p);
  if (p.label == Label::original) tell_of_waiting(p);
  p.own_live.last_new_at = p.at;
  own.most_in_flight = std::max(own.most_in_flight, own.in_flight());
}

}  // namespace ft::analysis::flow
