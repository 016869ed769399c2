#include "analysis/ladder.hpp"

#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"
#include "wire/tcp.hpp"

#include <algorithm>

namespace ft::analysis {

using wire::tcp_flag::ack;
using wire::tcp_flag::fin;
using wire::tcp_flag::rst;
using wire::tcp_flag::syn;

std::string flags_text(const Row& row) {
  struct Name {
    std::uint8_t bit;
    std::string_view text;
  };
  static constexpr Name names[] = {{syn, "SYN"},
                                   {fin, "FIN"},
                                   {rst, "RST"},
                                   {wire::tcp_flag::psh, "PSH"},
                                   {wire::tcp_flag::urg, "URG"},
                                   {ack, "ACK"},
                                   {wire::tcp_flag::ece, "ECE"},
                                   {wire::tcp_flag::cwr, "CWR"}};
  std::string text;
  const auto add = [&text](std::string_view name) {
    if (!text.empty()) text += ", ";
    text += name;
  };
  for (const Name& name : names) {
    const bool counts = row.ace && (name.bit & (wire::tcp_flag::ece | wire::tcp_flag::cwr)) != 0;
    if (row.has(name.bit) && !counts) add(name.text);
  }
  if (row.segment.ae && !row.ace) add("AE");
  return text.empty() ? "no flags" : text;
}

namespace {

trace::SegmentFields fields_of(const wire::ParsedTcp& tcp) {
  trace::SegmentFields f;
  const wire::TcpHeader& h = tcp.header;
  f.seq = h.seq.value();
  f.ack = h.ack.value();
  f.flags = h.flags;
  f.window = h.window;
  f.urgent = h.urgent;
  f.length = static_cast<std::uint32_t>(tcp.text.size());
  f.mss = h.options.mss;
  f.window_scale = h.options.window_scale;
  f.sack_permitted = h.options.sack_permitted;
  if (h.options.timestamps) f.timestamps = {h.options.timestamps->val, h.options.timestamps->ecr};
  f.sack_count = h.options.sack_count;
  for (std::size_t i = 0; i < f.sack_count && i < f.sack.size(); ++i)
    f.sack[i] = {h.options.sack[i].left.value(), h.options.sack[i].right.value()};
  f.ae = h.ae;
  if (h.options.accecn) f.accecn = trace::AccEcn{h.options.accecn->order, h.options.accecn->fields, h.options.accecn->octets};
  return f;
}

bool begins_or_ends(const Row& row) { return row.has(syn) || row.has(fin) || row.has(rst); }

}  // namespace

std::optional<SeenSegment> read_segment(std::span<const std::byte> packet) {
  if (packet.empty()) return std::nullopt;
  SeenSegment seen;
  std::span<const std::byte> payload;
  std::uint8_t traffic_class = 0;
  if (std::to_integer<unsigned>(packet[0]) >> 4U == 4) {
    const auto ip = wire::parse_ipv4(packet);
    if (!ip || ip->header.protocol != wire::protocol::tcp || ip->header.is_fragment()) return std::nullopt;
    seen.tuple = {{ip->header.source, 0}, {ip->header.destination, 0}};
    payload = ip->payload;
    traffic_class = ip->header.traffic_class;
  } else {
    const auto ip = wire::parse_ipv6(packet);
    if (!ip || ip->header.next_header != wire::protocol::tcp) return std::nullopt;
    seen.tuple = {{ip->header.source, 0}, {ip->header.destination, 0}};
    payload = ip->payload;
    traffic_class = ip->header.traffic_class;
  }
  const auto tcp = wire::parse_tcp(payload);
  if (!tcp) return std::nullopt;
  seen.tuple.local.port = tcp->header.source_port;
  seen.tuple.remote.port = tcp->header.destination_port;
  seen.segment = fields_of(*tcp);
  seen.segment.ip_ecn = traffic_class & 3;
  return seen;
}

void LadderBuilder::on_event(const trace::Event& event) {
  if (!origin_) origin_ = event.at;
  std::visit([this, &event](const auto& what) { on(event, what); }, event.what);
}

std::uint8_t LadderBuilder::host_of(const IpAddress& address, std::uint8_t otherwise) const {
  for (std::size_t i = 0; i < actors_.size(); ++i)
    if (std::ranges::find(actors_[i].addresses, address) != actors_[i].addresses.end()) return static_cast<std::uint8_t>(i);
  return otherwise;
}

std::size_t LadderBuilder::add_flight(Row row) {
  flights_.push_back({.row = row});
  items_.push_back({ItemKind::departure, flights_.size() - 1});
  return flights_.size() - 1;
}

void LadderBuilder::add_plain(Row row) {
  plain_.push_back(row);
  items_.push_back({ItemKind::plain, plain_.size() - 1});
}

/// The row just before, when it is a plain one of the same host, connection and instant: the other half of the same thing.
Row* LadderBuilder::last_plain(const trace::Event& event) {
  if (items_.empty() || items_.back().kind != ItemKind::plain) return nullptr;
  Row& row = plain_[items_.back().index];
  return row.from == event.host && row.at == event.at ? &row : nullptr;
}

void LadderBuilder::on(const trace::Event& event, const trace::SegmentSent& sent) {
  Row row;
  row.at = event.at;
  row.from = event.host;
  row.to = host_of(sent.tuple.remote.address, event.host == 0 ? 1 : 0);
  row.tuple = sent.tuple;
  row.segment = sent.segment;
  row.why = sent.why;
  row.from_state = {sent.state_before, sent.state_after};
  numbering_.number(row);
  waiting_for_link_[event.host] = add_flight(row);
}

void LadderBuilder::on(const trace::Event& event, const trace::LinkSent& link) {
  std::size_t flight = flights_.size();
  if (const auto waiting = waiting_for_link_.find(link.from); waiting != waiting_for_link_.end()) {
    flight = waiting->second;
    waiting_for_link_.erase(waiting);
  } else if (const auto seen = read_segment(link.octets)) {  // sent by nobody who reports: a kernel, a forger
    Row row;
    row.at = event.at;
    row.from = link.from;
    row.tuple = seen->tuple;
    row.segment = seen->segment;
    numbering_.number(row);
    add_flight(row);
  } else {
    Row row;
    row.kind = Row::Kind::packet;
    row.at = event.at;
    row.from = link.from;
    if (const auto made = made_.find(link.from); made != made_.end()) {
      row.why = made->second;
      made_.erase(made);
    }
    row.octets = link.octets.size();
    add_flight(row);
  }
  flights_[flight].row.to = link.to;
  flights_[flight].row.packet = link.packet;
  flights_[flight].linked = true;
  by_packet_[{link.from, link.to, link.packet}] = flight;
}

void LadderBuilder::on(const trace::Event& event, const trace::LinkDelivered& link) {
  const auto found = by_packet_.find({link.from, link.to, link.packet});
  if (found == by_packet_.end()) return;
  Flight& flight = flights_[found->second];
  std::size_t& newest = newest_there_[{link.from, link.to}];
  Arrival arrival{.at = event.at, .duplicate = link.duplicate, .corrupted = link.corrupted, .late = found->second + 1 < newest};
  arrival.item = items_.size();
  newest = std::max(newest, found->second + 1);
  flight.arrivals.push_back(arrival);
  items_.push_back({ItemKind::arrival, found->second, flight.arrivals.size() - 1});
  waiting_for_stack_.insert_or_assign(link.to, Place{found->second, flight.arrivals.size() - 1});
}

void LadderBuilder::on(const trace::Event&, const trace::LinkLost& link) {
  const auto found = by_packet_.find({link.from, link.to, link.packet});
  if (found != by_packet_.end()) flights_[found->second].row.lost = link.why;
}

void LadderBuilder::on(const trace::Event& event, const trace::SegmentReceived& received) {
  const auto waiting = waiting_for_stack_.find(event.host);
  if (waiting != waiting_for_stack_.end()) {
    Arrival& arrival = flights_[waiting->second.flight].arrivals[waiting->second.arrival];
    arrival.state = {received.state_before, received.state_after};
    arrival.effect = received.effect;
    arrival.dropped = received.dropped;
    arrival.ip_ecn = received.segment.ip_ecn;
    waiting_for_stack_.erase(waiting);
    return;
  }
  // No link told of it: what one end alone reports.
  Row row;
  row.kind = Row::Kind::arrival;
  row.at = event.at;
  row.to = event.host;
  row.from = host_of(received.tuple.remote.address, event.host == 0 ? 1 : 0);
  row.tuple = {received.tuple.remote, received.tuple.local};
  row.segment = received.segment;
  row.ecn_there = received.segment.ip_ecn;
  row.effect = received.effect;
  row.dropped = received.dropped;
  row.to_state = {received.state_before, received.state_after};
  numbering_.number(row);
  add_plain(row);
}

void LadderBuilder::on(const trace::Event& event, const trace::PacketDropped& dropped) {
  const auto waiting = waiting_for_stack_.find(event.host);
  if (waiting == waiting_for_stack_.end()) return;
  flights_[waiting->second.flight].arrivals[waiting->second.arrival].dropped = dropped.reason;
  waiting_for_stack_.erase(waiting);
}

void LadderBuilder::on(const trace::Event& event, const trace::PacketMade& made) { made_[event.host] = made.why; }

void LadderBuilder::on(const trace::Event& event, const trace::StateChanged& changed) {
  if (Row* row = last_plain(event); row != nullptr && !row->from_state.changed()) {
    const bool by_call =
        row->kind == Row::Kind::call && changed.why.id.starts_with("call-") && changed.why.id.substr(5) == row->call;
    if (by_call || row->kind == Row::Kind::timer) {
      row->from_state = {changed.from, changed.to};
      row->why = changed.why;
      row->minor = false;
      return;
    }
  }
  Row row;
  row.kind = Row::Kind::state;
  row.at = event.at;
  row.from = row.to = event.host;
  row.tuple = changed.tuple;
  row.connection = numbering_.connection_of(changed.tuple);
  row.from_state = {changed.from, changed.to};
  row.why = changed.why;
  add_plain(row);
}

void LadderBuilder::on(const trace::Event& event, const trace::Call& call) {
  Row* row = last_plain(event);
  const bool told =
      row != nullptr && row->kind == Row::Kind::state && row->why.id.starts_with("call-") && row->why.id.substr(5) == call.name;
  if (!told) {
    Row fresh;
    fresh.at = event.at;
    fresh.from = fresh.to = event.host;
    fresh.tuple = call.tuple;
    fresh.connection = numbering_.connection_of(call.tuple);
    add_plain(fresh);
    row = &plain_.back();
  }
  row->kind = Row::Kind::call;
  row->call = call.name;
  row->result = call.result;
  row->octets = call.octets;
  row->minor = call.result == "would_block";
}

void LadderBuilder::on(const trace::Event& event, const trace::TimerFired& timer) {
  Row row;
  row.kind = Row::Kind::timer;
  row.at = event.at;
  row.from = row.to = event.host;
  row.tuple = timer.tuple;
  row.connection = numbering_.connection_of(timer.tuple);
  row.call = timer.timer;
  row.minor = true;  // what it makes the host send says why
  add_plain(row);
}

/// Whether the receiver did or met something between departure and arrival that makes one arrow a lie.
bool LadderBuilder::is_disturbed(std::size_t departure, const Arrival& arrival) const {
  const Flight& flight = flights_[items_[departure].index];
  const bool matters = begins_or_ends(flight.row) || arrival.state.changed();
  for (std::size_t i = departure + 1; i < arrival.item; ++i) {
    const Item& item = items_[i];
    const Row& other = item.kind == ItemKind::plain ? plain_[item.index] : flights_[item.index].row;
    if (other.connection != flight.row.connection) continue;
    if (item.kind == ItemKind::departure && other.from == flight.row.to &&
        (matters || begins_or_ends(other) || other.from_state.changed()))
      return true;
    if (item.kind == ItemKind::plain && other.from == flight.row.to && other.from_state.changed()) return true;
    const bool crossing = item.kind == ItemKind::arrival && other.from == flight.row.to;
    if (crossing && matters && flights_[item.index].arrivals[item.arrival].state.changed()) return true;
  }
  return false;
}

/// What came of a segment where it arrived.
void LadderBuilder::tell_arrival(Row& row, const Arrival& arrival) {
  row.to_state = arrival.state;
  row.effect = arrival.effect;
  row.dropped = arrival.dropped;
  row.duplicate = arrival.duplicate;
  row.corrupted = arrival.corrupted;
  row.ecn_there = arrival.ip_ecn.value_or(row.segment.ip_ecn);
}

Row LadderBuilder::arrival_row(const Flight& flight, const Arrival& arrival) const {
  Row row = flight.row;
  row.kind = Row::Kind::arrival;
  row.at = arrival.at;
  row.arrived.reset();
  row.from_state = {};
  row.late = arrival.late;
  tell_arrival(row, arrival);
  return row;
}

void LadderBuilder::emit_departure(std::size_t item, std::vector<Row>& rows, std::vector<bool>& merged) const {
  const Flight& flight = flights_[items_[item].index];
  Row row = flight.row;
  const bool lost = !row.lost.empty() && flight.arrivals.empty();
  if (!lost) row.lost = {};
  const Arrival* first = flight.arrivals.empty() ? nullptr : &flight.arrivals.front();
  if (first != nullptr && !first->late && !is_disturbed(item, *first)) {
    row.arrived = first->at;
    tell_arrival(row, *first);
    merged[first->item] = true;
  } else if (!lost && row.is_segment()) {
    row.kind = Row::Kind::departure;
    row.ecn_there = row.segment.ip_ecn;
  }
  rows.push_back(row);
}

Ladder LadderBuilder::finish() const {
  Ladder ladder{.actors = actors_, .rows = {}, .origin = origin_.value_or(Instant{})};
  std::vector<bool> merged(items_.size(), false);
  for (std::size_t i = 0; i < items_.size(); ++i) {
    switch (items_[i].kind) {
      case ItemKind::departure:
        emit_departure(i, ladder.rows, merged);
        break;
      case ItemKind::arrival:
        if (!merged[i]) {
          const Flight& flight = flights_[items_[i].index];
          ladder.rows.push_back(arrival_row(flight, flight.arrivals[items_[i].arrival]));
        }
        break;
      case ItemKind::plain:
        ladder.rows.push_back(plain_[items_[i].index]);
        break;
    }
  }
  return ladder;
}

}  // namespace ft::analysis
