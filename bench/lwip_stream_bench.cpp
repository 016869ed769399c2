// lwIP (raw API) as a server of streams on a TUN device, for comparison: what comes to port 5001 is thrown away, port 5002 sends
// without end.
//
//   lwip_stream_bench DEVICE OURS KERNEL       a /24
//
// Prints "ready"; ends with its standard input.
#include <cstdio>

#ifdef FT_HAVE_LWIP

#include "io/netdevice.hpp"
#include "io/tun.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"

namespace {

constexpr u16_t sink_port = 5001, source_port = 5002;
constexpr u16_t mtu = 1500;
std::array<char, 16384> octets{};

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "lwip_stream_bench: %s\n", why.c_str());
  std::exit(1);
}

int device_of(netif* interface) { return static_cast<int>(reinterpret_cast<std::intptr_t>(interface->state)); }

err_t send_packet(netif* interface, pbuf* packet, const ip4_addr_t*) {
  std::array<char, 2048> flat;
  const u16_t length = pbuf_copy_partial(packet, flat.data(), flat.size(), 0);
  return ::write(device_of(interface), flat.data(), length) == length ? ERR_OK : ERR_IF;
}

err_t set_up(netif* interface) {
  interface->name[0] = 't';
  interface->name[1] = 'n';
  interface->output = send_packet;
  interface->mtu = mtu;
  return ERR_OK;
}

void pump(tcp_pcb* connection) {
  while (tcp_sndbuf(connection) >= 1460) {
    const u16_t most = tcp_sndbuf(connection) > octets.size() ? static_cast<u16_t>(octets.size()) : tcp_sndbuf(connection);
    if (tcp_write(connection, octets.data(), most, 0) != ERR_OK) break;
  }
  tcp_output(connection);
}

err_t on_sent(void*, tcp_pcb* connection, u16_t) {
  pump(connection);
  return ERR_OK;
}

err_t on_received(void*, tcp_pcb* connection, pbuf* text, err_t) {
  if (text == nullptr) {
    tcp_sent(connection, nullptr);
    if (tcp_close(connection) == ERR_OK) return ERR_OK;
    tcp_abort(connection);
    return ERR_ABRT;
  }
  tcp_recved(connection, text->tot_len);
  pbuf_free(text);
  return ERR_OK;
}

err_t on_accepted(void* sends, tcp_pcb* connection, err_t error) {
  if (error != ERR_OK || connection == nullptr) return ERR_VAL;
  tcp_recv(connection, on_received);
  if (sends != nullptr) {
    tcp_sent(connection, on_sent);
    pump(connection);
  }
  return ERR_OK;
}

void serve(u16_t port, void* sends) {
  tcp_pcb* listener = tcp_new();
  if (tcp_bind(listener, IP_ADDR_ANY, port) != ERR_OK) stop("cannot bind");
  listener = tcp_listen(listener);
  tcp_arg(listener, sends);
  tcp_accept(listener, on_accepted);
}

void take_in(netif& interface) {
  for (int i = 0; i < 64; ++i) {
    std::array<char, mtu> packet;
    const ssize_t length = ::read(device_of(&interface), packet.data(), packet.size());
    if (length <= 0) return;
    pbuf* held = pbuf_alloc(PBUF_RAW, static_cast<u16_t>(length), PBUF_RAM);
    if (held == nullptr) return;
    pbuf_take(held, packet.data(), static_cast<u16_t>(length));
    if (interface.input(held, &interface) != ERR_OK) pbuf_free(held);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) stop("expected DEVICE OURS KERNEL");
  const auto kernel = ft::IpAddress::parse(argv[3]);
  if (!kernel) stop(std::string(argv[3]) + " is no address");
  auto tun = ft::io::Tun::open({.device = argv[1], .kernel = {{*kernel, 24}}, .mtu = mtu});
  if (!tun) stop(tun.error());
  lwip_init();
  netif interface{};
  ip4_addr_t ours{}, mask{}, gateway{};
  ours.addr = ::inet_addr(argv[2]);
  mask.addr = ::inet_addr("255.255.255.0");
  gateway.addr = ::inet_addr(argv[3]);
  void* state = reinterpret_cast<void*>(static_cast<std::intptr_t>((*tun)->descriptor()));
  if (netif_add(&interface, &ours, &mask, &gateway, state, set_up, ip_input) == nullptr) stop("cannot add the interface");
  netif_set_default(&interface);
  netif_set_up(&interface);
  netif_set_link_up(&interface);
  serve(sink_port, nullptr);
  serve(source_port, octets.data());
  std::puts("ready");
  std::fflush(stdout);
  std::array<pollfd, 2> polled = {pollfd{(*tun)->descriptor(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  while ((polled[1].revents & (POLLIN | POLLHUP)) == 0) {
    const u32_t wait = sys_timeouts_sleeptime();
    ::poll(polled.data(), polled.size(), wait > 1000 ? 1000 : static_cast<int>(wait));
    take_in(interface);
    sys_check_timeouts();
  }
  return 0;
}

#else

int main() {
  std::fprintf(stderr, "lwip_stream_bench: built without lwIP (package liblwip-dev)\n");
  return 77;
}

#endif
