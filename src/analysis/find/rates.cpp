// Diagnoses 29 to 31: what the pattern of loss and delay tells of the path's rate, its queue and its luck.
#include "analysis/find/case.hpp"
#include "analysis/find/repairs.hpp"
#include "analysis/quantity.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace ft::analysis {

namespace {

using namespace std::chrono_literals;

/// How losses lie: neighbours in the stream make a run, runs within a round trip an episode.
struct Pattern {
  std::vector<const Note*> lost;
  std::size_t runs = 0, episodes = 0, clusters = 0;
};

Pattern pattern_of(const Case& c, const Repairs& repairs) {
  Pattern p;
  // Each place once: what was sent a third time was lost twice, but the first repeat already counts the first of them.
  for (const auto* list : {&repairs.fast, &repairs.tail, &repairs.again}) p.lost.insert(p.lost.end(), list->begin(), list->end());
  std::ranges::sort(p.lost, {}, [](const Note* note) { return note->frame; });
  const Duration apart = std::max<Duration>(round_trip(c.connection), 1ms);
  constexpr std::int32_t near = 8 * 1460;  // octets: what a queue drops when it overflows lies together
  for (std::size_t i = 0; i < p.lost.size(); ++i) {
    const bool neighbour = i > 0 && p.lost[i]->seq == p.lost[i - 1]->seq + p.lost[i - 1]->length;
    const std::int32_t gap = i == 0 ? 0 : distance(p.lost[i - 1]->seq, p.lost[i]->seq);
    p.runs += neighbour ? 0 : 1;
    p.clusters += i == 0 || gap > near || gap < -near ? 1u : 0u;
    p.episodes += i == 0 || p.lost[i]->at - p.lost[i - 1]->at > apart ? 1u : 0u;
  }
  return p;
}

/// Round trips with little and with much in flight.
struct Queue {
  Duration least{}, most{};
  bool known = false;
  bool grows() const { return known && most >= 2 * least && most - least >= 5ms; }
  bool bloated() const { return known && most >= 4 * least && most - least >= 80ms; }
};

Queue queue_of(const Side& side) {
  Queue queue;
  for (const RttBand& band : side.rtt_bands) {
    if (band.samples < 3) continue;
    if (!queue.known) queue.least = queue.most = band.mean;
    queue.known = true;
    queue.least = std::min(queue.least, band.mean);
    queue.most = band.mean;  // the band with the most in flight
  }
  if (side.rtt_samples > 0 && queue.known) queue.least = std::min(queue.least, std::max(side.rtt_least, Duration{1us}));
  return queue;
}

/// Wilson's interval for a share, 95 %.
struct Share {
  double low = 0, high = 0;
};
Share share_of(double part, double whole) {
  constexpr double z = 1.96;
  const double p = part / whole;
  const double middle = p + z * z / (2 * whole);
  const double half = z * std::sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole));
  const double scale = 1 + z * z / whole;
  return {std::max(0.0, (middle - half) / scale), std::min(1.0, (middle + half) / scale)};
}

void soften(Findings& out, std::uint8_t side) {
  for (Finding& finding : out)
    if (finding.side == side && finding.severity == Severity::warning &&
        (finding.id == "loss-fast-recovery" || finding.id == "tail-loss" || finding.id == "lost-retransmission"))
      finding.severity = Severity::note;  // parts of the same story
}

void random_loss(const Case& c, std::uint8_t side, const Pattern& p, const Queue& queue, Findings& out) {
  const Side& sender = c.side(side);
  constexpr std::size_t enough = 4;
  if (p.lost.size() < enough || sender.data_segments < 50 || queue.grows()) return;
  const bool alone = p.runs * 10 >= p.lost.size() * 7;
  if (!alone || p.clusters < 2 || p.clusters * 2 < p.lost.size()) return;
  const auto lost = static_cast<double>(p.lost.size());
  const double sent = std::max(lost, static_cast<double>(sender.data_segments));
  const Share share = share_of(lost, sent);
  std::uint64_t octets = 0;
  Draft draft("loss-random", side);
  for (const Note* note : p.lost) {
    draft.note(*note);
    octets += note->length;
  }
  draft.number("percent", 100 * lost / sent, Fact::Unit::percent).number("low", 100 * share.low, Fact::Unit::percent);
  draft.number("high", 100 * share.high, Fact::Unit::percent).count("lost", p.lost.size()).count("sent", sender.data_segments);
  draft.count("holes", p.runs).times(p.lost.size());
  const Duration rtt = round_trip(c.connection);
  if (rtt > Duration{}) draft.time("rtt", rtt);
  draft.cost(rtt * static_cast<std::int64_t>(p.episodes), p.lost.size(), octets);
  out.push_back(draft.sure(p.episodes >= 5   ? 0.85f
                           : p.clusters >= 4 ? 0.7f
                                             : 0.5f)
                    .instead("congestion")
                    .instead("policer-loss")
                    .done());
  soften(out, side);
}

