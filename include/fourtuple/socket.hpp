// What users hold: a connection or a listener as a non-blocking handle that gives itself back. Thin: every call is one call of
// fourtuple/stack.hpp, where the meaning of each is written down.
#pragma once

#include "fourtuple/stack.hpp"

#include <utility>

namespace ft {

/// A connection. Closes on destruction: what was written is still delivered, octets left unread turn the close into a reset
/// (RFC 2525 2.17, RFC 9293 3.6.1). The stack must outlive it.
class Socket {
 public:
  Socket() = default;
  Socket(Stack& stack, ConnectionId id) : stack_(&stack), id_(id) {}
  static std::expected<Socket, OpenError> connect(Stack& stack, Instant now, Endpoint remote, ConnectOptions options = {});

  Socket(Socket&& other) noexcept : stack_(other.stack_), id_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  explicit operator bool() const { return static_cast<bool>(id_); }
  ConnectionId id() const { return id_; }
  /// The id without its keeper: the caller closes or aborts it.
  ConnectionId release() { return std::exchange(id_, ConnectionId{}); }

  std::expected<std::size_t, Error> read(std::span<std::byte> into);
  std::span<const std::byte> peek() const;
  void consume(std::size_t octets);
  std::expected<std::size_t, Error> write(std::span<const std::byte> from);
  std::span<std::byte> reserve();
  void commit(std::size_t octets);
  std::expected<void, Error> shutdown();
  /// Harmless on an empty handle.
  void close();
  void abort();

  /// What may be set on a connection: docs/howto/socket-options.md. The setters of Stack take id().
  std::optional<TcpOptions> options() const;
  std::expected<void, Error> set_options(Instant now, const TcpOptions& options);
  std::optional<ConnectionInfo> info() const;

 private:
  Stack* stack_ = nullptr;
  ConnectionId id_{};
};

/// A listening port. Closes on destruction: connections that wait for accept are reset.
class Listener {
 public:
  Listener() = default;
  static std::expected<Listener, OpenError> listen(Stack& stack, Endpoint local, ListenOptions options = {});

  Listener(Listener&& other) noexcept : stack_(other.stack_), id_(std::exchange(other.id_, ListenerId{})) {}
  Listener& operator=(Listener&& other) noexcept;
  ~Listener() { close(); }

  explicit operator bool() const { return static_cast<bool>(id_); }
  ListenerId id() const { return id_; }

  std::expected<Socket, Error> accept();
  void close();

 private:
  Stack* stack_ = nullptr;
  ListenerId id_{};
};

}  // namespace ft
