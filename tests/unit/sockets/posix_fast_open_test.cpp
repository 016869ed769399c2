// Fast open (RFC 7413) through BSD sockets: MSG_FASTOPEN, TCP_FASTOPEN and the options beside it, as Linux has them.
#include "posix_pair.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <vector>

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;

namespace {

struct FastWorld {
  explicit FastWorld(bool server_side = true, const std::function<void(StackConfig&, StackConfig&)>& change = {})
      : world(false, change) {
    listening = world.server.socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(world.server.bind(listening, server.get(), server.length) == 0);
    if (server_side) set(world.server, listening, TCP_FASTOPEN, 5);
    REQUIRE(world.server.listen(listening, 5) == 0);
  }

  static void set(posix::Sockets& side, int fd, int name, int value) {
    REQUIRE(side.setsockopt(fd, IPPROTO_TCP, name, &value, sizeof value) == 0);
  }
  int client_socket(bool blocking = true) {
    return world.client.socket(AF_INET, blocking ? SOCK_STREAM : SOCK_STREAM | SOCK_NONBLOCK, 0);
  }
  ssize_t open(int fd, const std::string& text, int flags = 0) {
    return world.client.sendto(fd, text.data(), text.size(), MSG_FASTOPEN | flags, server.get(), server.length);
  }
  int connect(int fd) { return world.client.connect(fd, server.get(), server.length); }
  /// The text of the connection that waits.
  std::string accepted_text() {
    const int fd = world.server.accept(listening, nullptr, nullptr);
    REQUIRE(fd >= 0);
    std::string text(100'000, '\0');
    const ssize_t got = world.server.recv(fd, text.data(), text.size(), MSG_DONTWAIT);
    world.server.close(fd);
    return got > 0 ? text.substr(0, static_cast<std::size_t>(got)) : "";
  }
  /// Brings the client its cookie.
  void learn() {
    const int fd = client_socket();
    REQUIRE(open(fd, "first") == 5);
    world.run(100ms);
    CHECK(accepted_text() == "first");
    world.client.close(fd);
    world.run(100ms);
  }
  std::uint64_t fast_opens() const { return world.pair.stacks[1].counters().fast_opens_accepted; }

  SocketPair world;
  Name server{"10.0.0.2", 80};
  int listening = -1;
};

}  // namespace

TEST_CASE("sendto with MSG_FASTOPEN connects and writes; with a cookie the text rides on the SYN") {
  FastWorld w;
  w.learn();
  CHECK(w.fast_opens() == 0);
  const Instant before = w.world.pair.now;
  const int fd = w.client_socket(false);
  CHECK(w.open(fd, "rides") == 5);
  CHECK(w.world.pair.now == before);
  w.world.run(11ms);  // one way
  CHECK(w.accepted_text() == "rides");
  CHECK(w.fast_opens() == 1);
  w.world.run(100ms);
  CHECK(w.world.client.send(fd, "x", 1, 0) == 1);
}

TEST_CASE("without a cookie a socket that does not block answers EINPROGRESS and has taken nothing") {
  FastWorld w;
  const int fd = w.client_socket(false);
  CHECK(w.open(fd, "too early") == -1);
  CHECK(errno == EINPROGRESS);
  CHECK(w.open(fd, "again") == -1);
  CHECK(errno == EALREADY);
  w.world.run(100ms);
  CHECK(w.accepted_text().empty());
}

TEST_CASE("what the SYN does not carry follows when the call blocks, and is left to the caller when it does not") {
  FastWorld w;
  w.learn();
  const std::string much(10'000, 'm');
  const int first = w.client_socket(false);
  CHECK(w.open(first, much) == 1420);  // a segment of 1460 octets less 40 of options
  const int second = w.client_socket();
  CHECK(w.open(second, much) == 10'000);
  w.world.run(100ms);
  CHECK(w.accepted_text().size() == 1420);
  CHECK(w.accepted_text() == much);
  CHECK(w.fast_opens() == 2);
}

TEST_CASE("sendmsg gathers the text of a SYN from its parts") {
  FastWorld w;
  w.learn();
  std::string one = "one ", two = "two";
  std::array<iovec, 2> parts{iovec{one.data(), one.size()}, iovec{two.data(), two.size()}};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(w.server.get());
  message.msg_namelen = w.server.length;
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  CHECK(w.world.client.sendmsg(w.client_socket(false), &message, MSG_FASTOPEN) == 7);
  w.world.run(100ms);
  CHECK(w.accepted_text() == "one two");
  CHECK(w.fast_opens() == 1);
}

TEST_CASE("TCP_FASTOPEN_CONNECT: with a cookie connect leaves the SYN to the first write") {
  FastWorld w;
  w.learn();
  const int fd = w.client_socket();
  FastWorld::set(w.world.client, fd, TCP_FASTOPEN_CONNECT, 1);
  const int sent = w.world.pair.sent[0];
  CHECK(w.connect(fd) == 0);
  CHECK(w.world.pair.sent[0] == sent);
  pollfd polled{fd, POLLIN | POLLOUT, 0};
  CHECK(w.world.client.poll(&polled, 1, 0) == 1);
  CHECK(polled.revents == POLLOUT);
  CHECK(w.world.client.write(fd, "put off", 7) == 7);
  w.world.run(100ms);
  CHECK(w.accepted_text() == "put off");
  CHECK(w.fast_opens() == 1);
}

TEST_CASE("TCP_FASTOPEN_CONNECT: without a cookie connect is an ordinary one that asks for it") {
  FastWorld w;
  const int fd = w.client_socket();
  FastWorld::set(w.world.client, fd, TCP_FASTOPEN_CONNECT, 1);
  CHECK(w.connect(fd) == 0);
  CHECK(w.world.client.write(fd, "plain", 5) == 5);
  w.world.run(100ms);
  CHECK(w.accepted_text() == "plain");
  CHECK(w.fast_opens() == 0);
  const int next = w.client_socket(false);
  CHECK(w.open(next, "fast") == 4);
}

TEST_CASE("TCP_FASTOPEN set while listening counts from the next SYN on") {
  FastWorld w(false);
  w.learn();
  const int fd = w.client_socket(false);
  CHECK(w.open(fd, "no cookie yet") == -1);
  w.world.run(100ms);
  CHECK(w.accepted_text().empty());
  FastWorld later(false);
  FastWorld::set(later.world.server, later.listening, TCP_FASTOPEN, 5);
  later.learn();
  CHECK(later.open(later.client_socket(false), "fast") == 4);
}

TEST_CASE("TCP_FASTOPEN_KEY: servers with one key take each other's cookies, and the second key is the older") {
  const auto remember_all = [](StackConfig& client, StackConfig&) { client.fast_open_pause = Duration::zero(); };
  FastWorld w(true, remember_all);
  std::array<std::uint8_t, 32> keys{};
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = static_cast<std::uint8_t>(i);
  const auto set_keys = [&](const std::uint8_t* from, socklen_t length) {
    return w.world.server.setsockopt(w.listening, IPPROTO_TCP, TCP_FASTOPEN_KEY, from, length);
  };
  CHECK(set_keys(keys.data(), 16) == 0);
  w.learn();
  CHECK(set_keys(keys.data(), 15) == -1);
  CHECK(errno == EINVAL);

  std::array<std::uint8_t, 32> turned{};
  std::ranges::copy(std::span(keys).first(16), turned.begin() + 16);
  CHECK(set_keys(turned.data(), 32) == 0);
  std::array<std::uint8_t, 32> told{};
  socklen_t length = sizeof told;
  CHECK(w.world.server.getsockopt(w.listening, IPPROTO_TCP, TCP_FASTOPEN_KEY, told.data(), &length) == 0);
  CHECK(length == 32);
  CHECK(told == turned);
  CHECK(w.open(w.client_socket(false), "by the older key") == 16);
  w.world.run(100ms);
  CHECK(w.fast_opens() == 1);
  CHECK(w.accepted_text() == "by the older key");

  CHECK(set_keys(turned.data(), 16) == 0);  // the cookie that was given meanwhile is of this key
  CHECK(w.open(w.client_socket(false), "by the newest key") == 17);
  w.world.run(100ms);
  CHECK(w.fast_opens() == 2);
  CHECK(w.accepted_text() == "by the newest key");
}

TEST_CASE("TCP_FASTOPEN_NO_COOKIE on both sides: the very first SYN carries text, and no option") {
  FastWorld w;
  FastWorld::set(w.world.server, w.listening, TCP_FASTOPEN_NO_COOKIE, 1);
  const int fd = w.client_socket(false);
  FastWorld::set(w.world.client, fd, TCP_FASTOPEN_NO_COOKIE, 1);
  CHECK(w.open(fd, "believe me") == 10);
  w.world.run(11ms);
  CHECK(w.accepted_text() == "believe me");
  CHECK(w.fast_opens() == 1);
}

TEST_CASE("a reset before accept leaves what the SYN brought to be read, and then tells of the reset") {
  FastWorld w;
  w.learn();
  const int fd = w.client_socket(false);
  CHECK(w.open(fd, "last words") == 10);
  w.world.run(50ms);
  const linger hard{1, 0};
  CHECK(w.world.client.setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard) == 0);
  CHECK(w.world.client.close(fd) == 0);
  w.world.run(50ms);
  const int accepted = w.world.server.accept(w.listening, nullptr, nullptr);
  REQUIRE(accepted >= 0);
  std::array<char, 64> text{};
  CHECK(w.world.server.read(accepted, text.data(), text.size()) == 10);
  CHECK(w.world.server.read(accepted, text.data(), text.size()) == -1);
  CHECK(errno == ECONNRESET);
}
