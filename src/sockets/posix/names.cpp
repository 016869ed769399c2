#include "sockets/posix/names.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ft::posix {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr socklen_t least_in6 = 24;  // without the scope, as RFC 2133 had it; Linux takes it still

template <class Name>
std::expected<void, int> put(const Name& from, sockaddr* name, socklen_t* length) {
  if (length == nullptr) return fail(EFAULT);
  if (static_cast<int>(*length) < 0) return fail(EINVAL);
  std::memcpy(name, &from, std::min<std::size_t>(*length, sizeof from));
  *length = sizeof from;
  return {};
}

}  // namespace

std::expected<Endpoint, int> read_name(int domain, const sockaddr* name, socklen_t length) {
  if (name == nullptr) return fail(EFAULT);
  sa_family_t family = 0;
  if (length < sizeof family) return fail(EINVAL);
  std::memcpy(&family, name, sizeof family);
  if (domain == AF_INET) {
    sockaddr_in in{};
    if (length < sizeof in) return fail(EINVAL);
    if (family != AF_INET) return fail(EAFNOSUPPORT);
    std::memcpy(&in, name, sizeof in);
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &in.sin_addr, octets.size());
    return Endpoint{IpAddress::from_octets(Family::ipv4, octets), ntohs(in.sin_port)};
  }
  if (length < least_in6) return fail(EINVAL);
  if (family != AF_INET6) return fail(EAFNOSUPPORT);
  sockaddr_in6 in{};
  std::memcpy(&in, name, std::min<std::size_t>(length, sizeof in));
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), &in.sin6_addr, octets.size());
  const std::span<const std::uint8_t> all(octets);
  if (std::ranges::equal(all.first(mapped_prefix.size()), mapped_prefix))
    return Endpoint{IpAddress::from_octets(Family::ipv4, all.last(4)), ntohs(in.sin6_port)};
  return Endpoint{IpAddress::from_octets(Family::ipv6, all), ntohs(in.sin6_port)};
}

std::expected<void, int> write_name(int domain, const Endpoint& endpoint, sockaddr* name, socklen_t* length) {
  if (name == nullptr) return {};
  const auto octets = endpoint.address.octets();
  if (domain == AF_INET) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    std::memcpy(&in.sin_addr, octets.data(), octets.size());
    return put(in, name, length);
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(endpoint.port);
  auto* to = reinterpret_cast<std::uint8_t*>(&in.sin6_addr);
  if (endpoint.address.is_v6()) {
    std::ranges::copy(octets, to);
  } else if (!endpoint.address.is_unspecified()) {
    std::ranges::copy(octets, std::ranges::copy(mapped_prefix, to).out);
  }
  return put(in, name, length);
}

}  // namespace ft::posix
