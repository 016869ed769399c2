#include "analysis/report/flow_ladder.hpp"

#include "analysis/ladder_text.hpp"
#include "analysis/peer_reason.hpp"
#include "analysis/peer_state.hpp"
#include "analysis/report/words.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace ft::analysis::report {

using namespace wire;

namespace {

constexpr std::size_t most_steps = 20'000;  // segments that a ladder looks at
constexpr std::size_t most_rows = 48;       // that it shows, beside what is collapsed
constexpr std::size_t last_rows = 12;       // of those, at its end

trace::Why repeat_of(const FlowStep& step) {
  if (step.has(tcp_flag::syn)) return {step.has(tcp_flag::ack) ? "retransmit-syn-ack" : "retransmit-syn", "RFC 6298 5.4"};
  switch (step.cause) {
    case RepeatCause::fast:
      return {"retransmit-fast", "RFC 5681 3.2"};
    case RepeatCause::rack:
      return {"retransmit-rack", "RFC 8985 6.2"};
    case RepeatCause::tlp:
      return {"tail-loss-probe", "RFC 8985 7.3"};
    case RepeatCause::rto:
      return {"retransmit-rto", "RFC 6298 5.4"};
    case RepeatCause::fin:
      return {"retransmit-fin", "RFC 9293 3.8.1"};
    case RepeatCause::mtu_probe:
      return {"retransmit-black-hole", "RFC 4821 7"};
    case RepeatCause::none:
    case RepeatCause::go_back_n:
    case RepeatCause::syn:
    case RepeatCause::unknown:
      break;
  }
  if (step.has(tcp_flag::fin) && !step.has_text()) return {"retransmit-fin", "RFC 9293 3.8.1"};
  return {"retransmit", "RFC 9293 3.8.1"};
}

/// A segment on its way between two places.
struct Transit {
  FlowStep step;
  std::optional<Instant> left, arrived;
  bool lost = false;
  std::size_t row = 0;
};

class Builder {
 public:
  Builder(const FlowSteps& flow, const OtherPlace* other)
      : flow_(flow),
        other_(other),
        at_server_(other == nullptr ? flow.connection().vantage == Vantage::server : !other->at_opener) {}

  std::vector<Row> rows() {
    const std::size_t count = std::min(flow_.steps().size(), most_steps);
    rows_.reserve(count);
    if (other_ != nullptr) {
      play(transits(count));
      return std::move(rows_);
    }
    for (std::size_t i = 0; i < count; ++i) {
      Row row = row_of(flow_.steps()[i]);
      judge(row, flow_.steps()[i]);
      if (counts(flow_.steps()[i])) reached(row);
      push(row, flow_.steps()[i]);
    }
    return std::move(rows_);
  }

 private:
  static bool counts(const FlowStep& step) { return !step.is_copy() && step.label != Label::injected; }
  std::vector<Transit> transits(std::size_t count) const;
  FlowStep numbered(FlowStep step) const;
  void play(std::vector<Transit> transits);
  Row row_of(const FlowStep& step) const;
  void judge(Row& row, const FlowStep& step);
  void reached(Row& row);
  void push(const Row& row, const FlowStep& step);
  void mark_lost(const FlowStep& step);
  bool left_here(std::uint8_t side) const { return (side == 0) != at_server_; }
  static void fields(Row& row, const FlowStep& step);

