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

class Builder {
 public:
  explicit Builder(const FlowSteps& flow) : flow_(flow), at_server_(flow.connection().vantage == Vantage::server) {}

  std::vector<Row> rows() {
    const std::size_t count = std::min(flow_.steps().size(), most_steps);
    rows_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) add(flow_.steps()[i]);
    return std::move(rows_);
  }

 private:
  void add(const FlowStep& step);
  void judge(Row& row, const FlowStep& step);
  void mark_lost(const FlowStep& step);
  void times(Row& row, const FlowStep& step) const;
  static void fields(Row& row, const FlowStep& step);

  const FlowSteps& flow_;
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

/// The capture knows one time of each segment. It belongs to the end where the capture was taken.
void Builder::times(Row& row, const FlowStep& step) const {
  row.at = step.at;
  const bool left_here = (step.side == 0) != at_server_;
  if (left_here) return;
  row.departure_unseen = true;
  row.arrived = step.at;
}

/// What is sent again because it was lost: the first copy is drawn as lost, unless the capture was taken where it arrived.
void Builder::mark_lost(const FlowStep& step) {
  const Vantage vantage = flow_.connection().vantage;
  const bool seen_at_receiver = (vantage == Vantage::client && step.side == 1) || (vantage == Vantage::server && step.side == 0);
  if (seen_at_receiver || vantage == Vantage::unknown || vantage == Vantage::middle) return;
  const auto before = sent_[step.side].find(step.relative_seq);
  if (before != sent_[step.side].end() && rows_[before->second].segment.length > 0) rows_[before->second].lost = "beyond";
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
  reasons_.heard({row.tuple.remote, row.tuple.local}, row.segment);
  if (step.is_repeat()) row.why = repeat_of(step);
  if (step.label == Label::probe) row.why = {"window-probe", "RFC 9293 3.8.6.1"};
  if (step.label == Label::keep_alive) row.why = {"keepalive-probe", "RFC 9293 3.8.4"};
  if (step.is_fresh() && (row.why.id == "retransmit" || row.why.id == "keepalive-probe"))
    row.why = {step.has_text() ? "data" : "ack", "RFC 9293 3.8"};
  if (step.label == Label::needless) row.effect = {"text-duplicate", ""};
  row.late = step.label == Label::reordered;
  row.from_state = states_.sent(row);
  row.to_state = states_.reached(row);
}

void Builder::add(const FlowStep& step) {
  Row row;
  row.kind = Row::Kind::segment;
  row.from = step.side;
  row.to = static_cast<std::uint8_t>(1 - step.side);
  const Connection& c = flow_.connection();
  row.tuple = {c.sides[row.from].endpoint, c.sides[row.to].endpoint};
  row.connection = 1;
  row.packet = step.frame;
  fields(row, step);
  times(row, step);
  judge(row, step);
  if (step.label == Label::retransmission) mark_lost(step);
  if (step.sequence_length() > 0 && !step.is_copy()) sent_[step.side].insert_or_assign(step.relative_seq, rows_.size());
  rows_.push_back(row);
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

LadderBlock ladder_of(const FlowSteps& flow, Lang) {
  const Connection& c = flow.connection();
  LadderBlock block;
  block.ladder.origin = c.first;
  block.ladder.shows_packets = true;
  for (std::size_t side = 0; side < 2; ++side)
    block.ladder.actors.push_back(
        {.name = side == 0 ? "client" : "server", .on_the_right = side == 1, .addresses = {c.sides[side].endpoint.address}});
  block.ladder.rows = Builder(flow).rows();
  shorten(block.ladder.rows);
  return block;
}

}  // namespace ft::analysis::report
