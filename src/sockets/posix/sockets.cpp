// The table of descriptors, their beginning and their end, and what the stack tells.
#include "fourtuple/posix.hpp"

#include "sockets/posix/state.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace ft::posix {

using Phase = Socket::Phase;

// --- the table -------------------------------------------------------------------------------------------------------

std::expected<std::shared_ptr<Socket>, int> Sockets::State::find(int fd) const {
  const auto found = sockets.find(fd);
  if (found != sockets.end()) return found->second;
  return fail(epolls.contains(fd) || ::fcntl(fd, F_GETFD) != -1 ? ENOTSOCK : EBADF);
}

std::expected<std::shared_ptr<Socket>, int> Sockets::State::add(int domain, int type_flags) {
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  if (fd == -1) return fail(errno);
  auto socket = std::make_shared<Socket>();
  socket->fd = fd;
  socket->domain = domain;
  socket->nonblocking = (type_flags & SOCK_NONBLOCK) != 0;
  socket->close_on_exec = (type_flags & SOCK_CLOEXEC) != 0;
  socket->tcp = stack.config().tcp;
  if (const auto stale = sockets.find(fd); stale != sockets.end()) {
    // Somebody gave the number back with close(2), behind our back: the old socket is nobody's any more.
    disconnect(*stale->second);
    stale->second->closed = true;
  }
  sockets.insert_or_assign(fd, socket);
  return socket;
}

void Sockets::State::bind_connection(Socket& socket, ConnectionId id) {
  socket.connection = id;
  by_connection[key_of(id)] = socket.fd;
}

void Sockets::State::release_connection(Socket& socket) {
  if (socket.connection) by_connection.erase(key_of(socket.connection));
  socket.connection = {};
}

void Sockets::State::release_listeners(Socket& socket) {
  for (ListenerId& id : socket.listeners) {
    if (!id) continue;
    by_listener.erase(key_of(id));
    stack.close(id);
    id = {};
  }
  for (const auto& waiting : socket.deferred) {
    by_connection.erase(key_of(waiting.id));
    (void)stack.abort(waiting.id);
  }
  socket.deferred.clear();
}

Instant Sockets::State::deadline_after(Duration timeout) {
  if (timeout == Duration::zero()) return never;
  const Instant now = world.now();
  return timeout >= never - now ? never : now + timeout;
}

// --- what the stack tells --------------------------------------------------------------------------------------------

void Sockets::State::bring_time() {
  const Instant now = world.now();
  const auto next = stack.next_deadline();
  if (!next || *next > now) stack.on_deadline(now);
}

void Sockets::State::settle() { world.flush(); }

bool Sockets::State::note_end(Socket& socket) const {
  if (socket.error_noted || !socket.connection) return socket.error != 0;
  const auto ready = stack.readiness(socket.connection);
  if (!ready || ready->closed == CloseReason::none) return socket.error != 0;
  socket.error_noted = true;
  int error = errno_of(error_of(ready->closed));
  if (ready->closed == CloseReason::reset && ready->end_of_stream) error = EPIPE;  // the peer had said that it is done
  if (ready->closed == CloseReason::timed_out || ready->closed == CloseReason::unreachable) {
    const auto info = stack.info(socket.connection);
    if (info && info->soft_error != Error::none) error = errno_of(info->soft_error);
  }
  socket.error = error;
  return error != 0;
}

int Sockets::State::take_error(Socket& socket) const {
  note_end(socket);
  return std::exchange(socket.error, 0);
}

void Sockets::State::refresh(Socket& socket) const {
  if (socket.phase != Phase::connecting) return;
  const auto ready = stack.readiness(socket.connection);
  if (ready && !ready->opening && ready->closed == CloseReason::none) socket.phase = Phase::connected;
  note_end(socket);
}

std::expected<void, int> Sockets::State::apply_options(Socket& socket) {
  if (socket.connection && !stack.set_options(world.now(), socket.connection, socket.tcp)) return fail(EINVAL);
  for (const ListenerId id : socket.listeners)
    if (id) (void)stack.set_options(id, socket.tcp);
  settle();
  return {};
}

void Sockets::on_event(const Event& event) {
  State& state = *state_;
  const bool passive = event.kind == Event::Kind::acceptable;
  const auto& table = passive ? state.by_listener : state.by_connection;
  const auto found = table.find(passive ? key_of(event.listener) : key_of(event.connection));
  if (found == table.end()) return;
  const auto socket = state.sockets.find(found->second);
  if (socket == state.sockets.end()) return;
  switch (event.kind) {
    case Event::Kind::acceptable:
    case Event::Kind::readable:
    case Event::Kind::urgent:
      state.wake(*socket->second, true, false);
      break;
    case Event::Kind::connected:
    case Event::Kind::writable:
      state.wake(*socket->second, false, true);
      break;
    case Event::Kind::closed:
      state.note_end(*socket->second);
      state.wake(*socket->second, true, true);
      break;
    default:
      break;
  }
}

// --- beginning and end -----------------------------------------------------------------------------------------------

Sockets::Sockets(Stack& stack, World& world) : state_(std::make_unique<State>(stack, world)) {}

