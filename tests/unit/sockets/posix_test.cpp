// What the BSD-sockets layer promises beyond what posix_kernel_test.cpp compares with Linux: names of two families, and what an
// option changes on the wire.
#include "posix_ends.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <array>
#include <vector>

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;
using posix::Sockets;

TEST_CASE("peeking shows octets across the edge of the ring and takes none") {
  SocketPair world;
  const Ends ends = connected(world, listener(world));
  std::string got(4096, '\0');
  for (int round = 0; round < 50; ++round) {
    const std::string sent = text_of(3000);
    CHECK(world.client.write(ends.client, sent.data(), sent.size()) == 3000);
    CHECK(world.server.recv(ends.server, got.data(), 3000, MSG_PEEK | MSG_WAITALL) == 3000);
    CHECK(got.substr(0, 3000) == sent);
    CHECK(world.server.recv(ends.server, got.data(), 3000, MSG_WAITALL) == 3000);
    CHECK(got.substr(0, 3000) == sent);
    if (round % 3 == 0) {
      CHECK(world.client.write(ends.client, sent.data(), 700) == 700);
      CHECK(world.server.recv(ends.server, got.data(), 700, MSG_WAITALL) == 700);
    }
  }
}

TEST_CASE("readv fills and writev empties several pieces, and recvmsg tells how much is left") {
  SocketPair world;
  const Ends ends = connected(world, listener(world));
  std::string one = "first ", two = "second ", three = "third";
  const std::array<iovec, 3> out{{{one.data(), one.size()}, {two.data(), two.size()}, {three.data(), three.size()}}};
  CHECK(world.client.writev(ends.client, out.data(), 3) == 18);
  world.run(50ms);
  std::array<char, 4> a{};
  std::array<char, 5> b{};
  std::array<iovec, 2> in{{{a.data(), a.size()}, {b.data(), b.size()}}};
  CHECK(world.server.readv(ends.server, in.data(), 2) == 9);
  CHECK(std::string(b.data(), b.size()) == "t sec");
  const int on = 1;
  constexpr int tcp_inq = 36;
  CHECK(world.server.setsockopt(ends.server, IPPROTO_TCP, tcp_inq, &on, sizeof on) == 0);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = in.data();
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  CHECK(world.server.recvmsg(ends.server, &message, 0) == 4);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  REQUIRE(header != nullptr);
  CHECK(header->cmsg_type == tcp_inq);
  int left = 0;
  std::memcpy(&left, CMSG_DATA(header), sizeof left);
  CHECK(left == 5);
  CHECK(world.server.readv(ends.server, in.data(), -1) == -1);
  CHECK(errno == EINVAL);
}

TEST_CASE("a listener on [::] hears both families and names IPv4 peers as mapped addresses") {
  const auto both = [](StackConfig& a, StackConfig& b) {
    a.addresses.push_back({*IpAddress::parse("fd00::1"), 64});
    b.addresses.push_back({*IpAddress::parse("fd00::2"), 64});
  };
  SocketPair world(false, both);
  const int listening = world.server.socket(AF_INET6, SOCK_STREAM, 0);
  const Name any("::", port);
  CHECK(world.server.bind(listening, any.get(), any.length) == 0);
  CHECK(world.server.listen(listening, 5) == 0);
  for (const std::string to : {"10.0.0.2", "fd00::2"}) {
    const Name name(to, port);
    const int fd = world.client.socket(name.length == sizeof(sockaddr_in) ? AF_INET : AF_INET6, SOCK_STREAM, 0);
    CHECK(world.client.connect(fd, name.get(), name.length) == 0);
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    const int accepted = world.server.accept(listening, reinterpret_cast<sockaddr*>(&peer), &length);
    CHECK(accepted >= 0);
    CHECK(length == sizeof(sockaddr_in6));
    CHECK(to_text(peer).starts_with(to == "fd00::2" ? "fd00::1 " : "::ffff:10.0.0.1 "));
  }
  // and the other way: a socket of AF_INET6 speaks IPv4 to a mapped address
  const Name mapped("::ffff:10.0.0.2", port);
  const int fd = world.client.socket(AF_INET6, SOCK_STREAM, 0);
  CHECK(world.client.connect(fd, mapped.get(), mapped.length) == 0);
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  CHECK(world.client.getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) == 0);
  CHECK(to_text(own).starts_with("::ffff:10.0.0.1 "));
  const int only = world.client.socket(AF_INET6, SOCK_STREAM, 0);
  const int on = 1;
  CHECK(world.client.setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0);
  CHECK(world.client.connect(only, mapped.get(), mapped.length) == -1);
  CHECK(errno == ENETUNREACH);
}

