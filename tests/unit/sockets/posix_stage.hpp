// A stage on which the same calls are made of the Linux kernel over its loopback and of ours between two stacks: every result and
// errno alike. A scene is written once against Calls; what each call answered becomes a line, and the two lists of lines must be
// equal.
#pragma once

#include "posix_pair.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace ft::test {

using namespace std::chrono_literals;

inline std::string named(int error) { return error == 0 ? "" : std::string(" ") + ::strerrorname_np(error); }

/// One side's calls; -1 leaves errno.
struct Calls {
  virtual ~Calls() = default;
  virtual int socket(int, int, int) = 0;
  virtual int bind(int, const sockaddr*, socklen_t) = 0;
  virtual int listen(int, int) = 0;
  virtual int accept4(int, sockaddr*, socklen_t*, int) = 0;
  virtual int connect(int, const sockaddr*, socklen_t) = 0;
  virtual int getsockname(int, sockaddr*, socklen_t*) = 0;
  virtual int getpeername(int, sockaddr*, socklen_t*) = 0;
  virtual int shutdown(int, int) = 0;
  virtual int close(int) = 0;
  virtual ssize_t recv(int, void*, std::size_t, int) = 0;
  virtual ssize_t send(int, const void*, std::size_t, int) = 0;
  virtual ssize_t sendto(int, const void*, std::size_t, int, const sockaddr*, socklen_t) = 0;
  virtual int getsockopt(int, int, int, void*, socklen_t*) = 0;
  virtual int setsockopt(int, int, int, const void*, socklen_t) = 0;
  virtual int fcntl(int, int, int) = 0;
  virtual int ioctl(int, unsigned long, int*) = 0;
  virtual int poll(pollfd*, nfds_t, int) = 0;
};

struct KernelCalls final : Calls {
  int socket(int a, int b, int c) override { return ::socket(a, b, c); }
  int bind(int fd, const sockaddr* a, socklen_t n) override { return ::bind(fd, a, n); }
  int listen(int fd, int n) override { return ::listen(fd, n); }
  int accept4(int fd, sockaddr* a, socklen_t* n, int f) override { return ::accept4(fd, a, n, f); }
  int connect(int fd, const sockaddr* a, socklen_t n) override { return ::connect(fd, a, n); }
  int getsockname(int fd, sockaddr* a, socklen_t* n) override { return ::getsockname(fd, a, n); }
  int getpeername(int fd, sockaddr* a, socklen_t* n) override { return ::getpeername(fd, a, n); }
  int shutdown(int fd, int how) override { return ::shutdown(fd, how); }
  int close(int fd) override { return ::close(fd); }
  ssize_t recv(int fd, void* p, std::size_t n, int f) override { return ::recv(fd, p, n, f); }
  ssize_t send(int fd, const void* p, std::size_t n, int f) override { return ::send(fd, p, n, f | MSG_NOSIGNAL); }
  ssize_t sendto(int fd, const void* p, std::size_t n, int f, const sockaddr* a, socklen_t l) override {
    return ::sendto(fd, p, n, f | MSG_NOSIGNAL, a, l);
  }
  int getsockopt(int fd, int l, int n, void* p, socklen_t* s) override { return ::getsockopt(fd, l, n, p, s); }
  int setsockopt(int fd, int l, int n, const void* p, socklen_t s) override { return ::setsockopt(fd, l, n, p, s); }
  int fcntl(int fd, int c, int a) override { return ::fcntl(fd, c, a); }
  int ioctl(int fd, unsigned long r, int* a) override { return ::ioctl(fd, r, a); }
  int poll(pollfd* p, nfds_t n, int ms) override { return ::poll(p, n, ms); }
};

struct OurCalls final : Calls {
  explicit OurCalls(posix::Sockets& s) : sockets(s) {}
  int socket(int a, int b, int c) override { return sockets.socket(a, b, c); }
  int bind(int fd, const sockaddr* a, socklen_t n) override { return sockets.bind(fd, a, n); }
  int listen(int fd, int n) override { return sockets.listen(fd, n); }
  int accept4(int fd, sockaddr* a, socklen_t* n, int f) override { return sockets.accept4(fd, a, n, f); }
  int connect(int fd, const sockaddr* a, socklen_t n) override { return sockets.connect(fd, a, n); }
  int getsockname(int fd, sockaddr* a, socklen_t* n) override { return sockets.getsockname(fd, a, n); }
  int getpeername(int fd, sockaddr* a, socklen_t* n) override { return sockets.getpeername(fd, a, n); }
  int shutdown(int fd, int how) override { return sockets.shutdown(fd, how); }
  int close(int fd) override { return sockets.close(fd); }
  ssize_t recv(int fd, void* p, std::size_t n, int f) override { return sockets.recv(fd, p, n, f); }
  ssize_t send(int fd, const void* p, std::size_t n, int f) override { return sockets.send(fd, p, n, f); }
  ssize_t sendto(int fd, const void* p, std::size_t n, int f, const sockaddr* a, socklen_t l) override {
    return sockets.sendto(fd, p, n, f, a, l);
  }
  int getsockopt(int fd, int l, int n, void* p, socklen_t* s) override { return sockets.getsockopt(fd, l, n, p, s); }
  int setsockopt(int fd, int l, int n, const void* p, socklen_t s) override { return sockets.setsockopt(fd, l, n, p, s); }
  int fcntl(int fd, int c, int a) override { return sockets.fcntl(fd, c, a); }
  int ioctl(int fd, unsigned long r, int* a) override { return sockets.ioctl(fd, r, a); }
  int poll(pollfd* p, nfds_t n, int ms) override { return sockets.poll(p, n, ms); }
  posix::Sockets& sockets;
};

