// A listening socket, and the two ends of a connection to it.
#pragma once

#include "posix_pair.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>

namespace ft::test {

inline constexpr std::uint16_t port = 80;

inline int listener(SocketPair& world, int backlog = 5, const std::string& address = "") {
  const int fd = world.server.socket(AF_INET, SOCK_STREAM, 0);
  const Name name(address.empty() ? world.pair.address(1).to_string() : address, port);
  REQUIRE(world.server.bind(fd, name.get(), name.length) == 0);
  REQUIRE(world.server.listen(fd, backlog) == 0);
  return fd;
}

struct Ends {
  int client = -1;
  int server = -1;
};

inline Ends connected(SocketPair& world, int listening) {
  Ends ends;
  ends.client = world.client.socket(AF_INET, SOCK_STREAM, 0);
  const Name name(world.pair.address(1).to_string(), port);
  REQUIRE(world.client.connect(ends.client, name.get(), name.length) == 0);
  ends.server = world.server.accept(listening, nullptr, nullptr);
  REQUIRE(ends.server >= 0);
  return ends;
}

/// Octets of which each says where it belongs.
inline std::string text_of(std::size_t octets) {
  std::string text(octets, '\0');
  std::iota(text.begin(), text.end(), '\0');
  return text;
}

}  // namespace ft::test
