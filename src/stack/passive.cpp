// Listeners, and the small records on both ends of a connection's life: half-open and TIME-WAIT.
#include "stack/impl.hpp"

namespace ft {

using tcp::State;

namespace {
/// SYN-ACKs repeat after 1, 2, 4, 8 and 16 s, then the record goes: 63 s in all, as Linux.
constexpr std::uint8_t syn_ack_retries = 5;
}  // namespace

std::expected<ListenerId, Error> Stack::Impl::listen(const Endpoint& local, const ListenOptions& options) {
  const auto fail = [&](Error error) {
    tracer_.call(now_, {local, {}}, "listen", 0, error);
    return std::unexpected(error);
  };
  if (local.port == 0 || options.backlog == 0) return fail(Error::invalid_argument);
  if (!local.address.is_unspecified() && !engine_.is_local(local.address)) return fail(Error::address_not_local);
  if (listening_.contains(local)) return fail(Error::address_in_use);
  const auto handle = listeners_.emplace();
  if (!handle) return fail(Error::too_many_listeners);
  Listener& listener = listeners_.at(handle->index);
  listener.local = local;
  listener.tcp = options.tcp ? std::make_shared<const ft::TcpOptions>(*options.tcp) : default_options_;
  listener.backlog = options.backlog;
  listener.syn_queue = options.syn_queue;
  listening_.emplace(local, handle->index);
  tracer_.call(now_, {local, {}}, "listen");
  tracer_.changed(now_, {local, {}}, State::closed, State::listen, tcp::Trigger::call_listen);
  return ListenerId{handle->index, handle->generation};
}

std::expected<ConnectionId, Error> Stack::Impl::accept(ListenerId id) {
  Listener* listener = listeners_.get({id.index, id.generation});
  if (listener == nullptr) return std::unexpected(Error::invalid_handle);
  if (listener->accept_queue.empty()) return std::unexpected(Error::would_block);
  const std::uint32_t index = listener->accept_queue.front();
  listener->accept_queue.pop_front();
  Entry& entry = records_.connections.at(index);
  entry.listener = stack::Links::none;
  entry.owned = true;
  if (entry.events != 0) told_.push_back(index);
  if (!listener->accept_queue.empty()) acceptable_.push_back(id.index);
  tracer_.call(now_, entry.tuple, "accept");
  const auto handle = records_.connections.handle_of(index);
  return ConnectionId{handle.index, handle.generation};
}

std::expected<void, Error> Stack::Impl::set_options(ListenerId id, const ft::TcpOptions& options) {
  Listener* listener = listeners_.get({id.index, id.generation});
  if (listener == nullptr) return std::unexpected(Error::invalid_handle);
  listener->tcp = std::make_shared<const ft::TcpOptions>(options);
  return {};
}

std::expected<void, Error> Stack::Impl::set_backlog(ListenerId id, std::uint32_t backlog) {
  Listener* listener = listeners_.get({id.index, id.generation});
  if (listener == nullptr) return std::unexpected(Error::invalid_handle);
  if (backlog == 0) return std::unexpected(Error::invalid_argument);
  listener->backlog = backlog;
  return {};
}

void Stack::Impl::close(ListenerId id) {
  Listener* listener = listeners_.get({id.index, id.generation});
  if (listener == nullptr) return;
  std::vector<std::uint32_t> half_open;
  records_.half_open.for_each([&](std::uint32_t index, const HalfOpenRecord& record) {
    if (record.listener == id.index) half_open.push_back(index);
  });
  for (const std::uint32_t index : half_open) {
    const HalfOpenRecord& record = records_.half_open.at(index);
    const tcp::Connection connection(opening_of(record), record.half_open, now_);
    if (const auto reset = connection.make_abort(tcp::Cause::rst_listener_closed))
      queue_reply(record.tuple, State::closed, *reset);
    remove_half_open(index);
  }
  for (const std::uint32_t index : listener->accept_queue) {
    Entry& entry = records_.connections.at(index);
    entry.listener = stack::Links::none;
    settle(index, entry.tcp.abort(pool_, tcp::Cause::rst_listener_closed));
  }
  tracer_.call(now_, {listener->local, {}}, "close");
  listening_.erase(listener->local);
  acceptable_.remove(id.index);
  listeners_.erase(id.index);
}

std::optional<std::uint32_t> Stack::Impl::listener_for(const Endpoint& local) const {
  if (listening_.empty()) return std::nullopt;
  auto found = listening_.find(local);
  if (found == listening_.end()) found = listening_.find({IpAddress::unspecified(local.address.family()), local.port});
  if (found == listening_.end()) return std::nullopt;
  return found->second;
}

// --- a segment that no record claims ---------------------------------------------------------------------------------

Verdict Stack::Impl::no_listener(Instant now, const FourTuple& tuple, const tcp::Segment& segment) {
  tcp::Arrival arrival;
  arrival.dropped = segment.rst() ? DropReason::rst_to_closed : DropReason::no_listener_rst_sent;
  tracer_.received(now, tuple, segment, arrival, State::closed, State::closed);
  // An ACK, data or FIN for a connection we do not know: one of ours once, or never (RFC 9293 3.5.1).
  const tcp::Cause cause = segment.syn() ? tcp::Cause::rst_closed_port : tcp::Cause::rst_half_open;
  if (!segment.rst()) queue_reply(tuple, State::closed, tcp::make_reset(segment, cause));
  return {arrival.dropped};
}

/// LISTEN: RFC 9293 3.10.7.2.
Verdict Stack::Impl::on_listen(Instant now, std::uint32_t listener_index, const FourTuple& tuple, const tcp::Segment& segment,
                               std::optional<Seq> least_isn) {
  Listener& listener = listeners_.at(listener_index);
  tcp::Arrival arrival;
  State after = State::listen;
  if (segment.rst()) {
    arrival.dropped = DropReason::rst_to_closed;
  } else if (segment.has_ack()) {
    arrival.dropped = DropReason::bad_handshake_ack;
    queue_reply(tuple, State::listen, tcp::make_reset(segment, tcp::Cause::rst_half_open));
  } else if (!segment.syn() || segment.fin()) {
    arrival.dropped = DropReason::not_acceptable;
  } else if (listener.full()) {
    arrival.dropped = DropReason::accept_queue_full;
  } else if (listener.half_open >= listener.syn_queue || records_.half_open.size() == config_.max_half_open) {
    arrival.dropped = DropReason::syn_queue_full;
  } else if (const auto route = engine_.path_to(tuple.remote.address, tuple.local.address); !route) {
    arrival.dropped = DropReason::bad_source;
  } else {
    const auto handle = records_.half_open.emplace();
    HalfOpenRecord& record = records_.half_open.at(handle->index);
    Seq iss = secrets_.isn(now, tuple);
    if (least_isn && !after_or_equal(iss, *least_isn)) iss = *least_isn;
    record.tuple = tuple;
    record.half_open = tcp::remember_syn(segment, iss, secrets_.timestamp_offset(tuple));
    record.path = tcp_path(tuple.remote.address, route->mtu);
    record.listener = listener_index;
    ++listener.half_open;
    demux_.insert(Ref(Stage::half_open, handle->index));
    half_open_timers_.schedule(handle->index, now + listener.tcp->initial_rto);
    syn_acks_.push_back(handle->index);
    arrival.effect = least_isn ? tcp::Effect::time_wait_reopened : tcp::Effect::syn_received;
    after = State::syn_received;
  }
  tracer_.received(now, tuple, segment, arrival, least_isn ? State::time_wait : State::listen, after);
  return {arrival.dropped};
}

// --- half open -------------------------------------------------------------------------------------------------------

tcp::Opening Stack::Impl::opening_of(const HalfOpenRecord& record) const {
  tcp::Opening opening;
  opening.options = listeners_.at(record.listener).tcp;
  opening.path = record.path;
  opening.iss = record.half_open.iss;
  opening.ts_offset = record.half_open.ts_offset;
  return opening;
}

Verdict Stack::Impl::deliver_half_open(Instant now, std::uint32_t index, const tcp::Segment& segment) {
  HalfOpenRecord& record = records_.half_open.at(index);
  const FourTuple tuple = record.tuple;
  tcp::Arrival arrival;
  State after = State::syn_received;
  if (segment.syn() && !segment.has_ack() && !segment.rst() && segment.seq() == record.half_open.irs) {
    // The peer repeats its SYN: our SYN-ACK was lost, or is slow. It goes again now, so the timer starts anew.
    record.half_open.sent_at = never;
    half_open_timers_.schedule(index, now + listeners_.at(record.listener).tcp->initial_rto * (1u << record.retries));
    syn_acks_.push_back(index);
    arrival.effect = tcp::Effect::syn_received;
  } else if (segment.has_ack() && !segment.rst() && listeners_.at(record.listener).full()) {
    arrival.dropped = DropReason::accept_queue_full;  // the record stays: the SYN-ACK is repeated until there is room
  } else {
    // The record becomes a connection for one segment; if that completes the handshake it stays one.
    tcp::Connection connection(opening_of(record), record.half_open, now);
    arrival = connection.on_segment(context(), segment);
    after = connection.state();
    if (arrival.reply) queue_reply(tuple, after, *arrival.reply);
    if (after == State::listen) {
      remove_half_open(index);
    } else if (after == State::syn_received) {
      if (const auto out = connection.next_segment(context(), 0)) queue_reply(tuple, after, {out->header, out->cause});
    } else if (!promote(index, std::move(connection))) {
      arrival.dropped = DropReason::connection_limit;
      after = State::syn_received;
    }
    connection.release(pool_);
  }
  tracer_.received(now, tuple, segment, arrival, State::syn_received, after);
  return {arrival.dropped};
}

bool Stack::Impl::promote(std::uint32_t half_open_index, tcp::Connection&& connection) {
  const HalfOpenRecord& record = records_.half_open.at(half_open_index);
  const std::uint32_t listener_index = record.listener;
  if (records_.connections.size() == config_.max_connections) return false;
  const auto handle = records_.connections.emplace(record.tuple, std::move(connection));
  remove_half_open(half_open_index);
  Entry& entry = records_.connections.at(handle->index);
  entry.owned = false;
  entry.listener = listener_index;
  demux_.insert(Ref(Stage::connection, handle->index));
  listeners_.at(listener_index).accept_queue.push_back(handle->index);
  acceptable_.push_back(listener_index);
  ++counters_.connections_accepted;
  settle(handle->index, std::nullopt);
  return true;
}

void Stack::Impl::remove_half_open(std::uint32_t index) {
  demux_.erase(Ref(Stage::half_open, index));
  half_open_timers_.cancel(index);
  (records_.half_open.at(index).parked ? parked_syn_acks_ : syn_acks_).remove(index);
  --listeners_.at(records_.half_open.at(index).listener).half_open;
  records_.half_open.erase(index);
}

void Stack::Impl::on_half_open_deadline(std::uint32_t index) {
  HalfOpenRecord& record = records_.half_open.at(index);
  tracer_.fired(now_, record.tuple, "retransmit");
  if (record.retries >= syn_ack_retries) {
    tracer_.changed(now_, record.tuple, State::syn_received, State::listen, tcp::Trigger::connect_timeout);
    remove_half_open(index);
    return;
  }
  ++record.retries;
  half_open_timers_.schedule(index, now_ + listeners_.at(record.listener).tcp->initial_rto * (1u << record.retries));
  syn_acks_.push_back(index);
}

// --- TIME-WAIT -------------------------------------------------------------------------------------------------------

Verdict Stack::Impl::deliver_time_wait(Instant now, std::uint32_t index, const tcp::Segment& segment) {
  TimeWaitRecord& record = records_.time_wait.at(index);
  const FourTuple tuple = record.tuple;
  const tcp::TimeWait& waiting = record.time_wait;
  tcp::Arrival arrival;
  const auto acknowledge = [&] {
    tcp::Reply reply;
    reply.cause = tcp::Cause::ack_time_wait;
    reply.header.seq = waiting.snd_nxt;
    reply.header.ack = waiting.rcv_nxt;
    reply.header.flags = wire::tcp_flag::ack;
    reply.header.window = waiting.window;
    if (waiting.timestamps)
      reply.header.options.timestamps = wire::Timestamps{tcp::timestamp_clock(now, waiting.ts_offset), waiting.ts_recent};
    queue_reply(tuple, State::time_wait, reply);
  };
  switch (tcp::arrival::judge_in_time_wait(segment, waiting)) {
    case tcp::arrival::TimeWaitMeaning::reopen:
      if (const auto listener = listener_for(tuple.local)) {
        // RFC 9293 3.6.1: the new ISN lies beyond anything the old connection used.
        const Seq least = waiting.snd_nxt + 65536;
        remove_time_wait(index);
        return on_listen(now, *listener, tuple, segment, least);
      }
      [[fallthrough]];
    case tcp::arrival::TimeWaitMeaning::acknowledge:
      acknowledge();
      arrival.dropped = DropReason::time_wait;
      break;
    case tcp::arrival::TimeWaitMeaning::restart:
      acknowledge();
      record.expires = now + 2 * record.msl;
      time_wait_timers_.schedule(index, record.expires);
      oldest_.move_to_back(index);
      arrival.effect = tcp::Effect::time_wait_restarted;
      break;
    case tcp::arrival::TimeWaitMeaning::ignore:
      arrival.dropped = DropReason::time_wait;
      break;
  }
  tracer_.received(now, tuple, segment, arrival, State::time_wait, State::time_wait);
  return {arrival.dropped};
}

void Stack::Impl::remove_time_wait(std::uint32_t index) {
  demux_.erase(Ref(Stage::time_wait, index));
  time_wait_timers_.cancel(index);
  oldest_.remove(index);
  records_.time_wait.erase(index);
}

}  // namespace ft
