// The door: every public call goes to the instance behind it.
#include "fourtuple/stack.hpp"

#include "stack/impl.hpp"

namespace ft {

Stack::Stack(StackConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Stack::~Stack() = default;
Stack::Stack(Stack&&) noexcept = default;
Stack& Stack::operator=(Stack&&) noexcept = default;

Verdict Stack::on_packet(Instant now, std::span<const std::byte> packet, Offload offload) {
  return impl_->on_packet(now, packet, offload);
}
void Stack::on_deadline(Instant now) { impl_->on_deadline(now); }
std::optional<Transmit> Stack::poll_transmit(Instant now, std::span<std::byte> out) { return impl_->poll_transmit(now, out); }
std::optional<Event> Stack::poll_event() { return impl_->poll_event(); }
std::optional<Instant> Stack::next_deadline() const { return impl_->next_deadline(); }

std::expected<ListenerId, OpenError> Stack::listen(Endpoint local, ListenOptions options) {
  return impl_->listen(local, options);
}
std::expected<ConnectionId, Error> Stack::accept(ListenerId listener) { return impl_->accept(listener); }
void Stack::close(ListenerId listener) { impl_->close(listener); }
std::expected<ConnectionId, OpenError> Stack::connect(Instant now, Endpoint remote, ConnectOptions options) {
  return impl_->connect(now, remote, options);
}

std::expected<std::size_t, Error> Stack::read(ConnectionId id, std::span<std::byte> into) { return impl_->read(id, into); }
std::span<const std::byte> Stack::peek(ConnectionId id) const { return impl_->peek(id); }
std::size_t Stack::peek(ConnectionId id, std::size_t offset, std::span<std::byte> into) const {
  return impl_->peek(id, offset, into);
}
void Stack::consume(ConnectionId id, std::size_t octets) { impl_->consume(id, octets); }
std::expected<std::size_t, Error> Stack::write(ConnectionId id, std::span<const std::byte> from) {
  return impl_->write(id, from, tcp::Write::plain);
}
std::expected<std::size_t, Error> Stack::write_more(ConnectionId id, std::span<const std::byte> from) {
  return impl_->write(id, from, tcp::Write::more_follows);
}
std::expected<std::size_t, Error> Stack::write_urgent(ConnectionId id, std::span<const std::byte> from) {
  return impl_->write(id, from, tcp::Write::urgent);
}
std::span<std::byte> Stack::reserve(ConnectionId id) { return impl_->reserve(id); }
void Stack::commit(ConnectionId id, std::size_t octets) { impl_->commit(id, octets); }
std::expected<void, Error> Stack::shutdown(ConnectionId id) { return impl_->shutdown(id); }
std::expected<void, Error> Stack::close(ConnectionId id) { return impl_->close(id); }
std::expected<void, Error> Stack::abort(ConnectionId id) { return impl_->abort(id); }

std::expected<void, Error> Stack::set_options(ListenerId id, const TcpOptions& options) {
  return impl_->set_options(id, options);
}
std::expected<void, Error> Stack::set_backlog(ListenerId id, std::uint32_t backlog) { return impl_->set_backlog(id, backlog); }
std::expected<void, Error> Stack::set_fast_open(ListenerId id, std::uint32_t pending) {
  return impl_->set_fast_open(id, pending);
}
std::expected<void, Error> Stack::set_fast_open_cookies(ListenerId id, const std::optional<FastOpenKeys>& keys, bool without) {
  return impl_->set_fast_open_cookies(id, keys, without);
}
std::uint32_t Stack::fast_open_room(Instant now, const IpAddress& server, bool without_cookie) {
  return impl_->fast_open_room(now, server, without_cookie);
}
std::optional<TcpOptions> Stack::options(ConnectionId id) const { return impl_->options(id); }
std::optional<Readiness> Stack::readiness(ConnectionId id) const { return impl_->readiness(id); }
void Stack::push(ConnectionId id) { impl_->push(id); }
void Stack::want_room(ConnectionId id) { impl_->want_room(id); }
std::size_t Stack::acceptable(ListenerId listener) const { return impl_->acceptable(listener); }
bool Stack::is_port_held(Endpoint local) const { return impl_->is_port_held(local); }
bool Stack::is_local(const IpAddress& address) const { return impl_->is_local(address); }
std::expected<std::uint16_t, Error> Stack::choose_port(IpAddress local) { return impl_->choose_port(local); }
std::expected<void, Error> Stack::use_key(ConnectionId id, std::uint8_t receive_id) { return impl_->use_key(id, receive_id); }
void Stack::rotate_secrets(Instant now, std::array<std::uint8_t, 32> secret) { impl_->rotate_secrets(now, secret); }
std::optional<ConnectionInfo> Stack::info(ConnectionId id) const { return impl_->info(id); }
std::vector<PortEntry> Stack::ports() const { return impl_->ports(std::nullopt); }
std::vector<PortEntry> Stack::ports(std::uint16_t local_port) const { return impl_->ports(local_port); }
std::optional<PortEntry> Stack::holder(const FourTuple& tuple) const { return impl_->holder(tuple); }
const StackCounters& Stack::counters() const { return impl_->counters(); }
const StackConfig& Stack::config() const { return impl_->config(); }
StackMemory Stack::memory() const { return impl_->memory(); }
std::optional<std::uint64_t> Stack::memory(ConnectionId id) const { return impl_->memory(id); }
std::uint64_t Stack::memory_ceiling() const { return impl_->memory_ceiling(); }
bool Stack::is_memory_balanced() const { return impl_->is_memory_balanced(); }
std::uint64_t Stack::buffer_memory() const { return impl_->buffer_memory(); }
void Stack::set_trace(trace::Sink* sink, std::uint8_t host) { impl_->set_trace(sink, host); }

}  // namespace ft
