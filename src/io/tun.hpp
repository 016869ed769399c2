// A TUN device (IP packets) or a TAP device (Ethernet frames): the network that this machine's kernel sees at its other end
// (Documentation/networking/tuntap). One packet per read and write, no packet-information header.
#pragma once

#include "fourtuple/link.hpp"
#include "io/descriptor.hpp"
#include "io/failure.hpp"

namespace ft::io {

class Tun final : public Link {
 public:
  struct Setup {
    std::string device;
    Medium medium = Medium::ip;
    std::vector<InterfaceAddress> kernel;  // given to the device
    std::optional<std::uint32_t> mtu;      // set on the device; none: as it is
  };
  /// Attaches to the device and makes it if it is not there. A device made here disappears with this object.
  static Result<std::unique_ptr<Tun>> open(const Setup& setup);

  Received receive(Instant now, std::span<std::byte> into) override;
  Outcome send(Instant now, std::span<const std::byte> packet, const Transmit& shape) override;
  int descriptor() const override { return file_.get(); }
  Medium medium() const override { return medium_; }
  std::uint32_t mtu() const override { return mtu_; }
  std::string name() const override { return (medium_ == Medium::ip ? "tun " : "tap ") + device_; }
  std::string failure() const override { return failure_; }

 private:
  Tun(Descriptor file, const Setup& setup) : file_(std::move(file)), device_(setup.device), medium_(setup.medium) {}
  Result<> configure(const Setup& setup);
  Outcome broken(std::string_view what, int error);

  Descriptor file_;
  std::string device_;
  Medium medium_;
  std::uint32_t mtu_ = 1500;
  std::string failure_;
};

}  // namespace ft::io
