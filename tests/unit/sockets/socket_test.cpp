#include "fourtuple/socket.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace ft;

namespace {

const IpAddress client_address = IpAddress::v4(10, 9, 0, 1);
const IpAddress server_address = IpAddress::v4(10, 9, 0, 2);

StackConfig config_with(const IpAddress& address) {
  StackConfig config;
  config.addresses = {{address, 24}};
  return config;
}

/// Two stacks whose packets are handed over at once, in a time that stands still.
struct Wire {
  Stack client{config_with(client_address)};
  Stack server{config_with(server_address)};
  Instant now{std::chrono::seconds(1)};

  void settle() {
    std::array<std::byte, 2000> packet{};
    for (bool moved = true; moved;) {
      moved = false;
      for (auto [from, to] : {std::pair(&client, &server), std::pair(&server, &client)}) {
        while (const auto sent = from->poll_transmit(now, packet)) {
          to->on_packet(now, std::span(packet).first(sent->length));
          moved = true;
        }
      }
    }
  }
};

struct Connected : Wire {
  Listener listener;
  Socket ours, theirs;
  Connected() {
    listener = std::move(*Listener::listen(server, {server_address, 80}));
    ours = std::move(*Socket::connect(client, now, {server_address, 80}));
    settle();
    theirs = std::move(*listener.accept());
  }
};

}  // namespace

TEST_CASE("a socket that goes out of scope closes its connection in order") {
  Connected w;
  {
    const Socket gone = std::move(w.ours);
  }
  w.settle();
  std::array<std::byte, 10> into{};
  CHECK(w.theirs.read(into) == std::size_t{0});
  CHECK(w.theirs.info()->state == "CLOSE-WAIT");
}

TEST_CASE("a socket that goes out of scope with octets unread resets its connection") {
  Connected w;
  REQUIRE(w.theirs.write(std::array<std::byte, 5>{}));
  w.settle();
  {
    const Socket gone = std::move(w.ours);
  }
  w.settle();
  CHECK(w.theirs.info()->closed == CloseReason::reset);
}

TEST_CASE("moving a socket moves its connection, and the empty one answers invalid_handle") {
  Connected w;
  Socket moved = std::move(w.ours);
  CHECK(moved);
  CHECK_FALSE(w.ours);
  CHECK(w.ours.write(std::array<std::byte, 1>{}).error() == Error::invalid_handle);
  CHECK(w.ours.peek().empty());
  CHECK_FALSE(w.ours.info());
  CHECK(moved.info()->state == "ESTABLISHED");
}

TEST_CASE("octets written in place are read in place") {
  Connected w;
  const auto room = w.ours.reserve();
  REQUIRE(room.size() >= 3);
  room[0] = std::byte{1};
  room[2] = std::byte{3};
  w.ours.commit(3);
  w.settle();
  REQUIRE(w.theirs.peek().size() == 3);
  CHECK(w.theirs.peek()[2] == std::byte{3});
  w.theirs.consume(3);
  CHECK(w.theirs.peek().empty());
}

TEST_CASE("an aborted socket is a reset at the other end") {
  Connected w;
  w.ours.abort();
  CHECK_FALSE(w.ours);
  w.settle();
  CHECK(w.theirs.info()->closed == CloseReason::reset);
}

TEST_CASE("a listener that goes out of scope listens no more") {
  Wire w;
  {
    const auto listener = Listener::listen(w.server, {server_address, 80});
  }
  auto socket = Socket::connect(w.client, w.now, {server_address, 80});
  REQUIRE(socket);
  w.settle();
  CHECK(socket->info()->closed == CloseReason::refused);
}
