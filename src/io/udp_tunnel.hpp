// IP packets in UDP datagrams, one each: two unprivileged processes, on one machine or two, become neighbours on a link. No
// header of its own, so nothing is authenticated; only datagrams from the remote end are taken.
#pragma once

#include "fourtuple/link.hpp"
#include "io/descriptor.hpp"
#include "io/failure.hpp"

namespace ft::io {

class UdpTunnel final : public Link {
 public:
  /// Port 0 of `local` takes a free port, see local(). Without `remote` nothing passes until connect_to().
  static Result<std::unique_ptr<UdpTunnel>> open(const Endpoint& local, std::optional<Endpoint> remote,
                                                 std::optional<std::uint32_t> mtu = {});
  Result<> connect_to(const Endpoint& remote);
  Endpoint local() const;

  Received receive(Instant now, std::span<std::byte> into) override;
  Outcome send(Instant now, std::span<const std::byte> packet, const Transmit& shape) override;
  int descriptor() const override { return socket_.get(); }
  std::uint32_t mtu() const override { return mtu_; }
  std::string name() const override { return "udp " + local().to_string() + " - " + remote_.to_string(); }
  std::string failure() const override { return failure_; }

 private:
  UdpTunnel(Descriptor socket, std::uint32_t mtu) : socket_(std::move(socket)), mtu_(mtu) {}

  Descriptor socket_;
  Endpoint remote_;
  std::uint32_t mtu_;
  std::string failure_;
};

}  // namespace ft::io
