#include "analysis/find/case.hpp"

#include <algorithm>
#include <chrono>

namespace ft::analysis {

Duration round_trip(const Connection& connection) {
  // Each side's text until its ACK covers the way from this place to the other side and back: both ways together are all of it.
  const Side& a = connection.sides[0];
  const Side& b = connection.sides[1];
  Duration best{};
  if (a.rtt_samples > 0 && b.rtt_samples > 0) best = a.rtt_least + b.rtt_least;
  const bool clean = a.syns == 1 && b.syns == 1;
  if (clean && connection.handshake && (best == Duration{} || *connection.handshake < best)) best = *connection.handshake;
  if (best == Duration{} && a.rtt_samples + b.rtt_samples > 0) best = std::max(a.rtt_least, b.rtt_least);
  // A day is no round trip: hostile clocks may say centuries, and times are multiplied.
  return std::min<Duration>(best, std::chrono::hours(24));
}

bool finished_handshake(const Connection& connection) {
  return connection.handshake_frames[0] != 0 && connection.handshake_frames[1] != 0 && connection.handshake_frames[2] != 0;
}

bool at_or_unknown(const Connection& connection, Vantage vantage) {
  return connection.vantage == vantage || connection.vantage == Vantage::unknown || connection.vantage_confidence < 0.6f;
}

bool surely_at(const Connection& connection, Vantage vantage) {
  return connection.vantage == vantage && connection.vantage_confidence >= 0.6f;
}

bool found(const Findings& findings, std::string_view id) {
  return std::ranges::any_of(findings, [&](const Finding& finding) { return finding.id == id; });
}

bool loss_can_be_told(const Case& c) {
  return !c.doubtful(Doubt::one_direction) && !c.doubtful(Doubt::capture_drops) && !c.doubtful(Doubt::forgotten);
}

bool is_segment(const Note& note, Label label) { return note.kind == Note::Kind::segment && note.label == label; }

Sender sender_of(const Case& c, const Note& note) {
  const Testimony* known = c.witness == nullptr ? nullptr : c.witness->of(note.frame);
  if (known == nullptr) return Sender::unknown;
  return known->any(Testimony::never_sent) ? Sender::somebody_else : known->other != 0 ? Sender::itself : Sender::unknown;
}

bool is_repair(const Note& note) { return is_segment(note, Label::retransmission); }

}  // namespace ft::analysis
