// Diagnoses 46 and 47: who closed first, who streamed on, who never closed, and who has to wait.
#include "analysis/find/case.hpp"

#include <algorithm>
#include <chrono>

namespace ft::analysis {

namespace {

using namespace std::chrono_literals;

struct After {
  std::uint64_t octets = 0, segments = 0;
  const Note* first = nullptr;
};

/// Text for a side that had sent its FIN, by who had acknowledged it. Only its first segment is noted: the rest follows from
/// where that lies in the stream.
After text_after(const Case& c, std::uint8_t closer) {
  After after;
  const Side& closed = c.side(closer);
  const Side& on = c.side(other(closer));
  for (const Note& note : c.notes)
    if (note.kind == Note::Kind::text_after_close && note.side != closer && after.first == nullptr) after.first = &note;
  const bool knew = closed.fin_acked_frame != 0 && on.last_text_frame >= closed.fin_acked_frame;  // else it was under way
  if (after.first == nullptr || !knew) return {};
  after.segments = closed.text_after_close;
  after.octets = after.first->value;
  if (!on.isn_known) return after;
  const auto before = static_cast<std::uint32_t>(distance(on.isn + 1, after.first->seq));
  if (before < on.unique_text) after.octets = on.unique_text - before;
  return after;
}

void one_side(const Case& c, Findings& out) {
  const Connection& connection = c.connection;
  const std::uint8_t closer = connection.closer;
  if (closer > 1 || c.side(closer).fins == 0 || !c.side(closer).fin_acked) return;
  const Side& closed = c.side(closer);
  const Side& on = c.side(other(closer));
  if (connection.state == FlowState::reset) return;
  const After after = text_after(c, closer);
  if (on.fins > 0 || after.segments > 0) {
    // What was still in the sender's buffer when the FIN came is no half-close worth a word.
    const Duration wait = (on.fins > 0 ? on.fin_at : connection.last) - closed.fin_at;
    if (after.segments == 0) return;
    Draft draft("half-close", closer);
    draft.frame(closed.fin_frame).frame(closed.fin_acked_frame);
    if (after.first != nullptr) draft.frame(after.first->frame);
    draft.frame(on.last_text_frame)
        .frame(on.fin_frame)
        .octets("octets", after.octets)
        .time("wait", wait)
        .between(closed.fin_at, closed.fin_at + wait);
    out.push_back(draft.done());
    return;
  }
  if (c.doubtful(Doubt::one_direction)) return;
  const Duration wait = std::max(connection.last, c.capture.last) - closed.fin_at;
  Draft draft("half-closed-not-finished", other(closer));
  draft.frame(closed.fin_frame).frame(closed.fin_acked_frame).time("wait", wait).between(closed.fin_at, closed.fin_at + wait);
  draft.sure(wait >= 10s ? 0.9f : wait >= 2s ? 0.75f : 0.45f).instead("still-running").instead("capture-drops");
  // Shorter than a program may need to notice: only a note.
  if (wait < 1s) draft.severity(Severity::note);
  out.push_back(draft.done());
}

void both_sides(const Case& c, Findings& out) {
  const Side& a = c.client();
  const Side& b = c.server();
  if (a.fins == 0 || b.fins == 0) return;
  const bool crossed = (a.fin_acked_frame == 0 || a.fin_acked_frame > b.fin_frame) &&
                       (b.fin_acked_frame == 0 || b.fin_acked_frame > a.fin_frame) && a.fin_acked && b.fin_acked;
  if (!crossed) return;
  Draft draft("simultaneous-close", 2);
  draft.frame(a.fin_frame).frame(b.fin_frame).frame(a.fin_acked_frame).frame(b.fin_acked_frame);
  out.push_back(draft.between(std::min(a.fin_at, b.fin_at), std::max(a.fin_at, b.fin_at)).done());
}

void fin_again(const Case& c, std::uint8_t side, Findings& out) {
  const Side& closer = c.side(side);
  std::vector<const Note*> repeats;
  bool needless = true;
  for (const Note& note : c.notes) {
    const bool repeat = note.label == Label::retransmission || note.label == Label::needless;
    if (note.kind == Note::Kind::segment && note.side == side && repeat && note.cause == RepeatCause::fin) {
      repeats.push_back(&note);
      needless = needless && note.label == Label::needless;
    }
  }
  if (repeats.empty()) return;
  const Duration wait = repeats.back()->at - closer.fin_at;
  Draft draft("fin-retransmitted", side);
  draft.frame(closer.fin_frame);
  for (const Note* note : repeats) draft.note(*note);
  draft.count("tries", repeats.size() + 1).time("wait", wait).flag(closer.fin_acked ? "late_ack" : "never").times(repeats.size());
  draft.cost(wait, repeats.size()).sure(0.95f).instead("acks-lost");
  const bool lost_for_good = !closer.fin_acked && repeats.size() >= 2 && c.side(other(side)).last_packet < repeats.front()->at;
  if (needless && closer.fin_acked) draft.severity(Severity::info);  // it had arrived: its ACK was late, or was lost
  if (lost_for_good) draft.severity(Severity::warning).instead("peer-gone");
  out.push_back(draft.done());
}

void who_waits(const Case& c, Findings& out) {
  const std::uint8_t holder = c.connection.time_wait_holder;
  if (holder > 1 || found(out, "simultaneous-close")) return;
  Draft draft("time-wait-holder", holder);
  draft.frame(c.side(holder).fin_frame).frame(c.side(other(holder)).fin_frame).frame(c.side(other(holder)).fin_acked_frame);
  out.push_back(draft.between(c.side(holder).fin_at, c.connection.last).done());
}

}  // namespace

void find_closing(const Case& c, Findings& out) {
  both_sides(c, out);
  one_side(c, out);
  for (std::uint8_t side = 0; side < 2; ++side) fin_again(c, side, out);
  who_waits(c, out);
}

}  // namespace ft::analysis
