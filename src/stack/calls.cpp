// The user's side (RFC 9293 3.9.1): open, send, receive, close, abort, status.
#include "base/assert.hpp"
#include "stack/impl.hpp"
#include "stack/info.hpp"

#include <algorithm>

namespace ft {

using tcp::State;

namespace {
/// IPv4 hops that a packet could pass; an empty list is no route. IPv6 gave up source routes (RFC 5095).
bool is_route(std::span<const IpAddress> hops, const IpAddress& to) {
  const auto is_hop = [](const IpAddress& hop) {
    return hop.is_v4() && !hop.is_unspecified() && !hop.is_multicast() && !hop.is_loopback() && !hop.is_limited_broadcast();
  };
  if (hops.empty()) return true;
  return to.is_v4() && !to.is_loopback() && hops.size() <= wire::SourceRoute::most &&
         std::all_of(hops.begin(), hops.end(), is_hop);
}

//= rfc9293 MUST-51
std::shared_ptr<const wire::SourceRoute> route_of(const ConnectOptions& options) {
  if (options.source_route.empty()) return nullptr;
  wire::SourceRoute route;
  for (const IpAddress& hop : options.source_route) route.hops[route.count++] = hop;
  route.strict = options.strict_source_route;
  return std::make_shared<const wire::SourceRoute>(route);
}
constexpr Duration fast_open_grace = std::chrono::hours(1);  // so long the last key's fast-open cookies are good

ConnectionId id_of(Slab<stack::Entry>::Handle handle) { return {handle.index, handle.generation}; }
}  // namespace

std::size_t Stack::Impl::EndpointHash::operator()(const Endpoint& e) const {
  // The application chooses what to listen on; nobody outside can crowd this table, so it needs no key.
  constexpr std::uint64_t odd = 0x9e37'79b9'7f4a'7c15ull;
  std::uint64_t h = e.port;
  for (const std::uint64_t word : e.address.words()) {
    h = (h ^ word) * odd;
    h ^= h >> 32;
  }
  return static_cast<std::size_t>(h);
}

Stack::Impl::Impl(StackConfig config)
    : config_(std::move(config)),
      default_options_(std::make_shared<const ft::TcpOptions>(config_.tcp)),
      secrets_(config_.secret),
      syn_cookies_(secrets_.protocol_key()),
      old_cookies_(secrets_.protocol_key()),
      challenges_(secrets_.protocol_key(), config_.max_challenge_acks),
      fast_open_cookies_(config_.fast_open_keys ? stack::FastOpenCookies(*config_.fast_open_keys)
                                                : stack::FastOpenCookies(secrets_.fast_open_key())),
      fast_open_memory_(std::max(config_.max_fast_open_servers, 1u), config_.fast_open_pause),
      pool_(config_.max_buffer_memory),
      engine_(config_),
      records_{Slab<Entry>(config_.max_connections), Slab<HalfOpenRecord>(config_.max_half_open),
               Slab<TimeWaitRecord>(config_.max_time_wait)},
      demux_(records_, secrets_),
      listeners_(config_.max_listeners),
      authenticators_(0, TupleHash{&secrets_}),
      ephemeral_(config_.ephemeral, config_.port_algorithm),
      ready_(ReadyLinks{&records_}),
      parked_(ReadyLinks{&records_}),
      told_(ToldLinks{&records_}),
      syn_acks_(SynAckLinks{&records_}),
      parked_syn_acks_(SynAckLinks{&records_}),
      oldest_(AgeLinks{&records_}),
      acceptable_(ListenerLinks{&listeners_}) {}

Stack::Impl::~Impl() {
  records_.connections.for_each([this](std::uint32_t, Entry& entry) { entry.tcp.release(pool_); });
}

stack::Entry* Stack::Impl::find(ConnectionId id) {
  Entry* entry = records_.connections.get({id.index, id.generation});
  return entry != nullptr && entry->owned ? entry : nullptr;
}
const stack::Entry* Stack::Impl::find(ConnectionId id) const { return const_cast<Impl*>(this)->find(id); }

template <class Call>
auto Stack::Impl::traced_call(std::uint32_t index, std::string_view name, tcp::Trigger trigger, Call call) {
  Entry& entry = records_.connections.at(index);
  const FourTuple tuple = entry.tuple;
  const State before = entry.tcp.state();
  auto result = call(entry);
  if (tracer_.on()) {
    tracer_.call(now_, tuple, name);
    tracer_.changed(now_, tuple, before, entry.tcp.state(), trigger);
  }
  return result;
}

// --- open ------------------------------------------------------------------------------------------------------------

//= rfc9293 MUST-15
//= rfc9293 MUST-67
//= rfc9293 SHLD-6
tcp::Path Stack::Impl::tcp_path(const IpAddress& remote, std::uint32_t mtu, const wire::SourceRoute* route) const {
  //= rfc9293 MUST-16
  const std::uint32_t headers =
      (remote.is_v4() ? 40u : 60u) + (route == nullptr ? 0u : static_cast<std::uint32_t>(route->option_length()));
  tcp::Path path;
  path.mss = static_cast<std::uint16_t>(std::clamp<std::uint32_t>(mtu > headers ? mtu - headers : 0, 64, 65535 - headers));
  const std::uint32_t link = std::min<std::uint32_t>(config_.mtu, 65535);
  const std::uint32_t fixed = remote.is_v4() ? 40 : 60;  // what we can receive has nothing to do with the options that we send
  path.link_mss = std::max(path.mss, static_cast<std::uint16_t>(link > fixed ? link - fixed : 0));
  path.headers = static_cast<std::uint16_t>(headers);
  path.ip_options = static_cast<std::uint16_t>(route == nullptr ? 0 : route->option_length());
  path.default_mss = remote.is_v4() ? 536 : 1220;
  if (remote.is_v6()) path.least = path.floor = 1280;
  return path;
}

bool Stack::Impl::is_port_free(const FourTuple& tuple) const { return !demux_.find(tuple) && !listener_for(tuple.local); }

//= rfc9293 MUST-43
//= rfc9293 MUST-44
//= rfc9293 MUST-45
//= rfc9293 MUST-46
std::expected<FourTuple, OpenError> Stack::Impl::choose_tuple(const Endpoint& remote, const ConnectOptions& options,
                                                              tcp::Path& path) {
  const auto& to = remote.address;
  if (remote.port == 0 || to.is_unspecified() || to.is_multicast() || engine_.is_broadcast(to))
    return std::unexpected(OpenError{Error::invalid_argument});  // MUST-46
  const auto& via = options.source_route.empty() ? to : options.source_route.front();
  if (!is_route(options.source_route, to)) return std::unexpected(OpenError{Error::invalid_argument});
  const auto route = engine_.path_to(via, options.local_address);  // MUST-44
  if (!route) return std::unexpected(OpenError{route.error()});
  path = tcp_path(to, route->mtu);
  FourTuple tuple{{route->source, 0}, remote};
  if (options.local_port.value_or(0) != 0) {
    tuple.local.port = *options.local_port;
    const auto taken = demux_.find(tuple);
    if (!taken) return tuple;  // to itself, too: two ends of one simultaneous open (RFC 9293 3.5)
    return std::unexpected(held(Error::four_tuple_in_use, entry_of(*taken)));
  }
  const auto port = ephemeral_.choose(secrets_, route->source, remote, [&](std::uint16_t candidate) {
    tuple.local.port = candidate;
    return tuple.local != remote && is_port_free(tuple);
  });
  if (!port) return std::unexpected(held(Error::no_ephemeral_port, first_to_go(route->source, remote)));
  tuple.local.port = *port;
  return tuple;
}

std::expected<ConnectionId, OpenError> Stack::Impl::connect(Instant now, const Endpoint& remote, const ConnectOptions& options) {
  now_ = now;
  tcp::Path path;
  const auto tuple = choose_tuple(remote, options, path);
  const auto fail = [&](OpenError error) {
    tracer_.call(now, tuple ? *tuple : FourTuple{{}, remote}, "connect", 0, error.code);
    return std::unexpected(error);
  };
  if (!tuple) return fail(tuple.error());
  tcp::Opening opening;
  const auto way = route_of(options);
  if (way) path = tcp_path(remote.address, path.headers + path.mss, way.get());
  opening.options = options.tcp ? std::make_shared<const ft::TcpOptions>(*options.tcp) : default_options_;
  opening.path = path;
  opening.iss = secrets_.isn(now, *tuple);
  opening.ts_offset = secrets_.timestamp_offset(*tuple);
  const auto authenticator = stack::Authenticator::make(options.authentication, *tuple);
  if (authenticator != nullptr) {
    authenticator->open(opening.iss);
    opening.path.signature = authenticator->room();
  }
  if (options.fast_open && authenticator == nullptr)
    if (const auto plan = fast_open_memory_.plan(now, remote.address, path.mss, options.fast_open_without_cookie))
      opening.fast_open = std::make_unique<tcp::FastOpen>(*plan);
  if (records_.connections.size() == config_.max_connections) return fail({Error::too_many_connections});
  const auto handle = records_.connections.emplace(*tuple, std::move(opening), now);
  Entry& entry = records_.connections.at(handle->index);
  if (!entry.tcp.queue_first(pool_, options.first_text)) {
    const bool too_long = options.first_text.size() > entry.tcp.options()->send_buffer;
    entry.tcp.release(pool_);
    records_.connections.erase(handle->index);
    return fail({too_long ? Error::invalid_argument : Error::out_of_memory});
  }
  if (authenticator != nullptr) authenticators_.insert_or_assign(*tuple, authenticator);
  entry.route = way;
  entry.route_given = way != nullptr;
  demux_.insert(Ref(Stage::connection, handle->index));
  ++counters_.connections_opened;
  tracer_.call(now, *tuple, "connect");
  tracer_.changed(now, *tuple, State::closed, State::syn_sent, tcp::Trigger::call_connect);
  settle(handle->index, std::nullopt);
  return id_of(*handle);
}

// --- send and receive ------------------------------------------------------------------------------------------------

std::expected<std::size_t, Error> Stack::Impl::read(ConnectionId id, std::span<std::byte> into) {
  Entry* entry = find(id);
  if (entry == nullptr) return std::unexpected(Error::invalid_handle);
  const auto result = entry->tcp.read(pool_, into);
  if (result && *result != 0) {
    if (tracer_.on()) tracer_.call(now_, entry->tuple, "read", *result);
    if (entry->in_table) settle(id.index, std::nullopt);
  }
  return result;
}

std::span<const std::byte> Stack::Impl::peek(ConnectionId id) const {
  const Entry* entry = find(id);
  return entry == nullptr ? std::span<const std::byte>{} : entry->tcp.peek();
}

void Stack::Impl::consume(ConnectionId id, std::size_t octets) {
  Entry* entry = find(id);
  if (entry == nullptr || octets == 0) return;
  entry->tcp.consume(pool_, static_cast<std::uint32_t>(octets));
  if (tracer_.on()) tracer_.call(now_, entry->tuple, "read", octets);
  if (entry->in_table) settle(id.index, std::nullopt);
}

std::expected<std::size_t, Error> Stack::Impl::write(ConnectionId id, std::span<const std::byte> from, tcp::Write how) {
  Entry* entry = find(id);
  if (entry == nullptr) return std::unexpected(Error::invalid_handle);
  const auto result = entry->tcp.write(pool_, from, how);
  if (tracer_.on() && (result || result.error() != Error::would_block))
    tracer_.call(now_, entry->tuple, "write", result ? *result : 0, result ? Error::none : result.error());
  if (result && *result != 0) settle(id.index, std::nullopt);
  return result;
}

std::span<std::byte> Stack::Impl::reserve(ConnectionId id) {
  Entry* entry = find(id);
  return entry == nullptr ? std::span<std::byte>{} : entry->tcp.reserve(pool_);
}

void Stack::Impl::commit(ConnectionId id, std::size_t octets) {
  Entry* entry = find(id);
  if (entry == nullptr || octets == 0) return;
  entry->tcp.commit(static_cast<std::uint32_t>(octets));
  if (tracer_.on()) tracer_.call(now_, entry->tuple, "write", octets);
  settle(id.index, std::nullopt);
}

// --- close -----------------------------------------------------------------------------------------------------------

std::expected<void, Error> Stack::Impl::shutdown(ConnectionId id) {
  Entry* entry = find(id);
  if (entry == nullptr) return std::unexpected(Error::invalid_handle);
  const auto result = traced_call(id.index, "shutdown", tcp::Trigger::call_close, [](Entry& e) { return e.tcp.shutdown(); });
  if (result) settle(id.index, std::nullopt);
  return result;
}

std::expected<void, Error> Stack::Impl::close(ConnectionId id) {
  Entry* entry = find(id);
  if (entry == nullptr) return std::unexpected(Error::invalid_handle);
  const auto reply =
      traced_call(id.index, "close", tcp::Trigger::call_close, [this](Entry& e) { return e.tcp.close(context()); });
  entry->owned = false;
  told_.remove(id.index);
  settle(id.index, reply);
  return {};
}

std::expected<void, Error> Stack::Impl::abort(ConnectionId id) {
  Entry* entry = find(id);
  if (entry == nullptr) return std::unexpected(Error::invalid_handle);
  const auto reply = traced_call(id.index, "abort", tcp::Trigger::call_abort,
                                 [this](Entry& e) { return e.tcp.abort(context(), tcp::Cause::rst_call_abort); });
  entry->owned = false;
  told_.remove(id.index);
  settle(id.index, reply);
  return {};
}

// --- options, status, events -----------------------------------------------------------------------------------------

std::optional<ConnectionInfo> Stack::Impl::info(ConnectionId id) const {
  const Entry* entry = find(id);
  if (entry == nullptr) return std::nullopt;
  return stack::describe(entry->tuple, entry->tcp, now_);
}

void Stack::Impl::rotate_secrets(Instant now, std::span<const std::uint8_t, 32> secret) {
  now_ = now;
  old_cookies_ = syn_cookies_;
  old_cookies_until_ = now + stack::SynCookies::lifetime;
  const auto authenticators = std::exchange(authenticators_, decltype(authenticators_)(0, TupleHash{&secrets_}));
  demux_.rehash([&] { secrets_ = stack::Secrets(secret); });
  for (const auto& [tuple, authenticator] : authenticators) authenticators_.emplace(tuple, authenticator);
  syn_cookies_ = stack::SynCookies(secrets_.protocol_key());
  challenges_.set_key(secrets_.protocol_key());
  if (!config_.fast_open_keys) fast_open_cookies_.set_key(secrets_.fast_open_key(), now + fast_open_grace);
}

std::optional<Event> Stack::Impl::poll_event() {
  if (!acceptable_.empty()) {
    const std::uint32_t index = acceptable_.front();
    acceptable_.remove(index);
    const auto handle = listeners_.handle_of(index);
    return Event{.kind = Event::Kind::acceptable, .listener = {handle.index, handle.generation}};
  }
  if (told_.empty()) return std::nullopt;
  const std::uint32_t index = told_.front();
  Entry& entry = records_.connections.at(index);
  FT_ASSERT(entry.events != 0);
  constexpr Event::Kind kinds[] = {Event::Kind::connected, Event::Kind::readable, Event::Kind::writable,
                                   Event::Kind::urgent,    Event::Kind::trouble,  Event::Kind::closed};
  unsigned bit = 0;
  while ((unsigned{entry.events} >> bit & 1u) == 0) ++bit;
  entry.events = static_cast<std::uint8_t>(entry.events & ~(1u << bit));
  if (entry.events == 0) told_.remove(index);
  return Event{.kind = kinds[bit],
               .connection = id_of(records_.connections.handle_of(index)),
               .why = kinds[bit] == Event::Kind::closed ? entry.tcp.why() : CloseReason::none};
}

}  // namespace ft
