// Waiting for several sockets at once: epoll in its three manners, and poll.
#include "posix_ends.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;
using posix::Sockets;

TEST_CASE("level-triggered epoll tells as long as it holds, edge-triggered once for each arrival, one-shot once") {
  SocketPair world;
  const Ends ends = connected(world, listener(world));
  Sockets& s = world.server;
  const int level = s.epoll_create1(0);
  const int edge = s.epoll_create1(0);
  const int once = s.epoll_create1(0);
  for (const auto& [epoll, more] : {std::pair{level, 0u}, {edge, unsigned{EPOLLET}}, {once, unsigned{EPOLLONESHOT}}}) {
    epoll_event event{EPOLLIN | more, {.u64 = 77}};
    CHECK(s.epoll_ctl(epoll, EPOLL_CTL_ADD, ends.server, &event) == 0);
    CHECK(s.epoll_ctl(epoll, EPOLL_CTL_ADD, ends.server, &event) == -1);
    CHECK(errno == EEXIST);
    CHECK(s.epoll_wait(epoll, &event, 1, 0) == 0);
  }
  epoll_event event{};
  CHECK(world.client.write(ends.client, "abc", 3) == 3);
  CHECK(s.epoll_wait(level, &event, 1, -1) == 1);
  CHECK(std::uint64_t{event.data.u64} == 77);
  CHECK(s.epoll_wait(level, &event, 1, -1) == 1);
  CHECK(s.epoll_wait(edge, &event, 1, -1) == 1);
  CHECK(s.epoll_wait(edge, &event, 1, 0) == 0);
  CHECK(s.epoll_wait(once, &event, 1, 0) == 1);
  CHECK(s.epoll_wait(once, &event, 1, 0) == 0);
  CHECK(world.client.write(ends.client, "def", 3) == 3);
  CHECK(s.epoll_wait(edge, &event, 1, -1) == 1);  // new octets, though the old ones are unread
  CHECK(s.epoll_wait(edge, &event, 1, 0) == 0);
  CHECK(s.epoll_wait(once, &event, 1, 0) == 0);
  event.events = EPOLLIN | EPOLLONESHOT;
  CHECK(s.epoll_ctl(once, EPOLL_CTL_MOD, ends.server, &event) == 0);
  CHECK(s.epoll_wait(once, &event, 1, 0) == 1);
  std::array<char, 16> text{};
  CHECK(s.read(ends.server, text.data(), text.size()) == 6);
  CHECK(s.epoll_wait(level, &event, 1, 0) == 0);
  CHECK(s.epoll_ctl(level, EPOLL_CTL_DEL, ends.server, nullptr) == 0);
  CHECK(s.epoll_ctl(level, EPOLL_CTL_DEL, ends.server, nullptr) == -1);
  CHECK(errno == ENOENT);
  CHECK(world.client.close(ends.client) == 0);
  CHECK(s.epoll_wait(edge, &event, 1, -1) == 1);
  const Instant before = world.pair.now;
  CHECK(s.epoll_wait(level, &event, 1, 300) == 0);
  CHECK(world.pair.now - before == 300ms);
  CHECK(s.epoll_wait(ends.server, &event, 1, 0) == -1);
  CHECK(errno == EINVAL);
  CHECK(s.epoll_wait(level, &event, 0, 0) == -1);
  CHECK(errno == EINVAL);
  CHECK(s.close(edge) == 0);
  CHECK(s.close(ends.server) == 0);
}

TEST_CASE("an edge-triggered writer is told when room has come back") {
  SocketPair world;
  const Ends ends = connected(world, listener(world));
  Sockets& c = world.client;
  const int epoll = c.epoll_create1(0);
  epoll_event event{EPOLLOUT | EPOLLET, {.fd = ends.client}};
  CHECK(c.epoll_ctl(epoll, EPOLL_CTL_ADD, ends.client, &event) == 0);
  CHECK(c.epoll_wait(epoll, &event, 1, 0) == 1);
  CHECK(c.epoll_wait(epoll, &event, 1, 0) == 0);
  const std::string text = text_of(1 << 20);
  CHECK(c.send(ends.client, text.data(), text.size(), MSG_DONTWAIT) < static_cast<ssize_t>(text.size()));
  CHECK(c.epoll_wait(epoll, &event, 1, 0) == 0);
  CHECK(c.epoll_wait(epoll, &event, 1, 1000) == 1);
  CHECK(c.epoll_wait(epoll, &event, 1, 0) == 0);
}

TEST_CASE("poll waits for several sockets, and knows which descriptors are none") {
  SocketPair world;
  const int listening = listener(world);
  const Ends ends = connected(world, listening);
  std::array<pollfd, 4> polled{{{listening, POLLIN, 0}, {ends.server, POLLIN, 0}, {-1, POLLIN, 0}, {ends.server, POLLPRI, 0}}};
  const Instant before = world.pair.now;
  CHECK(world.server.poll(polled.data(), polled.size(), 250) == 0);
  CHECK(world.pair.now - before == 250ms);
  CHECK(world.client.write(ends.client, "x", 1) == 1);
  CHECK(world.server.poll(polled.data(), polled.size(), -1) == 1);
  CHECK(polled[1].revents == POLLIN);
  polled[0].fd = 0;
  CHECK(world.server.poll(polled.data(), 1, 0) == 1);
  CHECK(polled[0].revents == POLLNVAL);
}
