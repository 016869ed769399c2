// Diagnoses 24 and the silent half of 39: nothing gets through for a while, or ever again.
#include "analysis/find/case.hpp"

#include <algorithm>
#include <chrono>

namespace ft::analysis {

namespace {

using namespace std::chrono_literals;

/// Repeats without an answer between them, each after a longer wait.
struct Chain {
  std::vector<const Note*> repeats;
  bool resumed = false;
  Duration most_wait{};
  Instant begin() const { return repeats.front()->at - repeats.front()->waited; }
};

bool is_timeout(const Note& note) {
  const bool by_timer = note.cause == RepeatCause::rto || note.cause == RepeatCause::tlp || note.cause == RepeatCause::unknown ||
                        note.cause == RepeatCause::fin || note.cause == RepeatCause::mtu_probe;
  // What turned out needless may have been part of an outage of the way back: the timer did run out.
  return note.kind == Note::Kind::segment && (note.label == Label::retransmission || note.label == Label::needless) && by_timer;
}

/// The longest chain of timeouts of one side: the same octets (or a FIN) with growing gaps.
Chain longest_chain(const Case& c, std::uint8_t side) {
  Chain best, chain;
  const auto close = [&] {
    if (chain.repeats.size() > best.repeats.size()) best = chain;
    chain = {};
  };
  for (const Note& note : c.notes) {
    if (note.side != side || !is_timeout(note)) continue;
    const bool goes_on = !chain.repeats.empty() && note.seq == chain.repeats.back()->seq;
    if (!goes_on) close();
    chain.repeats.push_back(&note);
    const std::size_t n = chain.repeats.size();
    const Duration gap = n > 1 ? note.at - chain.repeats[n - 2]->at : note.waited;
    chain.most_wait = std::max(chain.most_wait, gap);
  }
  close();
  if (best.repeats.empty()) return best;
  const Side& peer = c.side(other(side));
  best.resumed = best.repeats.back()->any(Note::acked) || peer.last_packet > best.repeats.back()->at;
  return best;
}

/// The pause after which nobody answered: everything was acknowledged, nobody spoke, and then the chain began.
const Note* pause_before(const Case& c, const Chain& chain) {
  const Note* pause = nullptr;
  for (const Note& note : c.notes)
    if (note.kind == Note::Kind::silence && note.at <= chain.repeats.front()->at && note.at >= chain.begin() - 1ms) pause = &note;
  return pause;
}

void idle_timeout(const Case& c, std::uint8_t side, const Chain& chain, const Note& pause, Findings& out) {
  Draft draft("idle-timeout", side);
  draft.note(pause).flag("silent").time("idle", pause.waited).count("tries", chain.repeats.size() + 1);
  for (const Note* note : chain.repeats) draft.note(*note);
  const Duration wait = c.connection.last - chain.begin();
  draft.sure(pause.waited >= 60s ? 0.8f : 0.6f).instead("peer-gone").instead("path-dead");
  out.push_back(draft.cost(wait, chain.repeats.size(), c.side(side).in_flight_at_end).done());
}

/// Twice in vain, for a second and more, and a whole flight with it: one segment lost twice would not have kept all others away.
bool takes_a_flight(const Case& c, std::uint8_t side, const Chain& chain) {
  constexpr std::uint32_t flight = 4;  // segments
  const std::uint32_t size = std::max<std::uint32_t>(c.side(side).largest_text, 1);
  return chain.repeats.size() >= 2 && chain.repeats.back()->at - chain.begin() >= 1s &&
         chain.repeats.front()->in_flight >= flight * size;
}

void outage(const Case& c, std::uint8_t side, const Chain& chain, Findings& out) {
  const Side& peer = c.side(other(side));
  const Instant last = chain.repeats.back()->at;
  const Instant until = chain.resumed ? std::max(last, chain.begin()) : c.connection.last;
  const Duration wait = until - chain.begin();
  const auto fill = [&](Draft& draft) -> Draft& {
    for (const Note* note : chain.repeats) draft.note(*note);
    return draft.time("wait", wait).cost(wait, chain.repeats.size());
  };
  if (chain.resumed) {
    Draft draft("path-outage", side);
    fill(draft).count("tries", chain.repeats.size() + 1).sure(0.8f).instead("lost-retransmission").instead("peer-gone");
    out.push_back(draft.done());
  }
  const bool ended = !chain.resumed && peer.last_packet <= chain.repeats.front()->at;
  if (!chain.resumed && !ended) return;
  Draft draft("rto-backoff", side);
  fill(draft).count("tries", chain.repeats.size()).time("most", chain.most_wait).flag("ended", ended);
  draft.severity(ended ? Severity::error : Severity::note).sure(0.9f);
  if (ended) draft.instead("peer-gone").instead("path-dead").instead("path-outage").instead("mtu-black-hole");
  out.push_back(draft.done());
}

}  // namespace

void find_outages(const Case& c, Findings& out) {
  if (c.doubtful(Doubt::one_direction)) return;
  constexpr Duration least_idle = 2s;  // below, no memory of a connection ends
  for (std::uint8_t side = 0; side < 2; ++side) {
    const Chain chain = longest_chain(c, side);
    const std::size_t repeats = chain.repeats.size();
    if (repeats < 2 || found(out, "mtu-black-hole") || found(out, "mtu-probing-recovered")) continue;
    if (chain.repeats.front()->cause == RepeatCause::fin && chain.repeats.front()->length == 0 && c.side(side).text == 0)
      continue;
    const Note* pause = chain.resumed ? nullptr : pause_before(c, chain);
    if (pause != nullptr && pause->waited >= least_idle)
      idle_timeout(c, side, chain, *pause, out);
    else if (repeats >= 3 || takes_a_flight(c, side, chain))
      outage(c, side, chain, out);
  }
}

}  // namespace ft::analysis
