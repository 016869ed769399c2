// What coats around the stack ask before they act: is there something to read, room to write, a port to have.
#include "stack/impl.hpp"

#include <algorithm>

namespace ft {

std::optional<ft::TcpOptions> Stack::Impl::options(ConnectionId id) const {
  const Entry* entry = find(id);
  if (entry == nullptr) return std::nullopt;
  return *entry->tcp.options();
}

std::optional<Readiness> Stack::Impl::readiness(ConnectionId id) const {
  const Entry* entry = find(id);
  if (entry == nullptr) return std::nullopt;
  const tcp::Connection& c = entry->tcp;
  const tcp::Sender& sender = c.sender();
  Readiness ready;
  ready.opening = c.state() == tcp::State::syn_sent || c.state() == tcp::State::syn_received;
  ready.end_of_stream = c.receiver().fin_taken();
  ready.shut = sender.fin_queued() || !tcp::may_send(c.state());
  ready.closed = c.why();
  ready.unread = c.receiver().text.ready();
  ready.unacknowledged = sender.buffer.size();
  const std::int32_t sent = distance(sender.buffer.first(), earlier(sender.snd.max, sender.buffer.end()));
  ready.unsent = ready.unacknowledged - (sent > 0 ? static_cast<std::uint32_t>(sent) : 0u);
  if (ready.unsent < c.options()->not_sent_low_water) ready.room = sender.buffer.room(pool_, c.send_limit());
  ready.urgent_left = c.urgent_left();
  ready.octets_received = c.octets_received();
  return ready;
}

std::size_t Stack::Impl::peek(ConnectionId id, std::size_t offset, std::span<std::byte> into) const {
  const Entry* entry = find(id);
  if (entry == nullptr) return 0;
  const auto& text = entry->tcp.receiver().text;
  if (offset >= text.ready()) return 0;
  const auto octets = std::min<std::size_t>(into.size(), text.ready() - offset);
  text.copy_out(static_cast<std::uint32_t>(offset), into.first(octets));
  return octets;
}

std::uint32_t Stack::Impl::fast_open_room(Instant now, const IpAddress& server, bool without_cookie) {
  const auto path = engine_.path_to(server);
  if (!path) return 0;
  const auto plan = fast_open_memory_.plan(now, server, tcp_path(server, path->mtu).mss, without_cookie);
  return plan ? plan->text_limit : 0;
}

void Stack::Impl::push(ConnectionId id) {
  Entry* entry = find(id);
  if (entry == nullptr || !entry->in_table) return;
  entry->tcp.push();
  settle(id.index, std::nullopt);
}

void Stack::Impl::want_room(ConnectionId id) {
  if (Entry* entry = find(id)) entry->tcp.want_room();
}

std::size_t Stack::Impl::acceptable(ListenerId id) const {
  const Listener* listener = listeners_.get({id.index, id.generation});
  return listener == nullptr ? 0 : listener->accept_queue.size();
}

bool Stack::Impl::is_port_held(const Endpoint& local) const {
  const auto holds = [&](const Endpoint& other) {
    return other.port == local.port && other.address.family() == local.address.family() &&
           (other.address == local.address || local.address.is_unspecified() || other.address.is_unspecified());
  };
  bool held = false;
  listeners_.for_each([&](std::uint32_t, const Listener& listener) { held |= holds(listener.local); });
  records_.half_open.for_each([&](std::uint32_t, const HalfOpenRecord& record) { held |= holds(record.tuple.local); });
  records_.time_wait.for_each([&](std::uint32_t, const TimeWaitRecord& record) { held |= holds(record.tuple.local); });
  records_.connections.for_each([&](std::uint32_t, const Entry& entry) { held |= entry.in_table && holds(entry.tuple.local); });
  return held;
}

std::expected<std::uint16_t, Error> Stack::Impl::choose_port(const IpAddress& local) {
  const Endpoint nobody{IpAddress::unspecified(local.family()), 0};
  const auto port =
      ephemeral_.choose(secrets_, local, nobody, [&](std::uint16_t candidate) { return !is_port_held({local, candidate}); });
  if (!port) return std::unexpected(Error::no_ephemeral_port);
  return *port;
}

}  // namespace ft
