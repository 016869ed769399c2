// A flood of SYNs out of a device, each from an address and port of its own: flood DEVICE TARGET PORT RATE SECONDS. IPv4 only.
// Prints how many left and at what rate. For network namespaces that a test made for itself.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t syn_length = 44;  // IPv4, TCP and an MSS option
constexpr std::uint32_t tcp_length = syn_length - 20;

void put16(std::byte* at, std::uint32_t value) {
  at[0] = static_cast<std::byte>(value >> 8);
  at[1] = static_cast<std::byte>(value);
}
void put32(std::byte* at, std::uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

std::uint32_t sum_of(std::span<const std::byte> octets) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < octets.size(); i += 2)
    sum += std::to_integer<std::uint32_t>(octets[i]) << 8 | std::to_integer<std::uint32_t>(octets[i + 1]);
  return sum;
}
std::uint32_t folded(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/// The `number`th SYN, from a neighbour of the target that does not exist: octet 3 to 252 of its /24, any port.
void make_syn(std::span<std::byte, syn_length> packet, std::uint32_t number, std::uint32_t target, std::uint16_t port) {
  std::ranges::fill(packet, std::byte{0});
  const std::uint32_t mixed = number * 2'654'435'761u;
  packet[0] = std::byte{0x45};
  put16(&packet[2], syn_length);
  put16(&packet[4], number & 0xffff);
  put16(&packet[6], 0x4000);
  packet[8] = std::byte{64};
  packet[9] = std::byte{6};
  put32(&packet[12], (target & 0xffff'ff00) | (3 + (mixed >> 16) % 250));
  put32(&packet[16], target);
  put16(&packet[10], folded(sum_of(packet.first(20))));
  put16(&packet[20], 1024 + (number & 0x7fff));
  put16(&packet[22], port);
  put32(&packet[24], mixed ^ 0x5a5a'5a5a);
  packet[32] = std::byte{0x60};
  packet[33] = std::byte{0x02};
  put16(&packet[34], 65'535);
  put32(&packet[40], 0x0204'05b4);
  put16(&packet[36], folded(sum_of(packet.subspan(12, 8)) + 6 + tcp_length + sum_of(packet.subspan(20))));
}

[[noreturn]] void stop(const char* what) {
  std::perror(what);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("expected: flood DEVICE TARGET PORT RATE SECONDS\n", stderr);
    return 2;
  }
  const int out = ::socket(AF_PACKET, SOCK_DGRAM, 0);
  if (out < 0) stop("flood: packet socket");
  sockaddr_ll device{};
  device.sll_family = AF_PACKET;
  device.sll_protocol = htons(ETH_P_IP);
  device.sll_ifindex = static_cast<int>(::if_nametoindex(argv[1]));
  if (device.sll_ifindex == 0) stop("flood: device");
  in_addr target{};
  if (::inet_pton(AF_INET, argv[2], &target) != 1) stop("flood: target");
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[3]));
  const double rate = std::atof(argv[4]);
  const double seconds = std::atof(argv[5]);

  constexpr std::size_t burst = 64;
  std::vector<std::array<std::byte, syn_length>> packets(burst);
  std::array<iovec, burst> parts;
  std::array<mmsghdr, burst> messages{};
  for (std::size_t i = 0; i < burst; ++i) {
    parts[i] = {packets[i].data(), syn_length};
    messages[i].msg_hdr.msg_name = &device;
    messages[i].msg_hdr.msg_namelen = sizeof device;
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  std::uint32_t made = 0;
  std::uint64_t refused = 0;
  const auto begin = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  while (elapsed() < seconds) {
    const auto due = static_cast<std::uint32_t>(elapsed() * rate);
    if (made + burst > due) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      continue;
    }
    for (auto& packet : packets) make_syn(packet, made++, ntohl(target.s_addr), port);
    const int sent = ::sendmmsg(out, messages.data(), burst, 0);
    refused += burst - static_cast<std::uint64_t>(sent > 0 ? sent : 0);  // the device's queue was full
  }
  std::printf("%u SYNs in %.2f s, %.0f a second, %llu more than the device took\n", made, elapsed(), made / elapsed(),
              static_cast<unsigned long long>(refused));
  return 0;
}
