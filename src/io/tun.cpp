#include "io/tun.hpp"

#include "io/netdevice.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/if_tun.h>

#include <algorithm>

namespace ft::io {
namespace {

constexpr const char* clone_device = "/dev/net/tun";

std::string cannot_open(int error) {
  std::string line = failed_call(std::string("open ") + clone_device, error);
  if (error == ENOENT || error == ENODEV || error == ENXIO) {
    line += " (load the module: modprobe tun; in a container, pass the device in: --device /dev/net/tun)";
  } else if (error == EACCES || error == EPERM) {
    line += " (needs the right to read and write it: run as root, or chmod 666 it as most distributions do)";
  }
  return line;
}

std::string cannot_attach(const std::string& device, int error) {
  std::string line = failed_call("attach to the device " + device, error);
  if (error == EPERM || error == EACCES) {
    line +=
        " (needs CAP_NET_ADMIN: run as root, or in a namespace of your own: unshare -Urn, or let root make the device for "
        "you: ip tuntap add " +
        device + " mode tun user $USER)";
  } else if (error == EBUSY) {
    line += " (another program holds it: choose another name)";
  } else if (error == EINVAL) {
    line += " (a device of that name exists and is no TUN or TAP device of this kind: choose another name)";
  }
  return line;
}

}  // namespace

Result<std::unique_ptr<Tun>> Tun::open(const Setup& setup) {
  if (setup.device.empty() || setup.device.size() >= IFNAMSIZ) {
    return std::unexpected("\"" + setup.device + "\" is no device name: expected 1 to 15 characters, as in tun:ft0,...");
  }
  Descriptor file(::open(clone_device, O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!file) return std::unexpected(cannot_open(errno));
  const bool existed = device_exists(setup.device);
  ifreq request{};
  std::copy(setup.device.begin(), setup.device.end(), request.ifr_name);
  const int kind = (setup.medium == Medium::ip ? IFF_TUN : IFF_TAP) | IFF_NO_PI;
  // A device that was made without the header, or a kernel without it, refuses it: then packets go one by one.
  bool offload = setup.offload;
  request.ifr_flags = static_cast<short>(kind | (offload ? IFF_VNET_HDR : 0));
  if (::ioctl(file.get(), TUNSETIFF, &request) < 0) {
    request.ifr_flags = static_cast<short>(kind);
    if (!offload || errno != EINVAL || ::ioctl(file.get(), TUNSETIFF, &request) < 0)
      return std::unexpected(cannot_attach(setup.device, errno));
    offload = false;
  }
  if (offload && ::ioctl(file.get(), TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0)
    return std::unexpected(failed_call("switch on segmentation offload of " + setup.device, errno));
  std::unique_ptr<Tun> tun(new Tun(std::move(file), setup));
  tun->offload_ = offload;
  if (!existed) {
    const auto is_v6 = [](const InterfaceAddress& address) { return address.address.is_v6(); };
    keep_device_quiet(setup.device, std::ranges::any_of(setup.kernel, is_v6));
  }
  if (auto configured = tun->configure(setup); !configured) return std::unexpected(configured.error());
  return tun;
}

Result<> Tun::configure(const Setup& setup) {
  if (setup.mtu) {
    const auto current = device_mtu(device_);
    if (!current || *current != *setup.mtu) {
      if (auto done = set_device_mtu(device_, *setup.mtu); !done) return done;
    }
  }
  for (const auto& address : setup.kernel) {
    if (auto done = add_device_address(device_, address); !done) return done;
  }
  if (auto up = bring_device_up(device_); !up) return up;
  for (const auto& address : setup.kernel) await_own_address(address.address);
  const auto mtu = device_mtu(device_);
  if (!mtu) return std::unexpected(mtu.error());
  mtu_ = *mtu;
  return {};
}

Link::Received Tun::receive(Instant, std::span<std::byte> into) {
  OffloadHeader header;
  iovec parts[] = {{&header, offload_ ? sizeof header : 0}, {into.data(), into.size()}};
  for (;;) {
    const ssize_t got = ::readv(file_.get(), parts, 2);
    if (got >= 0) {
      // The kernel leaves the checksum of its own packets to the device; it never was on a wire that could have changed it.
      const bool verified = (header.flags & (OffloadHeader::needs_checksum | OffloadHeader::data_valid)) != 0;
      const auto length = static_cast<std::size_t>(got);
      return {Outcome::done, length - std::min(length, parts[0].iov_len), {.checksum_verified = verified}};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return {};
    return {broken("read from", errno), 0, {}};
  }
}

OffloadHeader Tun::header_for(std::span<const std::byte> packet, const Transmit& shape) const {
  OffloadHeader header;
  if (shape.segment_size == 0) return header;
  const std::size_t frame = medium_ == Medium::ip ? 0 : 14;
  const auto first = std::to_integer<unsigned>(packet[frame]);
  const bool v4 = first >> 4 == 4;
  const std::size_t ip = v4 ? (first & 15u) * 4 : 40;
  header.flags = OffloadHeader::needs_checksum;
  header.gso_type = v4 ? OffloadHeader::tcp_v4 : OffloadHeader::tcp_v6;
  header.header_length = shape.header_length;
  header.segment_size = static_cast<std::uint16_t>(shape.segment_size);
  header.checksum_start = static_cast<std::uint16_t>(frame + ip);
  header.checksum_offset = 16;
  return header;
}

Link::Outcome Tun::send(Instant, std::span<const std::byte> packet, const Transmit& shape) {
  OffloadHeader header = header_for(packet, shape);
  // The kernel only reads what it is given here.
  iovec parts[] = {{&header, offload_ ? sizeof header : 0}, {const_cast<std::byte*>(packet.data()), packet.size()}};
  for (;;) {
    if (::writev(file_.get(), parts, 2) >= 0) return Outcome::done;
    switch (errno) {
      case EINTR:
        continue;
      case EAGAIN:
      case ENOBUFS:
      case ENOMEM:
        return Outcome::would_block;
      default:
        return broken("write to", errno);
    }
  }
}

Link::Outcome Tun::broken(std::string_view what, int error) {
  failure_ = failed_call(std::string(what) + " " + name(), error);
  if (error == EIO) failure_ += " (the device is down: ip link set " + device_ + " up)";
  if (error == EBADFD) failure_ += " (the device was removed)";
  return Outcome::failed;
}

}  // namespace ft::io
