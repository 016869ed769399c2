// lwIP under the load of memory_bench: the same three modes, the same lines of output.
//
//   lwip_memory_bench bulk SECONDS [FLOWS] | crr SECONDS [CONCURRENT] | idle CONNECTIONS [STEP]
//
// lwIP keeps its state in globals, so both ends live in one instance: the link swaps source and destination of a
// packet (which leaves every checksum right) and hands a copy back in. The application's octets are copied on
// write, as in memory_bench, or passed by reference when the environment says LWIP_BY_REFERENCE=1 (bulk). TIME-WAIT
// records are dropped at once, because the search for a port is quadratic when many are taken.
#ifdef FT_HAVE_LWIP
#include "measure.hpp"

#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string_view>

extern "C" tcp_pcb* tcp_tw_pcbs;  // lwip/priv/tcp_priv.h

namespace {

constexpr double warm_up = 0.5;  // seconds
constexpr int batch = 256;       // packets from the link before timers are looked at; each is answered as it arrives
constexpr std::uint16_t sink_port = 5001;
constexpr std::uint16_t echo_port = 7;

enum class Mode { bulk, crr, idle };

// lwIP calls back into C functions: what they share is global here too.
struct Bench {
  Mode mode = Mode::bulk;
  std::uint8_t write_flags = TCP_WRITE_FLAG_COPY;
  netif interface{};
  ip_addr_t server{};
  std::deque<pbuf*> link;
  std::array<char, 65536> text{};
  std::uint64_t octets = 0;
  std::uint64_t segments = 0;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
} g;

err_t to_link(netif*, pbuf* packet, const ip4_addr_t*) {
  pbuf* const copy = pbuf_alloc(PBUF_RAW, packet->tot_len, PBUF_RAM);
  if (copy == nullptr) return ERR_MEM;
  pbuf_copy(copy, packet);
  auto* const addresses = static_cast<std::uint8_t*>(copy->payload) + 12;
  std::swap_ranges(addresses, addresses + 4, addresses + 4);
  g.link.push_back(copy);
  ++g.segments;
  return ERR_OK;
}

err_t set_up_interface(netif* interface) {
  interface->name[0] = 'm';
  interface->name[1] = 'm';
  interface->output = to_link;
  interface->mtu = 1500;
  interface->flags = static_cast<std::uint8_t>(interface->flags | NETIF_FLAG_UP | NETIF_FLAG_LINK_UP);
  return ERR_OK;
}

int deliver() {
  int delivered = 0;
  while (!g.link.empty() && delivered < batch) {
    pbuf* const packet = g.link.front();
    g.link.pop_front();
    if (g.interface.input(packet, &g.interface) != ERR_OK) pbuf_free(packet);
    ++delivered;
  }
  return delivered;
}

err_t end_of_stream(tcp_pcb* pcb) {
  tcp_close(pcb);
  return ERR_OK;
}

err_t on_sink(void*, tcp_pcb* pcb, pbuf* data, err_t) {
  if (data == nullptr) return end_of_stream(pcb);
  g.octets += data->tot_len;
  tcp_recved(pcb, data->tot_len);
  pbuf_free(data);
  return ERR_OK;
}

err_t on_echo(void*, tcp_pcb* pcb, pbuf* data, err_t) {
  if (data == nullptr) return end_of_stream(pcb);
  tcp_recved(pcb, data->tot_len);
  tcp_write(pcb, data->payload, data->len, TCP_WRITE_FLAG_COPY);
  tcp_output(pcb);
  pbuf_free(data);
  return ERR_OK;
}

err_t on_accept(void* argument, tcp_pcb* pcb, err_t error) {
  if (error != ERR_OK || pcb == nullptr) return ERR_VAL;
  tcp_nagle_disable(pcb);
  tcp_recv(pcb, argument != nullptr ? on_echo : on_sink);
  return ERR_OK;
}

void pump(tcp_pcb* pcb) {
  while (tcp_sndbuf(pcb) >= TCP_MSS) {
    const auto length = static_cast<std::uint16_t>(std::min<std::uint32_t>(tcp_sndbuf(pcb), 16384));
    if (tcp_write(pcb, g.text.data(), length, g.write_flags) != ERR_OK) break;
  }
  tcp_output(pcb);
}

err_t on_sent(void*, tcp_pcb* pcb, std::uint16_t) {
  pump(pcb);
  return ERR_OK;
}

void start();

err_t on_reply(void*, tcp_pcb* pcb, pbuf* data, err_t) {
  if (data == nullptr) return end_of_stream(pcb);
  tcp_recved(pcb, data->tot_len);
  pbuf_free(data);
  ++g.done;
  tcp_err(pcb, nullptr);
  tcp_recv(pcb, nullptr);
  const bool aborted = tcp_close(pcb) != ERR_OK;
  if (aborted) tcp_abort(pcb);
  start();
  return aborted ? ERR_ABRT : ERR_OK;
}

void on_error(void*, err_t) {
  ++g.failed;
  if (g.mode == Mode::crr) start();
}

err_t on_connected(void*, tcp_pcb* pcb, err_t) {
  switch (g.mode) {
    case Mode::bulk:
      tcp_sent(pcb, on_sent);
      pump(pcb);
      break;
    case Mode::crr:
      tcp_write(pcb, "x", 1, TCP_WRITE_FLAG_COPY);
      tcp_output(pcb);
      break;
    case Mode::idle:
      ++g.done;
      break;
  }
  return ERR_OK;
}

void start() {
  tcp_pcb* const pcb = tcp_new();
  if (pcb == nullptr) {
    ++g.failed;
    return;
  }
  tcp_nagle_disable(pcb);
  tcp_err(pcb, on_error);
  if (g.mode == Mode::crr) tcp_recv(pcb, on_reply);
  if (tcp_connect(pcb, &g.server, g.mode == Mode::bulk ? sink_port : echo_port, on_connected) != ERR_OK) {
    ++g.failed;
    tcp_err(pcb, nullptr);
    tcp_abort(pcb);
  }
}

void listen(std::uint16_t port, bool echo) {
  tcp_pcb* const fresh = tcp_new();
  tcp_bind(fresh, IP_ADDR_ANY, port);
  tcp_pcb* const pcb = tcp_listen_with_backlog(fresh, 255);
  tcp_arg(pcb, echo ? &g : nullptr);
  tcp_accept(pcb, on_accept);
}

void set_up() {
  lwip_init();
  ip4_addr_t address;
  ip4_addr_t mask;
  ip4_addr_t gateway;
  IP4_ADDR(&address, 10, 0, 0, 1);
  IP4_ADDR(&mask, 255, 0, 0, 0);
  IP4_ADDR(&gateway, 10, 0, 0, 2);
  netif_add(&g.interface, &address, &mask, &gateway, nullptr, set_up_interface, ip_input);
  netif_set_default(&g.interface);
  netif_set_up(&g.interface);
  netif_set_link_up(&g.interface);
  ip_addr_copy_from_ip4(g.server, gateway);
  listen(sink_port, false);
  listen(echo_port, true);
}

void turn(double& last_timers) {
  const int delivered = deliver();
  if (g.mode == Mode::crr) {
    while (tcp_tw_pcbs != nullptr) tcp_abort(tcp_tw_pcbs);
  }
  const double now = bench::wall_seconds();
  if (now - last_timers > 0.05 || (delivered == 0 && now - last_timers > 0.001)) {
    sys_check_timeouts();
    last_timers = now;
  }
}

bench::Mark mark() {
  bench::Mark mark;
  mark.octets = g.octets;
  mark.segments = g.segments;
  mark.done = g.done;
  return mark;
}

void run_for(Mode mode, double seconds, int number) {
  g.mode = mode;
  for (int i = 0; i < number; ++i) start();
  const double begin = bench::wall_seconds();
  double last_timers = 0;
  while (bench::wall_seconds() - begin < warm_up) turn(last_timers);
  const bench::Mark from = mark();
  while (bench::wall_seconds() - from.wall < seconds) turn(last_timers);
  if (g.mode == Mode::bulk) {
    bench::print_bulk("lwip", number, from, mark());
  } else {
    bench::print_crr("lwip", number, g.failed, from, mark());
  }
}

void idle(std::int64_t connections, std::int64_t step) {
  constexpr std::int64_t at_once = 256;
  g.mode = Mode::idle;
  const std::int64_t resident = bench::resident();
  const std::int64_t heap = bench::heap();
  const double begin = bench::wall_seconds();
  double last_timers = 0;
  std::int64_t started = 0;
  for (std::int64_t goal = std::min(step, connections);; goal = std::min(goal + step, connections)) {
    while (static_cast<std::int64_t>(g.done) < goal) {
      for (; started < goal && started - static_cast<std::int64_t>(g.done) < at_once; ++started) start();
      turn(last_timers);
      if (g.failed != 0) {
        std::fprintf(stderr, "lwip_memory_bench: connection %lld failed (lwIP has 16,384 local ports)\n",
                     static_cast<long long>(g.done));
        std::exit(1);
      }
    }
    bench::print_idle("lwip", goal, bench::resident() - resident, bench::heap() - heap, bench::wall_seconds() - begin);
    if (goal == connections) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* choice = std::getenv("LWIP_BY_REFERENCE"); choice != nullptr && *choice == '1') g.write_flags = 0;
  set_up();
  return bench::run("lwip_memory_bench", argc, argv,
                    {.bulk = [](double seconds, int flows) { run_for(Mode::bulk, seconds, flows); },
                     .crr = [](double seconds, int concurrent) { run_for(Mode::crr, seconds, concurrent); },
                     .idle = idle});
}
#else
#include <cstdio>

int main() {
  std::fputs("lwip_memory_bench: built without lwIP; install liblwip-dev and build again\n", stderr);
  return 77;
}
#endif
