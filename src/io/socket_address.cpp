#include "io/socket_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace ft::io {

SocketAddress::SocketAddress(const Endpoint& endpoint) {
  const auto octets = endpoint.address.octets();
  if (endpoint.address.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    std::memcpy(&in.sin_addr, octets.data(), octets.size());
    std::memcpy(&storage_, &in, sizeof in);
    size_ = sizeof in;
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(endpoint.port);
    std::memcpy(&in.sin6_addr, octets.data(), octets.size());
    std::memcpy(&storage_, &in, sizeof in);
    size_ = sizeof in;
  }
}

Endpoint to_endpoint(const sockaddr_storage& address) {
  std::array<std::uint8_t, 16> octets{};
  if (address.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    std::memcpy(octets.data(), &in.sin_addr, 4);
    return {IpAddress::from_octets(Family::ipv4, octets), ntohs(in.sin_port)};
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &address, sizeof in);
  std::memcpy(octets.data(), &in.sin6_addr, 16);
  return {IpAddress::from_octets(Family::ipv6, octets), ntohs(in.sin6_port)};
}

Endpoint local_endpoint(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return to_endpoint(address);
}

}  // namespace ft::io
