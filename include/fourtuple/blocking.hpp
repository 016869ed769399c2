// The blocking coat: a stack on a link in one thread, calls that wait. While any call waits, the whole stack is served: other
// connections receive, acknowledge, retransmit and finish their close.
//
//   auto host = ft::blocking::Host::open("tun:ft0,10.9.0.2/24,10.9.0.1");
//   auto listener = (*host)->listen({{}, 80});
//   auto connection = (*listener).accept();
//
// Errors are the stack's (fourtuple/error.hpp); would_block means that the time given to the call is over and the connection
// lives on; host_unreachable may mean that the link broke, see Host::link_failure().
#pragma once

#include "fourtuple/link.hpp"
#include "fourtuple/socket.hpp"
#include "fourtuple/stack.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ft::blocking {

inline constexpr Duration forever = Duration::max();

class Host;

class Connection {
 public:
  /// How long read, write_all and wait_closed may wait from now on, each call by itself. The default is forever.
  void set_timeout(Duration timeout) { timeout_ = timeout; }

  /// At least one octet, or 0 at the end of the peer's stream.
  std::expected<std::size_t, Error> read(std::span<std::byte> into);
  /// All of it into the send buffer, in as many steps as its room takes. After an error it is unknown how much went.
  std::expected<void, Error> write_all(std::span<const std::byte> from);
  std::expected<void, Error> write_all(std::string_view text) { return write_all(std::as_bytes(std::span(text))); }
  /// FIN after what was written; reading goes on.
  std::expected<void, Error> shutdown() { return socket_.shutdown(); }
  /// Waits until the connection is over in both directions. An error is the reason why it ended otherwise.
  std::expected<void, Error> wait_closed();
  /// Returns at once, and the close goes on while the host waits anywhere, see Host::settle(). With TcpOptions::linger above 0 it
  /// waits so long for the peer to acknowledge everything first; would_block: not all of it was, and the close goes on.
  std::expected<void, Error> close();
  void abort() { socket_.abort(); }

  Socket& socket() { return socket_; }
  std::optional<ConnectionInfo> info() const { return socket_.info(); }

 private:
  friend class Host;
  friend class Listener;
  Connection(Host& host, Socket socket) : host_(&host), socket_(std::move(socket)) {}

  Host* host_;
  Socket socket_;
  Duration timeout_ = forever;
};

class Listener {
 public:
  std::expected<Connection, Error> accept(Duration timeout = forever);
  void close() { listener_.close(); }

 private:
  friend class Host;
  Listener(Host& host, ft::Listener listener) : host_(&host), listener_(std::move(listener)) {}

  Host* host_;
  ft::Listener listener_;
};

/// Owns stack and link; must outlive its connections and listeners.
class Host {
 public:
  /// `link` as parse_link reads it.
  static std::expected<std::unique_ptr<Host>, std::string> open(std::string_view link);
  Host(StackConfig config, std::unique_ptr<Link> link);
  /// Gives what is still closing up to a second to finish.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  std::expected<Connection, Error> connect(Endpoint remote, Duration timeout = forever, ConnectOptions options = {});
  std::expected<Listener, Error> listen(Endpoint local, ListenOptions options = {});

  /// Turns the loop until `done` says so or the time is over (false). The building block of all calls that wait.
  bool wait(const std::function<bool()>& done, Duration timeout = forever);
  /// Waits until no connection is left but those in TIME-WAIT.
  bool settle(Duration timeout);

  Stack& stack();
  Instant now() const;
  /// Empty while the link works.
  const std::string& link_failure() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ft::blocking
