// Diagnoses 9, 39 (with RST) to 45: who tore the connection, or tried to, and why. RFC 9293 3.5.2 gives the marks: who answers a
// segment of a connection that it does not have sends RST with the segment's ACK number and no ACK of its own; who gives a
// connection up sends RST with its own next number and an ACK.
#include "analysis/find/case.hpp"
#include "wire/tcp.hpp"

#include <algorithm>
#include <chrono>

namespace ft::analysis {

namespace {

using namespace std::chrono_literals;
namespace flag = wire::tcp_flag;

/// Text in the record of what came after somebody's end.
struct AfterEnd {
  std::uint64_t octets = 0, segments = 0;
  const Note* first = nullptr;
};

/// Of `side`, between two frames.
AfterEnd text_of(const Case& c, std::uint8_t side, std::uint64_t after, std::uint64_t before) {
  AfterEnd text;
  for (const Note& note : c.notes) {
    if (note.kind != Note::Kind::text_after_close || note.side != side || note.frame <= after || note.frame >= before) continue;
    if (text.first == nullptr) text.first = &note;
    text.octets += std::max(note.value, note.length);
    ++text.segments;
  }
  return text;
}

/// Segments in the name of the one who "sent" the RST that go on from where the RST stands: who tore a connection sends no more.
std::uint64_t segments_after(const Case& c, const Note& reset) {
  std::uint64_t after = 0;
  for (const Note& note : c.notes)
    if (note.kind == Note::Kind::text_after_close && note.side == reset.side && note.frame > reset.frame &&
        !before(note.seq, reset.seq))
      ++after;
  return after;
}

const Note* challenge_to(const Case& c, const Note& note) {
  const auto found = std::ranges::find_if(
      c.notes, [&](const Note& other) { return other.kind == Note::Kind::challenge_ack && other.of_frame == note.frame; });
  return found == c.notes.end() ? nullptr : &*found;
}

/// The pause that ended shortly before this note.
const Note* pause_before(const Case& c, const Note& note) {
  const Duration near = 2 * round_trip(c.connection) + 200ms;
  const Note* pause = nullptr;
  for (const Note& candidate : c.notes)
    if (candidate.kind == Note::Kind::silence && candidate.waited >= 2s && candidate.at <= note.at &&
        note.at - candidate.at <= near)
      pause = &candidate;
  return pause;
}

bool gave_up(const Case& c, const Note& reset, Findings& out) {
  const Connection& connection = c.connection;
  if (reset.side != 0 || c.client().text + c.server().text > 0 || connection.handshake_frames[1] == 0 || c.client().fins > 0)
    return false;
  const Duration after = connection.syn_to_syn_ack ? reset.at - connection.first - *connection.syn_to_syn_ack : Duration{};
  const bool at_once = connection.handshake_frames[2] == 0 || after <= std::max<Duration>(50ms, round_trip(connection));
  if (!at_once) return false;
  Draft draft("client-gave-up", 0);
  draft.frames(connection.handshake_frames).note(reset).text("flags", (reset.flags & flag::ack) != 0 ? "RST, ACK" : "RST");
  if (after > Duration{}) draft.time("wait", after);
  draft.between(connection.first, reset.at);
  out.push_back(draft.sure(0.8f).instead("happy-eyeballs").instead("client-timeout").instead("port-scan").done());
  return true;
}

bool injected(const Case& c, const Note& reset, Findings& out) {
  const std::uint64_t after = segments_after(c, reset);
  const bool odd_ttl = reset.any(Note::other_ttl);
  const bool odd_id = reset.any(Note::other_id);
  const bool labelled = reset.label == Label::injected;
  const Sender sender = sender_of(c, reset);
  const bool forged = sender == Sender::somebody_else;
  if (sender == Sender::itself || (after == 0 && !odd_ttl && !labelled && !forged)) return false;
  const Note* pause = pause_before(c, reset);
  if (pause != nullptr && after == 0 && reset.any(Note::exact)) return false;  // what forgot the connection while it was idle
  const bool both = std::ranges::any_of(c.notes, [&](const Note& note) {
    return note.kind == Note::Kind::reset && note.side != reset.side && note.at - reset.at < 5ms && reset.at - note.at < 5ms;
  });
  Draft draft("rst-injected", reset.side);
  draft.note(reset);
  if (odd_ttl) draft.count("ttl", reset.ttl).count("usual_ttl", c.side(reset.side).ttl);
  draft.flag("id", odd_id && odd_ttl);
  if (after > 0) draft.count("after", after);
  for (const Note& note : c.notes)
    if (note.kind == Note::Kind::text_after_close && note.side == reset.side && note.frame > reset.frame) draft.frame(note.frame);
  draft.flag("both", both && odd_ttl).sure(after > 0 && odd_ttl ? 0.97f : after > 0 ? 0.9f : both || odd_id ? 0.85f : 0.7f);
  out.push_back(draft.instead("rst-abortive-close").instead("load-balancer").done());
  return true;
}

bool survived(const Case& c, const Note& reset, Findings& out) {
  const Note* challenge = challenge_to(c, reset);
  // Who asks back with a challenge is alive, and takes no notice of the reset.
  const bool went_on = (c.connection.state != FlowState::reset && c.connection.last > reset.at) ||
                       (challenge != nullptr && challenge->side != reset.side && !reset.any(Note::exact));
  if (!went_on || (reset.any(Note::exact) && challenge == nullptr)) return false;
  // Resets of a connection that has closed answer stragglers.
  const auto closed = [&](const Side& side) { return side.fins > 0 && side.fin_frame < reset.frame; };
  if (closed(c.client()) && closed(c.server()) && challenge == nullptr) return true;
  Draft draft("blind-reset-attempt", reset.side);
  draft.note(reset).text("kind", reset.kind == Note::Kind::reset ? "RST" : "SYN");
  std::int64_t off = 0;
  if (challenge != nullptr) {
    draft.note(*challenge).flag("challenged");
    off = distance(challenge->ack, reset.seq);
  }
  draft.count("off", static_cast<std::uint64_t>(off < 0 ? -off : off)).sure(challenge != nullptr ? 0.9f : 0.7f);
  out.push_back(draft.instead("old-packet").done());
  return true;
}

/// RST without ACK: whoever sent it had no such connection (any more).
bool unknown_connection(const Case& c, const Note& reset, Findings& out) {
  const std::uint8_t who = reset.side;
  const Side& side = c.side(who);
  const bool no_ack = (reset.flags & flag::ack) == 0;
  if (side.fins > 0 && side.fin_frame < reset.frame) {
    AfterEnd text = text_of(c, other(who), side.fin_frame, reset.frame);
    if (text.segments == 0) return false;
    // Only the first is noted: the rest follows from where it lies in the stream.
    const Side& writer = c.side(other(who));
    const auto before_it = writer.isn_known ? distance(writer.isn + 1, text.first->seq) : -1;
    if (before_it >= 0 && static_cast<std::uint64_t>(before_it) < writer.unique_text)
      text.octets = writer.unique_text - static_cast<std::uint64_t>(before_it);
    Draft draft("rst-data-after-close", who);
    draft.frame(side.fin_frame).frame(text.first->frame).note(reset).octets("octets", text.octets).flag("no_ack", no_ack);
    draft.cost({}, text.segments, text.octets).sure(no_ack ? 0.95f : 0.8f);
    out.push_back(draft.between(side.fin_at, reset.at).done());
    return true;
  }
  if (!no_ack || found(out, "listen-queue-overflow")) return false;
  const Note* pause = pause_before(c, reset);
  const bool odd = reset.any(Note::other_ttl) || sender_of(c, reset) == Sender::somebody_else;
  Draft draft(pause != nullptr && odd ? "idle-timeout" : "half-open-peer-forgot", pause != nullptr && odd ? other(who) : who);
  if (pause != nullptr) draft.note(*pause);
  draft.frame(reset.of_frame).note(reset).count("seq", reset.seq.value());
  draft.cost(reset.at - (pause == nullptr ? reset.at : pause->at), 1, c.side(other(who)).in_flight_at_end);
  if (pause != nullptr) draft.time("idle", pause->waited);
  if (pause != nullptr && odd) {
    draft.flag("reset");
    if (reset.any(Note::other_ttl)) draft.flag("odd").count("ttl", reset.ttl).count("usual_ttl", side.ttl);
    draft.sure(0.75f).instead("half-open-peer-forgot").instead("rst-injected");
  } else {
    draft.sure(pause != nullptr ? 0.9f : 0.75f).instead("idle-timeout").instead("load-balancer");
  }
  out.push_back(draft.done());
  return true;
}

/// A wait that somebody ended with RST has been told already.
bool told_already(const Findings& out) {
  return found(out, "keepalive-unanswered") || found(out, "rto-backoff") || found(out, "idle-timeout") ||
         found(out, "mtu-black-hole") || found(out, "listen-queue-overflow");
}

/// Long after its RST the other side still sends, and is answered by RST without ACK: it never heard of the first.
const Note* deaf_after(const Case& c, const Note& reset) {
  const Duration late = round_trip(c.connection) + 50ms;
  const auto answer = std::ranges::find_if(c.notes, [&](const Note& note) {
    return note.kind == Note::Kind::reset && note.side == reset.side && note.at - reset.at > late &&
           (note.flags & flag::ack) == 0;
  });
  return answer == c.notes.end() ? nullptr : &*answer;
}

void not_heard(const Case& c, const Note& reset, Findings& out) {
  const Note* answer = deaf_after(c, reset);
  if (answer == nullptr) return;
  Draft draft("half-open-peer-forgot", reset.side);
  draft.note(reset).note(*answer).count("seq", answer->seq.value()).cost(answer->at - reset.at, 1);
  out.push_back(draft.sure(0.85f).instead("idle-timeout").instead("rst-abortive-close").done());
}

void given_up(const Case& c, const Note& reset, Findings& out) {
  const std::uint8_t who = reset.side;
  const Side& side = c.side(who);
  const Side& peer = c.side(other(who));
  if (side.fins > 0 && side.fin_frame < reset.frame) return;  // its end was said before: the RST only sweeps up
  const bool shut = std::ranges::any_of(out, [&](const Finding& f) { return f.id == "zero-window-stalled" && f.side == who; });
  if (told_already(out) && !shut) return;
  // What the other side sent last was answered with nothing but this RST, or more of it was on its way.
  const Duration on_the_way = round_trip(c.connection) + 50ms;
  AfterEnd more;
  for (const Note& note : c.notes) {
    if (note.kind != Note::Kind::text_after_close || note.side == who || note.frame <= reset.frame) continue;
    if (note.at - reset.at > on_the_way) continue;
    more.octets += std::max(note.value, note.length);
    ++more.segments;
  }
  const bool peer_spoke_last = peer.last_text_frame > side.last_text_frame && peer.last_text_frame < reset.frame;
  const bool outstanding = more.segments > 0 || (peer.in_flight_at_end > 0 && !deaf_after(c, reset));
  const bool long_request = deaf_after(c, reset) == nullptr &&
                            peer.unique_text > std::max<std::uint64_t>(peer.largest_text, 1000) &&
                            peer.unique_text > side.unique_text;
  const bool unread =
      shut || (peer.unique_text > 0 && peer.fins == 0 && (outstanding || (who == 1 && (peer_spoke_last || long_request))));
  const std::string_view id = unread ? "rst-unread-data" : "rst-abortive-close";
  Draft draft(id, who);
  draft.frame(peer.last_text_frame).frame(side.last_text_frame).note(reset);
  draft.between(reset.at, reset.at);
  if (unread) {
    draft.octets("taken", peer.unique_text);
    const std::uint64_t waste = more.octets + peer.in_flight_at_end;
    if (waste > 0) draft.octets("unread", waste);
    draft.cost({}, more.segments, waste).instead("rst-abortive-close").instead("crash");
    draft.sure(shut || (outstanding && who == 1) ? 0.9f : peer_spoke_last || outstanding ? 0.8f : 0.6f);
  } else {
    if (side.in_flight_at_end > 0) draft.octets("lost", side.in_flight_at_end).severity(Severity::error);
    draft.cost({}, 0, side.in_flight_at_end).instead("crash");
    if (peer.unique_text > 0 && peer.fins == 0) draft.instead("rst-unread-data");
    draft.sure(peer.unique_text == 0 || peer.fins > 0 ? 0.9f : 0.7f);
  }
  out.push_back(draft.done());
}

}  // namespace

void find_resets(const Case& c, Findings& out) {
  bool torn[2] = {false, false};  // a side's later RSTs only answer what was still on its way
  bool told = false;
  for (const Note& note : c.notes) {
    if (note.kind == Note::Kind::syn_again && challenge_to(c, note) != nullptr && !told) told = survived(c, note, out);
    if (note.kind != Note::Kind::reset || (note.flags & flag::syn) != 0) continue;  // SYN with RST is no word of anybody
    // An RST that does not acknowledge the SYN is not for this connection, and nobody believes it (RFC 9293 3.10.7.3).
    if (c.connection.state == FlowState::syn_sent && !note.any(Note::exact)) continue;
    if (found(out, "port-closed") || found(out, "reset-by-middlebox") || found(out, "old-state-collision")) return;
    if (torn[0] || torn[1]) continue;
    if (gave_up(c, note, out)) return;
    if (!note.any(Note::exact) && !told && survived(c, note, out)) {
      told = true;
      continue;
    }
    if (injected(c, note, out)) return;
    if (!told && survived(c, note, out)) told = true;
    if (told) continue;
    torn[note.side] = true;
    if (unknown_connection(c, note, out)) continue;
    given_up(c, note, out);
    not_heard(c, note, out);
  }
}

}  // namespace ft::analysis
