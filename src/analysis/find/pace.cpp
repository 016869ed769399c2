// Diagnoses 35 to 38: where the time went when nothing was wrong with the path: in a program, in the distance, in two algorithms
// that wait for each other, or in silence that is meant.
#include "analysis/find/case.hpp"

#include "analysis/quantity.hpp"

#include <algorithm>
#include <chrono>

namespace ft::analysis {

namespace {

using namespace std::chrono_literals;

void application(const Case& c, std::uint8_t side, Findings& out) {
  const Side& sender = c.side(side);
  const Duration all = sender.idle + sender.busy;
  if (sender.data_segments < 5 || all < 100ms || sender.idle * 2 < all || sender.pushes < 3) return;
  // Where the text arrives nothing is ever in flight for long: only gaps longer than a round trip are the program's.
  const bool at_sender = surely_at(c.connection, side == 0 ? Vantage::client : Vantage::server);
  const Duration gap = sender.idle / sender.pushes;
  if ((!at_sender && gap < round_trip(c.connection)) || found(out, "zero-window-recovered")) return;
  Draft draft("application-limited", side);
  draft.frame(sender.first_text_frame).frame(sender.last_text_frame).between(sender.first_text, sender.last_text);
  draft.number("percent", 100 * in_seconds(sender.idle) / in_seconds(all), Fact::Unit::percent)
      .count("gaps", std::max(1u, sender.pushes - 1));
  draft.time("wait", sender.idle);
  out.push_back(draft.sure(0.8f).done());
}

/// Something was sent again during the wait: then it was not the program's.
bool disturbed(const Case& c, Instant from, Instant until) {
  return std::ranges::any_of(c.notes, [&](const Note& note) {
    const bool trouble = note.kind == Note::Kind::segment
                             ? note.label == Label::retransmission || note.label == Label::probe
                             : note.kind == Note::Kind::window_opened || note.kind == Note::Kind::icmp;
    return trouble && note.at > from && note.at <= until + 1ms;
  });
}

/// When the frame was captured, as far as the notes or the side know; the end of the connection else.
void thinking(const Case& c, std::uint8_t side, Findings& out) {
  const Side& thinker = c.side(side);
  if (thinker.turns == 0 || thinker.think_most <= Duration{}) return;
  const Duration rtt = round_trip(c.connection);
  // Seen from the other end, an answer's wait holds a round trip; from its own end, none.
  const Vantage own = side == 0 ? Vantage::client : Vantage::server;
  const Duration on_the_way = surely_at(c.connection, own) ? Duration{} : std::min(rtt, thinker.think_most);
  const Duration slowest = thinker.think_most - on_the_way;
  const Duration total = thinker.think_total - std::min<Duration>(thinker.think_total, on_the_way * thinker.turns);
  const Duration least = side == 1 ? Duration{200ms} : Duration{1s};
  if (slowest < least || slowest < 3 * rtt) return;
  if (disturbed(c, thinker.think_most_at - thinker.think_most, thinker.think_most_at)) return;
  Draft draft(side == 1 ? "server-think-time" : "client-think-time", side);
  draft.frame(thinker.think_most_frame).between(thinker.think_most_at - thinker.think_most, thinker.think_most_at);
  draft.time("think", std::max(total, slowest)).count("requests", thinker.turns).time("slowest", slowest).time("rtt", rtt);
  const Side& asker = c.side(other(side));
  if (side == 1 && asker.rtt_samples > 0) draft.time("acked", asker.rtt_mean);
  draft.times(thinker.turns).cost(std::max(total, slowest));
  const bool certain = c.connection.vantage != Vantage::unknown;
  out.push_back(draft.sure(certain ? 0.85f : 0.7f).instead("network-delay").done());
}

void long_way(const Case& c, Findings& out) {
  const Duration rtt = round_trip(c.connection);
  if (rtt < 150ms || !finished_handshake(c.connection) || c.client().syns > 1 || c.server().syns > 1) return;
  const Duration think = c.client().think_most + c.server().think_most;
  Draft draft("high-rtt", 2);
  draft.frames(c.connection.handshake_frames).between(c.connection.first, c.connection.first + rtt).time("rtt", rtt);
  const Duration all = c.connection.last - c.connection.first;
  if (all >= 2 * rtt) draft.count("trips", static_cast<std::uint64_t>(all / rtt));
  draft.time("think", think > rtt ? think - rtt : Duration{}).cost(rtt);
  if (rtt < 300ms) draft.severity(Severity::info);
  if (found(out, "bufferbloat")) draft.severity(Severity::info);
  out.push_back(draft.sure(0.85f).instead("bufferbloat").done());
}

/// A small piece held back (RFC 896) until an ACK that was itself held back (RFC 9293 3.8.6.3).
void two_that_wait(const Case& c, std::uint8_t side, Findings& out) {
  constexpr Duration least = 25ms, most = 600ms;
  std::vector<const Note*> stalls;
  Duration cost{};
  const Duration rtt = round_trip(c.connection);
  for (const Note& note : c.notes) {
    if (note.kind != Note::Kind::waited_for_ack || note.side != side || note.waited < least || note.waited > most + rtt) continue;
    if (note.waited < 2 * rtt && note.waited - std::min(rtt, note.waited) < least) continue;  // no longer than the way
    stalls.push_back(&note);
    cost += note.waited;
  }
  if (stalls.empty()) return;
  Draft draft("nagle-delayed-ack", side);
  for (const Note* note : stalls) draft.frame(note->of_frame).note(*note);
  draft.time("wait", cost / static_cast<std::int64_t>(stalls.size())).count("stalls", stalls.size()).time("after", 1ms);
  draft.times(stalls.size()).cost(cost);
  if (stalls.size() == 1) draft.severity(Severity::info);
  out.push_back(draft.sure(stalls.size() >= 3 ? 0.9f : stalls.size() == 2 ? 0.75f : 0.4f).instead("application-limited").done());
}

void kept_alive(const Case& c, std::uint8_t side, Findings& out) {
  std::vector<const Note*> probes;
  std::size_t open_end = 0;
  for (const Note& note : c.notes) {
    if (!is_segment(note, Label::keep_alive) || note.side != side) continue;
    probes.push_back(&note);
    open_end = note.any(Note::answered) ? 0 : open_end + 1;
  }
  if (probes.empty() || c.doubtful(Doubt::one_direction)) return;
  const Side& peer = c.side(other(side));
  const bool silent_since = peer.last_packet < probes.back()->at;
  const bool reset = c.side(side).resets > 0 && c.connection.state == FlowState::reset;
  // The last probe's answer may come after the end of the capture: two are needed, or the sender's own verdict.
  const bool gone = silent_since && (open_end >= 2 || (open_end == 1 && reset));
  const std::size_t told = gone ? open_end : probes.size();
  const auto shown = std::span(probes).last(told);
  Draft draft(gone ? "keepalive-unanswered" : "keepalive", side);
  for (const Note* note : shown) draft.note(*note);
  draft.count("probes", told).count("length", shown.front()->length).times(told);
  if (told > 1) draft.time("interval", (shown.back()->at - shown.front()->at) / static_cast<std::int64_t>(told - 1));
  if (gone) {
    draft.time("wait", c.connection.last - shown.front()->at).flag("reset", reset).instead("idle-timeout").instead("path-dead");
    draft.frame(c.side(side).reset_frame).cost(c.connection.last - shown.front()->at, told).sure(open_end >= 3 ? 0.95f : 0.8f);
  } else {
    draft.instead("zero-window-recovered").sure(0.95f);
  }
  out.push_back(draft.done());
}

}  // namespace

void find_pace(const Case& c, Findings& out) {
  for (std::uint8_t side = 0; side < 2; ++side) kept_alive(c, side, out);
  if (c.doubtful(Doubt::one_direction)) return;
  for (std::uint8_t side = 0; side < 2; ++side) {
    two_that_wait(c, side, out);
    application(c, side, out);
    if (!c.doubtful(Doubt::capture_drops)) thinking(c, side, out);
  }
  long_way(c, out);
}

}  // namespace ft::analysis
