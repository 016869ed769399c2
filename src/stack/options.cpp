// What the user may change on a connection that lives: all knobs at once, or one by name.
#include "stack/impl.hpp"

namespace ft {

namespace {

/// Each knob within its limits.
bool is_valid(const TcpOptions& o) {
  constexpr Duration zero = Duration::zero();
  const bool times = o.initial_rto > zero && o.min_rto > zero && o.max_rto >= o.min_rto && o.user_timeout > zero &&
                     o.connect_timeout > zero && o.msl >= zero && o.fin_wait_2_timeout >= zero && o.user_timeout_least > zero &&
                     o.user_timeout_most >= o.user_timeout_least && (!o.linger || *o.linger >= zero);
  const bool keepalive = o.keepalive_idle > zero && o.keepalive_interval > zero && o.keepalive_count > 0;
  const bool acks = o.delayed_ack >= zero && o.delayed_ack < std::chrono::milliseconds(500);  // MUST-40
  const bool octets = o.send_buffer > 0 && o.receive_buffer > 0 && o.not_sent_low_water > 0 && o.receive_low_water > 0;
  return times && keepalive && acks && octets && o.ttl > 0 && o.dscp < 64;
}

/// What was settled when the connection opened.
void keep_settled(const TcpOptions& settled, TcpOptions& wanted) {
  wanted.window_scale = settled.window_scale;
  wanted.sack = settled.sack;
  wanted.timestamps = settled.timestamps;
  wanted.mss = settled.mss;
  wanted.initial_window = settled.initial_window;
  wanted.congestion = settled.congestion;
  wanted.controller = settled.controller;
}

template <class Impl, class Change>
std::expected<void, Error> change(Impl& impl, ConnectionId id, Change by) {
  auto options = impl.options(id);
  if (!options) return std::unexpected(Error::invalid_handle);
  by(*options);
  return impl.set_options(id, *options);
}

}  // namespace

std::expected<void, Error> Stack::Impl::set_options(ConnectionId id, const TcpOptions& options) {
  Entry* entry = find(id);
  if (entry == nullptr) return std::unexpected(Error::invalid_handle);
  if (!is_valid(options)) return std::unexpected(Error::invalid_argument);
  auto wanted = std::make_shared<ft::TcpOptions>(options);  // connections share one set until one of them wants its own
  keep_settled(*entry->tcp.options(), *wanted);
  entry->tcp.set_options(std::move(wanted), now_);
  if (entry->in_table) settle(id.index, std::nullopt);
  return {};
}

std::expected<void, Error> Stack::set_options(Instant now, ConnectionId id, const TcpOptions& options) {
  impl_->set_now(now);
  return impl_->set_options(id, options);
}
//= rfc9293 MUST-17
std::expected<void, Error> Stack::set_nagle(ConnectionId id, bool on) {
  return change(*impl_, id, [on](TcpOptions& o) { o.nagle = on; });
}
std::expected<void, Error> Stack::set_cork(ConnectionId id, bool on) {
  return change(*impl_, id, [on](TcpOptions& o) { o.cork = on; });
}
std::expected<void, Error> Stack::set_quick_ack(ConnectionId id, bool on) {
  return change(*impl_, id, [on](TcpOptions& o) { o.quick_ack = on; });
}
std::expected<void, Error> Stack::set_delayed_ack(ConnectionId id, Duration delay) {
  return change(*impl_, id, [delay](TcpOptions& o) { o.delayed_ack = delay; });
}
//= rfc9293 MUST-24
std::expected<void, Error> Stack::set_keepalive(Instant now, ConnectionId id, bool on) {
  impl_->set_now(now);
  return change(*impl_, id, [on](TcpOptions& o) { o.keepalive = on; });
}
//= rfc9293 MUST-27
std::expected<void, Error> Stack::set_keepalive(Instant now, ConnectionId id, Duration idle, Duration interval, unsigned count) {
  impl_->set_now(now);
  return change(*impl_, id, [=](TcpOptions& o) {
    o.keepalive_idle = idle;
    o.keepalive_interval = interval;
    o.keepalive_count = count;
  });
}
//= rfc9293 MUST-21
std::expected<void, Error> Stack::set_user_timeout(ConnectionId id, Duration r2) {
  return change(*impl_, id, [r2](TcpOptions& o) {
    o.user_timeout = o.connect_timeout = r2;
    o.user_timeout_changeable = false;
  });
}
std::expected<void, Error> Stack::set_user_timeout_option(ConnectionId id, bool on) {
  return change(*impl_, id, [on](TcpOptions& o) { o.user_timeout_option = on; });
}
std::expected<void, Error> Stack::set_linger(ConnectionId id, std::optional<Duration> linger) {
  return change(*impl_, id, [linger](TcpOptions& o) { o.linger = linger; });
}
std::expected<void, Error> Stack::set_not_sent_low_water(ConnectionId id, std::uint32_t octets) {
  return change(*impl_, id, [octets](TcpOptions& o) { o.not_sent_low_water = octets; });
}
std::expected<void, Error> Stack::set_receive_low_water(ConnectionId id, std::uint32_t octets) {
  return change(*impl_, id, [octets](TcpOptions& o) { o.receive_low_water = octets; });
}
//= rfc9293 MUST-48
//= rfc9293 SHLD-21
std::expected<void, Error> Stack::set_dscp(ConnectionId id, std::uint8_t dscp) {
  return change(*impl_, id, [dscp](TcpOptions& o) { o.dscp = dscp; });
}
//= rfc9293 MUST-49
std::expected<void, Error> Stack::set_ttl(ConnectionId id, std::uint8_t ttl) {
  return change(*impl_, id, [ttl](TcpOptions& o) { o.ttl = ttl; });
}
std::expected<void, Error> Stack::set_min_ttl(ConnectionId id, std::uint8_t ttl) {
  return change(*impl_, id, [ttl](TcpOptions& o) { o.min_ttl = ttl; });
}

}  // namespace ft