Sockets::~Sockets() { close_all(); }

void Sockets::close_all() {
  std::vector<int> open;
  {
    const Lock lock(state_->mutex);
    for (const auto& [fd, socket] : state_->sockets) {
      if (socket->linger && *socket->linger != 0) socket->linger.reset();  // nobody waits here
      open.push_back(fd);
    }
    for (const auto& [fd, epoll] : state_->epolls) open.push_back(fd);
  }
  for (const int fd : open) close(fd);
}

bool Sockets::owns(int fd) const {
  const Lock lock(state_->mutex);
  return state_->sockets.contains(fd) || state_->epolls.contains(fd);
}
std::mutex& Sockets::mutex() const { return state_->mutex; }
Stack& Sockets::stack() { return state_->stack; }

int Sockets::socket(int domain, int type, int protocol) {
  return static_cast<int>(state_->call([&](Lock&) -> Answer {
    constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    constexpr int largest_type = 10;  // SOCK_PACKET
    const int kind = type & 0xf;
    if ((type & ~0xf & ~flags) != 0 || kind > largest_type) return fail(EINVAL);
    if (domain != AF_INET && domain != AF_INET6) return fail(EAFNOSUPPORT);
    if (kind != SOCK_STREAM && kind != SOCK_DGRAM && kind != SOCK_RAW) return fail(ESOCKTNOSUPPORT);
    if (protocol < 0 || protocol >= IPPROTO_MAX) return fail(EINVAL);
    if (kind != SOCK_STREAM || (protocol != 0 && protocol != IPPROTO_TCP)) return fail(EPROTONOSUPPORT);
    const auto socket = state_->add(domain, type & flags);
    if (!socket) return fail(socket.error());
    return (*socket)->fd;
  }));
}

namespace {

/// The states in which octets or our FIN are still on their way.
bool is_lingering(const ConnectionInfo& info) {
  return info.closed == CloseReason::none &&
         (info.state == "SYN-SENT" || info.state == "SYN-RECEIVED" || info.state == "ESTABLISHED" || info.state == "CLOSE-WAIT" ||
          info.state == "FIN-WAIT-1" || info.state == "CLOSING" || info.state == "LAST-ACK");
}

void linger(Sockets::State& state, Lock& lock, const Socket& socket) {
  const auto ready = state.stack.readiness(socket.connection);
  if (!ready || ready->unread != 0 || ready->closed != CloseReason::none) return;
  (void)state.stack.shutdown(socket.connection);
  state.settle();
  const ConnectionId id = socket.connection;
  state.world.wait(lock, state.deadline_after(std::chrono::seconds(*socket.linger)), [&state, id] {
    const auto info = state.stack.info(id);
    return !info || !is_lingering(*info);
  });
}

}  // namespace

int Sockets::close(int fd) {
  return static_cast<int>(state_->call([&](Lock& lock) -> Answer {
    if (const auto epoll = state_->epolls.find(fd); epoll != state_->epolls.end()) {
      epoll->second->closed = true;
      state_->epolls.erase(epoll);
      ::close(fd);
      state_->settle();
      return 0;
    }
    const auto found = state_->find(fd);
    if (!found) return fail(EBADF);
    const std::shared_ptr<Socket> socket = *found;
    socket->closed = true;
    for (const auto& weak : socket->watches)
      if (const auto watch = weak.lock()) state_->forget(*watch->epoll, fd);
    state_->sockets.erase(fd);
    state_->release_listeners(*socket);
    if (const ConnectionId id = socket->connection) {
      if (socket->linger && *socket->linger > 0) linger(*state_, lock, *socket);
      if (socket->linger && *socket->linger == 0) {
        (void)state_->stack.abort(id);
      } else {
        (void)state_->stack.close(id);
      }
      state_->release_connection(*socket);
    }
    ::close(fd);
    state_->settle();
    return 0;
  }));
}

int Sockets::shutdown(int fd, int how) {
  return static_cast<int>(state_->call_on(fd, [&](Lock&, const std::shared_ptr<Socket>& socket) -> Answer {
    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) return fail(EINVAL);
    state_->refresh(*socket);
    switch (socket->phase) {
      case Phase::fresh:
        socket->read_shut = socket->read_shut || how != SHUT_WR;  // refused, and poll sees it all the same
        socket->write_shut = socket->write_shut || how != SHUT_RD;
        return fail(ENOTCONN);
      case Phase::listening:
        if (how == SHUT_WR) return 0;
        state_->release_listeners(*socket);
        socket->phase = Phase::fresh;
        break;
      case Phase::connecting:
        state_->disconnect(*socket);
        break;
      case Phase::connected: {
        const auto ready = state_->stack.readiness(socket->connection);
        if (!ready || ready->closed != CloseReason::none) return fail(ENOTCONN);
        socket->read_shut = socket->read_shut || how != SHUT_WR;
        if (how != SHUT_RD) {
          socket->write_shut = true;
          (void)state_->stack.shutdown(socket->connection);
        }
        break;
      }
    }
    state_->wake(*socket, true, true);
    state_->settle();
    return 0;
  }));
}

}  // namespace ft::posix
