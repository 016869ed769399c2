#include "analysis/seen_ladder.hpp"

namespace ft::analysis {

using namespace wire;

FourTuple tuple_of(const Segment& segment) {
  return {.local = {segment.source, segment.source_port}, .remote = {segment.destination, segment.destination_port}};
}

trace::SegmentFields fields_of(const Segment& segment) {
  const SegmentOptions& options = segment.options;
  trace::SegmentFields fields{.seq = segment.seq.value(),
                              .ack = segment.ack.value(),
                              .flags = segment.flags,
                              .window = segment.window,
                              .urgent = segment.urgent,
                              .length = segment.length,
                              .mss = {},
                              .window_scale = {},
                              .sack_permitted = options.any(SegmentOptions::sack_permitted),
                              .timestamps = {},
                              .sack_count = options.sack_count,
                              .sack = {},
                              .ae = segment.ae,
                              .ip_ecn = static_cast<std::uint8_t>(segment.traffic_class & 3),
                              .accecn = {}};
  if (options.any(SegmentOptions::mss)) fields.mss = options.mss_value;
  if (options.any(SegmentOptions::window_scale)) fields.window_scale = options.shift;
  if (options.any(SegmentOptions::timestamps)) fields.timestamps = {options.stamps.val, options.stamps.ecr};
  for (std::size_t i = 0; i < options.sack_count; ++i) {
    fields.sack[i] = {options.sack[i].left.value(), options.sack[i].right.value()};
  }
  return fields;
}

namespace {

/// A SYN tells; without one the higher port is taken for the one that was chosen at random.
bool sender_opened(const Segment& segment) {
  if (segment.has(tcp_flag::syn)) return !segment.has(tcp_flag::ack);
  return segment.source_port > segment.destination_port;
}

}  // namespace

SeenLadder::Seen SeenLadder::on(const Segment& segment) {
  if (known_.size() >= most_connections) {
    known_.clear();
    numbering_ = {};
    states_ = {};
    reasons_ = {};
  }
  Seen seen;
  Row& row = seen.row;
  row.tuple = tuple_of(segment);
  row.segment = fields_of(segment);
  const FourTuple key = row.tuple.local < row.tuple.remote ? row.tuple : FourTuple{row.tuple.remote, row.tuple.local};
  const auto [known, fresh] = known_.try_emplace(key);
  if (fresh) {
    known->second = {sender_opened(segment) ? row.tuple.local : row.tuple.remote, ++connections_};
  } else if (segment.has(tcp_flag::syn) && !segment.has(tcp_flag::ack) && known->second.opener != row.tuple.local) {
    const bool over = states_.state_of(row.tuple) == "CLOSED" || states_.state_of(row.tuple) == "TIME-WAIT";
    if (over) known->second.opener = row.tuple.local;  // the same ports again, the other way around
  }
  seen.begins = fresh;
  row.at = segment.at;
  row.packet = segment.frame;
  row.from = row.tuple.local == known->second.opener ? 0 : 1;
  row.to = static_cast<std::uint8_t>(1 - row.from);
  row.ecn_there = row.segment.ip_ecn;
  numbering_.number(row);
  row.connection = known->second.number;
  row.why = reasons_.sent(row.tuple, row.segment);
  reasons_.heard({row.tuple.remote, row.tuple.local}, row.segment);
  row.from_state = states_.sent(row);
  row.to_state = states_.reached(row);
  return seen;
}

}  // namespace ft::analysis
