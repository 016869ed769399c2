#include "io/netdevice.hpp"

#include "io/descriptor.hpp"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace ft::io {
namespace {

constexpr std::string_view needs_admin = " (needs CAP_NET_ADMIN: run as root, or in a namespace of your own: unshare -Urn)";

std::string refused(const std::string& what, int error) {
  std::string line = failed_call(what, error);
  if (error == EPERM || error == EACCES) line += needs_admin;
  return line;
}

struct AddressRequest {
  nlmsghdr header{};
  ifaddrmsg message{};
  std::array<std::byte, 96> attributes{};
};

void append(AddressRequest& request, unsigned short type, const void* data, std::size_t size) {
  rtattr attribute{};
  attribute.rta_type = type;
  attribute.rta_len = static_cast<unsigned short>(RTA_LENGTH(size));
  const std::size_t offset = request.header.nlmsg_len - sizeof(nlmsghdr) - sizeof(ifaddrmsg);
  std::memcpy(request.attributes.data() + offset, &attribute, sizeof attribute);
  std::memcpy(request.attributes.data() + offset + RTA_LENGTH(0), data, size);
  request.header.nlmsg_len += static_cast<unsigned>(RTA_SPACE(size));
}

/// Sends one request and returns the errno of the kernel's answer, 0 for success.
int ask(const AddressRequest& request) {
  const Descriptor netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!netlink) return errno;
  if (::send(netlink.get(), &request, request.header.nlmsg_len, 0) < 0) return errno;
  struct {
    nlmsghdr header;
    nlmsgerr error;
    std::array<std::byte, 512> rest;
  } answer{};
  const ssize_t got = ::recv(netlink.get(), &answer, sizeof answer, 0);
  if (got < 0) return errno;
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(int))) || answer.header.nlmsg_type != NLMSG_ERROR) return EPROTO;
  return -answer.error.error;
}

Result<ifreq> request_for(const std::string& device) {
  ifreq request{};
  if (device.empty() || device.size() >= IFNAMSIZ) {
    return std::unexpected("\"" + device + "\" is no device name: expected 1 to 15 characters");
  }
  std::copy(device.begin(), device.end(), request.ifr_name);
  return request;
}

Result<> control(unsigned long call, ifreq& request, const std::string& what) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || ::ioctl(socket.get(), call, &request) < 0) return std::unexpected(refused(what, errno));
  return {};
}

}  // namespace

Result<> add_device_address(const std::string& device, const InterfaceAddress& address) {
  AddressRequest request;
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(ifaddrmsg));
  request.header.nlmsg_type = RTM_NEWADDR;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
  request.message.ifa_family = address.address.is_v4() ? AF_INET : AF_INET6;
  request.message.ifa_prefixlen = address.prefix_length;
  request.message.ifa_index = ::if_nametoindex(device.c_str());
  const auto octets = address.address.octets();
  append(request, IFA_LOCAL, octets.data(), octets.size());
  append(request, IFA_ADDRESS, octets.data(), octets.size());
  if (address.address.is_v6()) {
    const unsigned flags = IFA_F_NODAD;
    append(request, IFA_FLAGS, &flags, sizeof flags);
  }
  const int error = ask(request);
  if (error == 0 || error == EEXIST) return {};
  return std::unexpected(refused("give " + device + " the address " + address.address.to_string(), error));
}

void await_own_address(const IpAddress& address) {
  if (address.is_v4()) return;
  std::string prefix;  // of the line of /proc/net/ipv6_route
  for (const std::uint8_t octet : address.octets()) {
    prefix += "0123456789abcdef"[octet >> 4];
    prefix += "0123456789abcdef"[octet & 15];
  }
  prefix += " 80 ";  // 128 bits: a host's route
  for (int attempt = 0; attempt < 1000; ++attempt) {
    std::ifstream routes("/proc/net/ipv6_route");
    if (!routes) return;
    for (std::string line; std::getline(routes, line);) {
      if (line.starts_with(prefix)) return;
    }
    ::usleep(1000);
  }
}

Result<> bring_device_up(const std::string& device) {
  auto request = request_for(device);
  if (!request) return std::unexpected(request.error());
  if (auto read = control(SIOCGIFFLAGS, *request, "read the flags of " + device); !read) return read;
  if ((request->ifr_flags & IFF_UP) != 0) return {};
  request->ifr_flags = static_cast<short>(request->ifr_flags | IFF_UP);
  return control(SIOCSIFFLAGS, *request, "bring " + device + " up");
}

Result<> set_device_mtu(const std::string& device, std::uint32_t mtu) {
  auto request = request_for(device);
  if (!request) return std::unexpected(request.error());
  request->ifr_mtu = static_cast<int>(mtu);
  return control(SIOCSIFMTU, *request, "set the MTU of " + device + " to " + std::to_string(mtu));
}

Result<std::uint32_t> device_mtu(const std::string& device) {
  auto request = request_for(device);
  if (!request) return std::unexpected(request.error());
  if (auto read = control(SIOCGIFMTU, *request, "read the MTU of " + device); !read) return std::unexpected(read.error());
  return static_cast<std::uint32_t>(request->ifr_mtu);
}

void keep_device_quiet(const std::string& device, bool with_ipv6) {
  const auto set = [&](const char* name, const char* value) {
    const Descriptor file(::open(("/proc/sys/net/ipv6/conf/" + device + "/" + name).c_str(), O_WRONLY | O_CLOEXEC));
    return file && ::write(file.get(), value, 1) == 1;
  };
  if (!with_ipv6) {
    set("disable_ipv6", "1");
  } else {
    set("addr_gen_mode", "1");
    set("router_solicitations", "0");
  }
}

bool device_exists(const std::string& device) { return ::if_nametoindex(device.c_str()) != 0; }

}  // namespace ft::io