/// A limiter strikes at the same rate each time, chance does not care: what was in flight as each episode began.
bool at_the_same_rate(const Case& c, const Pattern& p) {
  const Duration apart = std::max<Duration>(round_trip(c.connection), 1ms);
  std::uint32_t least = 0xffffffffu, most = 0;
  std::size_t episodes = 0;
  for (std::size_t i = 0; i < p.lost.size(); ++i) {
    const bool begins = i == 0 || p.lost[i]->at - p.lost[i - 1]->at > apart;
    if (!begins || ++episodes == 1) continue;  // the first comes when the limiter's credit is used up
    least = std::min(least, p.lost[i]->in_flight);
    most = std::max(most, p.lost[i]->in_flight);
  }
  return episodes >= 3 && most <= 2 * std::uint64_t{least};
}

void policer(const Case& c, std::uint8_t side, const Pattern& p, const Queue& queue, std::size_t lost_again, Findings& out) {
  const Side& sender = c.side(side);
  if (p.lost.size() < 12 || p.episodes < 3 || queue.grows() || found(out, "loss-random")) return;
  const bool bursts = p.clusters * 3 <= p.lost.size();
  const Duration busy = sender.busy > Duration{} ? sender.busy : sender.last_text - sender.first_text;
  // While the rate stays above the limit, repairs are dropped like everything else.
  const bool repairs_too = lost_again * 6 >= p.lost.size();
  if (!bursts || !(repairs_too || at_the_same_rate(c, p)) || p.lost.size() * 100 < sender.data_segments || busy <= Duration{})
    return;
  const double rate = static_cast<double>(sender.unique_text) / in_seconds(busy);
  Draft draft("policer-loss", side);
  std::uint64_t octets = 0;
  for (const Note* note : p.lost) {
    draft.note(*note);
    octets += note->length;
  }
  draft.number("rate", rate, Fact::Unit::rate)
      .percent("percent", p.lost.size(), std::max<std::uint64_t>(sender.data_segments, 1));
  draft.count("bursts", p.episodes).time("rtt", queue.known ? queue.most : round_trip(c.connection)).times(p.episodes);
  draft.cost(round_trip(c.connection) * static_cast<std::int64_t>(p.episodes), p.lost.size(), octets);
  out.push_back(draft.sure(0.6f).instead("shaper").instead("congestion").done());
  soften(out, side);
}

/// A queue grows by and by and the timer with it; a timer that ran out for nothing met a sudden delay.
bool sudden(const Repairs& repairs) {
  return std::ranges::any_of(repairs.needless, [](const Note* note) { return note->cause == RepeatCause::rto; });
}

void bloat(const Case& c, std::uint8_t side, const Pattern& p, const Queue& queue, bool spikes, Findings& out) {
  const Side& sender = c.side(side);
  // Where the text arrives its ACK leaves at once: no round trip can be taken there.
  // Nor does it tell of the path what waited for a window.
  if (!queue.bloated() || sender.data_segments < 50 || c.side(other(side)).zero_windows != 0) return;
  Draft draft("bufferbloat", side);
  draft.frame(sender.first_text_frame).frame(sender.rtt_most_frame).between(sender.first_text, sender.last_text);
  draft.time("least", queue.least).time("most", std::max(queue.most, queue.least)).octets("flight", sender.most_in_flight);
  draft.flag("lossless", p.lost.empty()).cost(queue.most - queue.least);
  if (queue.most - queue.least < 150ms) draft.severity(Severity::note);  // felt, and not yet in the way
  if (spikes) draft.severity(Severity::note).instead("delay-spike");
  out.push_back(draft.sure(spikes ? 0.4f : 0.8f).instead("receiver-slow").instead("route-change").done());
}

}  // namespace

void find_rates(const Case& c, Findings& out) {
  if (c.doubtful(Doubt::one_direction)) return;
  for (std::uint8_t side = 0; side < 2; ++side) {
    if (c.side(side).data_segments < 20) continue;
    const Repairs repairs = repairs_of(c, side);
    const Pattern pattern = pattern_of(c, repairs);
    const Queue queue = queue_of(c.side(side));
    bloat(c, side, pattern, queue, sudden(repairs), out);
    if (!loss_can_be_told(c) || found(out, "path-outage") || found(out, "mtu-black-hole") ||
        found(out, "mtu-probing-recovered") || found(out, "pmtud"))
      continue;
    random_loss(c, side, pattern, queue, out);
    policer(c, side, pattern, queue, repairs.again.size(), out);
  }
}

}  // namespace ft::analysis
