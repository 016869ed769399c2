// Names and openings: bind, listen, accept, connect, and who is at each end.
#include "sockets/posix/names.hpp"
#include "sockets/posix/options.hpp"
#include "sockets/posix/pieces.hpp"
#include "sockets/posix/state.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace ft::posix {

using Phase = Socket::Phase;

namespace {

constexpr int most_backlog = 4096;  // net.core.somaxconn

bool overlap(const Endpoint& a, const Endpoint& b) {
  return a.port == b.port && a.address.family() == b.address.family() &&
         (a.address == b.address || a.address.is_unspecified() || b.address.is_unspecified());
}

/// The IPv4 side of a socket of AF_INET6 that is bound to [::].
std::optional<Endpoint> second_name(const Socket& socket, const Endpoint& name) {
  if (socket.domain != AF_INET6 || socket.v6_only || name.address.is_v4() || !name.address.is_unspecified()) return {};
  return Endpoint{IpAddress::unspecified(Family::ipv4), name.port};
}

/// What bind(2) takes besides read_name: AF_UNSPEC with 0.0.0.0 for sockets of AF_INET.
std::expected<Endpoint, int> read_bind_name(const Socket& socket, const sockaddr* address, socklen_t length) {
  sockaddr_in in{};
  if (socket.domain == AF_INET && address != nullptr && length >= sizeof in) {
    std::memcpy(&in, address, sizeof in);
    if (in.sin_family == AF_UNSPEC && in.sin_addr.s_addr == INADDR_ANY) {
      return Endpoint{IpAddress::unspecified(Family::ipv4), ntohs(in.sin_port)};
    }
  }
  return read_name(socket.domain, address, length);
}

}  // namespace

// --- bind ------------------------------------------------------------------------------------------------------------

bool Sockets::State::is_name_taken(const Socket& socket, const Endpoint& name) const {
  for (const auto& [fd, other] : sockets) {
    if (other.get() == &socket || !other->bound || !overlap(*other->bound, name)) continue;
    const bool both_reuse = (socket.reuse_address && other->reuse_address && other->phase != Phase::listening) ||
                            (socket.reuse_port && other->reuse_port);
    if (!both_reuse) return true;
  }
  return !socket.reuse_address && stack.is_port_held(name);
}

std::expected<void, int> Sockets::State::reserve_name(Socket& socket, Endpoint name) {
  if (name.port == 0) {
    // Each question moves on, so a port that only another socket's bind holds is passed over.
    constexpr int most_tries = 1024;
    for (int tries = 0; tries < most_tries && name.port == 0; ++tries) {
      const auto port = stack.choose_port(name.address);
      if (!port) return fail(EADDRINUSE);
      if (!is_name_taken(socket, {name.address, *port})) name.port = *port;
    }
    if (name.port == 0) return fail(EADDRINUSE);
  } else if (const auto second = second_name(socket, name);
             is_name_taken(socket, name) || (second && is_name_taken(socket, *second))) {
    return fail(EADDRINUSE);
  }
  socket.bound = name;
  return {};
}

int Sockets::bind(int fd, const sockaddr* address, socklen_t length) {
  return static_cast<int>(state_->call_on(fd, [&](Lock&, const std::shared_ptr<Socket>& socket) -> Answer {
    const auto name = read_bind_name(*socket, address, length);
    if (!name) return fail(name.error());
    if (socket->v6_only && name->address.is_v4()) return fail(EINVAL);
    if (!name->address.is_unspecified() && !state_->stack.is_local(name->address)) return fail(EADDRNOTAVAIL);
    if (socket->phase != Phase::fresh || socket->bound) return fail(EINVAL);
    if (const auto reserved = state_->reserve_name(*socket, *name); !reserved) return fail(reserved.error());
    return 0;
  }));
}

// --- listen and accept -----------------------------------------------------------------------------------------------

