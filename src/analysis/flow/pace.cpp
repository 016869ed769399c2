// Windows shut and opened, how long a sender was busy and how long the window held it back, and the letters of the history.
#include "analysis/flow/passing.hpp"

#include <algorithm>

namespace ft::analysis::flow {

namespace {
namespace flag = wire::tcp_flag;

void shut(Passing& p) {
  p.own.set(SideRecord::window_shut);
  p.own_live.shut_note = p.notes.write(p.record, p.draft(Note::Kind::window_shut));
}

void reopen(Passing& p) {
  p.own.clear(SideRecord::window_shut);
  Note note = p.draft(Note::Kind::window_opened);
  if (p.own_live.shut_note != none) {
    const Note& begin = p.notes[p.own_live.shut_note];
    note.of_frame = begin.frame;
    note.waited = p.segment.at - begin.at;
  }
  note.value = window_of(p.record, p.side);
  p.own_live.shut_note = none;
  p.write(note);
}

/// Each letter once a direction, in the order of first appearance; those of repeats and shut windows again at each power of ten.
void letter(Passing& p, char upper, std::uint32_t times = 1) {
  const char c = p.side == 0 ? upper : static_cast<char>(upper - 'A' + 'a');
  std::uint32_t n = times;
  while (n >= 10 && n % 10 == 0) n /= 10;
  if (n != 1) return;
  for (char& place : p.record.history) {
    if (place == c && times == 1) return;
    if (place != 0) continue;
    place = c;
    return;
  }
}

}  // namespace

void on_window(Passing& p) {
  SideRecord& own = p.own;
  if (!p.has(flag::ack) || p.has(flag::syn | flag::rst)) return;
  const std::uint16_t window = p.segment.window;
  own.set(SideRecord::acks);
  own.window = window;
  own.least_window = std::min(own.least_window, window);
  own.most_window = std::max(own.most_window, window);
  if (window == 0) {
    if (own.zero_windows < 0xffff) ++own.zero_windows;
    if (!own.any(SideRecord::window_shut)) shut(p);
  } else if (own.any(SideRecord::window_shut)) {
    reopen(p);
  }
}

void tell_history(Passing& p) {
  const Segment& s = p.segment;
  const bool plain = (s.flags & (flag::syn | flag::fin | flag::rst)) == 0;
  if (plain && p.label == Label::original && s.checksum != ChecksumState::bad && s.window != 0) {
    // Nearly all segments say nothing new; these are the first letters that a direction gets.
    const SideExtra& e = p.own_extra;
    if (s.length != 0 ? p.own.data_segments > 1 : e.pure_acks > 1) return;
  }
  if (p.has(flag::syn) && p.has(flag::fin | flag::rst)) letter(p, 'Q');
  if (p.has(flag::fin) && p.has(flag::rst)) letter(p, 'I');
  if (p.has(flag::syn)) letter(p, p.has(flag::ack) ? 'H' : 'S');
  if (s.checksum == ChecksumState::bad) letter(p, 'C', p.own_extra.checksums_bad);
  if (plain && s.length == 0) letter(p, 'A');
  if (p.label == Label::retransmission || p.label == Label::needless) letter(p, 'T', p.own_extra.retransmissions);
  if (s.length != 0 && p.fresh != 0) letter(p, 'D');
  if (p.own.zero_windows != 0 && s.window == 0 && plain) letter(p, 'W', p.own.zero_windows);
  if (p.has(flag::fin)) letter(p, 'F');
  if (p.has(flag::rst)) letter(p, 'R');
}

}  // namespace ft::analysis::flow