/// A stage with two sides; every call writes down what it answered.
struct Stage {
  Calls* client;
  Calls* server;
  std::string client_address;
  std::string server_address;
  std::function<void()> settle;
  std::vector<std::string> lines;
  std::vector<std::pair<Calls*, int>> open;

  ssize_t note(const std::string& what, ssize_t result) {
    lines.push_back(what + " = " + std::to_string(result) + (result == -1 ? named(errno) : ""));
    return result;
  }
  /// A descriptor's number says nothing: only whether there is one.
  int note_fd(Calls& side, const std::string& what, int fd) {
    lines.push_back(what + (fd >= 0 ? " = fd" : " = -1" + named(errno)));
    if (fd >= 0) open.emplace_back(&side, fd);
    return fd;
  }
  void note_value(const std::string& what, const std::string& value) { lines.push_back(what + " : " + value); }

  int socket(Calls& side, int domain, int type = SOCK_STREAM, int protocol = 0) {
    return note_fd(side, "socket", side.socket(domain, type, protocol));
  }
  int family() const { return server_address.find(':') == std::string::npos ? AF_INET : AF_INET6; }
  ssize_t send(Calls& side, int fd, const std::string& text, int flags = 0) {
    return note("send", side.send(fd, text.data(), text.size(), flags));
  }
  void recv(Calls& side, int fd, std::size_t most, int flags = 0) {
    std::string text(most, '\0');
    const ssize_t got = note("recv", side.recv(fd, text.data(), most, flags));
    if (got > 0) note_value("octets", text.substr(0, static_cast<std::size_t>(got)));
  }
  void poll(Calls& side, int fd, short events) {
    pollfd polled{fd, events, 0};
    note("poll", side.poll(&polled, 1, 0));
    note_value("revents", std::to_string(polled.revents));
  }
  void get(Calls& side, int fd, int level, int name, bool with_value = true) {
    int value = 0;
    socklen_t length = sizeof value;
    const auto got = note("getsockopt " + std::to_string(level) + " " + std::to_string(name),
                          side.getsockopt(fd, level, name, &value, &length));
    if (got == 0 && with_value) note_value("value", std::to_string(value) + " of " + std::to_string(length));
  }
  void set(Calls& side, int fd, int level, int name, int value) {
    note("setsockopt " + std::to_string(level) + " " + std::to_string(name) + " " + std::to_string(value),
         side.setsockopt(fd, level, name, &value, sizeof value));
  }
  void error(Calls& side, int fd) { get(side, fd, SOL_SOCKET, SO_ERROR); }
  std::uint16_t port_of(Calls& side, int fd) {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    side.getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length);
    return name.ss_family == AF_INET ? ntohs(reinterpret_cast<sockaddr_in*>(&name)->sin_port)
                                     : ntohs(reinterpret_cast<sockaddr_in6*>(&name)->sin6_port);
  }
  Name server_name(std::uint16_t port) const { return {server_address, port}; }

  int listener(int backlog = 5) {
    const int fd = socket(*server, family());
    const Name name = server_name(0);
    note("bind", server->bind(fd, name.get(), name.length));
    note("listen", server->listen(fd, backlog));
    return fd;
  }
  /// Connected both ways: {client, server} descriptors, both non-blocking.
  std::pair<int, int> connected(int listening) {
    const int fd = socket(*client, family());
    const Name name = server_name(port_of(*server, listening));
    note("connect", client->connect(fd, name.get(), name.length));
    settle();
    const int accepted = note_fd(*server, "accept", server->accept4(listening, nullptr, nullptr, SOCK_NONBLOCK));
    client->fcntl(fd, F_SETFL, O_NONBLOCK);
    return {fd, accepted};
  }
  void close(Calls& side, int fd) {
    note("close", side.close(fd));
    std::erase(open, std::pair<Calls*, int>(&side, fd));
    settle();
  }
  void close_rest() {
    for (const auto& [side, fd] : open) side->close(fd);
    open.clear();
  }
};

using Scene = std::function<void(Stage&)>;

inline std::vector<std::string> on_kernel(const Scene& scene, bool v6) {
  KernelCalls calls;
  Stage stage{&calls, &calls, v6 ? "::1" : "127.0.0.1", v6 ? "::1" : "127.0.0.1", [] { std::this_thread::sleep_for(2ms); },
              {},     {}};
  scene(stage);
  stage.close_rest();
  return stage.lines;
}

inline std::vector<std::string> on_ours(const Scene& scene, bool v6) {
  SocketPair pair(v6);
  OurCalls client(pair.client);
  OurCalls server(pair.server);
  Stage stage{&client, &server, pair.pair.address(0).to_string(), pair.pair.address(1).to_string(), [&pair] { pair.run(50ms); },
              {},      {}};
  scene(stage);
  stage.close_rest();
  return stage.lines;
}

inline void alike(const Scene& scene) {
  for (const bool v6 : {false, true}) {
    CAPTURE(v6);
    if (v6) {
      const int probe = ::socket(AF_INET6, SOCK_STREAM, 0);
      const Name loopback("::1", 0);
      const bool has_v6 = probe >= 0 && ::bind(probe, loopback.get(), loopback.length) == 0;
      ::close(probe);
      if (!has_v6) continue;
    }
    const auto kernel = on_kernel(scene, v6);
    const auto ours = on_ours(scene, v6);
    for (std::size_t i = 0; i < std::max(kernel.size(), ours.size()); ++i) {
      const std::string& theirs = i < kernel.size() ? kernel[i] : "nothing";
      const std::string& mine = i < ours.size() ? ours[i] : "nothing";
      CAPTURE(i);
      CAPTURE(i == 0 ? "" : kernel[i - 1]);
      CHECK(mine == theirs);
      if (mine != theirs) break;
    }
  }
}

}  // namespace ft::test