int Sockets::listen(int fd, int backlog) {
  return static_cast<int>(state_->call_on(fd, [&](Lock&, const std::shared_ptr<Socket>& socket) -> Answer {
    State& state = *state_;
    state.refresh(*socket);
    // Linux lets one more wait than it was told.
    const int most = backlog < 0 ? most_backlog : std::min(backlog, most_backlog);
    const auto queue = static_cast<std::uint32_t>(most) + 1;
    if (socket->phase == Phase::listening) {
      for (const ListenerId id : socket->listeners)
        if (id) (void)state.stack.set_backlog(id, queue);
      return 0;
    }
    if (socket->phase != Phase::fresh) return fail(EINVAL);
    if (!socket->bound) {
      const Family family = socket->domain == AF_INET ? Family::ipv4 : Family::ipv6;
      if (const auto reserved = state.reserve_name(*socket, {IpAddress::unspecified(family), 0}); !reserved)
        return fail(reserved.error());
    }
    ListenOptions options;
    options.backlog = queue;
    options.tcp = socket->tcp;
    options.fast_open = socket->fast_open_queue;
    options.fast_open_keys = socket->fast_open_keys;
    options.fast_open_without_cookie = socket->fast_open_without_cookie;
    const std::array<std::optional<Endpoint>, 2> names{*socket->bound, second_name(*socket, *socket->bound)};
    for (std::size_t side = 0; side < names.size(); ++side) {
      if (!names[side]) continue;
      const auto listener = state.stack.listen(*names[side], options);
      if (!listener) {
        state.release_listeners(*socket);
        return fail(errno_of(listener.error()));
      }
      socket->listeners[side] = *listener;
      state.by_listener[key_of(*listener)] = fd;
    }
    socket->phase = Phase::listening;
    state.wake(*socket, true, true);
    return 0;
  }));
}

std::optional<std::list<Socket::Deferred>::iterator> Sockets::State::next_deferred(Socket& socket) {
  const Instant now = world.now();
  for (const ListenerId listener : socket.listeners) {
    while (listener && stack.acceptable(listener) != 0) {
      const auto id = stack.accept(listener);
      if (!id) break;
      by_connection[key_of(*id)] = socket.fd;
      socket.deferred.push_back({*id, now + socket.defer});
    }
  }
  for (auto waiting = socket.deferred.begin(); waiting != socket.deferred.end(); ++waiting) {
    const auto ready = stack.readiness(waiting->id);
    if (!ready || ready->unread != 0 || ready->end_of_stream || ready->closed != CloseReason::none || now >= waiting->until)
      return waiting;
  }
  return {};
}

bool Sockets::State::has_acceptable(Socket& socket) {
  if (socket.defer != Duration::zero() || !socket.deferred.empty()) return next_deferred(socket).has_value();
  return std::ranges::any_of(socket.listeners, [&](ListenerId id) { return id && stack.acceptable(id) != 0; });
}

std::expected<ConnectionId, Error> Sockets::State::accept_from(Socket& socket) {
  if (socket.defer != Duration::zero() || !socket.deferred.empty()) {
    const auto next = next_deferred(socket);
    if (!next) return std::unexpected(Error::would_block);
    const ConnectionId id = (*next)->id;
    socket.deferred.erase(*next);
    return id;
  }
  for (const ListenerId id : socket.listeners) {
    if (!id) continue;
    const auto connection = stack.accept(id);
    if (connection || connection.error() != Error::would_block) return connection;
  }
  return std::unexpected(Error::would_block);
}

namespace {

/// What an accepted socket has from its listener.
void inherit(Socket& child, const Socket& listener) {
  child.reuse_address = listener.reuse_address;
  child.reuse_port = listener.reuse_port;
  child.oob_inline = listener.oob_inline;
  child.v6_only = listener.v6_only;
  child.linger = listener.linger;
  child.receive_timeout = listener.receive_timeout;
  child.send_timeout = listener.send_timeout;
  child.low_water = listener.low_water;
  child.receive_space = listener.receive_space;
  child.send_space = listener.send_space;
  child.wants_inq = listener.wants_inq;
  child.kept = listener.kept;
  child.tcp = listener.tcp;
  child.kept.erase(kept_key(IPPROTO_TCP, TCP_DEFER_ACCEPT));
}

}  // namespace

