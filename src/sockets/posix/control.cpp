// fcntl and ioctl: the non-blocking switch, and how much waits in each direction.
#include "sockets/posix/state.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace ft::posix {

using Phase = Socket::Phase;

int Sockets::fcntl(int fd, int command, int argument) {
  return static_cast<int>(state_->call_on(fd, [&](Lock&, const std::shared_ptr<Socket>& socket) -> Answer {
    switch (command) {
      case F_GETFL:
        return O_RDWR | (socket->nonblocking ? O_NONBLOCK : 0);
      case F_SETFL:
        socket->nonblocking = (argument & O_NONBLOCK) != 0;
        return 0;
      case F_GETFD:
        return socket->close_on_exec ? FD_CLOEXEC : 0;
      case F_SETFD:
        socket->close_on_exec = (argument & FD_CLOEXEC) != 0;
        return 0;
      default:
        return fail(EINVAL);
    }
  }));
}

int Sockets::ioctl(int fd, unsigned long request, int* argument) {
  return static_cast<int>(state_->call_on(fd, [&](Lock&, const std::shared_ptr<Socket>& socket) -> Answer {
    if (argument == nullptr) return fail(EFAULT);
    if (request == FIONBIO) {
      socket->nonblocking = *argument != 0;
      return 0;
    }
    state_->refresh(*socket);
    const bool asks_queue = request == FIONREAD || request == SIOCOUTQ || request == SIOCOUTQNSD;
    if (!asks_queue && request != SIOCATMARK) return fail(ENOTTY);
    if (asks_queue && socket->phase == Phase::listening) return fail(EINVAL);
    const Readiness ready = state_->stack.readiness(socket->connection).value_or(Readiness{});
    switch (request) {
      case FIONREAD:  // SIOCINQ is the same number
        *argument = static_cast<int>(state_->octets_before_mark(*socket));
        break;
      case SIOCOUTQ:
        *argument = static_cast<int>(ready.unacknowledged);
        break;
      case SIOCOUTQNSD:
        *argument = static_cast<int>(ready.unsent);
        break;
      default:
        *argument = state_->is_at_mark(*socket) ? 1 : 0;
        break;
    }
    return 0;
  }));
}

}  // namespace ft::posix
