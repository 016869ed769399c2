// How a connection begins: RFC 9293 3.5, in all its shapes. And how it ends: FIN and RST.
#include "analysis/flow/passing.hpp"

#include <algorithm>
#include <cstdlib>

namespace ft::analysis::flow {

namespace {
namespace flag = wire::tcp_flag;

void read_offer(Passing& p) {
  const SegmentOptions& options = p.segment.options;
  if (options.any(SegmentOptions::mss)) p.own.mss = options.mss_value;
  if (options.any(SegmentOptions::window_scale)) {
    p.own.set(SideRecord::scale_offered);
    p.own.shift = std::min<std::uint8_t>(options.shift, 14);  // RFC 7323 2.3
  }
  if (options.any(SegmentOptions::sack_permitted)) p.own.set(SideRecord::sack_offered);
  p.own.window = p.segment.window;
  p.own_extra.offer = {
      .seen = true,
      .has = options.has,
      .mss = options.mss_value,
      .shift = options.shift,
      .fast_open_length = options.fast_open_length,
      .nops = options.nops,
      .window = p.segment.window,
      .text = p.segment.length,
  };
}

/// The other side's SYN was answered: how long that took, counted from its last copy.
void time_answer(Passing& p) {
  const SentLog& sent = p.other_live.sent;
  if (p.side == 0 || p.record.any(Record::crossed) || p.record.syn_to_syn_ack != unknown_time || sent.empty()) return;
  const Piece& syn = sent[sent.first()];
  // Of the text that rode in it some or none may be taken (RFC 7413 4.2.2).
  if (!syn.any(Piece::syn) || syn.seq != p.other.base || ahead(p.ack, syn.seq) <= 0 || ahead(p.ack, syn.end) > 0) return;
  if (p.record.handshake[0] == 0) p.record.handshake[0] = syn.frame;
  p.record.handshake[1] = p.frame;
  p.record.syn_to_syn_ack = to_ticks(p.at - syn.at);
}

}  // namespace

void on_syn(Passing& p) {
  const bool announced = !p.own.any(SideRecord::isn_seen) && p.own.base + 1 == p.seq;  // by an ACK of its own before
  const bool known = p.own.any(SideRecord::isn_seen | SideRecord::text_seen | SideRecord::acks);
  if (known && p.seq != p.own.base && !announced) {
    // Another initial number in the same stream. (A SYN without ACK would have begun a new one.) RFC 5961 4 answers it by a
    // challenge.
    p.write(p.draft(Note::Kind::syn_again));
    p.own_live.challenged_frame = p.frame;
    return;
  }
  const bool first = !p.own.any(SideRecord::isn_seen);
  const bool begun =
      p.own.any(SideRecord::based) && p.own.max != p.seq && !p.own_live.sent.empty() && first && !p.own_live.placed;
  p.own.set(SideRecord::based | SideRecord::isn_seen);
  if (first) {
    p.own.base = p.seq;
    if (!begun) p.own.max = p.own_live.known_from = p.seq;
    read_offer(p);
    if (p.segment.length != 0) p.record.set(Record::text_in_syn);
  }
  if (p.has(flag::ack)) {
    p.crossing = !first && !p.own.any(SideRecord::syn_with_ack) && p.other.any(SideRecord::isn_seen);
    p.own.set(SideRecord::syn_with_ack);
    if (p.record.any(Record::text_in_syn) && ahead(p.ack, p.other.base + 1) > 0) p.record.set(Record::fast_open);
    time_answer(p);
  } else if (p.other.any(SideRecord::isn_seen) && !p.other.any(SideRecord::syn_acked) && !p.other.any(SideRecord::syn_with_ack)) {
    p.record.set(Record::crossed);
    p.record.handshake[1] = p.frame;
  } else if (!first && p.own.any(SideRecord::syn_acked)) {
    p.own_live.challenged_frame = p.frame;
  }
}

/// RFC 9293 3.5.1: the other end lives in another connection. None of its numbers is of this one.
bool is_of_another(Passing& p) {
  const bool silent = !p.own.any(SideRecord::isn_seen | SideRecord::text_seen);
  const bool bare = p.has(flag::ack) && !p.has(flag::syn | flag::fin) && p.segment.length == 0;
  if (!bare || !silent || !p.other.any(SideRecord::isn_seen) || p.other.any(SideRecord::una_known)) return false;
  if (ahead(p.ack, p.other.base) > 0 && ahead(p.ack, p.other.max) <= 0) return false;
  p.write(p.draft(Note::Kind::foreign_ack));
  return true;
}

void on_fin(Passing& p) {
  const std::uint32_t fin_seq = p.seq + p.segment.length;
  if (!p.own.any(SideRecord::fin)) {
    p.own.set(SideRecord::fin);
    p.own_live.fin_seq = fin_seq;
    p.own_extra.fin_at = p.at;
    p.own_extra.fin_frame = p.frame;
    if (p.record.closer == 2) p.record.closer = p.side;
  }
  if (p.has(flag::ack) && p.other.any(SideRecord::fin) && ahead(p.ack, p.other_live.fin_seq) > 0)
    p.own.set(SideRecord::fin_answers_fin);
}

namespace {

/// Whoever was challenged and answers with the exact number meant it (RFC 5961 3.2).
void take_back_doubt(Passing& p, bool exact) {
  if (!exact || p.own_live.reset_note == none) return;
  Note& before = p.notes[p.own_live.reset_note];
  if (before.label != Label::injected || before.any(Note::exact | Note::other_ttl)) return;
  before.label = Label::original;
  --p.own_extra.injected;
}

}  // namespace

void on_reset(Passing& p) {
  Note note = p.draft(Note::Kind::reset);
  note.value = p.segment.window;
  const bool known = p.own.any(SideRecord::based);
  // To a SYN an RST is acceptable when it acknowledges it (RFC 9293 3.10.7.3).
  const bool covers = ahead(p.ack, p.other.base) > 0 && ahead(p.ack, p.other.max) <= 0;
  const bool answers = p.has(flag::ack) && p.other.any(SideRecord::based) && covers;
  const bool exact = known && p.own.any(SideRecord::isn_seen | SideRecord::text_seen) ? p.seq == p.own.max
                                                                                      : answers || (known && p.seq == p.own.max);
  if (!known) {
    p.own.set(SideRecord::based);
    p.own.base = p.seq - 1;
    p.own.max = p.own_live.known_from = p.seq;
  }
  if (exact) note.is |= Note::exact;
  const bool odd_id =
      p.segment.has_ip_id && p.segment.ip_id != 0 && p.own_live.ids.trusted() && p.place == IdWindow::Place::unknown;
  if (odd_id) note.is |= Note::other_id;
  // Another TTL than that side's packets have: another host wrote it. (One hop more or less may be another way.)
  const bool other_host = p.own.packets > 1 && std::abs(int{p.segment.ttl} - int{p.own.ttl}) > 1;
  take_back_doubt(p, exact);
  if (other_host)
    p.mark(Label::injected, RepeatCause::none, note);
  else
    p.note = p.notes.write(p.record, note);
  if (!p.own.any(SideRecord::reset)) {
    p.own_extra.reset_at = p.at;
    p.own_extra.reset_frame = p.frame;
  }
  p.own.set(SideRecord::reset);
  p.own_live.reset_note = p.note;
  if (p.record.closer == 2) p.record.closer = p.side;
  // Inside the window it may still be taken by who does not follow RFC 5961 3.2.
  const std::int32_t off = ahead(p.seq, p.own.max);
  const bool unjudged = !known && !p.other.any(SideRecord::isn_seen);  // the capture begins with it
  const bool in_window = exact || unjudged || (known && off >= -static_cast<std::int32_t>(p.own.in_flight()) && off < (1 << 24));
  const bool both_done = p.own.any(SideRecord::fin_acked) && p.other.any(SideRecord::fin_acked);
  if (in_window && !both_done) p.record.set(Record::ended_by_reset);
  if (!exact) p.own_live.challenged_frame = p.frame;
}

}  // namespace ft::analysis::flow