int Sockets::accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  return static_cast<int>(state_->call_on(fd, [&](Lock& lock, const std::shared_ptr<Socket>& socket) -> Answer {
    State& state = *state_;
    if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) return fail(EINVAL);
    if (socket->phase != Phase::listening) return fail(EINVAL);
    auto connection = state.accept_from(*socket);
    const Instant until = state.deadline_after(socket->receive_timeout);
    const auto is_answered = [&] {
      if (socket->closed || socket->phase != Phase::listening) return true;
      connection = state.accept_from(*socket);
      return connection || connection.error() != Error::would_block;
    };
    while (!connection && connection.error() == Error::would_block && !socket->nonblocking) {
      Instant wake = until;
      for (const auto& waiting : socket->deferred) wake = std::min(wake, waiting.until);
      if (state.world.wait(lock, wake, is_answered) || wake == until) break;
      is_answered();
    }
    if (!connection) return fail(socket->phase != Phase::listening ? EINVAL : errno_of(connection.error()));
    const auto info = state.stack.info(*connection);
    const auto child = state.add(socket->domain, flags);
    const Endpoint peer = info ? info->tuple.remote : Endpoint{};
    const auto written = child ? write_name(socket->domain, peer, address, length) : std::expected<void, int>{};
    if (!child || !written) {
      (void)state.stack.abort(*connection);
      state.settle();
      if (!child) return fail(child.error());
      state.sockets.erase((*child)->fd);
      ::close((*child)->fd);
      return fail(written.error());
    }
    inherit(**child, *socket);
    (*child)->phase = Phase::connected;
    (*child)->connect_told = true;
    (*child)->peer = peer;
    state.bind_connection(**child, *connection);
    return (*child)->fd;
  }));
}

// --- connect ---------------------------------------------------------------------------------------------------------

Answer Sockets::State::open(Socket& socket, const Endpoint& peer, bool fast, std::span<const std::byte> text) {
  if (socket.v6_only && peer.address.is_v4()) return fail(ENETUNREACH);
  ConnectOptions options;
  options.tcp = socket.tcp;
  options.fast_open = fast;
  options.fast_open_without_cookie = socket.fast_open_without_cookie;
  options.first_text = text;
  if (socket.bound) {
    if (!socket.bound->address.is_unspecified()) {
      if (socket.bound->address.family() != peer.address.family()) return fail(ENETUNREACH);
      options.local_address = socket.bound->address;
    }
    options.local_port = socket.bound->port;
  }
  const auto id = stack.connect(world.now(), peer, options);
  if (!id) return fail(id.error().code == Error::invalid_argument ? ENETUNREACH : errno_of(id.error().code));
  bind_connection(socket, *id);
  socket.peer = peer;
  socket.phase = Phase::connecting;
  socket.connect_told = false;
  socket.error_noted = false;
  socket.error = 0;
  settle();
  return 0;
}

void Sockets::State::disconnect(Socket& socket) {
  release_listeners(socket);
  int error = 0;
  if (socket.connection) {
    const ConnectionId id = socket.connection;
    const auto ready = stack.readiness(id);
    if (ready && ready->closed == CloseReason::none) error = ECONNRESET;  // for calls that still expect a connection
    release_connection(socket);
    (void)stack.abort(id);
  }
  socket.phase = Phase::fresh;
  socket.fast_open_to.reset();
  socket.read_shut = socket.write_shut = false;
  socket.error = error;
  socket.error_noted = false;
  socket.urgent = Socket::Urgent::none;
}

int Sockets::connect(int fd, const sockaddr* address, socklen_t length) {
  return static_cast<int>(state_->call_on(fd, [&](Lock& lock, const std::shared_ptr<Socket>& socket) -> Answer {
    State& state = *state_;
    sa_family_t family = 0;
    if (address == nullptr) return fail(EFAULT);
    if (length < sizeof family) return fail(EINVAL);
    std::memcpy(&family, address, sizeof family);
    if (family == AF_UNSPEC) {
      state.disconnect(*socket);
      state.settle();
      return 0;
    }
    state.refresh(*socket);
    if (socket->phase == Phase::connected && !std::exchange(socket->connect_told, true)) return 0;
    if (socket->phase == Phase::connected || socket->phase == Phase::listening) return fail(EISCONN);
    const bool was_connecting = socket->phase == Phase::connecting;
    if (!was_connecting) {
      const auto peer = read_name(socket->domain, address, length);
      if (!peer) return fail(peer.error());
      if (socket->fast_open_to) return fail(EINPROGRESS);
      if (socket->fast_open_connect &&
          state.stack.fast_open_room(state.world.now(), peer->address, socket->fast_open_without_cookie) != 0) {
        socket->fast_open_to = *peer;
        return 0;
      }
      if (const Answer opened = state.open(*socket, *peer, socket->fast_open_connect); !opened) return opened;
    }
    const auto error = state.finish_opening(lock, *socket, !socket->nonblocking, was_connecting ? EALREADY : EINPROGRESS);
    if (error) return fail(*error);
    socket->connect_told = true;
    return 0;
  }));
}

