#include "stack/tracer.hpp"

namespace ft::stack {

namespace {

/// Why it left just now, in numbers.
Particulars particulars_of(Instant now, const tcp::Outgoing& out, const tcp::Connection& connection) {
  Particulars p;
  if (!out.retransmission) return p;
  if (out.last_sent != never) p.add(Fact::sent_ago, now - out.last_sent);
  const tcp::Recovery* recovery = connection.sender().recovery();
  if (out.cause == tcp::Cause::retransmit_rack && recovery != nullptr)
    p.add(Fact::sent_before, recovery->rack.xmit_ts() - out.last_sent);
  if (out.cause == tcp::Cause::retransmit_sack && recovery != nullptr) p.add(Fact::sacked, recovery->board.sacked());
  if (out.cause == tcp::Cause::retransmit_rto || out.cause == tcp::Cause::retransmit_syn) {
    p.add(Fact::rto, connection.rto());
    p.add(Fact::retries, connection.sender().retries());
  }
  return p;
}

trace::SegmentFields fields_of(const wire::TcpHeader& header, std::uint32_t length, std::uint8_t ip_ecn) {
  trace::SegmentFields f;
  f.seq = header.seq.value();
  f.ack = header.ack.value();
  f.flags = header.flags;
  f.window = header.window;
  f.urgent = header.urgent;
  f.length = length;
  f.mss = header.options.mss;
  f.window_scale = header.options.window_scale;
  f.sack_permitted = header.options.sack_permitted;
  if (header.options.timestamps) f.timestamps = {header.options.timestamps->val, header.options.timestamps->ecr};
  f.sack_count = header.options.sack_count;
  for (std::uint8_t i = 0; i < f.sack_count; ++i)
    f.sack[i] = {header.options.sack[i].left.value(), header.options.sack[i].right.value()};
  f.ae = header.ae;
  f.ip_ecn = ip_ecn;
  if (const auto& accecn = header.options.accecn) f.accecn = trace::AccEcn{accecn->order, accecn->fields, accecn->octets};
  return f;
}

}  // namespace

void Tracer::sent(Instant now, const FourTuple& tuple, const wire::TcpHeader& header, std::uint32_t length, std::uint8_t ip_ecn,
                  tcp::Cause cause, tcp::State before, tcp::State after) const {
  report(now, trace::SegmentSent{tuple, fields_of(header, length, ip_ecn), why(tcp::describe(cause)), tcp::to_string(before),
                                 tcp::to_string(after)});
}

void Tracer::sent(Instant now, std::uint32_t index, const FourTuple& tuple, const tcp::Outgoing& out,
                  const tcp::Connection& connection) {
  if (!on()) return;
  trace::SegmentSent sent{tuple, fields_of(out.header, out.length, out.ip_ecn), why(tcp::describe(out.cause)),
                          tcp::to_string(out.before), tcp::to_string(out.after)};
  sent.why.particulars = particulars_of(now, out, connection);
  if (const auto found = holds_.find(index); found != holds_.end() && out.length != 0) {
    HoldState& held = found->second;
    if (held.hold != tcp::Hold::none && now > held.since) sent.why.particulars.add(Fact::held, now - held.since);
    held.hold = tcp::Hold::none;
  }
  report(now, sent);
}

void Tracer::drained(Instant now, std::uint32_t index, const FourTuple& tuple, const tcp::Connection& connection) {
  if (!on()) return;
  const tcp::Held held = connection.held(now);
  HoldState& known = holds_[index];
  if (held.hold == known.hold) return;
  known = {held.hold, now};
  if (held.hold == tcp::Hold::none) return;
  trace::Why reason = why(tcp::describe(held.hold));
  reason.particulars = held.particulars;
  report(now, trace::SegmentHeld{tuple, reason});
}

void Tracer::parked(Instant now, const FourTuple& tuple, const tcp::Connection&) const {
  if (on()) report(now, trace::SegmentHeld{tuple, why(tcp::describe(tcp::Hold::neighbour))});
}

void Tracer::received(Instant now, const FourTuple& tuple, const tcp::Segment& segment, const tcp::Arrival& arrival,
                      tcp::State before, tcp::State after) const {
  report(now, trace::SegmentReceived{tuple, fields_of(segment.header, segment.text_length(), segment.ip_ecn),
                                     why(tcp::describe(arrival.effect)), arrival.dropped, tcp::to_string(before),
                                     tcp::to_string(after)});
}

void Tracer::changed(Instant now, const FourTuple& tuple, tcp::State from, tcp::State to, tcp::Trigger trigger) const {
  if (from != to) report(now, trace::StateChanged{tuple, tcp::to_string(from), tcp::to_string(to), why(tcp::describe(trigger))});
}

void Tracer::call(Instant now, const FourTuple& tuple, std::string_view name, std::uint64_t octets, Error error) const {
  report(now, trace::Call{tuple, name, octets, error == Error::none ? std::string_view{} : to_string(error)});
}

void Tracer::fired(Instant now, const FourTuple& tuple, std::string_view timer) const {
  report(now, trace::TimerFired{tuple, timer});
}

void Tracer::dropped(Instant now, DropReason reason, std::size_t length) const {
  report(now, trace::PacketDropped{reason, static_cast<std::uint32_t>(length)});
}

void Tracer::made(Instant now, std::string_view id, std::string_view clause, std::size_t length) const {
  report(now, trace::PacketMade{{id, clause}, static_cast<std::uint32_t>(length)});
}

}  // namespace ft::stack
