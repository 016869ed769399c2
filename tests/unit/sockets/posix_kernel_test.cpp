// Conversations, refusals, resets and urgent data: what calls answer, as on Linux (posix_stage.hpp).
#include "posix_stage.hpp"

#include <doctest/doctest.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;

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
