#include "io/tun.hpp"

#include "io/netdevice.hpp"
#include "io/socket_address.hpp"
#include "own_network.hpp"

#include <poll.h>

#include <array>
#include <thread>

using namespace ft;
using namespace ft::io;

namespace {

Tun::Setup setup_for(const char* kernel, std::uint8_t prefix_length) {
  return {"ft0", Medium::ip, {{*IpAddress::parse(kernel), prefix_length}}, std::nullopt};
}

/// Prints the reason to stderr and ends the child with the number of the step that failed.
int failed(int step, const std::string& why) {
  std::fprintf(stderr, "step %d: %s\n", step, why.c_str());
  return why.find("/dev/net/tun") != std::string::npos ? cannot_run : step;
}

/// The first UDP packet that the kernel sends over the device, when a socket of the kernel sends a datagram to `to`.
int datagram_arrives(const char* kernel, std::uint8_t prefix_length, const char* to) {
  auto tun = Tun::open(setup_for(kernel, prefix_length));
  if (!tun) return failed(1, tun.error());
  const SocketAddress peer({*IpAddress::parse(to), 4000});
  const Descriptor socket(::socket(peer.family(), SOCK_DGRAM, 0));
  if (::sendto(socket.get(), "hello", 5, 0, peer.get(), peer.size()) != 5) return failed(2, std::strerror(errno));
  std::array<std::byte, 2000> into{};
  for (int attempt = 0; attempt < 10; ++attempt) {  // IPv6 routers are solicited on the same link: skip those
    pollfd ready{(*tun)->descriptor(), POLLIN, 0};
    if (::poll(&ready, 1, 1000) != 1) return failed(3, "nothing arrived");
    const auto got = (*tun)->receive(Instant{}, into);
    if (got.outcome != Link::Outcome::done) return failed(4, "poll promised a packet");
    const bool v4 = (static_cast<unsigned>(into[0]) >> 4) == 4;
    const auto protocol = static_cast<unsigned>(into[v4 ? 9 : 6]);
    if (protocol != 17) continue;
    const std::size_t headers = (v4 ? 20u : 40u) + 8u;
    const bool same = got.length == headers + 5 && std::memcmp(into.data() + headers, "hello", 5) == 0;
    return same ? 0 : failed(5, "the datagram changed on its way");
  }
  return failed(6, "no datagram among ten packets");
}

}  // namespace

TEST_CASE("a TUN device is made, given the kernel's address and brought up, and carries what the kernel sends") {
  SUBCASE("IPv4") {
    in_own_network([] { return datagram_arrives("10.9.0.1", 24, "10.9.0.2"); });
  }
  SUBCASE("IPv6 works at once, without duplicate address detection") {
    in_own_network([] { return datagram_arrives("fd00::1", 64, "fd00::2"); });
  }
}

TEST_CASE("a TUN device goes away with its owner") {
  in_own_network([] {
    {
      auto tun = Tun::open(setup_for("10.9.0.1", 24));
      if (!tun) return failed(1, tun.error());
      if (!device_exists("ft0")) return failed(2, "the device was not made");
    }
    return device_exists("ft0") ? failed(3, "the device stayed") : 0;
  });
}

TEST_CASE("the MTU asked for is the device's") {
  in_own_network([] {
    Tun::Setup setup = setup_for("10.9.0.1", 24);
    setup.mtu = 9000;
    auto tun = Tun::open(setup);
    if (!tun) return failed(1, tun.error());
    return (*tun)->mtu() == 9000 && device_mtu("ft0") == 9000u ? 0 : failed(2, "another MTU");
  });
}

TEST_CASE("a device that somebody holds is refused with advice") {
  in_own_network([] {
    auto first = Tun::open(setup_for("10.9.0.1", 24));
    if (!first) return failed(1, first.error());
    auto second = Tun::open(setup_for("10.9.0.1", 24));
    if (second) return failed(2, "two owners");
    return second.error().find("another program holds it") != std::string::npos ? 0 : failed(3, second.error());
  });
}

TEST_CASE("who may not make devices is told which permission is missing") {
  in_own_network([] {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return failed(1, std::strerror(errno));
    auto tun = Tun::open(setup_for("10.9.0.1", 24));
    if (tun) return failed(2, "an ordinary user made a device");
    const bool names_it =
        tun.error().find("needs CAP_NET_ADMIN") != std::string::npos || tun.error().find("needs the right") != std::string::npos;
    if (!names_it) std::fprintf(stderr, "%s\n", tun.error().c_str());
    return names_it ? 0 : 3;
  });
}

TEST_CASE("a device name that cannot be is refused before the kernel is asked") {
  const auto tun = Tun::open({"a-name-that-is-too-long", Medium::ip, {}, std::nullopt});
  REQUIRE_FALSE(tun);
  CHECK(tun.error().find("no device name") != std::string::npos);
}

TEST_CASE("a namespace is refused to a process with several threads, or made without rights") {
  // unshare(CLONE_NEWUSER) answers EINVAL in a process with threads; root needs no user namespace and so succeeds.
  in_own_network([] {
    if (::setresuid(65534, 65534, 65534) != 0) return failed(1, std::strerror(errno));
    int result = 0;
    std::thread([&result] {
      const auto entered = enter_own_network();
      if (entered)
        result = failed(2, "a thread of an ordinary user made a user namespace");
      else if (entered.error().find("(") == std::string::npos)
        result = failed(3, entered.error());
    }).join();
    return result;
  });
}
