// Octets in: the read family, and urgent data as the one octet beside the stream that the BSD interface makes of it.
#include "sockets/posix/pieces.hpp"
#include "sockets/posix/state.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cstring>

namespace ft::posix {

using Phase = Socket::Phase;
using Urgent = Socket::Urgent;

namespace {

constexpr int inq_control = 36;  // TCP_CM_INQ of linux/tcp.h

std::uint64_t read_position(const Readiness& ready) { return ready.octets_received - ready.unread; }

}  // namespace

// --- urgent data -----------------------------------------------------------------------------------------------------

void Sockets::State::note_urgent(Socket& socket) const {
  const auto ready = stack.readiness(socket.connection);
  if (!ready || ready->urgent_left == 0) return;
  const std::uint64_t mark = read_position(*ready) + ready->urgent_left - 1;
  if (socket.urgent == Urgent::none || mark > socket.urgent_mark) {
    socket.urgent = Urgent::announced;
    socket.urgent_mark = mark;
  }
  if (socket.urgent == Urgent::announced && mark == socket.urgent_mark &&
      stack.peek(socket.connection, ready->urgent_left - 1, std::span(&socket.urgent_octet, 1)) == 1) {
    socket.urgent = Urgent::arrived;
  }
}

bool Sockets::State::is_at_mark(Socket& socket) const {
  note_urgent(socket);
  const auto ready = stack.readiness(socket.connection);
  return ready && socket.urgent != Urgent::none && read_position(*ready) == socket.urgent_mark;
}

Answer Sockets::State::receive_urgent(Socket& socket, std::span<const iovec> parts, int flags) const {
  note_urgent(socket);
  if (socket.oob_inline || socket.urgent == Urgent::none || socket.urgent == Urgent::read) return fail(EINVAL);
  if (socket.urgent == Urgent::announced) {
    const auto ready = stack.readiness(socket.connection);
    const bool over = !ready || ready->closed != CloseReason::none || ready->end_of_stream || socket.read_shut;
    return over ? Answer(0) : fail(EAGAIN);
  }
  if ((flags & MSG_PEEK) == 0) socket.urgent = Urgent::read;
  Pieces to(parts);
  const auto into = to.current();
  if (into.empty()) return 0;
  into[0] = socket.urgent_octet;
  return 1;
}

std::size_t Sockets::State::readable_octets(Socket& socket) const {
  const auto ready = stack.readiness(socket.connection);
  if (!ready) return 0;
  note_urgent(socket);
  if (socket.urgent == Urgent::none || socket.oob_inline) return ready->unread;
  return ready->unread - (read_position(*ready) == socket.urgent_mark && ready->unread != 0 ? 1u : 0u);
}

std::size_t Sockets::State::octets_before_mark(Socket& socket) const {
  const auto ready = stack.readiness(socket.connection);
  if (!ready) return 0;
  note_urgent(socket);
  const std::uint64_t position = read_position(*ready);
  const bool is_ahead = position <= socket.urgent_mark && socket.urgent_mark < position + ready->unread;
  if (socket.urgent == Urgent::none || socket.oob_inline || !is_ahead) return ready->unread;
  return socket.urgent_mark - position;
}

// --- the stream ------------------------------------------------------------------------------------------------------

bool Sockets::State::is_end_of_stream(const Socket& socket) const {
  if (socket.read_shut) return true;
  const auto ready = stack.readiness(socket.connection);
  return !ready || ready->end_of_stream || ready->closed != CloseReason::none;
}

/// Moves what is there, not beyond the mark. `skip` octets of `parts` are filled already.
std::size_t Sockets::State::take(Socket& socket, std::span<const iovec> parts, std::size_t skip, int flags) {
  const ConnectionId id = socket.connection;
  const bool peek = (flags & MSG_PEEK) != 0;
  auto ready = stack.readiness(id);
  if (!ready) return 0;
  note_urgent(socket);
  std::uint64_t position = read_position(*ready);
  std::size_t offset = peek ? skip : 0;
  if (socket.urgent != Urgent::none && position + offset == socket.urgent_mark && ready->unread > offset) {
    if (skip != 0) return 0;  // a read never crosses the mark
    if (!socket.oob_inline) {
      if (peek) {
        ++offset;
      } else {
        stack.consume(id, 1);
        ready = stack.readiness(id);
        ++position;
      }
    }
    if (!peek) socket.urgent = Urgent::none;
  }
  std::size_t most = ready->unread > offset ? ready->unread - offset : 0;
  if (socket.urgent != Urgent::none && socket.urgent_mark > position + offset)
    most = std::min<std::uint64_t>(most, socket.urgent_mark - position - offset);
  Pieces to(parts);
  to.skip(skip);
  std::size_t moved = 0;
  while (moved < most) {
    const auto into = to.current();
    if (into.empty()) break;
    const std::size_t wanted = std::min(into.size(), most - moved);
    if ((flags & MSG_TRUNC) != 0) {
      if (!peek) stack.consume(id, wanted);
    } else if (peek) {
      stack.peek(id, offset + moved, into.first(wanted));
    } else {
      const auto got = stack.read(id, into.first(wanted));
      if (!got || *got != wanted) break;
    }
    to.advance(wanted);
    moved += wanted;
  }
  return moved;
}

Answer Sockets::State::receive(Lock& lock, const std::shared_ptr<Socket>& socket, std::span<const iovec> parts, int flags) {
  const auto total = Pieces::total(parts);
  if (!total) return fail(total.error());
  refresh(*socket);
  if ((flags & MSG_ERRQUEUE) != 0) return fail(EAGAIN);
  if (socket->phase == Phase::listening) return fail(ENOTCONN);
  if ((flags & MSG_OOB) != 0) return receive_urgent(*socket, parts, flags);
  if (socket->phase == Phase::fresh && socket->fast_open_to) return fail(EAGAIN);
  if (socket->phase == Phase::fresh) {
    const int error = take_error(*socket);
    return fail(error != 0 ? error : ENOTCONN);
  }
  const bool waits = !socket->nonblocking && (flags & MSG_DONTWAIT) == 0;
  const std::size_t target =
      (flags & MSG_WAITALL) != 0 ? *total : std::min<std::size_t>(*total, static_cast<unsigned>(socket->low_water));
  const Instant until = deadline_after(socket->receive_timeout);
  std::size_t moved = 0;
  for (;;) {
    const std::size_t got = take(*socket, parts, moved, flags);
    moved += got;
    if (got != 0) settle();  // the window may open
    const bool enough = *total == 0 ? readable_octets(*socket) != 0 : moved >= target || moved == *total;
    if (enough) return static_cast<ssize_t>(moved);
    if (moved != 0 && is_at_mark(*socket)) return static_cast<ssize_t>(moved);
    note_end(*socket);
    if (moved != 0 && (socket->error != 0 || is_end_of_stream(*socket) || !waits)) return static_cast<ssize_t>(moved);
    if (const int error = take_error(*socket); error != 0) return fail(error);
    if (is_end_of_stream(*socket)) return 0;
    if (!waits) return fail(EAGAIN);
    const std::size_t seen = (flags & MSG_PEEK) != 0 ? moved : 0;
    const bool woken = world.wait(lock, until, [&] {
      refresh(*socket);
      return socket->closed || note_end(*socket) || readable_octets(*socket) > seen || is_end_of_stream(*socket);
    });
    if (socket->closed) return fail(EBADF);
    if (!woken) return moved != 0 ? Answer(static_cast<ssize_t>(moved)) : fail(EAGAIN);
  }
}

// --- the calls -------------------------------------------------------------------------------------------------------

ssize_t Sockets::recv(int fd, void* into, std::size_t length, int flags) {
  const iovec part{into, length};
  return state_->call_on(fd, [&](Lock& lock, const std::shared_ptr<Socket>& socket) {
    return state_->receive(lock, socket, std::span(&part, 1), flags);
  });
}

ssize_t Sockets::read(int fd, void* into, std::size_t length) { return length == 0 && owns(fd) ? 0 : recv(fd, into, length, 0); }

ssize_t Sockets::readv(int fd, const iovec* parts, int count) {
  return state_->call_on(fd, [&](Lock& lock, const std::shared_ptr<Socket>& socket) -> Answer {
    if (count < 0 || count > IOV_MAX) return fail(EINVAL);
    if (parts == nullptr && count != 0) return fail(EFAULT);
    return state_->receive(lock, socket, std::span(parts, static_cast<std::size_t>(count)), 0);
  });
}

ssize_t Sockets::recvfrom(int fd, void* into, std::size_t length, int flags, sockaddr* address, socklen_t* address_length) {
  const ssize_t got = recv(fd, into, length, flags);
  if (got >= 0 && address != nullptr && address_length != nullptr) *address_length = 0;  // a stream names nobody
  return got;
}

ssize_t Sockets::recvmsg(int fd, msghdr* message, int flags) {
  return state_->call_on(fd, [&](Lock& lock, const std::shared_ptr<Socket>& socket) -> Answer {
    if (message == nullptr) return fail(EFAULT);
    if (message->msg_iovlen > IOV_MAX) return fail(EMSGSIZE);
    const auto parts = std::span(message->msg_iov, message->msg_iovlen);
    const Answer got = state_->receive(lock, socket, parts, flags);
    if (!got) return got;
    message->msg_namelen = 0;
    message->msg_flags = (flags & MSG_OOB) != 0 && *got > 0 ? MSG_OOB : 0;
    const std::size_t room = message->msg_control == nullptr ? 0 : message->msg_controllen;
    message->msg_controllen = 0;
    if (!socket->wants_inq || (flags & MSG_OOB) != 0) return got;
    if (room < CMSG_LEN(sizeof(int))) {
      message->msg_flags |= MSG_CTRUNC;
      return got;
    }
    const auto ready = state_->stack.readiness(socket->connection);
    int unread = ready ? static_cast<int>(ready->unread) : 0;
    if (unread == 0 && ready && ready->end_of_stream) unread = 1;  // there is an end to be read
    auto* control = static_cast<cmsghdr*>(message->msg_control);
    control->cmsg_level = IPPROTO_TCP;
    control->cmsg_type = inq_control;
    control->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(control), &unread, sizeof unread);
    message->msg_controllen = std::min<std::size_t>(room, CMSG_SPACE(sizeof(int)));
    return got;
  });
}

}  // namespace ft::posix
