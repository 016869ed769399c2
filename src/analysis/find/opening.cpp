// Diagnoses 1 to 3 and 5 to 13: how a connection was asked for, and what came of it.
#include "analysis/find/case.hpp"
#include "wire/tcp.hpp"

#include <algorithm>
#include <chrono>

namespace ft::analysis {

namespace {

using namespace std::chrono_literals;
namespace flag = wire::tcp_flag;

/// The SYNs and SYN-ACKs that were sent again.
struct Repeats {
  std::vector<const Note*> syns, syn_acks;
  std::uint32_t syns_after_answer = 0;      // SYNs sent again although the SYN-ACK had passed here
  std::uint32_t syn_acks_after_answer = 0;  // SYN-ACKs ... although the ACK had
  bool needless = true;                     // none of the SYNs' repeats was needed: the round trip is longer than the timer
};

Repeats repeats_of(const Case& c) {
  Repeats repeats;
  for (const Note& note : c.notes) {
    if (note.kind != Note::Kind::segment || note.cause != RepeatCause::syn) continue;
    if (note.label != Label::retransmission && note.label != Label::needless) continue;
    const bool after_answer = note.any(Note::had_ack);
    if (note.side == 0) {
      repeats.syns.push_back(&note);
      repeats.syns_after_answer += after_answer ? 1 : 0;
      repeats.needless = repeats.needless && note.label == Label::needless;
    } else {
      repeats.syn_acks.push_back(&note);
      repeats.syn_acks_after_answer += after_answer ? 1 : 0;
    }
  }
  return repeats;
}

Draft& add_all(Draft& draft, const std::vector<const Note*>& notes) {
  for (const Note* note : notes) draft.note(*note);
  return draft;
}

std::uint64_t tries(const Side& side, std::size_t repeats) { return std::max<std::uint64_t>(side.syns, repeats + 1); }

/// Others at the same port that had to wait, or wait still: of these one is chance, several are the port.
bool port_is_slow(const Case& c, std::uint64_t tries) {
  const Listener* listener = c.hosts.listener(c.server().endpoint);
  if (listener == nullptr) return false;
  const std::uint32_t others = listener->accepted - std::min(1u, listener->accepted);
  const bool nobody_serves = others > 0 && listener->used == 0;  // it took others and says nothing to any of them
  return others > 0 && (nobody_serves || (listener->late + listener->silent >= 3 && tries >= 2));
}

/// Others that the same port took at about the time when it left this one waiting.
std::uint32_t accepted_meanwhile(const Case& c) {
  const Listener* listener = c.hosts.listener(c.server().endpoint);
  if (listener == nullptr || listener->accepted == 0) return 0;
  constexpr Duration near = 30s;
  const bool meanwhile =
      listener->first_accepted <= c.connection.last + near && listener->last_accepted + near >= c.connection.first;
  return meanwhile ? listener->accepted : 0;
}

void unanswered(const Case& c, Findings& out) {
  const Connection& connection = c.connection;
  if (c.client().syns == 0 || c.server().packets > 0 || connection.icmp_errors > 0) return;
  const Repeats repeats = repeats_of(c);
  const std::uint64_t asked = tries(c.client(), repeats.syns.size());
  const Duration wait = connection.last - connection.first;
  const Duration until_end = c.capture.last - connection.first;
  if (asked == 1 && until_end < 1s) return;  // it may still be under way
  const std::uint32_t accepted = accepted_meanwhile(c);
  // One that asked only once shows little: a scan, or a crowd, does that.
  if (accepted > 0 && asked > 1) {
    Draft draft("listen-queue-overflow", 1);
    draft.frame(connection.handshake_frames[0]).count("accepted", accepted);
    draft.number("port", c.server().endpoint.port, Fact::Unit::port);
    add_all(draft, repeats.syns).between(connection.first, connection.last).cost(wait, asked);
    out.push_back(draft.sure(surely_at(connection, Vantage::server) ? 0.9f : 0.7f)
                      .instead("firewall-drops")
                      .instead("syn-unanswered")
                      .done());
    return;
  }
  Draft draft("syn-unanswered", 0);
  draft.frame(connection.first_frame).count("tries", asked).number("port", c.server().endpoint.port, Fact::Unit::port);
  if (asked > 1) draft.time("wait", wait);
  draft.count("isn", c.client().isn.value());
  add_all(draft, repeats.syns).between(connection.first, connection.last).cost(wait, asked);
  draft.instead("firewall-drops").instead("host-down").instead("reply-lost");
  if (c.hosts.host(c.server().endpoint.address) != nullptr) draft.instead("queue-full");
  out.push_back(draft.sure(asked > 1 ? 0.97f : 0.7f).done());
}

/// RST in answer to the SYN: from the host, or from something that speaks for it.
void refused(const Case& c, Findings& out) {
  const Connection& connection = c.connection;
  if (c.client().syns == 0 || connection.handshake_frames[1] != 0) return;
  const auto reset =
      std::ranges::find_if(c.notes, [](const Note& note) { return note.kind == Note::Kind::reset && note.side == 1; });
  if (reset == c.notes.end()) return;
  // An ACK number of another connection came first: old-state-collision, and this RST ends that one.
  const bool ours = !c.client().isn_known || before_or_equal(reset->ack, c.client().isn + 1 + c.client().offer.text);
  if ((reset->flags & flag::ack) == 0 || !ours) return;
  const Host* host = c.hosts.host(c.server().endpoint.address);
  const Duration wait = reset->at - connection.first;
  const bool known_ttl = host != nullptr && host->ttl != 0 && !host->mixed_ttl;
  const bool odd_ttl = known_ttl && host->ttl != reset->ttl;
  const bool too_soon = host != nullptr && host->least_round_trip > 5ms && wait < host->least_round_trip / 3;
  const Sender sender = sender_of(c, *reset);
  const bool in_between = sender == Sender::unknown ? odd_ttl || too_soon : sender == Sender::somebody_else;
  Draft draft(in_between ? "reset-by-middlebox" : "port-closed", 1);
  draft.frame(connection.handshake_frames[0]).note(*reset).between(connection.first, reset->at);
  draft.number("port", c.server().endpoint.port, Fact::Unit::port).time("wait", wait);
  if (in_between) {
    draft.count("ttl", reset->ttl);
    if (odd_ttl) draft.count("usual_ttl", host->ttl);
    if (too_soon) draft.time("rtt", host->least_round_trip);
    draft.sure(odd_ttl && too_soon ? 0.75f : 0.55f).instead("port-closed").instead("firewall-rejects");
  } else {
    if (known_ttl && !odd_ttl) draft.count("ttl", reset->ttl);
    draft.sure(known_ttl ? 0.95f : 0.85f).instead("firewall-rejects");
    if (!known_ttl) draft.instead("reset-by-middlebox");
  }
  out.push_back(draft.cost(wait, c.client().syns).done());
}

/// The SYN was sent again, and in the end it went well.
void late_connect(const Case& c, const Repeats& repeats, Findings& out) {
  const Connection& connection = c.connection;
  if (repeats.syns.empty() || connection.handshake_frames[1] == 0) return;
  const Duration lost = repeats.syns.back()->at - connection.first;
  const std::uint64_t asked = tries(c.client(), repeats.syns.size());
  // Nothing was lost when the way there and back takes longer than the timer: told by spurious-retransmission.
  const bool slow = repeats.needless && round_trip(connection) * 10 >= repeats.syns.front()->waited * 9;
  if (slow) return;
  const bool answered_before = repeats.syns_after_answer > 0 && !repeats.syn_acks.empty();
  if (answered_before) {
    Draft draft("synack-lost", 1);
    draft.frame(connection.first_frame).frame(connection.handshake_frames[0]).frame(connection.handshake_frames[1]);
    add_all(add_all(draft, repeats.syns), repeats.syn_acks).frame(connection.handshake_frames[2]);
    draft.count("tries", repeats.syn_acks.size() + 1).time("connect", lost).cost(lost, repeats.syns.size());
    draft.instead("capture-drops").sure(0.9f);
    if (!finished_handshake(connection)) draft.severity(Severity::error).instead("firewall-drops");
    out.push_back(draft.done());
    return;
  }
  // At the server the SYN is known to have come: not answering it was the server's own doing.
  const bool at_server = surely_at(connection, Vantage::server);
  const bool server_ignored = (at_server && repeats.syns_after_answer == 0) || port_is_slow(c, asked);
  Draft draft(server_ignored ? "listen-queue-overflow" : "syn-retransmitted-then-ok", server_ignored ? 1 : 0);
  draft.frame(connection.first_frame).cost(lost, repeats.syns.size());
  add_all(draft, repeats.syns).frame(connection.handshake_frames[1]).between(connection.first, repeats.syns.back()->at);
  if (server_ignored) {
    draft.number("port", c.server().endpoint.port, Fact::Unit::port);
    draft.count("accepted", std::max(1u, accepted_meanwhile(c))).severity(Severity::warning).sure(at_server ? 0.75f : 0.5f);
    draft.instead("syn-retransmitted-then-ok").instead("synack-lost");
  } else {
    draft.time("connect", connection.connect_time.value_or(lost + round_trip(connection)))
        .count("tries", asked)
        .count("isn", c.client().isn.value());
    if (round_trip(connection) > Duration{}) draft.time("rtt", round_trip(connection));
    draft.sure(0.9f).instead("synack-lost").instead("queue-full");
  }
  out.push_back(draft.done());
}

/// The SYN-ACK was sent again without a second SYN: the ACK was lost, or nobody took it.
void repeated_answer(const Case& c, const Repeats& repeats, Findings& out) {
  const Connection& connection = c.connection;
  if (repeats.syn_acks.empty() || !repeats.syns.empty() || connection.opening == Opening::simultaneous) return;
  const bool finished = connection.handshake_frames[2] != 0;
  const bool at_server = surely_at(connection, Vantage::server);
  const bool after_ack = repeats.syn_acks_after_answer > 0;
  // One ACK may be lost; that each of several was lost is much less likely than a listener that drops them.
  const bool overflow = after_ack && (at_server || repeats.syn_acks_after_answer >= 2);
  const Duration apart = repeats.syn_acks.front()->waited;
  const Duration cost = repeats.syn_acks.back()->at - connection.first;
  if (!finished) {
    Draft draft("synack-lost", 1);
    draft.frame(connection.handshake_frames[0]).frame(connection.handshake_frames[1]);
    add_all(draft, repeats.syn_acks).count("tries", repeats.syn_acks.size() + 1).time("connect", cost).cost(cost);
    out.push_back(
        draft.severity(Severity::error).sure(0.5f).instead("host-down").instead("syn-flood").instead("client-gave-up").done());
    return;
  }
  Draft draft(overflow ? "listen-queue-overflow" : "handshake-ack-lost", overflow ? 1 : 0);
  draft.frame(connection.handshake_frames[1]).frame(connection.handshake_frames[2]).cost(cost, repeats.syn_acks.size());
  add_all(draft, repeats.syn_acks);
  if (overflow) {
    const bool text = c.client().text > 0 && c.client().first_text_frame < repeats.syn_acks.back()->frame;
    draft.number("port", c.server().endpoint.port, Fact::Unit::port).count("synacks", repeats.syn_acks.size() + 1);
    draft.flag("text_early", text).sure(at_server ? 0.95f : 0.8f).instead("handshake-ack-lost");
    if (c.server().text > 0) draft.severity(Severity::warning);
  } else {
    draft.count("tries", repeats.syn_acks.size() + 1).time("wait", apart).flag("ack_seen", after_ack);
    draft.sure(after_ack ? 0.7f : 0.85f).instead(after_ack ? "listen-queue-overflow" : "synack-lost");
  }
  out.push_back(draft.done());
}

/// The ACK that ended the handshake was answered with RST: the listener had no room, or a tool for it (abort on overflow).
void torn_at_the_door(const Case& c, Findings& out) {
  const Connection& connection = c.connection;
  const Side& server = c.server();
  if (!finished_handshake(connection) || server.resets == 0 || server.text > 0 || server.fins > 0) return;
  const auto reset =
      std::ranges::find_if(c.notes, [](const Note& note) { return note.kind == Note::Kind::reset && note.side == 1; });
  if (reset == c.notes.end() || (reset->flags & flag::ack) != 0) return;
  if (!server.isn_known || reset->seq != server.isn + 1) return;
  const Duration after = reset->at - connection.first;
  if (after > 2 * round_trip(connection) + 50ms) return;
  Draft draft("listen-queue-overflow", 1);
  draft.frames(connection.handshake_frames).note(*reset).flag("reset");
  draft.number("port", server.endpoint.port, Fact::Unit::port).cost(after);
  const bool others = accepted_meanwhile(c) > 1;
  out.push_back(draft.sure(others ? 0.75f : 0.55f).instead("reset-by-middlebox").instead("half-open-peer-forgot").done());
}

void old_connection(const Case& c, const Repeats& repeats, Findings& out) {
  const auto foreign = std::ranges::find(c.notes, Note::Kind::foreign_ack, &Note::kind);
  if (foreign == c.notes.end()) return;
  const auto reset =
      std::ranges::find_if(c.notes, [](const Note& note) { return note.kind == Note::Kind::reset && note.side == 0; });
  // The one who was "calling" goes on talking with older numbers: it never called, somebody forged its SYN (RFC 5961 4).
  const bool goes_on = c.client().pure_acks + c.client().data_segments > 0 && c.server().syns == 0 && c.client().resets == 0;
  if (goes_on && c.connection.reused_from) {
    Draft blind("blind-reset-attempt", 0);
    blind.frame(c.connection.handshake_frames[0]).note(*foreign).text("kind", "SYN").flag("challenged");
    const std::int64_t off = distance(foreign->ack, c.client().isn);
    blind.count("off", static_cast<std::uint64_t>(off < 0 ? -off : off));
    out.push_back(blind.sure(0.8f).instead("old-packet").done());
    return;
  }
  Draft draft("old-state-collision", foreign->side);
  draft.frame(c.connection.first_frame).note(*foreign).count("ack", foreign->ack.value());
  if (reset != c.notes.end()) draft.note(*reset);
  if (finished_handshake(c.connection)) draft.frame(c.connection.handshake_frames[0]).frame(c.connection.handshake_frames[1]);
  draft.flag("reset", reset != c.notes.end()).flag("again", finished_handshake(c.connection));
  const Duration lost = repeats.syns.empty() ? Duration{} : repeats.syns.back()->at - c.connection.first;
  if (!finished_handshake(c.connection)) draft.severity(Severity::error);
  out.push_back(draft.sure(0.9f).cost(lost).instead("old-packet").done());
}

void same_ports_again(const Case& c, Findings& out) {
  const Connection& connection = c.connection;
  if (!connection.reused_from || connection.handshake_frames[0] == 0) return;
  const bool accepted = connection.handshake_frames[1] != 0;
  Draft draft("port-reuse", 0);
  draft.frame(connection.handshake_frames[0]).count("isn", c.client().isn.value()).count("before", *connection.reused_from);
  draft.time("gap", connection.reused_after).flag("accepted", accepted).flag("ignored", !accepted && c.server().packets == 0);
  draft.between(connection.first, connection.first);
  out.push_back(draft.done());
}

void unusual_handshakes(const Case& c, Findings& out) {
  const Connection& connection = c.connection;
  if (connection.opening != Opening::simultaneous && connection.opening != Opening::split) return;
  const bool both = connection.opening == Opening::simultaneous;
  Draft draft(both ? "simultaneous-open" : "split-handshake", both ? std::uint8_t{2} : std::uint8_t{1});
  draft.frames(connection.handshake_frames).frame(connection.first_frame).between(connection.first, connection.first);
  for (const Note& note : c.notes)
    if (note.kind == Note::Kind::segment && note.cause == RepeatCause::syn) draft.frame(note.frame);
  const bool bare_ack = c.server().pure_acks > 0;
  if (!both) draft.count("steps", bare_ack ? 5 : 4).flag("bare_ack", bare_ack);
  out.push_back(draft.done());
}

}  // namespace

void find_opening(const Case& c, Findings& out) {
  unusual_handshakes(c, out);
  if (c.connection.handshake_frames[0] == 0) return;  // no SYN was captured
  const Repeats repeats = repeats_of(c);
  old_connection(c, repeats, out);
  if (found(out, "blind-reset-attempt")) return;
  same_ports_again(c, out);
  if (found(out, "old-state-collision")) return;
  unanswered(c, out);
  refused(c, out);
  if (c.connection.opening == Opening::simultaneous || c.connection.opening == Opening::split) return;
  late_connect(c, repeats, out);
  repeated_answer(c, repeats, out);
  torn_at_the_door(c, out);
}

}  // namespace ft::analysis
