// A TUN device (IP packets) or a TAP device (Ethernet frames): the network that this machine's kernel sees at its other end
// (Documentation/networking/tuntap). One packet per read and write, no packet-information header. With offload a packet may be a
// super-segment of up to 64 KiB that never is cut, and a header before it says so (virtio 1.2 5.1.6).
#pragma once

#include "fourtuple/link.hpp"
#include "io/descriptor.hpp"
#include "io/failure.hpp"

namespace ft::io {

/// What stands before each packet (virtio 1.2 5.1.6, the fields of old, in the machine's byte order; <linux/virtio_net.h> is no
/// C++).
struct OffloadHeader {
  std::uint8_t flags = 0;
  std::uint8_t gso_type = 0;
  std::uint16_t header_length = 0;
  std::uint16_t segment_size = 0;
  std::uint16_t checksum_start = 0;   // from the beginning of the packet
  std::uint16_t checksum_offset = 0;  // from there

  static constexpr std::uint8_t needs_checksum = 1, data_valid = 2;  // flags
  static constexpr std::uint8_t tcp_v4 = 1, tcp_v6 = 4;              // gso_type
};
static_assert(sizeof(OffloadHeader) == 10);

class Tun final : public Link {
 public:
  /// Octets of text; an IP packet holds 65535, headers included.
  static constexpr std::uint32_t largest_super_segment = 65535 - 60 - 60;

  struct Setup {
    std::string device;
    Medium medium = Medium::ip;
    std::vector<InterfaceAddress> kernel;  // given to the device
    std::optional<std::uint32_t> mtu;      // set on the device; none: as it is
    bool offload = false;                  // where the kernel can
  };
  /// Attaches to the device and makes it if it is not there. A device made here disappears with this object.
  static Result<std::unique_ptr<Tun>> open(const Setup& setup);

  Received receive(Instant now, std::span<std::byte> into) override;
  Outcome send(Instant now, std::span<const std::byte> packet, const Transmit& shape) override;
  int descriptor() const override { return file_.get(); }
  Medium medium() const override { return medium_; }
  std::uint32_t mtu() const override { return mtu_; }
  std::uint32_t max_super_segment() const override { return offload_ ? largest_super_segment : 0; }
  std::string name() const override { return (medium_ == Medium::ip ? "tun " : "tap ") + device_; }
  std::string failure() const override { return failure_; }

 private:
  Tun(Descriptor file, const Setup& setup) : file_(std::move(file)), device_(setup.device), medium_(setup.medium) {}
  Result<> configure(const Setup& setup);
  /// Octets before a TCP header, and what the kernel is to do with the rest.
  OffloadHeader header_for(std::span<const std::byte> packet, const Transmit& shape) const;
  Outcome broken(std::string_view what, int error);

  Descriptor file_;
  std::string device_;
  Medium medium_;
  std::uint32_t mtu_ = 1500;
  bool offload_ = false;
  std::string failure_;
};

}  // namespace ft::io
