// poll and epoll. An epoll instance keeps candidates: watches to which something happened. epoll_wait looks only at those, so
// its cost does not grow with the sockets that are silent. A level-triggered watch stays a candidate while its condition holds;
// an edge-triggered one while octets wait, because the next arrival is an edge although nothing was read.
#include "sockets/posix/state.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace ft::posix {

using Phase = Socket::Phase;

namespace {

constexpr unsigned in_bits = POLLIN | POLLRDNORM;
constexpr unsigned out_bits = POLLOUT | POLLWRNORM;
constexpr unsigned end_bits = in_bits | POLLRDHUP;

/// Writable when a quarter of the ring is free, so that a writer is not woken for crumbs. Event::writable comes at the same
/// point.
bool has_worthwhile_room(const Readiness& ready) { return ready.room != 0 && ready.room >= ready.unacknowledged / 3; }

/// Others hold all the memory: they will not tell when they give some back, so we look again.
bool waits_for_memory(const Sockets::State& state, const Socket& socket) {
  const auto ready = state.stack.readiness(socket.connection);
  return ready && socket.phase == Phase::connected && ready->room == 0 && ready->unacknowledged == 0;
}

std::uint64_t arrivals(const Sockets::State& state, const Socket& socket) {
  const auto ready = state.stack.readiness(socket.connection);
  if (!ready) return socket.read_edges;
  return socket.read_edges + ready->octets_received + (ready->end_of_stream ? 1 : 0) +
         (ready->closed != CloseReason::none ? 1 : 0);
}

Duration milliseconds(int count) { return std::chrono::milliseconds(count); }

}  // namespace

unsigned Sockets::State::mask_of(Socket& socket) {
  refresh(socket);
  note_end(socket);
  unsigned mask = socket.error != 0 ? POLLERR : 0u;
  if (socket.phase == Phase::fresh && socket.fast_open_to) return mask | out_bits;  // the first write opens
  if (socket.phase == Phase::fresh) return mask | out_bits | POLLHUP | (socket.read_shut ? end_bits : 0u);
  if (socket.phase == Phase::listening) {
    return mask | (has_acceptable(socket) ? in_bits : 0u);
  }
  const auto ready = stack.readiness(socket.connection);
  if (!ready || ready->closed != CloseReason::none) return mask | end_bits | out_bits | POLLHUP;
  if (socket.phase == Phase::connecting) return mask;
  const bool no_more_in = socket.read_shut || ready->end_of_stream;
  if (no_more_in) mask |= end_bits;
  if (no_more_in && ready->shut) mask |= POLLHUP;
  if (readable_octets(socket) >= static_cast<unsigned>(socket.low_water)) mask |= in_bits;
  if (ready->shut || has_worthwhile_room(*ready)) {
    mask |= out_bits;
  } else {
    stack.want_room(socket.connection);  // whoever asked will hear of it
  }
  if (socket.urgent == Socket::Urgent::arrived) mask |= POLLPRI;
  return mask;
}

void Sockets::State::wake(Socket& socket, bool readable, bool writable) {
  socket.read_edges += readable ? 1 : 0;
  socket.write_edges += writable ? 1 : 0;
  for (const auto& weak : socket.watches) {
    const auto watch = weak.lock();
    if (!watch || watch->queued) continue;
    watch->queued = true;
    watch->epoll->candidates.push_back(watch);
  }
}

// --- poll ------------------------------------------------------------------------------------------------------------

int Sockets::poll(pollfd* polled, nfds_t count, int timeout_ms) {
  return static_cast<int>(state_->call([&](Lock& lock) -> Answer {
    if (polled == nullptr && count != 0) return fail(EFAULT);
    const std::span<pollfd> all(polled, count);
    int ready = 0;
    const auto look = [&] {
      ready = 0;
      for (pollfd& one : all) {
        one.revents = 0;
        if (one.fd < 0) continue;
        const auto found = state_->sockets.find(one.fd);
        const unsigned always = POLLERR | POLLHUP;
        const unsigned mask = found == state_->sockets.end()
                                  ? unsigned{POLLNVAL}
                                  : state_->mask_of(*found->second) & (static_cast<unsigned short>(one.events) | always);
        one.revents = static_cast<short>(mask);
        ready += mask != 0 ? 1 : 0;
      }
      return ready != 0;
    };
    if (look() || timeout_ms == 0) return ready;
    state_->world.wait(lock, timeout_ms < 0 ? never : state_->deadline_after(milliseconds(timeout_ms)), look);
    return ready;
  }));
}

// --- epoll -----------------------------------------------------------------------------------------------------------

int Sockets::epoll_create(int size) {
  if (size > 0) return epoll_create1(0);
  errno = EINVAL;
  return -1;
}

int Sockets::epoll_create1(int flags) {
  return static_cast<int>(state_->call([&](Lock&) -> Answer {
    if ((flags & ~EPOLL_CLOEXEC) != 0) return fail(EINVAL);
    const int fd = ::eventfd(0, EFD_CLOEXEC);
    if (fd == -1) return fail(errno);
    auto epoll = std::make_shared<Epoll>();
    epoll->fd = fd;
    state_->epolls.emplace(fd, std::move(epoll));
    return fd;
  }));
}

