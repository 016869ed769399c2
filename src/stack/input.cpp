// What arrives: packets, ICMP errors, deadlines; and what they change.
#include "stack/impl.hpp"
#include "wire/checksum.hpp"

#include <iterator>

namespace ft {

using tcp::State;

Verdict Stack::Impl::drop(Instant now, DropReason reason, std::size_t length) {
  ++counters_.dropped[static_cast<std::size_t>(reason)];
  tracer_.dropped(now, reason, length);
  return {reason};
}

Verdict Stack::Impl::on_packet(Instant now, std::span<const std::byte> packet, Offload offload) {
  now_ = now;
  ++counters_.packets_in;
  return use(now, engine_.on_packet(now, packet, offload.checksum_verified), packet.size());
}

Verdict Stack::Impl::use(Instant now, const net::Input& input, std::size_t length) {
  if (const auto* delivered = std::get_if<net::Delivered>(&input)) return on_segment(now, *delivered);
  if (const auto* reason = std::get_if<DropReason>(&input)) return drop(now, *reason, length);
  if (const auto* error = std::get_if<net::IcmpError>(&input)) return on_icmp(now, *error);
  return {};
}

Verdict Stack::Impl::on_segment(Instant now, const net::Delivered& delivered) {
  const auto length = static_cast<std::uint32_t>(delivered.payload.size());
  //= rfc9293 MUST-3
  if (!delivered.checksum_verified) {
    const auto pseudo = wire::pseudo_header(delivered.source, delivered.destination, net::protocol_tcp, length);
    if (!wire::is_valid(wire::add_octets(pseudo, delivered.payload)))
      return drop(now, DropReason::bad_transport_checksum, length);
  }
  tcp::Segment segment;
  bool malformed = false;  // what came before a bad option is used (RFC 9293 MUST-7)
  if (const DropReason bad = wire::read_tcp(delivered.payload, segment.header, segment.text, malformed); bad != DropReason::none)
    return drop(now, bad, length);
  segment.ip_ecn = delivered.traffic_class & 3;
  ++counters_.segments_in;
  const FourTuple tuple{{delivered.destination, segment.header.destination_port}, {delivered.source, segment.header.source_port}};
  const auto ref = demux_.find(tuple);

  Verdict verdict;
  take_route(delivered);
  if (delivered.ttl < least_ttl(ref, tuple.local)) {
    return drop(now, DropReason::ttl_too_low, length);
  } else if (const auto why = check_signature(tuple, ref.has_value(), segment.header, delivered.payload);
             why != DropReason::none) {
    tcp::Arrival arrival;
    arrival.dropped = why;
    tracer_.received(now, tuple, segment, arrival, State::closed, State::closed);
    verdict = {why};
  } else if (ref) {
    switch (ref->stage()) {
      case Stage::connection:
        verdict = deliver(now, ref->index(), segment);
        break;
      case Stage::half_open:
        verdict = deliver_half_open(now, ref->index(), segment);
        break;
      case Stage::time_wait:
        verdict = deliver_time_wait(now, ref->index(), segment);
        break;
    }
  } else if (const auto listener = listener_for(tuple.local)) {
    verdict = on_listen(now, *listener, tuple, segment, std::nullopt);
  } else {
    verdict = no_listener(now, tuple, segment);
  }
  if (!verdict) ++counters_.dropped[static_cast<std::size_t>(verdict.dropped)];
  return verdict;
}

/// RFC 5082 3: what connection or listener accept at all; 0: everything.
std::uint8_t Stack::Impl::least_ttl(const std::optional<Ref>& ref, const Endpoint& local) const {
  if (ref && ref->stage() == Stage::connection) return records_.connections.at(ref->index()).tcp.options()->min_ttl;
  if (ref && ref->stage() == Stage::half_open) return listeners_.at(records_.half_open.at(ref->index()).listener).tcp->min_ttl;
  const auto listener = listener_for(local);
  return listener ? listeners_.at(*listener).tcp->min_ttl : 0;
}

Verdict Stack::Impl::deliver(Instant now, std::uint32_t index, const tcp::Segment& segment) {
  Entry& entry = records_.connections.at(index);
  const State before = entry.tcp.state();
  tracer_.look(entry.tcp);
  if (arrived_route_) change_route(entry);
  const tcp::Arrival arrival = entry.tcp.on_segment(context(), segment);
  if (tracer_.on()) tracer_.received(now, entry.tuple, segment, arrival, before, entry.tcp.state());
  tracer_.tell(now, entry.tuple, entry.tcp);
  settle(index, arrival.reply);
  return {arrival.dropped};
}

void Stack::Impl::settle(std::uint32_t index, std::optional<tcp::Reply> reply) {
  Entry& entry = records_.connections.at(index);
  if (entry.fast_open != stack::Links::none) end_fast_open(index);
  if (entry.tcp.fast_open() != nullptr) learn_fast_open(now_, entry);
  if (reply) queue_reply(entry.tuple, entry.tcp.state(), *reply, *entry.tcp.options(), entry.route);
  if (entry.tcp.has_events()) tell(index);
  if (const auto mtu = entry.tcp.take_path_finding()) engine_.lower_path_mtu(now_, entry.tuple.remote.address, *mtu);
  if (entry.tcp.state() == State::closed) {
    retire(index);
    return;
  }
  // A segment leaves only when the driver asks; until then many inputs make one output.
  if (!entry.ready.linked()) ready_.push_back(index);
}

/// Events of the connection, for its user.
void Stack::Impl::tell(std::uint32_t index) {
  Entry& entry = records_.connections.at(index);
  entry.events |= entry.tcp.take_events();
  //= rfc9293 SHLD-20
  if (!entry.tcp.options()->tell_trouble) entry.events &= static_cast<std::uint8_t>(~tcp::event::trouble);
  if (entry.events == 0) {
    told_.remove(index);  // trouble waited there, and is not wanted any more
  } else if (entry.owned) {
    told_.push_back(index);
  }
}

/// The connection is over: nothing finds it any more, and it stays only while somebody holds its id.
void Stack::Impl::retire(std::uint32_t index) {
  Entry& entry = records_.connections.at(index);
  if (entry.in_table) {
    leave_table(Ref(Stage::connection, index));
    connection_timers_.cancel(index);
    entry.in_table = false;
  }
  (entry.parked ? parked_ : ready_).remove(index);
  if (entry.owned || entry.listener != stack::Links::none) return;
  told_.remove(index);
  tracer_.forget(index);
  entry.tcp.release(pool_);
  records_.connections.erase(index);
}

void Stack::Impl::arm(std::uint32_t index) {
  const Instant deadline = records_.connections.at(index).tcp.deadline();
  if (deadline == never) return;
  // A timer that would fire too early is left alone: it finds nothing due and is set again. So an ACK moves no timer.
  const auto set = connection_timers_.deadline(index);
  if (!set || deadline < *set) connection_timers_.schedule(index, deadline);
}

void Stack::Impl::become_time_wait_record(std::uint32_t index) {
  Entry& entry = records_.connections.at(index);
  if (records_.time_wait.size() == config_.max_time_wait && !oldest_.empty()) remove_time_wait(oldest_.front());
  const auto handle = records_.time_wait.emplace();
  if (!handle) return arm(index);  // no place for records at all: it waits as it is
  TimeWaitRecord& record = records_.time_wait.at(handle->index);
  record.tuple = entry.tuple;
  record.time_wait = entry.tcp.time_wait_record();
  record.expires = entry.tcp.time_wait_end();
  record.msl = entry.tcp.options()->msl;
  demux_.replace(Ref(Stage::connection, index), Ref(Stage::time_wait, handle->index));
  connection_timers_.cancel(index);
  entry.in_table = false;
  retire(index);
  time_wait_timers_.schedule(handle->index, record.expires);
  oldest_.push_back(handle->index);
}

void Stack::Impl::queue_reply(const FourTuple& tuple, State state, const tcp::Reply& reply) {
  queue_reply(tuple, state, reply, config_.tcp);
}

void Stack::Impl::queue_reply(const FourTuple& tuple, State state, const tcp::Reply& reply, const ft::TcpOptions& options,
                              std::shared_ptr<const wire::SourceRoute> route) {
  if (replies_.size() < most_replies)
    replies_.push_back({tuple, reply, state, options.ttl, options.dscp, authenticator_of(tuple), std::move(route)});
}

// --- time ------------------------------------------------------------------------------------------------------------

void Stack::Impl::on_connection_deadline(std::uint32_t index) {
  Entry& entry = records_.connections.at(index);
  const State before = entry.tcp.state();
  std::array<std::string_view, tcp::timer_count> names{};
  if (tracer_.on()) {
    tracer_.look(entry.tcp);
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = stack::name_of(static_cast<tcp::Timer>(i), entry.tcp).name;
  }
  const tcp::Expiry expiry = entry.tcp.on_deadline(context());
  //= rfc9293 MUST-20
  if (expiry.fired != 0 && entry.tcp.sender().retries() == entry.tcp.options()->r1)
    engine_.on_trouble(entry.tuple.remote.address);
  if (tracer_.on()) {
    for (unsigned timer = 0; timer < tcp::timer_count; ++timer)
      if ((expiry.fired >> timer & 1u) != 0) tracer_.fired(now_, entry.tuple, names[timer]);
    if (expiry.ended) tracer_.changed(now_, entry.tuple, before, entry.tcp.state(), *expiry.ended);
    tracer_.tell(now_, entry.tuple, entry.tcp);
  }
  if (expiry.fired == 0 && entry.tcp.state() != State::closed) {
    arm(index);
    return;
  }
  settle(index, expiry.reply);
}

void Stack::Impl::on_deadline(Instant now) {
  now_ = now;
  looping_ = false;
  engine_.on_deadline(now);
  connection_timers_.advance(now, [this](std::uint32_t index) { on_connection_deadline(index); });
  half_open_timers_.advance(now, [this](std::uint32_t index) { on_half_open_deadline(index); });
  time_wait_timers_.advance(now, [this, now](std::uint32_t index) {
    tracer_.fired(now, records_.time_wait.at(index).tuple, "time-wait");
    tracer_.changed(now, records_.time_wait.at(index).tuple, State::time_wait, State::closed, tcp::Trigger::timer_time_wait);
    remove_time_wait(index);
  });
}

}  // namespace ft