TEST_CASE("a linger of zero is a reset") {
  SocketPair world;
  const Ends ends = connected(world, listener(world));
  const linger none{1, 0};
  CHECK(world.client.setsockopt(ends.client, SOL_SOCKET, SO_LINGER, &none, sizeof none) == 0);
  CHECK(world.client.close(ends.client) == 0);
  char octet = 0;
  CHECK(world.server.read(ends.server, &octet, 1) == -1);
  CHECK(errno == ECONNRESET);
}

TEST_CASE("bind before connect decides address and port, and port 0 is chosen at bind") {
  SocketPair world;
  listener(world);
  const int fd = world.client.socket(AF_INET, SOCK_STREAM, 0);
  const Name own("10.0.0.1", 0);
  CHECK(world.client.bind(fd, own.get(), own.length) == 0);
  sockaddr_storage before{};
  sockaddr_storage after{};
  socklen_t length = sizeof before;
  CHECK(world.client.getsockname(fd, reinterpret_cast<sockaddr*>(&before), &length) == 0);
  const Name name("10.0.0.2", port);
  CHECK(world.client.connect(fd, name.get(), name.length) == 0);
  CHECK(world.client.getsockname(fd, reinterpret_cast<sockaddr*>(&after), &length) == 0);
  CHECK(to_text(before) == to_text(after));
  CHECK_FALSE(to_text(before).ends_with(" 0"));
  // the same pair of sockets a second time
  const int other = world.client.socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  CHECK(world.client.setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  CHECK(world.client.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  CHECK(world.client.bind(other, reinterpret_cast<const sockaddr*>(&before), sizeof(sockaddr_in)) == 0);
  CHECK(world.client.connect(other, name.get(), name.length) == -1);
  CHECK(errno == EADDRNOTAVAIL);
}

TEST_CASE("a port in TIME-WAIT may be bound again with SO_REUSEADDR only") {
  SocketPair world;
  const int listening = listener(world);
  const Ends ends = connected(world, listening);
  CHECK(world.server.close(listening) == 0);
  CHECK(world.server.close(ends.server) == 0);
  world.run(100ms);
  CHECK(world.client.close(ends.client) == 0);
  world.run(100ms);
  const Name name("10.0.0.2", port);
  const int fd = world.server.socket(AF_INET, SOCK_STREAM, 0);
  CHECK(world.server.bind(fd, name.get(), name.length) == -1);
  CHECK(errno == EADDRINUSE);
  const int on = 1;
  CHECK(world.server.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  CHECK(world.server.bind(fd, name.get(), name.length) == 0);
  CHECK(world.server.listen(fd, 1) == 0);
}

TEST_CASE("a listener takes one connection more than its backlog") {
  SocketPair world;
  const int listening = listener(world, 1);
  std::vector<int> clients;
  for (int i = 0; i < 3; ++i) {
    const int fd = world.client.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const Name name("10.0.0.2", port);
    CHECK(world.client.connect(fd, name.get(), name.length) == -1);
    world.run(100ms);
    clients.push_back(fd);
  }
  const int flags = world.server.fcntl(listening, F_GETFL);
  CHECK(world.server.fcntl(listening, F_SETFL, flags | O_NONBLOCK) == 0);
  CHECK(world.server.accept(listening, nullptr, nullptr) >= 0);
  CHECK(world.server.accept(listening, nullptr, nullptr) >= 0);
  CHECK(world.server.accept(listening, nullptr, nullptr) == -1);
  CHECK(errno == EAGAIN);
  world.run(3s);  // the SYN comes again
  CHECK(world.server.accept(listening, nullptr, nullptr) >= 0);
}

TEST_CASE("TCP_DEFER_ACCEPT tells of a connection once it has said something, or after its time") {
  SocketPair world;
  const int listening = listener(world);
  const int seconds = 5;
  CHECK(world.server.setsockopt(listening, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds) == 0);
  const int fd = world.client.socket(AF_INET, SOCK_STREAM, 0);
  const Name name("10.0.0.2", port);
  CHECK(world.client.connect(fd, name.get(), name.length) == 0);
  world.run(100ms);
  pollfd polled{listening, POLLIN, 0};
  CHECK(world.server.poll(&polled, 1, 0) == 0);
  CHECK(world.client.write(fd, "GET", 3) == 3);
  CHECK(world.server.poll(&polled, 1, 1000) == 1);
  CHECK(world.server.accept(listening, nullptr, nullptr) >= 0);

  const int silent = world.client.socket(AF_INET, SOCK_STREAM, 0);
  CHECK(world.client.connect(silent, name.get(), name.length) == 0);
  world.run(100ms);
  const Instant before = world.pair.now;
  CHECK(world.server.accept(listening, nullptr, nullptr) >= 0);
  CHECK(world.pair.now - before == 7s);
  CHECK(world.client.connect(world.client.socket(AF_INET, SOCK_STREAM, 0), name.get(), name.length) == 0);
  world.run(100ms);
  CHECK(world.server.poll(&polled, 1, 0) == 0);
  CHECK(world.server.close(listening) == 0);
}

TEST_CASE("TCP_INFO tells state, round-trip time, windows and counts in Linux's units") {
  SocketPair world;
  const Ends ends = connected(world, listener(world));
  const std::string text = text_of(5000);
  CHECK(world.client.write(ends.client, text.data(), text.size()) == 5000);
  world.run(500ms);
  posix::TcpInfo info;
  socklen_t length = sizeof info;
  CHECK(world.client.getsockopt(ends.client, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
  CHECK(length == sizeof info);
  CHECK(info.state == TCP_ESTABLISHED);
  CHECK(info.snd_mss == 1448);
  CHECK(info.rtt >= 20'000);
  CHECK(info.rtt < 25'000);
  CHECK(info.rto >= 200'000);
  CHECK(info.snd_cwnd >= 10);
  CHECK(info.unacked == 0);
  CHECK(info.bytes_acked == 5000);
  CHECK(info.options == 7);  // timestamps, SACK, window scale
  tcp_info old{};
  length = sizeof old;
  CHECK(world.client.getsockopt(ends.client, IPPROTO_TCP, TCP_INFO, &old, &length) == 0);
  CHECK(length == sizeof old);
  CHECK(old.tcpi_snd_cwnd == info.snd_cwnd);
  CHECK(old.tcpi_rtt == info.rtt);
  const int fresh = world.client.socket(AF_INET, SOCK_STREAM, 0);
  length = sizeof info;
  CHECK(world.client.getsockopt(fresh, IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
  CHECK(info.state == TCP_CLOSE);
}

TEST_CASE("what waits to leave or to be acknowledged is counted, and MSS and keep-alive options reach the wire") {
  SocketPair world;
  const int listening = listener(world);
  const int fd = world.client.socket(AF_INET, SOCK_STREAM, 0);
  const int mss = 500;
  CHECK(world.client.setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof mss) == 0);
  const Name name("10.0.0.2", port);
  CHECK(world.client.connect(fd, name.get(), name.length) == 0);
  const int accepted = world.server.accept(listening, nullptr, nullptr);
  int value = 0;
  socklen_t length = sizeof value;
  CHECK(world.server.getsockopt(accepted, IPPROTO_TCP, TCP_MAXSEG, &value, &length) == 0);
  CHECK(value == 488);  // less timestamps
  CHECK(world.client.write(fd, "0123456789", 10) == 10);
  CHECK(world.client.ioctl(fd, SIOCOUTQ, &value) == 0);
  CHECK(value == 10);
  CHECK(world.client.ioctl(fd, SIOCOUTQNSD, &value) == 0);
  CHECK(value == 0);
  world.run(500ms);
  CHECK(world.client.ioctl(fd, SIOCOUTQ, &value) == 0);
  CHECK(value == 0);

  const int on = 1;
  const int idle = 3;
  CHECK(world.client.setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle) == 0);
  CHECK(world.client.setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0);
  const int before = world.pair.sent[0];
  world.run(3500ms);
  CHECK(world.pair.sent[0] == before + 1);
}

TEST_CASE("a socket closed with close(2) behind our back gives its number to the next one") {
  SocketPair world;
  const int fd = world.client.socket(AF_INET, SOCK_STREAM, 0);
  ::close(fd);
  const int next = world.client.socket(AF_INET6, SOCK_STREAM, 0);
  CHECK(next == fd);
  int domain = 0;
  socklen_t length = sizeof domain;
  CHECK(world.client.getsockopt(next, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0);
  CHECK(domain == AF_INET6);
}
