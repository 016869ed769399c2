#include "fourtuple/blocking.hpp"

#include "io/entropy.hpp"
#include "io/udp_tunnel.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace ft;
using namespace ft::blocking;
using namespace std::chrono_literals;

namespace {

const IpAddress client_address = IpAddress::v4(10, 9, 0, 1);
const IpAddress server_address = IpAddress::v4(10, 9, 0, 2);

StackConfig config_with(const IpAddress& address, const Link& link) {
  StackConfig config;
  config.addresses = {{address, 24}};
  config.mtu = link.mtu();
  io::fill_with_entropy(std::as_writable_bytes(std::span(config.secret)));
  return config;
}

/// A client here, a server in a thread of its own, each with its own stack; between them a UDP tunnel on loopback.
struct World {
  std::unique_ptr<Host> client, server;
  World() {
    const Endpoint any{IpAddress::v4(127, 0, 0, 1), 0};
    auto a = std::move(*io::UdpTunnel::open(any, std::nullopt));
    auto b = std::move(*io::UdpTunnel::open(any, a->local()));
    REQUIRE(a->connect_to(b->local()));
    StackConfig config_a = config_with(client_address, *a);
    StackConfig config_b = config_with(server_address, *b);
    client = std::make_unique<Host>(std::move(config_a), std::move(a));
    server = std::make_unique<Host>(std::move(config_b), std::move(b));
  }
};

std::vector<std::byte> text_of(std::size_t octets) {
  std::vector<std::byte> text(octets);
  for (std::size_t i = 0; i < octets; ++i) text[i] = static_cast<std::byte>(i * 131 >> 4);
  return text;
}

std::vector<std::byte> read_all(Connection& connection) {
  std::vector<std::byte> all;
  std::byte piece[10'000];
  for (auto got = connection.read(piece); got && *got > 0; got = connection.read(piece))
    all.insert(all.end(), piece, piece + *got);
  return all;
}

}  // namespace

TEST_CASE("a megabyte goes out, comes back, and both ends close in order") {
  World world;
  const auto text = text_of(1'000'000);
  bool served = false;
  std::thread server([&] {
    auto listener = world.server->listen({server_address, 7});
    if (!listener) return;
    auto connection = listener->accept(20s);
    if (!connection) return;
    connection->set_timeout(20s);
    const auto heard = read_all(*connection);
    served = heard == text && connection->write_all(heard) && connection->shutdown() && connection->wait_closed();
    world.server->settle(2s);
  });
  auto connection = world.client->connect({server_address, 7}, 10s);
  // The server may not listen yet when the first SYN comes: then it refuses.
  for (int i = 0; i < 50 && !connection && connection.error() == Error::connection_refused; ++i) {
    world.client->wait([] { return false; }, 20ms);
    connection = world.client->connect({server_address, 7}, 10s);
  }
  std::vector<std::byte> answer;
  bool closed = false;
  if (connection) {
    connection->set_timeout(20s);
    if (connection->write_all(text) && connection->shutdown()) answer = read_all(*connection);
    closed = connection->wait_closed().has_value();
    world.client->wait([] { return false; }, 300ms);  // answers a repeated FIN
  }
  server.join();
  REQUIRE(connection);
  CHECK(answer == text);
  CHECK(closed);
  CHECK(served);
}

TEST_CASE("connecting where nobody answers ends with the time given") {
  World world;
  const auto connection = world.client->connect({server_address, 7}, 50ms);
  REQUIRE_FALSE(connection);
  CHECK(connection.error() == Error::timed_out);
}

TEST_CASE("nothing to accept in the time given would block") {
  World world;
  auto listener = world.server->listen({server_address, 7});
  REQUIRE(listener);
  const auto connection = listener->accept(20ms);
  REQUIRE_FALSE(connection);
  CHECK(connection.error() == Error::would_block);
}

TEST_CASE("a link that cannot be is refused in words") {
  const auto host = Host::open("tun:ft0");
  REQUIRE_FALSE(host);
  CHECK(host.error().find("expected") != std::string::npos);
}

TEST_CASE("a close with linger waits until the peer has everything") {
  World world;
  auto listener = world.server->listen({server_address, 80});
  REQUIRE(listener);
  std::thread server([&] {
    auto connection = listener->accept(10s);
    if (connection) (void)read_all(*connection);
    world.server->settle(2s);
  });
  TcpOptions options;
  options.linger = 5s;
  auto connection = world.client->connect({server_address, 80}, 10s, {.tcp = options});
  REQUIRE(connection);
  REQUIRE(connection->write_all(text_of(200'000)));
  CHECK(connection->close());
  CHECK(world.client->stack().buffer_memory() == 0);  // all of it was acknowledged
  server.join();
}

TEST_CASE("a close with linger says when the time was too short, and goes on") {
  World world;
  auto listener = world.server->listen({server_address, 80});
  REQUIRE(listener);
  std::thread server([&] { (void)listener->accept(10s); });
  TcpOptions options;
  options.linger = 100ms;
  auto connection = world.client->connect({server_address, 80}, 10s, {.tcp = options});
  server.join();  // from here on nobody serves the other end
  REQUIRE(connection);
  REQUIRE(connection->write_all(text_of(100'000)));
  const auto closed = connection->close();
  REQUIRE_FALSE(closed);
  CHECK(closed.error() == Error::would_block);
}
