// What socket, TCP and IP options take and give, as on Linux (posix_stage.hpp).
#include "posix_stage.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;

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