void Sockets::State::forget(Epoll& epoll, int fd) {
  const auto found = epoll.watches.find(fd);
  if (found == epoll.watches.end()) return;
  epoll.candidates.remove(found->second);
  epoll.watches.erase(found);
}

namespace {

std::expected<std::shared_ptr<Epoll>, int> find_epoll(const Sockets::State& state, int fd) {
  const auto found = state.epolls.find(fd);
  if (found != state.epolls.end()) return found->second;
  return fail(state.sockets.contains(fd) || ::fcntl(fd, F_GETFD) != -1 ? EINVAL : EBADF);
}

void look_again(Epoll& epoll, const std::shared_ptr<Watch>& watch) {
  watch->armed = true;
  watch->told = false;
  if (watch->queued) return;
  watch->queued = true;
  epoll.candidates.push_back(watch);
}

}  // namespace

int Sockets::epoll_ctl(int epoll_fd, int operation, int fd, epoll_event* event) {
  return static_cast<int>(state_->call([&](Lock&) -> Answer {
    if (operation != EPOLL_CTL_DEL && event == nullptr) return fail(EFAULT);
    const auto epoll = find_epoll(*state_, epoll_fd);
    if (!epoll) return fail(epoll.error());
    if (epoll_fd == fd) return fail(EINVAL);
    const auto found = state_->find(fd);
    if (!found) return fail(found.error() == EBADF ? EBADF : EPERM);
    Socket& socket = **found;
    const auto known = (*epoll)->watches.find(fd);
    const bool is_known = known != (*epoll)->watches.end();
    switch (operation) {
      case EPOLL_CTL_ADD: {
        if (is_known) return fail(EEXIST);
        auto watch = std::make_shared<Watch>();
        watch->epoll = epoll->get();
        watch->fd = fd;
        watch->wanted = *event;
        std::erase_if(socket.watches, [](const auto& weak) { return weak.expired(); });
        socket.watches.push_back(watch);
        (*epoll)->watches.emplace(fd, watch);
        look_again(**epoll, watch);
        break;
      }
      case EPOLL_CTL_MOD:
        if (!is_known) return fail(ENOENT);
        known->second->wanted = *event;
        look_again(**epoll, known->second);
        break;
      case EPOLL_CTL_DEL:
        if (!is_known) return fail(ENOENT);
        state_->forget(**epoll, fd);
        break;
      default:
        return fail(EINVAL);
    }
    state_->settle();
    return 0;
  }));
}

int Sockets::State::collect(Epoll& epoll, epoll_event* events, int most) {
  int told = 0;
  std::list<std::shared_ptr<Watch>> keep;
  while (!epoll.candidates.empty() && told < most) {
    const std::shared_ptr<Watch> watch = epoll.candidates.front();
    epoll.candidates.pop_front();
    watch->queued = false;
    const auto found = sockets.find(watch->fd);
    if (found == sockets.end() || !watch->armed) continue;
    Socket& socket = *found->second;
    const std::uint32_t mask = mask_of(socket) & (watch->wanted.events | EPOLLERR | EPOLLHUP);
    if (mask == 0) {
      watch->queued = waits_for_memory(*this, socket);
      if (watch->queued) keep.push_back(watch);
      continue;
    }
    const bool edge = (watch->wanted.events & EPOLLET) != 0;
    const std::uint64_t read_mark = arrivals(*this, socket);
    const bool is_news = !edge || !watch->told || read_mark != watch->read_mark || socket.write_edges != watch->write_mark;
    if (is_news) {
      events[told].events = mask;
      events[told].data = watch->wanted.data;
      ++told;
      watch->told = true;
      watch->read_mark = read_mark;
      watch->write_mark = socket.write_edges;
      if ((watch->wanted.events & EPOLLONESHOT) != 0) watch->armed = false;
    }
    if (!watch->armed || (edge && (mask & EPOLLIN) == 0)) continue;
    watch->queued = true;
    keep.push_back(watch);
  }
  epoll.candidates.splice(epoll.candidates.end(), keep);
  return told;
}

int Sockets::epoll_wait(int epoll_fd, epoll_event* events, int most, int timeout_ms) {
  return static_cast<int>(state_->call([&](Lock& lock) -> Answer {
    constexpr int limit = 1 << 20;
    if (most <= 0 || most > limit) return fail(EINVAL);
    if (events == nullptr) return fail(EFAULT);
    const auto found = find_epoll(*state_, epoll_fd);
    if (!found) return fail(found.error());
    const std::shared_ptr<Epoll> epoll = *found;
    int told = 0;
    const auto look = [&] {
      told = epoll->closed ? 0 : state_->collect(*epoll, events, most);
      return told != 0 || epoll->closed;
    };
    if (look() || timeout_ms == 0) return told;
    state_->world.wait(lock, timeout_ms < 0 ? never : state_->deadline_after(milliseconds(timeout_ms)), look);
    return epoll->closed ? fail(EBADF) : Answer(told);
  }));
}

}  // namespace ft::posix
