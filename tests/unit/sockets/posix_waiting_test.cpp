// How long the calls of the BSD-sockets layer wait: for the network, for room, for memory, until their time is over.
#include "posix_ends.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;
using posix::Sockets;

TEST_CASE("blocking calls take as long as the network needs") {
  SocketPair world;
  const int listening = listener(world);
  const Instant before = world.pair.now;
  const Ends ends = connected(world, listening);
  CHECK(world.pair.now - before >= 20ms);  // a round trip and a half, seen from both ends
  CHECK(world.pair.now - before < 40ms);
  CHECK(world.client.write(ends.client, "question", 8) == 8);
  std::array<char, 64> text{};
  CHECK(world.server.read(ends.server, text.data(), text.size()) == 8);
  CHECK(std::string(text.data(), 8) == "question");
}

TEST_CASE("a blocking write waits for room and all of it arrives in order") {
  SocketPair world;
  const Ends ends = connected(world, listener(world));
  const int half = 10'000;
  const int space = 2 * half;  // Linux doubles what it is told
  CHECK(world.client.setsockopt(ends.client, SOL_SOCKET, SO_SNDBUF, &half, sizeof half) == 0);
  const std::string sent = text_of(120'000);
  CHECK(world.client.send(ends.client, sent.data(), sent.size(), MSG_DONTWAIT) == space);
  CHECK(world.client.send(ends.client, sent.data(), 1, MSG_DONTWAIT) == -1);
  CHECK(errno == EAGAIN);
  CHECK(world.client.write(ends.client, sent.data() + space, sent.size() - space) == static_cast<ssize_t>(sent.size() - space));
  std::string got(sent.size(), '\0');
  CHECK(world.server.recv(ends.server, got.data(), got.size(), MSG_WAITALL) == static_cast<ssize_t>(sent.size()));
  CHECK(got == sent);
}

TEST_CASE("a read waits for SO_RCVLOWAT octets, and no longer than SO_RCVTIMEO") {
  SocketPair world;
  const Ends ends = connected(world, listener(world));
  const int low = 6;
  CHECK(world.server.setsockopt(ends.server, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low) == 0);
  const timeval limit{2, 500'000};
  CHECK(world.server.setsockopt(ends.server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  CHECK(world.client.write(ends.client, "abc", 3) == 3);
  std::array<char, 64> text{};
  Instant before = world.pair.now;
  CHECK(world.server.read(ends.server, text.data(), text.size()) == 3);
  CHECK(world.pair.now - before == 2500ms);
  before = world.pair.now;
  CHECK(world.server.read(ends.server, text.data(), text.size()) == -1);
  CHECK(errno == EAGAIN);
  CHECK(world.pair.now - before == 2500ms);
  CHECK(world.client.write(ends.client, "abcdefgh", 8) == 8);
  before = world.pair.now;
  CHECK(world.server.read(ends.server, text.data(), text.size()) == 8);
  CHECK(world.pair.now - before < 50ms);
}

TEST_CASE("a close that lingers waits until the peer has everything, or the time is over") {
  SocketPair world;
  const int listening = listener(world);
  for (const bool peer_hears : {true, false}) {
    const Ends ends = connected(world, listening);
    const linger wait{1, 5};
    CHECK(world.client.setsockopt(ends.client, SOL_SOCKET, SO_LINGER, &wait, sizeof wait) == 0);
    CHECK(world.client.write(ends.client, "last words", 10) == 10);
    if (!peer_hears) world.pair.filter = [](int from, std::vector<std::byte>&) { return from == 1; };
    const Instant before = world.pair.now;
    CHECK(world.client.close(ends.client) == 0);
    if (peer_hears) CHECK(world.pair.now - before < 100ms);
    if (!peer_hears) CHECK(world.pair.now - before == 5s);
    world.pair.filter = nullptr;
    CHECK(world.client.close(ends.client) == -1);
    CHECK(errno == EBADF);
  }
}

TEST_CASE("a blocking write waits while others hold all the memory, and poll and epoll wait with it") {
  SocketPair pair(false, [](StackConfig& client, StackConfig&) { client.max_buffer_memory = 64 * 1024; });
  Name name("10.0.0.2", 80);
  const int listener = pair.server.socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(pair.server.bind(listener, name.get(), name.length) == 0);
  REQUIRE(pair.server.listen(listener, 64) == 0);
  std::vector<int> ends;
  std::vector<int> peers;
  for (int i = 0; i < 40; ++i) {
    ends.push_back(pair.client.socket(AF_INET, SOCK_STREAM, 0));
    REQUIRE(pair.client.connect(ends.back(), name.get(), name.length) == 0);
    peers.push_back(pair.server.accept4(listener, nullptr, nullptr, 0));
  }
  // Nothing gets through: all that is written stays.
  pair.pair.filter = [](int, const auto&) { return false; };
  const std::string text(50'000, 't');
  int last = -1;
  for (const int end : ends) {
    pollfd asked{end, POLLOUT, 0};
    const bool writable = pair.client.poll(&asked, 1, 0) == 1;
    const ssize_t took = pair.client.send(end, text.data(), text.size(), MSG_DONTWAIT);
    CHECK(writable == (took > 0));
    if (took < 0) CHECK(errno == EAGAIN);
    if (took < 0) last = end;
  }
  REQUIRE(last != -1);
  const timeval second{1, 0};
  REQUIRE(pair.client.setsockopt(last, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second) == 0);
  const Instant before = pair.pair.now;
  CHECK(pair.client.send(last, text.data(), text.size(), 0) == -1);
  CHECK(errno == EAGAIN);
  CHECK(pair.pair.now - before >= 1s);

  const int epoll = pair.client.epoll_create1(0);
  epoll_event wanted{EPOLLOUT, {.fd = last}};
  REQUIRE(pair.client.epoll_ctl(epoll, EPOLL_CTL_ADD, last, &wanted) == 0);
  CHECK(pair.client.epoll_wait(epoll, &wanted, 1, 100) == 0);
  pair.pair.filter = {};
  CHECK(pair.client.epoll_wait(epoll, &wanted, 1, 20'000) == 1);
  CHECK(pair.client.send(last, text.data(), text.size(), MSG_DONTWAIT) > 0);
}

TEST_CASE("TCP_USER_TIMEOUT limits a connect, and TCP_SYNCNT limits it further") {
  SocketPair pair;
  pair.pair.filter = [](int, const auto&) { return false; };
  Name name("10.0.0.2", 80);
  const auto took = [&](int timeout_ms, int repeats) {
    const int fd = pair.client.socket(AF_INET, SOCK_STREAM, 0);
    if (repeats != 0) REQUIRE(pair.client.setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &repeats, sizeof repeats) == 0);
    REQUIRE(pair.client.setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms) == 0);
    const Instant before = pair.pair.now;
    CHECK(pair.client.connect(fd, name.get(), name.length) == -1);
    CHECK(errno == ETIMEDOUT);
    pair.client.close(fd);
    return std::chrono::round<std::chrono::seconds>(pair.pair.now - before);
  };
  CHECK(took(5'000, 0) == 5s);
  CHECK(took(5'000, 1) == 3s);
  CHECK(took(0, 2) == 7s);
  CHECK(took(0, 0) == 180s);
}