  const FlowSteps& flow_;
  const OtherPlace* other_;
  bool at_server_;
  PeerReasons reasons_;
  PeerStates states_;
  std::vector<Row> rows_;
  std::array<std::map<std::int64_t, std::size_t>, 2> sent_;  // row that sent the text that begins there
};

void Builder::fields(Row& row, const FlowStep& step) {
  trace::SegmentFields& s = row.segment;
  s.seq = step.seq.value();
  s.ack = step.ack.value();
  s.flags = step.flags;
  s.ae = step.ae;
  s.window = step.window;
  s.urgent = step.urgent;
  s.length = step.length;
  s.ip_ecn = step.traffic_class & 3U;
  row.ecn_there = s.ip_ecn;
  const SegmentOptions& o = step.options;
  if (o.any(SegmentOptions::mss)) s.mss = o.mss_value;
  if (o.any(SegmentOptions::window_scale)) s.window_scale = o.shift;
  s.sack_permitted = o.any(SegmentOptions::sack_permitted);
  if (o.any(SegmentOptions::timestamps)) s.timestamps = {o.stamps.val, o.stamps.ecr};
  s.sack_count = std::min<std::uint8_t>(o.sack_count, 4);
  for (std::size_t i = 0; i < s.sack_count; ++i) {
    s.sack[i] = {o.sack[i].left.value(), o.sack[i].right.value()};
    const auto near = [&step](Seq at) { return step.relative_ack + distance(step.ack, at); };
    row.sack[i] = {near(o.sack[i].left), near(o.sack[i].right)};
  }
  row.seq = step.relative_seq;
  row.ack = step.relative_ack;
  row.window = step.scaled_window;
}

/// What is sent again because it was lost: the first copy is drawn as lost, unless the capture was taken where it arrived.
void Builder::mark_lost(const FlowStep& step) {
  const Vantage vantage = flow_.connection().vantage;
  const bool seen_at_receiver = (vantage == Vantage::client && step.side == 1) || (vantage == Vantage::server && step.side == 0);
  if (seen_at_receiver || vantage == Vantage::unknown || vantage == Vantage::middle) return;
  const auto before = sent_[step.side].find(step.relative_seq);
  if (before == sent_[step.side].end() || rows_[before->second].segment.length == 0) return;
  Row& first = rows_[before->second];
  if (!first.arrived && first.lost.empty()) first.lost = "beyond";  // else the other capture knows better
}

void Builder::judge(Row& row, const FlowStep& step) {
  if (step.is_copy()) {
    row.why = {step.label == Label::capture_duplicate ? "capture-copy" : "network-copy", ""};
    return;
  }
  if (step.label == Label::injected) {
    row.why = {"not-theirs", ""};
    return;
  }
  row.why = reasons_.sent(row.tuple, row.segment);
  if (step.is_repeat()) row.why = repeat_of(step);
  if (step.label == Label::probe) row.why = {"window-probe", "RFC 9293 3.8.6.1"};
  if (step.label == Label::keep_alive) row.why = {"keepalive-probe", "RFC 9293 3.8.4"};
  if (step.is_fresh() && (row.why.id == "retransmit" || row.why.id == "keepalive-probe"))
    row.why = {step.has_text() ? "data" : "ack", "RFC 9293 3.8"};
  if (step.label == Label::needless) row.effect = {"text-duplicate", ""};
  row.late = step.label == Label::reordered;
  row.from_state = states_.sent(row);
}

void Builder::reached(Row& row) {
  reasons_.heard({row.tuple.remote, row.tuple.local}, row.segment);
  row.to_state = states_.reached(row);
}

Row Builder::row_of(const FlowStep& step) const {
  Row row;
  row.kind = Row::Kind::segment;
  row.from = step.side;
  row.to = static_cast<std::uint8_t>(1 - step.side);
  const Connection& c = flow_.connection();
  row.tuple = {c.sides[row.from].endpoint, c.sides[row.to].endpoint};
  row.connection = 1;
  row.packet = step.frame;
  fields(row, step);
  // One capture knows one time of each segment. It belongs to the end where the capture was taken.
  row.at = step.at;
  if (!left_here(step.side)) {
    row.departure_unseen = true;
    row.arrived = step.at;
  }
  return row;
}

void Builder::push(const Row& row, const FlowStep& step) {
  if (step.label == Label::retransmission) mark_lost(step);
  if (step.sequence_length() > 0 && !step.is_copy()) sent_[step.side].insert_or_assign(step.relative_seq, rows_.size());
  rows_.push_back(row);
}

/// A segment of the other capture, with the relative numbers of this one.
FlowStep Builder::numbered(FlowStep step) const {
  step.frame = 0;  // it has none here
  for (const FlowStep& known : flow_.steps()) {
    if (known.side != step.side) continue;
    step.relative_seq = known.relative_seq + distance(known.seq, step.seq);
    break;
  }
  for (const FlowStep& known : flow_.steps()) {
    if (known.side == step.side) continue;
    step.relative_ack = known.relative_seq + distance(known.seq, step.ack);
    break;
  }
  return step;
}

/// All segments that either capture has, in the order in which they left.
std::vector<Transit> Builder::transits(std::size_t count) const {
  std::vector<Transit> out;
  for (std::size_t i = 0; i < count; ++i) {
    const FlowStep& step = flow_.steps()[i];
    Transit transit{.step = step, .left = {}, .arrived = {}};
    const auto known = other_->passed.find(step.frame);
    const OtherPlace::Passed passed = known == other_->passed.end() ? OtherPlace::Passed{} : known->second;
    if (left_here(step.side)) {
      transit.left = step.at;
      transit.lost = passed.lost;
      if (passed.arrived) transit.arrived = std::max(*passed.arrived, step.at);
    } else {
      transit.arrived = step.at;
      if (passed.left) transit.left = std::min(*passed.left, step.at);
    }
    out.push_back(transit);
  }
  const Instant until = count == 0 ? Instant{} : flow_.steps()[count - 1].at;
  for (const FlowStep& step : other_->only_there)
    if (step.at <= until) out.push_back({.step = numbered(step), .left = step.at, .arrived = {}, .lost = true});
  std::ranges::stable_sort(out, {}, [](const Transit& transit) { return transit.left ? *transit.left : *transit.arrived; });
  return out;
}

/// Departures and arrivals in the order of time: what an end knows when it sends is what has arrived by then.
void Builder::play(std::vector<Transit> transits) {
  struct Moment {
    Instant at{};
    std::size_t transit = 0;
    bool arrival = false;
  };
  std::vector<Moment> moments;
  for (std::size_t i = 0; i < transits.size(); ++i) {
    const Transit& t = transits[i];
    const Instant left = t.left ? *t.left : *t.arrived;
    moments.push_back({left, i, false});
    if (!t.lost) moments.push_back({t.arrived.value_or(left), i, true});
  }
  std::ranges::stable_sort(moments, {}, &Moment::at);
  for (const Moment& moment : moments) {
    Transit& t = transits[moment.transit];
    if (moment.arrival) {
      if (counts(t.step)) reached(rows_[t.row]);
      continue;
    }
    Row row = row_of(t.step);
    row.departure_unseen = !t.left;
    row.at = moment.at;
    row.arrived = t.arrived;
    if (t.lost) row.lost = "between";
    judge(row, t.step);
    t.row = rows_.size();
    push(row, t.step);
  }
}

/// A ladder that is still too long without its routine: what lies in its middle joins the gaps.
void shorten(std::vector<Row>& rows) {
  const std::vector<bool> keep = rows_to_show(rows, false);
  const auto shown = static_cast<std::size_t>(std::ranges::count(keep, true));
  if (shown <= most_rows) return;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!keep[i]) continue;
    ++seen;
    rows[i].minor = seen > most_rows - last_rows && seen <= shown - last_rows;
  }
}

}  // namespace

LadderBlock ladder_of(const FlowSteps& flow, Lang, const OtherPlace* other) {
  const Connection& c = flow.connection();
  LadderBlock block;
  block.ladder.origin = c.first;
  block.ladder.shows_packets = true;
  for (std::size_t side = 0; side < 2; ++side)
    block.ladder.actors.push_back(
        {.name = side == 0 ? "client" : "server", .on_the_right = side == 1, .addresses = {c.sides[side].endpoint.address}});
  block.ladder.rows = Builder(flow, other).rows();
  shorten(block.ladder.rows);
  return block;
}

}  // namespace ft::analysis::report
