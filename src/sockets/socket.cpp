#include "fourtuple/socket.hpp"

namespace ft {

std::expected<Socket, OpenError> Socket::connect(Stack& stack, Instant now, Endpoint remote, ConnectOptions options) {
  const auto id = stack.connect(now, remote, std::move(options));
  if (!id) return std::unexpected(id.error());
  return Socket(stack, *id);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    stack_ = other.stack_;
    id_ = other.release();
  }
  return *this;
}

std::expected<std::size_t, Error> Socket::read(std::span<std::byte> into) {
  if (!id_) return std::unexpected(Error::invalid_handle);
  return stack_->read(id_, into);
}

std::span<const std::byte> Socket::peek() const { return id_ ? stack_->peek(id_) : std::span<const std::byte>{}; }

void Socket::consume(std::size_t octets) {
  if (id_) stack_->consume(id_, octets);
}

std::expected<std::size_t, Error> Socket::write(std::span<const std::byte> from) {
  if (!id_) return std::unexpected(Error::invalid_handle);
  return stack_->write(id_, from);
}

std::span<std::byte> Socket::reserve() { return id_ ? stack_->reserve(id_) : std::span<std::byte>{}; }

void Socket::commit(std::size_t octets) {
  if (id_) stack_->commit(id_, octets);
}

std::expected<void, Error> Socket::shutdown() {
  if (!id_) return std::unexpected(Error::invalid_handle);
  return stack_->shutdown(id_);
}

void Socket::close() {
  if (id_) (void)stack_->close(release());
}

void Socket::abort() {
  if (id_) (void)stack_->abort(release());
}

std::optional<TcpOptions> Socket::options() const { return id_ ? stack_->options(id_) : std::nullopt; }

std::expected<void, Error> Socket::set_options(Instant now, const TcpOptions& options) {
  if (!id_) return std::unexpected(Error::invalid_handle);
  return stack_->set_options(now, id_, options);
}

std::optional<ConnectionInfo> Socket::info() const { return id_ ? stack_->info(id_) : std::nullopt; }

std::expected<Listener, OpenError> Listener::listen(Stack& stack, Endpoint local, ListenOptions options) {
  const auto id = stack.listen(local, std::move(options));
  if (!id) return std::unexpected(id.error());
  Listener listener;
  listener.stack_ = &stack;
  listener.id_ = *id;
  return listener;
}

Listener& Listener::operator=(Listener&& other) noexcept {
  if (this != &other) {
    close();
    stack_ = other.stack_;
    id_ = std::exchange(other.id_, ListenerId{});
  }
  return *this;
}

std::expected<Socket, Error> Listener::accept() {
  if (!id_) return std::unexpected(Error::invalid_handle);
  const auto id = stack_->accept(id_);
  if (!id) return std::unexpected(id.error());
  return Socket(*stack_, *id);
}

void Listener::close() {
  if (id_) stack_->close(std::exchange(id_, ListenerId{}));
}

}  // namespace ft
