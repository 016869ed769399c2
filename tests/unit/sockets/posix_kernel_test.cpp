// The same calls made of the Linux kernel over its loopback and of ours between two stacks: every result and errno alike. A
// scene is written once against Calls; what each call answered becomes a line, and the two lists of lines must be equal.
#include "posix_pair.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;

namespace {

std::string named(int error) { return error == 0 ? "" : std::string(" ") + ::strerrorname_np(error); }

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

std::vector<std::string> on_kernel(const Scene& scene, bool v6) {
  KernelCalls calls;
  Stage stage{&calls, &calls, v6 ? "::1" : "127.0.0.1", v6 ? "::1" : "127.0.0.1", [] { std::this_thread::sleep_for(2ms); },
              {},     {}};
  scene(stage);
  stage.close_rest();
  return stage.lines;
}

std::vector<std::string> on_ours(const Scene& scene, bool v6) {
  SocketPair pair(v6);
  OurCalls client(pair.client);
  OurCalls server(pair.server);
  Stage stage{&client, &server, pair.pair.address(0).to_string(), pair.pair.address(1).to_string(), [&pair] { pair.run(50ms); },
              {},      {}};
  scene(stage);
  stage.close_rest();
  return stage.lines;
}

void alike(const Scene& scene) {
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

}  // namespace

TEST_CASE("socket answers as Linux does for every kind of wrong argument") {
  alike([](Stage& s) {
    s.socket(*s.client, AF_INET);
    s.socket(*s.client, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
    s.socket(*s.client, 250);
    s.socket(*s.client, AF_INET, SOCK_STREAM, IPPROTO_UDP);
    s.socket(*s.client, AF_INET, SOCK_SEQPACKET);
    s.socket(*s.client, AF_INET, 14);
    s.socket(*s.client, AF_INET, SOCK_STREAM | 0x100000);
    s.socket(*s.client, AF_INET, SOCK_STREAM, -1);
  });
}

TEST_CASE("calls on a socket that is not connected answer as on Linux") {
  alike([](Stage& s) {
    const int fd = s.socket(*s.client, s.family(), SOCK_STREAM | SOCK_NONBLOCK);
    s.recv(*s.client, fd, 10);
    s.send(*s.client, fd, "x");
    s.recv(*s.client, fd, 1, MSG_OOB);
    s.note("shutdown", s.client->shutdown(fd, SHUT_RDWR));
    s.note("shutdown", s.client->shutdown(fd, 7));
    s.poll(*s.client, fd, POLLIN | POLLOUT);
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    s.note("getpeername", s.client->getpeername(fd, reinterpret_cast<sockaddr*>(&name), &length));
    s.note("accept", s.client->accept4(fd, nullptr, nullptr, 0));
    s.error(*s.client, fd);
    s.note("F_GETFL", s.client->fcntl(fd, F_GETFL, 0));
    int value = -1;
    s.note("SIOCATMARK", s.client->ioctl(fd, SIOCATMARK, &value));
    s.note("FIONREAD", s.client->ioctl(fd, FIONREAD, &value));
    s.note_value("octets", std::to_string(value));
    s.note("nonsense", s.client->ioctl(fd, 0x1234, &value));
    s.note("close", s.client->close(fd));
    s.open.clear();
    s.note("close again", s.client->close(fd));
    s.recv(*s.client, fd, 10);
    s.recv(*s.client, -1, 10);
  });
}

TEST_CASE("bind refuses what Linux refuses") {
  alike([](Stage& s) {
    const int one = s.socket(*s.server, s.family());
    const Name any = s.server_name(0);
    s.note("too short", s.server->bind(one, any.get(), 8));
    const Name elsewhere(s.family() == AF_INET ? "192.0.2.77" : "2001:db8::77", 0);
    s.note("not ours", s.server->bind(one, elsewhere.get(), elsewhere.length));
    const Name other(s.family() == AF_INET ? "::1" : "127.0.0.1", 0);
    if (s.family() == AF_INET) s.note("other family", s.server->bind(one, other.get(), other.length));
    s.note("bind", s.server->bind(one, any.get(), any.length));
    s.note("bind again", s.server->bind(one, any.get(), any.length));
    const Name taken = s.server_name(s.port_of(*s.server, one));
    const int two = s.socket(*s.server, s.family());
    s.note("taken", s.server->bind(two, taken.get(), taken.length));
    s.set(*s.server, two, SOL_SOCKET, SO_REUSEADDR, 1);
    s.note("only one reuses", s.server->bind(two, taken.get(), taken.length));
    s.set(*s.server, one, SOL_SOCKET, SO_REUSEADDR, 1);
    s.note("both reuse", s.server->bind(two, taken.get(), taken.length));
    s.note("listen", s.server->listen(one, 1));
    s.note("second listen", s.server->listen(two, 1));
  });
}

TEST_CASE("a conversation from connect to close answers as on Linux") {
  alike([](Stage& s) {
    const int listening = s.listener();
    s.get(*s.server, listening, SOL_SOCKET, SO_ACCEPTCONN);
    s.server->fcntl(listening, F_SETFL, O_NONBLOCK);
    s.note_fd(*s.server, "nobody yet", s.server->accept4(listening, nullptr, nullptr, 0));
    s.poll(*s.server, listening, POLLIN | POLLOUT);
    s.recv(*s.server, listening, 1);
    s.send(*s.server, listening, "x");
    const auto [client, server] = s.connected(listening);
    s.poll(*s.client, client, POLLIN | POLLOUT | POLLRDHUP);
    const Name name = s.server_name(s.port_of(*s.server, listening));
    s.note("connect again", s.client->connect(client, name.get(), name.length));
    s.note("listen on it", s.client->listen(client, 1));
    s.recv(*s.server, server, 10);
    s.send(*s.client, client, "hello, world");
    s.settle();
    s.poll(*s.server, server, POLLIN | POLLOUT | POLLRDHUP);
    int queued = 0;
    s.note("FIONREAD", s.server->ioctl(server, FIONREAD, &queued));
    s.note_value("octets", std::to_string(queued));
    s.recv(*s.server, server, 5, MSG_PEEK);
    s.recv(*s.server, server, 5);
    s.recv(*s.server, server, 2, MSG_TRUNC);
    s.recv(*s.server, server, 100);
    s.recv(*s.server, server, 100, MSG_DONTWAIT);
    s.recv(*s.server, server, 0);
    s.note("shutdown", s.client->shutdown(client, SHUT_WR));
    s.settle();
    s.send(*s.client, client, "too late");
    s.poll(*s.client, client, POLLIN | POLLOUT | POLLRDHUP);
    s.poll(*s.server, server, POLLIN | POLLOUT | POLLRDHUP);
    s.recv(*s.server, server, 10);
    s.send(*s.server, server, "answer");
    s.settle();
    s.recv(*s.client, client, 100);
    s.note("shutdown twice", s.client->shutdown(client, SHUT_WR));
    s.close(*s.server, server);
    s.recv(*s.client, client, 10);
    s.recv(*s.client, client, 10);
    s.poll(*s.client, client, POLLIN | POLLOUT | POLLRDHUP);
    s.error(*s.client, client);
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    s.note("getpeername", s.client->getpeername(client, reinterpret_cast<sockaddr*>(&peer), &length));
    s.note("shutdown", s.client->shutdown(client, SHUT_RDWR));
    s.close(*s.client, client);
  });
}

TEST_CASE("a refused connect answers as on Linux, blocking or not, and the socket may try again") {
  alike([](Stage& s) {
    const int listening = s.listener();
    const Name name = s.server_name(s.port_of(*s.server, listening));
    s.close(*s.server, listening);
    const int fd = s.socket(*s.client, s.family());
    s.note("connect", s.client->connect(fd, name.get(), name.length));
    s.error(*s.client, fd);
    s.recv(*s.client, fd, 1);
    s.note("connect", s.client->connect(fd, name.get(), name.length));
    const int other = s.socket(*s.client, s.family(), SOCK_STREAM | SOCK_NONBLOCK);
    s.note("connect", s.client->connect(other, name.get(), name.length));
    s.settle();
    s.poll(*s.client, other, POLLIN | POLLOUT | POLLRDHUP);
    s.error(*s.client, other);
    s.error(*s.client, other);
    s.poll(*s.client, other, POLLIN | POLLOUT | POLLRDHUP);
    s.recv(*s.client, other, 1);
    s.send(*s.client, other, "x");
    const int third = s.socket(*s.client, s.family(), SOCK_STREAM | SOCK_NONBLOCK);
    s.note("connect", s.client->connect(third, name.get(), name.length));
    s.settle();
    s.send(*s.client, third, "x");
    s.send(*s.client, third, "x");
    s.error(*s.client, third);
    const int fourth = s.socket(*s.client, s.family(), SOCK_STREAM | SOCK_NONBLOCK);
    s.note("connect", s.client->connect(fourth, name.get(), name.length));
    s.settle();
    s.note("connect", s.client->connect(fourth, name.get(), name.length));
    s.note("connect", s.client->connect(fourth, name.get(), name.length));
  });
}

TEST_CASE("a non-blocking connect that succeeds says so as on Linux") {
  alike([](Stage& s) {
    const int listening = s.listener();
    const Name name = s.server_name(s.port_of(*s.server, listening));
    const int fd = s.socket(*s.client, s.family(), SOCK_STREAM | SOCK_NONBLOCK);
    s.note("short", s.client->connect(fd, name.get(), 5));
    s.note("connect", s.client->connect(fd, name.get(), name.length));
    s.settle();
    s.poll(*s.client, fd, POLLIN | POLLOUT);
    s.error(*s.client, fd);
    s.note("connect", s.client->connect(fd, name.get(), name.length));
    s.note("connect", s.client->connect(fd, name.get(), name.length));
    sockaddr none{};
    none.sa_family = AF_UNSPEC;
    s.note("disconnect", s.client->connect(fd, &none, sizeof none));
    s.settle();
    s.recv(*s.client, fd, 1);
    const int accepted = s.note_fd(*s.server, "accept", s.server->accept4(listening, nullptr, nullptr, SOCK_NONBLOCK));
    s.recv(*s.server, accepted, 1);
    s.recv(*s.server, accepted, 1);
    s.note("connect", s.client->connect(fd, name.get(), name.length));
  });
}

TEST_CASE("a reset answers reads, writes, poll and SO_ERROR as on Linux") {
  alike([](Stage& s) {
    const int listening = s.listener();
    for (const int which : {0, 1, 2, 3}) {
      const auto [client, server] = s.connected(listening);
      const linger hard{1, 0};
      s.note("linger", s.client->setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
      s.close(*s.client, client);
      s.poll(*s.server, server, POLLIN | POLLOUT | POLLRDHUP);
      if (which == 0) s.recv(*s.server, server, 1);
      if (which == 1) s.send(*s.server, server, "x");
      if (which == 2) s.error(*s.server, server);
      s.recv(*s.server, server, 1);
      s.send(*s.server, server, "x");
      s.poll(*s.server, server, POLLIN | POLLOUT | POLLRDHUP);
      s.note("shutdown", s.server->shutdown(server, SHUT_WR));
    }
  });
}

TEST_CASE("octets left unread turn close into a reset, and after the peer's FIN a reset is a broken pipe") {
  alike([](Stage& s) {
    const int listening = s.listener();
    {
      const auto [client, server] = s.connected(listening);
      s.send(*s.client, client, "unread");
      s.settle();
      s.close(*s.server, server);
      s.recv(*s.client, client, 1);
      s.recv(*s.client, client, 1);
      s.send(*s.client, client, "x");
    }
    {
      const auto [client, server] = s.connected(listening);
      s.close(*s.server, server);
      s.recv(*s.client, client, 1);
      s.send(*s.client, client, "nobody hears this");
      s.settle();
      s.send(*s.client, client, "x");
      s.recv(*s.client, client, 1);
      s.error(*s.client, client);
    }
  });
}

TEST_CASE("what came before a reset is read first, as on Linux") {
  alike([](Stage& s) {
    const int listening = s.listener();
    for (const int which : {0, 1}) {
      const auto [client, server] = s.connected(listening);
      s.send(*s.client, client, "last words");
      s.settle();
      const linger hard{1, 0};
      s.note("linger", s.client->setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
      s.close(*s.client, client);
      s.poll(*s.server, server, POLLIN | POLLOUT | POLLRDHUP);
      int queued = 0;
      s.note("FIONREAD", s.server->ioctl(server, FIONREAD, &queued));
      if (which == 1) s.send(*s.server, server, "x");
      s.recv(*s.server, server, 4, MSG_PEEK);
      s.recv(*s.server, server, 4);
      s.recv(*s.server, server, 100);
      s.recv(*s.server, server, 100);
      s.recv(*s.server, server, 100);
      s.error(*s.server, server);
    }
  });
}

TEST_CASE("fast open answers as on Linux where the server gives no cookie") {
  std::FILE* const setting = std::fopen("/proc/sys/net/ipv4/tcp_fastopen", "r");
  int bits = 0;
  const bool known = setting != nullptr && std::fscanf(setting, "%d", &bits) == 1;
  if (setting != nullptr) std::fclose(setting);
  if (!known || (bits & 7) != 1) return;  // this machine's kernel opens otherwise
  alike([](Stage& s) {
    const int listening = s.listener();
    const Name name = s.server_name(s.port_of(*s.server, listening));
    const auto open = [&](Calls& side, int fd, const std::string& text, const sockaddr* to, socklen_t length) {
      s.note("sendto", side.sendto(fd, text.data(), text.size(), MSG_FASTOPEN, to, length));
    };
    sockaddr none{};
    none.sa_family = AF_UNSPEC;
    const int fd = s.socket(*s.client, s.family());
    open(*s.client, fd, "x", nullptr, 0);
    open(*s.client, fd, "x", &none, sizeof none);
    open(*s.client, fd, "x", name.get(), 5);
    open(*s.server, listening, "x", name.get(), name.length);
    for (const int option : {TCP_FASTOPEN, TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_NO_COOKIE}) {
      s.get(*s.client, fd, IPPROTO_TCP, option);
      for (const int value : {-1, 2, 1}) {
        s.set(*s.client, fd, IPPROTO_TCP, option, value);
        s.get(*s.client, fd, IPPROTO_TCP, option);
      }
    }
    const int plain = s.socket(*s.client, s.family());
    open(*s.client, plain, "hello", name.get(), name.length);
    s.settle();
    const int accepted = s.note_fd(*s.server, "accept", s.server->accept4(listening, nullptr, nullptr, SOCK_NONBLOCK));
    s.recv(*s.server, accepted, 100);
    open(*s.client, plain, "again", name.get(), name.length);
    s.set(*s.client, plain, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
    s.set(*s.client, plain, IPPROTO_TCP, TCP_FASTOPEN, 1);
    s.set(*s.client, plain, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1);
    const int later = s.socket(*s.client, s.family(), SOCK_STREAM | SOCK_NONBLOCK);
    open(*s.client, later, "hello", name.get(), name.length);
    s.settle();
    s.poll(*s.client, later, POLLIN | POLLOUT);
    s.error(*s.client, later);
    s.send(*s.client, later, "now");
    const int put_off = s.socket(*s.client, s.family(), SOCK_STREAM | SOCK_NONBLOCK);
    s.set(*s.client, put_off, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
    s.note("connect", s.client->connect(put_off, name.get(), name.length));
    s.settle();
    s.note("connect", s.client->connect(put_off, name.get(), name.length));
  });
}

TEST_CASE("shutdown of reading and of both answers as on Linux") {
  alike([](Stage& s) {
    const int listening = s.listener();
    const auto [client, server] = s.connected(listening);
    s.note("shutdown", s.server->shutdown(server, SHUT_RD));
    s.recv(*s.server, server, 1);
    s.poll(*s.server, server, POLLIN | POLLOUT | POLLRDHUP);
    s.send(*s.server, server, "still");
    s.settle();
    s.recv(*s.client, client, 10);
    s.note("shutdown", s.server->shutdown(server, SHUT_RDWR));
    s.poll(*s.server, server, POLLIN | POLLOUT | POLLRDHUP);
    s.settle();
    s.recv(*s.client, client, 1);
    s.note("listener", s.server->shutdown(listening, SHUT_WR));
    s.note("listener", s.server->shutdown(listening, SHUT_RD));
    s.poll(*s.server, listening, POLLIN | POLLOUT);
    s.note_fd(*s.server, "accept", s.server->accept4(listening, nullptr, nullptr, 0));
    s.note("listen", s.server->listen(listening, 3));
  });
}

TEST_CASE("urgent data is one octet beside the stream, as on Linux") {
  alike([](Stage& s) {
    const int listening = s.listener();
    for (const int inline_too : {0, 1}) {
      const auto [client, server] = s.connected(listening);
      s.set(*s.server, server, SOL_SOCKET, SO_OOBINLINE, inline_too);
      s.recv(*s.server, server, 1, MSG_OOB);
      s.send(*s.client, client, "abc");
      s.send(*s.client, client, "de", MSG_OOB);
      s.send(*s.client, client, "fg");
      s.settle();
      s.poll(*s.server, server, POLLIN | POLLPRI);
      int mark = -1;
      s.note("SIOCATMARK", s.server->ioctl(server, SIOCATMARK, &mark));
      s.note_value("mark", std::to_string(mark));
      int unread = -1;
      s.note("FIONREAD", s.server->ioctl(server, FIONREAD, &unread));
      s.note_value("octets", std::to_string(unread));
      s.recv(*s.server, server, 1, MSG_OOB | MSG_PEEK);
      s.recv(*s.server, server, 5, MSG_OOB);
      s.recv(*s.server, server, 5, MSG_OOB);
      s.poll(*s.server, server, POLLIN | POLLPRI);
      s.recv(*s.server, server, 2);
      s.recv(*s.server, server, 100);
      s.note("SIOCATMARK", s.server->ioctl(server, SIOCATMARK, &mark));
      s.note_value("mark", std::to_string(mark));
      s.recv(*s.server, server, 100);
      s.recv(*s.server, server, 100);
      s.note("SIOCATMARK", s.server->ioctl(server, SIOCATMARK, &mark));
      s.note_value("mark", std::to_string(mark));
    }
  });
}

TEST_CASE("options take and give what they do on Linux") {
  alike([](Stage& s) {
    const int fd = s.socket(*s.client, s.family());
    for (const int name : {SO_TYPE, SO_PROTOCOL, SO_DOMAIN, SO_ACCEPTCONN, SO_ERROR, SO_REUSEADDR, SO_REUSEPORT, SO_KEEPALIVE,
                           SO_OOBINLINE, SO_RCVLOWAT, SO_SNDLOWAT, SO_BROADCAST, SO_DONTROUTE, SO_PRIORITY})
      s.get(*s.client, fd, SOL_SOCKET, name);
    for (const int name : {SO_TYPE, SO_ERROR, SO_ACCEPTCONN, SO_SNDLOWAT}) s.set(*s.client, fd, SOL_SOCKET, name, 1);
    for (const int name : {SO_REUSEADDR, SO_REUSEPORT, SO_KEEPALIVE, SO_OOBINLINE, SO_RCVLOWAT}) {
      s.set(*s.client, fd, SOL_SOCKET, name, 5);
      s.get(*s.client, fd, SOL_SOCKET, name);
      s.set(*s.client, fd, SOL_SOCKET, name, 0);
      s.get(*s.client, fd, SOL_SOCKET, name);
    }
    for (const int space : {0, 5000, 100'000}) {
      s.set(*s.client, fd, SOL_SOCKET, SO_RCVBUF, space);
      s.get(*s.client, fd, SOL_SOCKET, SO_RCVBUF);
      s.set(*s.client, fd, SOL_SOCKET, SO_SNDBUF, space);
      s.get(*s.client, fd, SOL_SOCKET, SO_SNDBUF);
    }
    s.note("short", s.client->setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, "x", 1));
    s.note("no option", s.client->setsockopt(fd, SOL_SOCKET, 9999, "xxxx", 4));
    s.note("no option", s.client->setsockopt(fd, IPPROTO_TCP, 9999, "xxxx", 4));
    s.get(*s.client, fd, IPPROTO_TCP, 9999);
    const timeval bad{0, 2'000'000};
    s.note("bad time", s.client->setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bad, sizeof bad));
    s.note("no device", s.client->setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nosuch0", 8));
  });
}

TEST_CASE("TCP options take and give what they do on Linux") {
  alike([](Stage& s) {
    const int fd = s.socket(*s.client, s.family());
    for (const int name : {TCP_NODELAY, TCP_MAXSEG, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_SYNCNT, TCP_LINGER2,
                           TCP_WINDOW_CLAMP, TCP_USER_TIMEOUT})
      s.get(*s.client, fd, IPPROTO_TCP, name);
    struct Case {
      int name;
      int value;
    };
    for (const auto& [name, value] :
         {Case{TCP_NODELAY, 3},  {TCP_MAXSEG, 1000},    {TCP_MAXSEG, 40},       {TCP_MAXSEG, 40000},
          {TCP_KEEPIDLE, 0},     Case{TCP_KEEPIDLE, 7}, {TCP_KEEPIDLE, 40000},  {TCP_KEEPINTVL, 9},
          {TCP_KEEPINTVL, 0},    {TCP_KEEPCNT, 128},    Case{TCP_KEEPCNT, 4},   {TCP_SYNCNT, 0},
          {TCP_SYNCNT, 3},       {TCP_LINGER2, 30},     {TCP_LINGER2, 1000},    Case{TCP_DEFER_ACCEPT, 5},
          {TCP_DEFER_ACCEPT, 0}, {TCP_DEFER_ACCEPT, 1}, {TCP_CORK, 1},          {TCP_NOTSENT_LOWAT, 9000},
          {TCP_QUICKACK, 1},     Case{TCP_LINGER2, -5}, {TCP_USER_TIMEOUT, -1}, {TCP_USER_TIMEOUT, 500},
          {TCP_INFO, 1}}) {
      s.set(*s.client, fd, IPPROTO_TCP, name, value);
      if (name != TCP_INFO) s.get(*s.client, fd, IPPROTO_TCP, name);
    }
    s.note("congestion", s.client->setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6));
    s.note("congestion", s.client->setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5));
    char name[16] = {};
    socklen_t length = sizeof name;
    s.note("congestion", s.client->getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length));
    s.note_value("congestion", name + std::string(" ") + std::to_string(length));
  });
}

TEST_CASE("IP options take and give what they do on Linux") {
  alike([](Stage& s) {
    const int fd = s.socket(*s.client, s.family());
    s.get(*s.client, fd, IPPROTO_IP, IP_TTL);
    for (const int ttl : {0, 1, 255, 256, -1}) {
      s.set(*s.client, fd, IPPROTO_IP, IP_TTL, ttl);
      s.get(*s.client, fd, IPPROTO_IP, IP_TTL);
    }
    for (const int tos : {0x10, 0xff, 0}) {
      s.set(*s.client, fd, IPPROTO_IP, IP_TOS, tos);
      s.get(*s.client, fd, IPPROTO_IP, IP_TOS);
    }
    s.get(*s.client, fd, IPPROTO_IP, IP_MTU);
    s.get(*s.client, fd, IPPROTO_IPV6, IPV6_V6ONLY);
    s.set(*s.client, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    s.get(*s.client, fd, IPPROTO_IPV6, IPV6_V6ONLY);
    s.get(*s.client, fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
    for (const int hops : {-2, 0, 9, 256, -1}) s.set(*s.client, fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops);
    for (const int traffic_class : {-2, 0x20, 256, -1}) s.set(*s.client, fd, IPPROTO_IPV6, IPV6_TCLASS, traffic_class);
    s.get(*s.client, fd, IPPROTO_IPV6, IPV6_TCLASS);
  });
}
