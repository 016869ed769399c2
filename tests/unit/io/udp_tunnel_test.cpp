#include "io/udp_tunnel.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <array>

using namespace ft;
using namespace ft::io;

namespace {

struct Pair {
  std::unique_ptr<UdpTunnel> a, b;
};

Pair tunnel_on(const IpAddress& loopback) {
  auto a = UdpTunnel::open({loopback, 0}, std::nullopt);
  REQUIRE(a);
  auto b = UdpTunnel::open({loopback, 0}, (*a)->local());
  REQUIRE(b);
  REQUIRE((*a)->connect_to((*b)->local()));
  return {std::move(*a), std::move(*b)};
}

std::array<std::byte, 100> some_packet() {
  std::array<std::byte, 100> packet{};
  for (std::size_t i = 0; i < packet.size(); ++i) packet[i] = static_cast<std::byte>(i * 7);
  return packet;
}

Link::Received wait_and_receive(UdpTunnel& tunnel, std::span<std::byte> into) {
  pollfd ready{tunnel.descriptor(), POLLIN, 0};
  REQUIRE(::poll(&ready, 1, 1000) == 1);
  return tunnel.receive(Instant{}, into);
}

}  // namespace

TEST_CASE("a packet comes out of the tunnel as it went in, both ways and in both families") {
  for (const char* text : {"127.0.0.1", "::1"}) {
    CAPTURE(text);
    auto [a, b] = tunnel_on(*IpAddress::parse(text));
    const auto packet = some_packet();
    std::array<std::byte, 2000> into{};
    for (auto [from, to] : {std::pair(a.get(), b.get()), std::pair(b.get(), a.get())}) {
      CHECK(from->send(Instant{}, packet, {}) == Link::Outcome::done);
      const auto got = wait_and_receive(*to, into);
      CHECK(got.outcome == Link::Outcome::done);
      CHECK_FALSE(got.offload.checksum_verified);
      REQUIRE(got.length == packet.size());
      CHECK(std::equal(packet.begin(), packet.end(), into.begin()));
    }
  }
}

TEST_CASE("an empty tunnel would block") {
  auto [a, b] = tunnel_on(IpAddress::v4(127, 0, 0, 1));
  std::array<std::byte, 2000> into{};
  CHECK(a->receive(Instant{}, into).outcome == Link::Outcome::would_block);
}

TEST_CASE("datagrams of strangers do not enter the tunnel") {
  auto [a, b] = tunnel_on(IpAddress::v4(127, 0, 0, 1));
  auto stranger = UdpTunnel::open({IpAddress::v4(127, 0, 0, 1), 0}, a->local());
  REQUIRE(stranger);
  const auto packet = some_packet();
  CHECK((*stranger)->send(Instant{}, packet, {}) == Link::Outcome::done);
  CHECK(b->send(Instant{}, std::span(packet).first(10), {}) == Link::Outcome::done);
  std::array<std::byte, 2000> into{};
  CHECK(wait_and_receive(*a, into).length == 10);
  CHECK(a->receive(Instant{}, into).outcome == Link::Outcome::would_block);
}

TEST_CASE("a tunnel whose other end is gone loses packets and does not break") {
  auto [a, b] = tunnel_on(IpAddress::v4(127, 0, 0, 1));
  b.reset();
  const auto packet = some_packet();
  std::array<std::byte, 2000> into{};
  for (int i = 0; i < 5; ++i) {
    CHECK(a->send(Instant{}, packet, {}) == Link::Outcome::done);
    CHECK(a->receive(Instant{}, into).outcome == Link::Outcome::would_block);
  }
}

TEST_CASE("a tunnel end that is taken is refused with its name") {
  auto a = UdpTunnel::open({IpAddress::v4(127, 0, 0, 1), 0}, std::nullopt);
  REQUIRE(a);
  const auto b = UdpTunnel::open((*a)->local(), std::nullopt);
  REQUIRE_FALSE(b);
  CHECK(b.error().find((*a)->local().to_string()) != std::string::npos);
}
