// Octets out: the write family.
#include "sockets/posix/names.hpp"
#include "sockets/posix/pieces.hpp"
#include "sockets/posix/state.hpp"

#include <utility>

namespace ft::posix {

using Phase = Socket::Phase;

Answer Sockets::State::send(Lock& lock, const std::shared_ptr<Socket>& socket, std::span<const iovec> parts, int flags) {
  const auto total = Pieces::total(parts);
  if (!total) return fail(total.error());
  refresh(*socket);
  if (socket->fast_open_to && socket->phase == Phase::fresh) {
    const Endpoint to = *socket->fast_open_to;
    return fast_open(lock, socket, to, parts, flags);
  }
  const bool waits = !socket->nonblocking && (flags & MSG_DONTWAIT) == 0;
  const Instant until = deadline_after(socket->send_timeout);
  const auto is_open = [&] {
    refresh(*socket);
    return socket->closed || note_end(*socket) || socket->phase != Phase::connecting || socket->error_noted;
  };
  if (socket->phase == Phase::connecting && !is_open()) {
    if (!waits) return fail(EAGAIN);
    if (!world.wait(lock, until, is_open)) return fail(EAGAIN);
  }
  const auto error_or_pipe = [&] {
    const int error = take_error(*socket);
    return fail(error != 0 ? error : EPIPE);
  };
  if (socket->closed) return fail(EBADF);
  note_end(*socket);
  if (socket->phase != Phase::connected || socket->write_shut || socket->error_noted) return error_or_pipe();

  Pieces from(parts);
  std::size_t moved = 0;
  while (moved < *total) {
    const auto piece = from.current();
    const auto write = [&](std::span<const std::byte> some) {
      const bool urgent = (flags & MSG_OOB) != 0 && some.size() == *total - moved;
      return urgent                    ? stack.write_urgent(socket->connection, some)
             : (flags & MSG_MORE) != 0 ? stack.write_more(socket->connection, some)
                                       : stack.write(socket->connection, some);
    };
    auto took = write(piece);
    if (!took) {
      // At the memory's ceiling a modest wish is granted where a large one is not.
      const auto ready = stack.readiness(socket->connection);
      if (ready && ready->room != 0 && ready->room < piece.size()) took = write(piece.first(ready->room));
    }
    if (took) {
      from.advance(*took);
      moved += *took;
      continue;
    }
    settle();  // what fits may leave and make room
    if (took.error() != Error::would_block && took.error() != Error::out_of_memory) {
      if (moved != 0) break;
      return error_or_pipe();
    }
    const auto may_go_on = [&] {
      const auto ready = stack.readiness(socket->connection);
      return socket->closed || note_end(*socket) || socket->write_shut || !ready || ready->shut || ready->room != 0;
    };
    if (!waits || !world.wait(lock, until, may_go_on)) return moved != 0 ? Answer(static_cast<ssize_t>(moved)) : fail(EAGAIN);
    if (socket->closed) return moved != 0 ? Answer(static_cast<ssize_t>(moved)) : fail(EBADF);
  }
  settle();
  return static_cast<ssize_t>(moved);
}

// --- the calls -------------------------------------------------------------------------------------------------------

ssize_t Sockets::send(int fd, const void* from, std::size_t length, int flags) {
  const iovec part{const_cast<void*>(from), length};
  return state_->call_on(fd, [&](Lock& lock, const std::shared_ptr<Socket>& socket) {
    return state_->send(lock, socket, std::span(&part, 1), flags);
  });
}

ssize_t Sockets::write(int fd, const void* from, std::size_t length) { return send(fd, from, length, 0); }

ssize_t Sockets::writev(int fd, const iovec* parts, int count) {
  return state_->call_on(fd, [&](Lock& lock, const std::shared_ptr<Socket>& socket) -> Answer {
    if (count < 0 || count > IOV_MAX) return fail(EINVAL);
    if (parts == nullptr && count != 0) return fail(EFAULT);
    return state_->send(lock, socket, std::span(parts, static_cast<std::size_t>(count)), 0);
  });
}

namespace {

/// With MSG_FASTOPEN the address is where to connect; else a stream goes to its peer, whoever is named.
Answer send_to(Sockets::State& state, Lock& lock, const std::shared_ptr<Socket>& socket, std::span<const iovec> parts, int flags,
               const sockaddr* address, socklen_t length) {
  state.refresh(*socket);
  if ((flags & MSG_FASTOPEN) == 0) return state.send(lock, socket, parts, flags);
  if (socket->phase == Phase::connecting) return fail(EALREADY);
  // As connect: the first call behind the handshake finds that out.
  if (socket->phase == Phase::connected && !std::exchange(socket->connect_told, true))
    return state.send(lock, socket, parts, flags);
  if (socket->phase != Phase::fresh) return fail(EISCONN);
  if (const auto total = Pieces::total(parts); !total) return fail(total.error());
  if (socket->fast_open_to) return state.send(lock, socket, parts, flags);
  if (address == nullptr) return fail(EINVAL);
  if (length >= sizeof(sa_family_t) && address->sa_family == AF_UNSPEC) return fail(EOPNOTSUPP);
  const auto peer = read_name(socket->domain, address, length);
  if (!peer) return fail(peer.error());
  return state.fast_open(lock, socket, *peer, parts, flags);
}

}  // namespace

ssize_t Sockets::sendto(int fd, const void* from, std::size_t length, int flags, const sockaddr* address,
                        socklen_t address_length) {
  const iovec part{const_cast<void*>(from), length};
  return state_->call_on(fd, [&](Lock& lock, const std::shared_ptr<Socket>& socket) {
    return send_to(*state_, lock, socket, std::span(&part, 1), flags, address, address_length);
  });
}

ssize_t Sockets::sendmsg(int fd, const msghdr* message, int flags) {
  return state_->call_on(fd, [&](Lock& lock, const std::shared_ptr<Socket>& socket) -> Answer {
    if (message == nullptr) return fail(EFAULT);
    if (message->msg_iovlen > IOV_MAX) return fail(EMSGSIZE);
    return send_to(*state_, lock, socket, std::span<const iovec>(message->msg_iov, message->msg_iovlen), flags,
                   static_cast<const sockaddr*>(message->msg_name), message->msg_namelen);
  });
}

}  // namespace ft::posix
