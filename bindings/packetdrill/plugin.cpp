// The door itself: packetdrill's calls go to the BSD-sockets layer over a stack in virtual time. Descriptors that are not the
// layer's (a pipe, a file) go to the system.
#include "fourtuple/posix.hpp"

#include "flags.hpp"
#include "interface.hpp"
#include "virtual_world.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <type_traits>

namespace {

using ft::packetdrill::VirtualWorld;

/// A date that leaves room on both sides; nobody asks which day it is.
constexpr ft::Instant start{std::chrono::hours(24 * 365 * 50)};

struct Door {
  explicit Door(ft::packetdrill::Flags given)
      : flags(std::move(given)), stack(flags.config), world(stack, start), sockets(stack, world) {
    world.attach(sockets);
  }
  ft::packetdrill::Flags flags;
  ft::Stack stack;
  VirtualWorld world;
  ft::posix::Sockets sockets;
};

/// For getsockopt(2) called by the process itself.
std::atomic<Door*> current = nullptr;

Door& door(void* userdata) { return *static_cast<Door*>(userdata); }

/// The layer's method, or the system's call for a descriptor that is not the layer's.
template <auto Method, auto System, class Result, class... Arguments>
Result forward(void* userdata, int fd, Arguments... arguments) {
  auto& sockets = door(userdata).sockets;
  if (!sockets.owns(fd)) {
    if constexpr (!std::is_null_pointer_v<decltype(System)>) return System(fd, arguments...);
  }
  return (sockets.*Method)(fd, arguments...);
}

// Plain functions: the C library's own carry attributes that a template argument would lose.
ssize_t system_read(int fd, void* into, size_t length) { return ::read(fd, into, length); }
ssize_t system_readv(int fd, const iovec* parts, int count) { return ::readv(fd, parts, count); }
ssize_t system_write(int fd, const void* from, size_t length) { return ::write(fd, from, length); }
ssize_t system_writev(int fd, const iovec* parts, int count) { return ::writev(fd, parts, count); }
int system_close(int fd) { return ::close(fd); }

// --- calls with something of their own -------------------------------------------------------------------------------

void free_door(void* userdata) {
  Door* const ours = &door(userdata);
  Door* expected = ours;
  current.compare_exchange_strong(expected, nullptr);
  // A thread that still sits in a call keeps everything alive: the process is about to end anyway.
  bool is_idle = false;
  {
    const std::lock_guard lock(ours->sockets.mutex());
    is_idle = !ours->world.has_waiters();
  }
  if (is_idle) delete ours;
}

void set_tcp_option(Door& ours, int fd, int name, bool value) {
  const int number = value ? 1 : 0;
  ours.sockets.setsockopt(fd, IPPROTO_TCP, name, &number, sizeof number);
}

int call_socket(void* userdata, int domain, int type, int protocol) {
  Door& ours = door(userdata);
  const int fd = ours.sockets.socket(domain, type, protocol);
  if (fd >= 0 && ours.flags.fast_open_client_without_cookie) set_tcp_option(ours, fd, TCP_FASTOPEN_NO_COOKIE, true);
  return fd;
}

int call_listen(void* userdata, int fd, int backlog) {
  Door& ours = door(userdata);
  int pending = 0;
  socklen_t length = sizeof pending;
  if (ours.sockets.getsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &pending, &length) == 0) {
    if (ours.flags.fast_open_unasked && pending == 0)
      ours.sockets.setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &backlog, sizeof backlog);
    set_tcp_option(ours, fd, TCP_FASTOPEN_NO_COOKIE, ours.flags.fast_open_server_without_cookie);
  }
  return ours.sockets.listen(fd, backlog);
}

int call_fcntl(void* userdata, int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  const int argument = va_arg(rest, int);
  va_end(rest);
  auto& sockets = door(userdata).sockets;
  return sockets.owns(fd) ? sockets.fcntl(fd, command, argument) : ::fcntl(fd, command, argument);
}

int call_ioctl(void* userdata, int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  int* const argument = va_arg(rest, int*);
  va_end(rest);
  auto& sockets = door(userdata).sockets;
  return sockets.owns(fd) ? sockets.ioctl(fd, request, argument) : ::ioctl(fd, request, argument);
}

int call_poll(void* userdata, pollfd* polled, nfds_t count, int timeout_ms) {
  return door(userdata).sockets.poll(polled, count, timeout_ms);
}

int call_epoll_create(void* userdata, int size) { return door(userdata).sockets.epoll_create(size); }

int call_pipe(void*, int ends[2]) { return ::pipe(ends); }

/// One end is a pipe of the system's, the other may be ours.
ssize_t call_splice(void* userdata, int from, loff_t* from_offset, int to, loff_t* to_offset, size_t length, unsigned flags) {
  auto& sockets = door(userdata).sockets;
  const bool from_ours = sockets.owns(from);
  const bool to_ours = sockets.owns(to);
  if (!from_ours && !to_ours) return ::splice(from, from_offset, to, to_offset, length, flags);
  const auto is_place = [](const loff_t* offset) { return offset != nullptr && *offset != 0; };  // a stream has none
  if ((from_ours && is_place(from_offset)) || (to_ours && is_place(to_offset))) {
    errno = ESPIPE;
    return -1;
  }
  if (from_ours && to_ours) {
    errno = EINVAL;
    return -1;
  }
  constexpr size_t most = 65'536;  // what a pipe holds
  std::vector<std::byte> octets(std::min(length, most));
  const int message_flags = (flags & SPLICE_F_NONBLOCK) != 0 ? MSG_DONTWAIT : 0;
  if (from_ours) {
    int at_mark = 0;
    const bool is_urgent_next = sockets.ioctl(from, SIOCATMARK, &at_mark) == 0 && at_mark != 0;
    const ssize_t got = sockets.recv(from, octets.data(), octets.size(), message_flags | (is_urgent_next ? MSG_DONTWAIT : 0));
    if (got < 0 && errno == EAGAIN && is_urgent_next) return 0;  // the octet in the way is none of the stream
    return got <= 0 ? got : ::write(to, octets.data(), static_cast<size_t>(got));
  }
  const ssize_t got = ::read(from, octets.data(), octets.size());
  return got <= 0 ? got : sockets.send(to, octets.data(), static_cast<size_t>(got), message_flags);
}

