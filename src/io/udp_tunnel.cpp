#include "io/udp_tunnel.hpp"

#include "io/socket_address.hpp"

#include <sys/socket.h>

namespace ft::io {
namespace {

constexpr std::uint32_t outer_mtu = 1500;  // what most paths carry between the tunnel's ends
constexpr int socket_buffer = 4 << 20;     // octets: a burst of a full window must fit

std::uint32_t inner_mtu(Family outer) { return outer_mtu - (outer == Family::ipv4 ? 20 : 40) - 8; }

}  // namespace

Result<std::unique_ptr<UdpTunnel>> UdpTunnel::open(const Endpoint& local, std::optional<Endpoint> remote,
                                                   std::optional<std::uint32_t> mtu) {
  const SocketAddress here(local);
  Descriptor socket(::socket(here.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(failed_call("make a UDP socket", errno));
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &socket_buffer, sizeof socket_buffer);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &socket_buffer, sizeof socket_buffer);
  if (::bind(socket.get(), here.get(), here.size()) < 0) {
    return std::unexpected(failed_call("take the tunnel's local end " + local.to_string(), errno));
  }
  std::unique_ptr<UdpTunnel> tunnel(new UdpTunnel(std::move(socket), mtu.value_or(inner_mtu(local.address.family()))));
  if (remote) {
    if (auto connected = tunnel->connect_to(*remote); !connected) return std::unexpected(connected.error());
  }
  return tunnel;
}

Result<> UdpTunnel::connect_to(const Endpoint& remote) {
  const SocketAddress there(remote);
  if (::connect(socket_.get(), there.get(), there.size()) < 0) {
    return std::unexpected(failed_call("point the tunnel at " + remote.to_string(), errno));
  }
  remote_ = remote;
  return {};
}

Endpoint UdpTunnel::local() const { return local_endpoint(socket_.get()); }

Link::Received UdpTunnel::receive(Instant, std::span<std::byte> into) {
  if (remote_.port == 0) return {};
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), into.data(), into.size(), 0);
    if (got >= 0) return {Outcome::done, static_cast<std::size_t>(got), {}};
    switch (errno) {
      case EINTR:
        continue;
      case EAGAIN:
        return {};
      case ECONNREFUSED:  // an ICMP error about an earlier datagram: the other end is not there yet, or no more
      case EHOSTUNREACH:
      case ENETUNREACH:
        continue;
      default:
        failure_ = failed_call("receive from " + name(), errno);
        return {Outcome::failed, 0, {}};
    }
  }
}

Link::Outcome UdpTunnel::send(Instant, std::span<const std::byte> packet, const Transmit&) {
  bool told_of_earlier = false;
  for (;;) {
    if (::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL) >= 0) return Outcome::done;
    switch (errno) {
      case EINTR:
        continue;
      case EAGAIN:
      case ENOBUFS:
      case ENOMEM:
        return Outcome::would_block;
      case ECONNREFUSED:
      case EHOSTUNREACH:
      case ENETUNREACH:
        // The error of an earlier datagram is told once in the place of this one; sent again and refused again, the packet is
        // lost in the network, which is TCP's to repair.
        if (told_of_earlier) return Outcome::done;
        told_of_earlier = true;
        continue;
      default:
        failure_ = failed_call("send over " + name(), errno);
        return Outcome::failed;
    }
  }
}

}  // namespace ft::io
