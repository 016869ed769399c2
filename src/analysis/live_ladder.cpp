#include "analysis/live_ladder.hpp"

#include <utility>

namespace ft::analysis {

void LiveLadder::on_event(const trace::Event& event) {
  std::visit([this, &event](const auto& what) { on(event, what); }, event.what);
}

void LiveLadder::finish_plain() {
  if (plain_) emit_(*std::exchange(plain_, std::nullopt));
}

void LiveLadder::finish_arrival() {
  if (arriving_) emit_(*std::exchange(arriving_, std::nullopt));
}

void LiveLadder::finish() {
  finish_arrival();
  finish_plain();
}

void LiveLadder::on(const trace::Event& event, const trace::SegmentSent& sent) {
  finish();
  Row row;
  row.at = event.at;
  row.from = event.host;
  row.to = event.host == 0 ? 1 : 0;
  row.tuple = sent.tuple;
  row.segment = sent.segment;
  row.ecn_there = sent.segment.ip_ecn;
  row.why = sent.why;
  row.from_state = {sent.state_before, sent.state_after};
  numbering_.number(row);
  sent_.insert_or_assign(event.host, row);
}

void LiveLadder::on(const trace::Event& event, const trace::LinkSent& link) {
  Row row;
  if (const auto ours = sent_.find(link.from); ours != sent_.end()) {
    row = ours->second;
    sent_.erase(ours);
  } else if (const auto seen = read_segment(link.octets)) {
    finish();
    row.at = event.at;
    row.from = link.from;
    row.tuple = seen->tuple;
    row.segment = seen->segment;
    row.ecn_there = seen->segment.ip_ecn;
    row.departure_unseen = true;
    numbering_.number(row);
    row.from_state = peers_.sent(row);
    row.why = reasons_.sent(row.tuple, row.segment);
  } else {
    return;  // ICMP, neighbour discovery: not a step of a connection
  }
  row.to = link.to;
  row.packet = link.packet;
  if (under_way_.size() >= most_under_way) under_way_.erase(under_way_.begin());
  under_way_.insert_or_assign(Key{link.from, link.to, link.packet}, row);
}

void LiveLadder::on(const trace::Event& event, const trace::LinkDelivered& link) {
  const auto found = under_way_.find({link.from, link.to, link.packet});
  if (found == under_way_.end()) return;
  finish();
  Row row = found->second;
  row.duplicate = link.duplicate;
  row.corrupted = link.corrupted;
  if (row.departure_unseen) {
    row.arrived = event.at;
    arriving_ = row;  // our stack says next what it did
    return;
  }
  under_way_.erase(found);
  row.to_state = peers_.reached(row);
  reasons_.heard({row.tuple.remote, row.tuple.local}, row.segment);
  emit_(row);
}

void LiveLadder::on(const trace::Event&, const trace::LinkLost& link) {
  const auto found = under_way_.find({link.from, link.to, link.packet});
  if (found == under_way_.end()) return;
  finish();
  found->second.lost = link.why;
  emit_(found->second);
  under_way_.erase(found);
}

void LiveLadder::on(const trace::Event&, const trace::SegmentReceived& received) {
  if (!arriving_) return;
  arriving_->to_state = {received.state_before, received.state_after};
  arriving_->effect = received.effect;
  arriving_->ecn_there = received.segment.ip_ecn;
  arriving_->dropped = received.dropped;
  finish_arrival();
}

void LiveLadder::on(const trace::Event&, const trace::PacketDropped& dropped) {
  if (!arriving_) return;
  arriving_->dropped = dropped.reason;
  finish_arrival();
}

void LiveLadder::begin_plain(Row::Kind kind, const trace::Event& event, const FourTuple& tuple) {
  finish();
  plain_.emplace();
  plain_->kind = kind;
  plain_->at = event.at;
  plain_->from = plain_->to = event.host;
  plain_->tuple = tuple;
  plain_->connection = numbering_.connection_of(tuple);
}

void LiveLadder::on(const trace::Event& event, const trace::StateChanged& changed) {
  const bool by_call = plain_ && plain_->at == event.at && changed.why.id.starts_with("call-");
  if (!by_call) begin_plain(Row::Kind::state, event, changed.tuple);
  plain_->from_state = {changed.from, changed.to};
  plain_->why = changed.why;
  finish_plain();
}

/// Reads and writes are the business of whoever sits at the keyboard; what they cause is shown.
void LiveLadder::on(const trace::Event& event, const trace::Call& call) {
  if (call.name == "read" || call.name == "write" || call.result == "would_block") return;
  begin_plain(Row::Kind::call, event, call.tuple);
  plain_->call = call.name;
  plain_->result = call.result;
  plain_->octets = call.octets;
}

}  // namespace ft::analysis