// --- the network and the clock ---------------------------------------------------------------------------------------

int netdev_send(void* userdata, const void* packet, size_t octets) {
  Door& ours = door(userdata);
  std::unique_lock lock(ours.sockets.mutex());
  ours.world.inject(lock, {static_cast<const std::byte*>(packet), octets});
  return 0;
}

long long microseconds(ft::Instant at) {
  return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

int netdev_receive(void* userdata, void* buffer, size_t* octets, long long* time_microseconds) {
  Door& ours = door(userdata);
  std::unique_lock lock(ours.sockets.mutex());
  const auto packet = ours.world.next_packet(lock);
  if (!packet || packet->octets.size() > *octets) {
    *octets = 0;  // nothing will ever come: the script expected too much
    return 0;
  }
  std::memcpy(buffer, packet->octets.data(), packet->octets.size());
  *octets = packet->octets.size();
  *time_microseconds = microseconds(packet->left);
  return 0;
}

int call_usleep(void* userdata, useconds_t pause) {
  Door& ours = door(userdata);
  std::unique_lock lock(ours.sockets.mutex());
  ours.world.advance(lock, std::chrono::microseconds(pause));
  const bool others_are_due = ours.world.take_woken();
  lock.unlock();
  // packetdrill lets go of its own lock only here: the thread whose call has just returned wants to write that down.
  if (others_are_due) ::usleep(10'000);
  return 0;
}

int call_gettimeofday(void* userdata, timeval* time, struct timezone*) {
  constexpr long long million = 1'000'000;
  Door& ours = door(userdata);
  std::unique_lock lock(ours.sockets.mutex());
  const long long now = microseconds(ours.world.read_clock(lock));
  if (time != nullptr) *time = {static_cast<time_t>(now / million), static_cast<suseconds_t>(now % million)};
  return 0;
}

}  // namespace

// --- what the library exports ----------------------------------------------------------------------------------------

extern "C" {

__attribute__((visibility("default"))) void packetdrill_interface_init(const char* flags, packetdrill_interface* out) {
  using ft::posix::Sockets;
  auto parsed = ft::packetdrill::parse_flags(flags == nullptr ? "" : flags);
  for (const std::string& complaint : parsed.complaints) std::fprintf(stderr, "fourtuple: %s\n", complaint.c_str());
  Door* const ours = new Door(std::move(parsed));
  current = ours;

  *out = {};
  out->userdata = ours;
  out->free = free_door;
  out->socket = call_socket;
  out->bind = forward<&Sockets::bind, nullptr>;
  out->listen = call_listen;
  out->accept = forward<&Sockets::accept, nullptr>;
  out->connect = forward<&Sockets::connect, nullptr>;
  out->read = forward<&Sockets::read, system_read>;
  out->readv = forward<&Sockets::readv, system_readv>;
  out->recv = forward<&Sockets::recv, nullptr>;
  out->recvfrom = forward<&Sockets::recvfrom, nullptr>;
  out->recvmsg = forward<&Sockets::recvmsg, nullptr>;
  out->write = forward<&Sockets::write, system_write>;
  out->writev = forward<&Sockets::writev, system_writev>;
  out->send = forward<&Sockets::send, nullptr>;
  out->sendto = forward<&Sockets::sendto, nullptr>;
  out->sendmsg = forward<&Sockets::sendmsg, nullptr>;
  out->fcntl = call_fcntl;
  out->ioctl = call_ioctl;
  out->close = forward<&Sockets::close, system_close>;
  out->shutdown = forward<&Sockets::shutdown, nullptr>;
  out->getsockopt = forward<&Sockets::getsockopt, nullptr>;
  out->setsockopt = forward<&Sockets::setsockopt, nullptr>;
  out->poll = call_poll;
  out->netdev_send = netdev_send;
  out->netdev_receive = netdev_receive;
  out->usleep = call_usleep;
  out->gettimeofday = call_gettimeofday;
  out->epoll_create = call_epoll_create;
  out->epoll_ctl = forward<&Sockets::epoll_ctl, nullptr>;
  out->epoll_wait = forward<&Sockets::epoll_wait, nullptr>;
  out->pipe = call_pipe;
  out->splice = call_splice;
}

/// For LD_PRELOAD: what the process itself asks about our descriptors (TCP_INFO) is answered here, all else by the kernel.
__attribute__((visibility("default"))) int getsockopt(int fd, int level, int name, void* value, socklen_t* length) noexcept {
  Door* const ours = current;
  if (ours != nullptr && ours->sockets.owns(fd)) return ours->sockets.getsockopt(fd, level, name, value, length);
  return static_cast<int>(::syscall(SYS_getsockopt, fd, level, name, value, length));
}

}  // extern "C"
