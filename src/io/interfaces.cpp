#include "io/interfaces.hpp"

#include "io/descriptor.hpp"
#include "io/live_capture.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <sstream>

#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <pcap.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace ft::io {

std::optional<MacAddress> mac_of(const std::string& interface) {
  ifreq request{};
  if (interface.empty() || interface.size() >= sizeof request.ifr_name) return std::nullopt;
  std::ranges::copy(interface, request.ifr_name);
  const Descriptor any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!any || ::ioctl(any.get(), SIOCGIFHWADDR, &request) != 0 || request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
    return std::nullopt;
  MacAddress mac;
  std::memcpy(mac.octets.data(), request.ifr_hwaddr.sa_data, mac.octets.size());
  return mac == MacAddress{} ? std::nullopt : std::optional(mac);
}

std::string default_route_interface() {
  std::ifstream routes("/proc/net/route");
  std::string line;
  std::getline(routes, line);  // the heading
  while (std::getline(routes, line)) {
    std::istringstream fields(line);
    std::string name, destination, gateway, flags, references, uses, metric, mask;
    if (fields >> name >> destination >> gateway >> flags >> references >> uses >> metric >> mask && destination == "00000000" &&
        mask == "00000000") {
      return name;
    }
  }
  std::ifstream routes6("/proc/net/ipv6_route");
  while (std::getline(routes6, line)) {
    std::istringstream fields(line);
    std::array<std::string, 10> field;
    for (std::string& one : field) fields >> one;
    const bool is_default = field[1] == "00" && field[0].find_first_not_of('0') == std::string::npos;
    if (is_default && field[9] != "lo" && !field[9].empty()) return field[9];
  }
  return "";
}

namespace {

std::optional<IpAddress> address_of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  const auto octets_at = [](const void* at, std::size_t n) { return std::span(static_cast<const std::uint8_t*>(at), n); };
  if (address->sa_family == AF_INET) {
    return IpAddress::from_octets(Family::ipv4, octets_at(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4));
  }
  if (address->sa_family == AF_INET6) {
    return IpAddress::from_octets(Family::ipv6, octets_at(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16));
  }
  return std::nullopt;
}

/// What libpcap lists besides: the kernel's logs and queues, buses, radios.
bool carries_packets(std::string_view name) {
  constexpr std::array<std::string_view, 6> others{"nflog", "nfqueue", "dbus-", "usbmon", "bluetooth", "bluetooth-monitor"};
  return std::ranges::none_of(others, [&](std::string_view other) { return name.starts_with(other); });
}

}  // namespace

std::expected<std::vector<CaptureInterface>, std::string> list_capture_interfaces() {
  std::array<char, PCAP_ERRBUF_SIZE> words{};
  pcap_if_t* list = nullptr;
  if (::pcap_findalldevs(&list, words.data()) != 0)
    return std::unexpected(std::string("cannot list interfaces: ") + words.data());
  std::vector<CaptureInterface> found;
  for (const pcap_if_t* one = list; one != nullptr; one = one->next) {
    if (!carries_packets(one->name)) continue;
    CaptureInterface interface{.name = one->name,
                               .description = one->description == nullptr ? "" : one->description,
                               .addresses = {},
                               .up = (one->flags & PCAP_IF_UP) != 0,
                               .running = (one->flags & PCAP_IF_RUNNING) != 0,
                               .loopback = (one->flags & PCAP_IF_LOOPBACK) != 0};
    for (const pcap_addr_t* a = one->addresses; a != nullptr; a = a->next) {
      if (const auto address = address_of(a->addr)) interface.addresses.push_back(*address);
    }
    found.push_back(std::move(interface));
  }
  ::pcap_freealldevs(list);
  std::ranges::stable_partition(found, [](const CaptureInterface& i) { return i.name != "any"; });
  return found;
}

std::string choose_interface(const std::vector<CaptureInterface>& interfaces) {
  const std::string routed = default_route_interface();
  const auto usable = [](const CaptureInterface& i) {
    return i.up && i.running && !i.loopback && i.name != "any" && !i.addresses.empty();
  };
  if (std::ranges::any_of(interfaces, [&](const CaptureInterface& i) { return i.name == routed; })) return routed;
  if (const auto found = std::ranges::find_if(interfaces, usable); found != interfaces.end()) return found->name;
  const auto loopback = std::ranges::find_if(interfaces, [](const CaptureInterface& i) { return i.loopback; });
  return loopback != interfaces.end() ? loopback->name : "any";
}

}  // namespace ft::io
