// Listeners: what the user does with them, and the LISTEN state.
#include "stack/impl.hpp"

namespace ft {

using tcp::State;

//= rfc9293 MUST-41
//= rfc9293 MUST-42
//= rfc9293 MUST-43
std::expected<ListenerId, OpenError> Stack::Impl::listen(const Endpoint& local, const ListenOptions& options) {
  const auto fail = [&](OpenError error) {
    tracer_.call(now_, {local, {}}, "listen", 0, error.code);
    return std::unexpected(std::move(error));
  };
  if (local.port == 0 || options.backlog == 0) return fail({Error::invalid_argument});
  if (!local.address.is_unspecified() && !is_local(local.address)) return fail({Error::address_not_local});
  if (auto other = holder({local, {}})) return fail(held(Error::address_in_use, std::move(other)));
  const auto handle = listeners_.emplace();
  if (!handle) return fail({Error::too_many_listeners});
  Listener& listener = listeners_.at(handle->index);
  listener.local = local;
  listener.tcp = options.tcp ? std::make_shared<const ft::TcpOptions>(*options.tcp) : default_options_;
  listener.backlog = options.backlog;
  listener.syn_queue = options.syn_queue;
  listener.fast_open = options.fast_open;
  if (options.fast_open_keys) listener.own_cookies.emplace(*options.fast_open_keys);
  listener.fast_open_without_cookie = options.fast_open_without_cookie;
  listener.authentication = options.authentication;
  listener.when_full = options.when_full;
  listener.syn_cookies = options.syn_cookies.value_or(config_.syn_cookies);
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

std::expected<void, Error> Stack::Impl::set_fast_open(ListenerId id, std::uint32_t pending) {
  Listener* listener = listeners_.get({id.index, id.generation});
  if (listener == nullptr) return std::unexpected(Error::invalid_handle);
  listener->fast_open = pending;
  return {};
}

std::expected<void, Error> Stack::Impl::set_fast_open_cookies(ListenerId id, const std::optional<FastOpenKeys>& keys,
                                                              bool without) {
  Listener* listener = listeners_.get({id.index, id.generation});
  if (listener == nullptr) return std::unexpected(Error::invalid_handle);
  listener->own_cookies = keys ? std::optional<stack::FastOpenCookies>(*keys) : std::nullopt;
  listener->fast_open_without_cookie = without;
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
    if (const auto reset = connection.make_abort(now_, tcp::Cause::rst_listener_closed))
      queue_reply(record.tuple, State::closed, *reset);
    remove_half_open(index);
  }
  records_.connections.for_each([&](std::uint32_t, Entry& entry) {
    if (entry.fast_open == id.index) entry.fast_open = stack::Links::none;
  });
  for (const std::uint32_t index : listener->accept_queue) {
    Entry& entry = records_.connections.at(index);
    entry.listener = stack::Links::none;
    settle(index, entry.tcp.abort(context(), tcp::Cause::rst_listener_closed));
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
Verdict Stack::Impl::on_listen(Instant now, std::uint32_t listener, const FourTuple& tuple, const tcp::Segment& segment,
                               std::optional<Seq> least_isn) {
  tcp::Arrival arrival;
  State after = State::listen;
  if (segment.rst()) {
    arrival.dropped = DropReason::rst_to_closed;
  } else if (segment.has_ack()) {
    after = open_by_cookie(now, listener, tuple, segment, arrival);
  } else if (!segment.syn() || segment.fin()) {
    arrival.dropped = DropReason::not_acceptable;
  } else {
    after = take_syn(now, listener, tuple, segment, least_isn, arrival);
  }
  tracer_.received(now, tuple, segment, arrival, least_isn ? State::time_wait : State::listen, after);
  return {arrival.dropped};
}

State Stack::Impl::take_syn(Instant now, std::uint32_t listener_index, const FourTuple& tuple, const tcp::Segment& syn,
                            std::optional<Seq> least_isn, tcp::Arrival& arrival) {
  const Listener& listener = listeners_.at(listener_index);
  const auto drop = [&](DropReason why) {
    arrival.dropped = why;
    return State::listen;
  };
  if (listener.full()) {
    if (listener.when_full == BacklogPolicy::refuse)
      queue_reply(tuple, State::listen, tcp::make_reset(syn, tcp::Cause::rst_backlog_full), *listener.tcp);
    return drop(DropReason::accept_queue_full);
  }
  const auto route = engine_.path_to(arrived_route_ ? arrived_route_->hops[0] : tuple.remote.address, tuple.local.address);
  if (!route) return drop(DropReason::bad_source);
  const tcp::Path path = tcp_path(tuple.remote.address, route->mtu, arrived_route_.get());
  bool wants_cookie = false;
  if (!least_isn && open_fast(now, listener_index, tuple, syn, path, wants_cookie)) {
    arrival.effect = tcp::Effect::fast_open_accepted;
    return State::syn_received;
  }
  const bool may_remember = listener.syn_cookies != SynCookieUse::always;
  if (may_remember && remember(now, listener_index, tuple, syn, path, least_isn, wants_cookie)) {
    arrival.effect = least_isn ? tcp::Effect::time_wait_reopened : tcp::Effect::syn_received;
    return State::syn_received;
  }
  if (!answer_with_cookie(now, listener_index, tuple, syn, path, least_isn)) return drop(DropReason::syn_queue_full);
  arrival.effect = tcp::Effect::syn_answered_by_cookie;
  return State::listen;
}

/// False when the SYN queue is full.
bool Stack::Impl::remember(Instant now, std::uint32_t listener_index, const FourTuple& tuple, const tcp::Segment& syn,
                           const tcp::Path& path, std::optional<Seq> least_isn, bool wants_cookie) {
  Listener& listener = listeners_.at(listener_index);
  if (listener.half_open >= listener.syn_queue) return false;
  const auto handle = records_.half_open.emplace();
  if (!handle) return false;
  HalfOpenRecord& record = records_.half_open.at(handle->index);
  Seq iss = secrets_.isn(now, tuple);
  if (least_isn && !after_or_equal(iss, *least_isn)) iss = *least_isn;
  record.tuple = tuple;
  record.half_open = tcp::remember_syn(syn, *listener.tcp, iss, secrets_.timestamp_offset(tuple));
  record.path = path;
  record.route = arrived_route_;
  if (const auto authenticator = authenticator_of(tuple)) {
    authenticator->accept(syn.seq(), iss);
    record.path.signature = authenticator->room();
  }
  record.listener = listener_index;
  record.wants_cookie = wants_cookie;
  ++listener.half_open;
  demux_.insert(Ref(Stage::half_open, handle->index));
  half_open_timers_.schedule(handle->index, now + listener.tcp->initial_rto);
  syn_acks_.push_back(handle->index);
  return true;
}

// --- fast open: RFC 7413 4.2 ---------------------------------------------------------------------------------------

bool Stack::Impl::open_fast(Instant now, std::uint32_t listener_index, const FourTuple& tuple, const tcp::Segment& syn,
                            const tcp::Path& path, bool& wants_cookie) {
  Listener& listener = listeners_.at(listener_index);
  const auto& cookie = syn.header.options.fast_open;
  const bool believed = listener.fast_open_without_cookie && (cookie || !syn.text.empty());
  if (listener.fast_open == 0 || !(cookie || believed) || authenticator_of(tuple) != nullptr) return false;
  using Cookie = stack::FastOpenCookies::Verdict;
  const auto& cookies = cookies_of(listener);
  const Cookie verdict = believed ? Cookie::good : cookies.check(now, tuple.local.address, tuple.remote.address, *cookie);
  wants_cookie = verdict != Cookie::good;
  if (cookie && cookie->length == 0 && !believed) return false;
  //= rfc7413 4.2-3
  const bool full = listener.fast_open_pending >= listener.fast_open || records_.connections.size() == config_.max_connections;
  if (verdict == Cookie::bad || full) {
    ++counters_.fast_opens_refused;
    return false;
  }
  auto half_open = tcp::remember_syn(syn, *listener.tcp, secrets_.isn(now, tuple), secrets_.timestamp_offset(tuple));
  half_open.ecn = tcp::EcnMode::off;  // it is spoken of on SYN-ACKs from records only
  tcp::Opening opening;
  opening.options = listener.tcp;
  opening.path = path;
  const auto handle = records_.connections.emplace(tuple, tcp::Connection(std::move(opening), half_open, now));
  Entry& entry = records_.connections.at(handle->index);
  entry.fast_open = listener_index;
  ++listener.fast_open_pending;
  std::optional<wire::FastOpenCookie> fresh;
  if (wants_cookie) fresh = cookies.make(tuple.local.address, tuple.remote.address);
  entry.tcp.begin_fast_open(context(), syn, fresh);
  demux_.insert(Ref(Stage::connection, handle->index));
  ++counters_.fast_opens_accepted;
  enqueue(handle->index, listener_index);
  settle(handle->index, std::nullopt);
  return true;
}

/// The handshake is over, one way or the other: its listener may take another.
void Stack::Impl::end_fast_open(std::uint32_t index) {
  Entry& entry = records_.connections.at(index);
  if (entry.fast_open == stack::Links::none || entry.tcp.state() == State::syn_received) return;
  --listeners_.at(entry.fast_open).fast_open_pending;
  entry.fast_open = stack::Links::none;
}

/// An active open that asked for fast open got its answer, or never will.
void Stack::Impl::learn_fast_open(Instant now, Entry& entry) {
  const tcp::FastOpen* outcome = entry.tcp.fast_open();
  if (outcome == nullptr || outcome->pending || entry.tcp.state() == State::syn_sent) return;
  const bool gave_up = entry.tcp.why() == CloseReason::timed_out;
  if (outcome->answered || gave_up) fast_open_memory_.learn(now, entry.tuple.remote.address, *outcome, gave_up);
  if (entry.tcp.state() != State::syn_received) entry.tcp.forget_fast_open();
}

// --- SYN cookies: RFC 4987 3.6 -------------------------------------------------------------------------------------

/// False when cookies are off, or when a cookie would be no safe number.
bool Stack::Impl::answer_with_cookie(Instant now, std::uint32_t listener_index, const FourTuple& tuple, const tcp::Segment& syn,
                                     const tcp::Path& path, std::optional<Seq> least_isn) {
  Listener& listener = listeners_.at(listener_index);
  if (listener.syn_cookies == SynCookieUse::off) return false;
  if (authenticator_of(tuple) != nullptr) return false;  // who signs does not flood; a connection's keys need its numbers
  if (now >= listener.cookies_until || listener.cookie_tcp == nullptr) listener.cookie_tcp = listener.tcp;
  const ft::TcpOptions& ours = *listener.cookie_tcp;
  const auto& offered = syn.header.options;
  const Seq iss = syn_cookies_.make(now, tuple, syn.seq(), offered.mss.value_or(path.default_mss));
  // Over the ashes of an old connection: its late segments are told apart by timestamps, or else by our number.
  const bool timestamps = offered.timestamps && ours.timestamps;
  if (least_isn && !timestamps && !after_or_equal(iss, *least_isn)) return false;
  tcp::HalfOpen half_open = tcp::remember_syn(syn, ours, iss, secrets_.timestamp_offset(tuple));
  // What would not come back is not offered.
  half_open.window_scale = half_open.window_scale && timestamps;
  half_open.sack = half_open.sack && timestamps;
  if (half_open.ecn == tcp::EcnMode::classic && !timestamps) half_open.ecn = tcp::EcnMode::off;
  tcp::Reply reply{tcp::make_syn_ack(half_open, ours, path, now), tcp::Cause::syn_ack_cookie};
  auto& options = reply.header.options;
  if (options.timestamps) {
    stack::CookieOptions kept;
    if (options.window_scale) kept.window_scale = half_open.peer_shift;
    kept.sack = options.sack_permitted;
    kept.ecn = half_open.ecn == tcp::EcnMode::classic;  // accurate ECN shows in every ACK (RFC 9768 5.1)
    options.timestamps->val = stack::make_cookie_timestamp(options.timestamps->val, kept);
  }
  listener.cookies_until = now + stack::SynCookies::lifetime;
  ++counters_.syn_cookies_sent;
  queue_reply(tuple, State::listen, reply, *listener.tcp, arrived_route_);
  return true;
}

/// What the SYN said, from the cookie that this ACK brings back; nullopt when it brings none.
std::optional<tcp::HalfOpen> Stack::Impl::read_cookie(Instant now, const Listener& listener, const FourTuple& tuple,
                                                      const tcp::Segment& ack) const {
  // Nobody can bring back what did not leave: a listener that sends no cookies cannot be guessed into a connection.
  if (now >= listener.cookies_until || ack.syn()) return std::nullopt;
  tcp::HalfOpen half_open;
  half_open.iss = ack.ack() - 1;
  half_open.irs = ack.seq() - 1;
  auto mss = syn_cookies_.check(now, tuple, half_open.irs, half_open.iss);
  if (!mss && now < old_cookies_until_) mss = old_cookies_.check(now, tuple, half_open.irs, half_open.iss);
  if (!mss) return std::nullopt;
  half_open.peer_mss = *mss;
  half_open.our_shift = tcp::shift_for(listener.cookie_tcp->receive_buffer);
  half_open.peer_window = ack.header.window;
  half_open.ts_offset = secrets_.timestamp_offset(tuple);
  half_open.sent = true;
  bool classic_ecn = false;
  if (const auto& timestamps = ack.header.options.timestamps; timestamps && listener.cookie_tcp->timestamps) {
    const auto kept = stack::read_cookie_timestamp(timestamps->ecr);
    half_open.timestamps = true;
    half_open.ts_recent = timestamps->val;
    half_open.window_scale = kept.window_scale.has_value();
    half_open.peer_shift = kept.window_scale.value_or(0);
    half_open.sack = kept.sack;
    classic_ecn = kept.ecn;
  }
  half_open.ecn = tcp::mode_of_cookie(*listener.cookie_tcp, classic_ecn, ack.header.ace());
  return half_open;
}

/// An ACK to a listener: the last step of a handshake that we did not remember, or nothing of ours (then RST).
State Stack::Impl::open_by_cookie(Instant now, std::uint32_t listener_index, const FourTuple& tuple, const tcp::Segment& ack,
                                  tcp::Arrival& arrival) {
  const Listener& listener = listeners_.at(listener_index);
  const auto half_open = read_cookie(now, listener, tuple, ack);
  const auto route = engine_.path_to(tuple.remote.address, tuple.local.address);
  if (!half_open || !route) {
    if (now < listener.cookies_until) ++counters_.syn_cookies_refused;
    arrival.dropped = DropReason::bad_handshake_ack;
    // Text may overtake the ACK that brings the cookie: a RST would end a connection that is about to be. It comes again.
    if (now < listener.cookies_until && !ack.text.empty() && !ack.syn()) return State::listen;
    queue_reply(tuple, State::listen, tcp::make_reset(ack, tcp::Cause::rst_half_open), *listener.tcp);
    return State::listen;
  }
  if (listener.full()) {
    arrival.dropped = DropReason::accept_queue_full;
    if (listener.when_full != BacklogPolicy::drop)
      queue_reply(tuple, State::listen, tcp::make_reset(ack, tcp::Cause::rst_backlog_full), *listener.tcp);
    return State::listen;
  }
  tcp::Opening opening;
  opening.options = listener.tcp;
  opening.path = tcp_path(tuple.remote.address, route->mtu);
  opening.iss = half_open->iss;
  opening.ts_offset = half_open->ts_offset;
  tcp::Connection connection(std::move(opening), *half_open, now);
  const auto handle = records_.connections.emplace(tuple, std::move(connection));
  if (!handle) {
    arrival.dropped = DropReason::connection_limit;
    return State::listen;
  }
  Entry& entry = records_.connections.at(handle->index);
  entry.owned = false;
  demux_.insert(Ref(Stage::connection, handle->index));
  arrival = entry.tcp.on_segment(context(), ack);
  if (arrival.effect == tcp::Effect::established) arrival.effect = tcp::Effect::cookie_accepted;
  const State after = entry.tcp.state();
  ++counters_.syn_cookies_accepted;
  enqueue(handle->index, listener_index);
  settle(handle->index, arrival.reply);
  return after;
}

void Stack::Impl::enqueue(std::uint32_t index, std::uint32_t listener) {
  Entry& entry = records_.connections.at(index);
  entry.owned = false;
  entry.listener = listener;
  listeners_.at(listener).accept_queue.push_back(index);
  acceptable_.push_back(listener);
  ++counters_.connections_accepted;
}

}  // namespace ft