std::optional<int> Sockets::State::finish_opening(Lock& lock, Socket& socket, bool waits, int otherwise) {
  const auto is_decided = [&] {
    refresh(socket);
    return socket.closed || socket.phase != Phase::connecting || socket.error_noted;
  };
  if (!is_decided()) {
    if (!waits || !world.wait(lock, deadline_after(socket.send_timeout), is_decided)) return otherwise;
  }
  if (socket.closed) return EBADF;
  if (socket.phase == Phase::connected) return std::nullopt;
  const int error = take_error(socket);
  disconnect(socket);
  return error != 0 ? error : ECONNABORTED;
}

Answer Sockets::State::fast_open(Lock& lock, const std::shared_ptr<Socket>& socket, const Endpoint& peer,
                                 std::span<const iovec> parts, int flags) {
  const bool waits = !socket->nonblocking && (flags & MSG_DONTWAIT) == 0;
  const std::uint32_t room = stack.fast_open_room(world.now(), peer.address, socket->fast_open_without_cookie);
  std::vector<std::byte> text;
  for (const iovec& part : parts) {
    const auto* octets = static_cast<const std::byte*>(part.iov_base);
    text.insert(text.end(), octets, octets + std::min<std::size_t>(part.iov_len, room - text.size()));
  }
  socket->fast_open_to.reset();
  if (const Answer opened = open(*socket, peer, true, text); !opened) return opened;
  if (!text.empty() && !waits) return static_cast<ssize_t>(text.size());
  if (const auto error = finish_opening(lock, *socket, waits, EINPROGRESS)) return fail(*error);
  socket->connect_told = true;
  // What the SYN did not carry follows behind the handshake.
  Pieces rest(parts);
  rest.skip(text.size());
  const Answer more = send(lock, socket, rest.left(), flags & ~MSG_FASTOPEN);
  if (!more) return text.empty() ? more : Answer(static_cast<ssize_t>(text.size()));
  return static_cast<ssize_t>(text.size()) + *more;
}

// --- names -----------------------------------------------------------------------------------------------------------

int Sockets::getsockname(int fd, sockaddr* address, socklen_t* length) {
  return static_cast<int>(state_->call_on(fd, [&](Lock&, const std::shared_ptr<Socket>& socket) -> Answer {
    if (address == nullptr) return fail(EFAULT);
    Endpoint name{IpAddress::unspecified(socket->domain == AF_INET ? Family::ipv4 : Family::ipv6), 0};
    if (socket->bound) name = *socket->bound;
    if (const auto info = state_->stack.info(socket->connection)) name = info->tuple.local;
    if (const auto written = write_name(socket->domain, name, address, length); !written) return fail(written.error());
    return 0;
  }));
}

int Sockets::getpeername(int fd, sockaddr* address, socklen_t* length) {
  return static_cast<int>(state_->call_on(fd, [&](Lock&, const std::shared_ptr<Socket>& socket) -> Answer {
    if (address == nullptr) return fail(EFAULT);
    state_->refresh(*socket);
    const auto ready = state_->stack.readiness(socket->connection);
    if (socket->phase != Phase::connected || !ready || ready->closed != CloseReason::none) return fail(ENOTCONN);
    if (const auto written = write_name(socket->domain, socket->peer, address, length); !written) return fail(written.error());
    return 0;
  }));
}

}  // namespace ft::posix
