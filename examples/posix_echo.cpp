// An echo server as one would write it for the kernel: a non-blocking listener, epoll, one thread. Only the calls are a stack's
// own.
//
//   posix_echo tun:ft0,10.9.0.2/24,10.9.0.1 7        (then, from the same machine: nc 10.9.0.2 7)
#include "fourtuple/posix.hpp"

#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using ft::posix::Sockets;

namespace {

int fail(const char* what) {
  std::fprintf(stderr, "posix_echo: %s: %s\n", what, std::strerror(errno));
  return 1;
}

/// False when the connection is over.
bool echo(Sockets& s, int fd) {
  std::array<char, 16'384> octets{};
  for (;;) {
    const ssize_t got = s.recv(fd, octets.data(), octets.size(), MSG_DONTWAIT);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN;
    // What the peer does not read stays with it: this write waits, and with it everybody. Enough for an example.
    if (s.send(fd, octets.data(), static_cast<std::size_t>(got), 0) != got) return false;
  }
}

int serve(Sockets& s, std::uint16_t port) {
  const int listener = s.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  if (s.bind(listener, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) return fail("bind");
  if (s.listen(listener, 128) != 0) return fail("listen");
  const int epoll = s.epoll_create1(0);
  epoll_event wanted{EPOLLIN, {.fd = listener}};
  s.epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &wanted);
  for (;;) {
    std::array<epoll_event, 64> events{};
    const int count = s.epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    if (count <= 0) return fail("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd != listener) {
        if (!echo(s, fd)) s.close(fd);
        continue;
      }
      const int peer = s.accept(listener, nullptr, nullptr);
      epoll_event more{EPOLLIN, {.fd = peer}};
      if (peer >= 0) s.epoll_ctl(epoll, EPOLL_CTL_ADD, peer, &more);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: posix_echo LINK PORT, for example: posix_echo tun:ft0,10.9.0.2/24,10.9.0.1 7\n");
    return 2;
  }
  const auto host = ft::posix::Host::open(argv[1]);
  if (!host) {
    std::fprintf(stderr, "posix_echo: %s\n", host.error().c_str());
    return 1;
  }
  return serve((*host)->sockets(), static_cast<std::uint16_t>(std::atoi(argv[2])));
}
