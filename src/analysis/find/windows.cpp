// Diagnoses 32 to 34: a receiver that does not read, or whose window is too small for the path.
#include "analysis/find/case.hpp"

#include "analysis/quantity.hpp"

#include <algorithm>
#include <chrono>

namespace ft::analysis {

namespace {

using namespace std::chrono_literals;

struct Shutters {
  const Note* still_shut = nullptr;
  std::vector<const Note*> opened;
  std::vector<const Note*> shut;
  Duration total{}, longest{};
};

Shutters shutters_of(const Case& c, std::uint8_t side) {
  Shutters s;
  for (const Note& note : c.notes) {
    if (note.side != side) continue;
    if (note.kind == Note::Kind::window_shut) {
      s.shut.push_back(&note);
      s.still_shut = &note;
    } else if (note.kind == Note::Kind::window_opened) {
      s.opened.push_back(&note);
      s.still_shut = nullptr;
      s.total += note.waited;
      s.longest = std::max(s.longest, note.waited);
    }
  }
  return s;
}

struct Probes {
  std::vector<const Note*> all;
  bool last_unanswered = false;
};

Probes probes_of(const Case& c, std::uint8_t prober, Instant since) {
  Probes probes;
  std::size_t unanswered = 0;
  for (const Note& note : c.notes) {
    // A probe that carries an octet of the stream, or one that repeats the last one as Linux does.
    const bool probe = note.label == Label::probe || note.label == Label::keep_alive;
    if (note.side != prober || note.kind != Note::Kind::segment || !probe || note.at < since) continue;
    probes.all.push_back(&note);
    unanswered = note.any(Note::answered) ? 0 : unanswered + 1;
  }
  probes.last_unanswered = unanswered >= 2;
  return probes;
}

void recovered(const Case& c, std::uint8_t side, const Shutters& s, Findings& out) {
  if (s.opened.empty()) return;
  const Probes probes = probes_of(c, other(side), s.shut.empty() ? c.connection.first : s.shut.front()->at);
  Draft draft("zero-window-recovered", side);
  for (std::size_t i = 0; i < s.opened.size(); ++i) {
    if (s.opened[i]->of_frame != 0) draft.frame(s.opened[i]->of_frame);
    draft.note(*s.opened[i]);
  }
  draft.time("wait", s.total).times(s.opened.size()).cost(s.total, probes.all.size());
  if (s.opened.size() > 1) draft.count("stalls", s.opened.size());
  if (!probes.all.empty()) draft.count("probes", probes.all.size());
  // A short pause is how a slow reader and a fast sender agree.
  if (s.total < 100ms)
    draft.severity(Severity::info);
  else if (s.total < 200ms)
    draft.severity(Severity::note);
  out.push_back(draft.done());
}

void stalled(const Case& c, std::uint8_t side, const Shutters& s, Findings& out) {
  if (s.still_shut == nullptr) return;
  const Side& sender = c.side(other(side));
  const Probes probes = probes_of(c, other(side), s.still_shut->at);
  const Duration wait = std::max(c.connection.last, c.capture.last) - s.still_shut->at;
  const bool wanted = !probes.all.empty() || sender.in_flight_at_end > 0;
  const bool finished = c.connection.state == FlowState::closed;
  if (!wanted || finished || (wait < 1s && probes.all.size() < 2)) return;
  Draft draft("zero-window-stalled", side);
  draft.note(*s.still_shut);
  for (const Note* probe : probes.all) draft.note(*probe);
  if (!probes.all.empty()) draft.count("probes", probes.all.size());
  draft.time("wait", wait).flag("unanswered", probes.last_unanswered).flag("reset", c.connection.state == FlowState::reset);
  draft.cost(wait, probes.all.size(), sender.in_flight_at_end).sure(wait >= 5s || probes.all.size() >= 3 ? 0.95f : 0.7f);
  draft.instead("still-running");
  if (probes.last_unanswered) draft.instead("peer-gone");
  out.push_back(draft.done());
}

/// In flight stood at the window's edge: the speed is the window over the round trip, whatever the path could carry.
void limited(const Case& c, std::uint8_t receiver_side, const Shutters& s, Findings& out) {
  const Side& receiver = c.side(receiver_side);
  const Side& sender = c.side(other(receiver_side));
  const Duration rtt = round_trip(c.connection);
  const Duration transfer = sender.last_text - sender.first_text;
  if (rtt <= Duration{} || sender.unique_text < 100'000 || receiver.most_window == 0 || s.total * 3 > transfer) return;
  if (transfer < std::max<Duration>(10 * rtt, 300ms)) return;
  const Duration busy = sender.busy - std::min(sender.busy, s.total);
  const Duration edge = sender.window_limited - std::min(sender.window_limited, s.total);
  const auto seconds = in_seconds(rtt);
  const double rate = static_cast<double>(receiver.most_window) / seconds;
  const double got = static_cast<double>(sender.unique_text) / in_seconds(transfer);
  // Where the text arrives, nothing is seen in flight: there the rate tells, one window each round trip.
  const bool at_receiver = surely_at(c.connection, receiver_side == 0 ? Vantage::client : Vantage::server);
  const double share = at_receiver          ? got / rate
                       : busy <= Duration{} ? 0
                                            : static_cast<double>(edge.count()) / static_cast<double>(busy.count());
  // A paced sender (RFC 9002 7.7 says how) stands at the edge for a part of each round trip only, and is no faster for it.
  const double paced_rate = static_cast<double>(receiver.most_window) / in_seconds(sender.rtt_mean);
  const bool paced = !at_receiver && share >= 0.25 && sender.rtt_mean > Duration{} &&
                     sender.retransmissions * 50 < sender.data_segments &&
                     sender.most_in_flight + sender.largest_text > receiver.most_window && got >= 0.7 * paced_rate;
  if (!paced && (share < (at_receiver ? 0.8 : 0.6) || (at_receiver && got > 1.3 * rate))) return;
  Draft draft("receive-window-limited", receiver_side);
  draft.frame(sender.first_text_frame).frame(sender.last_text_frame).between(sender.first_text, sender.last_text);
  draft.octets("window", receiver.most_window).time("rtt", rtt).number("rate", rate, Fact::Unit::rate);
  if (!at_receiver) draft.number("percent", 100 * share, Fact::Unit::percent);
  draft.flag("by_rate", at_receiver).number("got", got, Fact::Unit::rate);
  draft.number("wish", 2 * rate, Fact::Unit::rate)
      .octets("needed", 2 * receiver.most_window)
      .cost(at_receiver ? Duration{} : edge);
  out.push_back(draft.sure(at_receiver ? 0.6f : 0.8f).instead("sender-limited").instead("congestion").done());
}

}  // namespace

void find_windows(const Case& c, Findings& out) {
  for (std::uint8_t side = 0; side < 2; ++side) {
    const Shutters s = shutters_of(c, side);
    recovered(c, side, s, out);
    stalled(c, side, s, out);
    if (!c.doubtful(Doubt::one_direction) && !found(out, "window-scale-mismatch")) limited(c, side, s, out);
  }
}

}  // namespace ft::analysis
