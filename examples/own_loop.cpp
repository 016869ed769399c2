// The stack in a loop of your own, without threads: an echo server on a link, driven by poll(2). Everything that it sends is told
// with its reason; when a client has gone it says what held the connection back, and at Ctrl-C who holds which port.
//
//   sudo build/release/examples/own_loop tun:ft0,10.9.0.2/24,10.9.0.1 7
//   echo hello | nc -N 10.9.0.2 7
#include "fourtuple/link.hpp"
#include "fourtuple/stack.hpp"

#include <poll.h>

#include <csignal>
#include <iostream>
#include <vector>

namespace {

volatile std::sig_atomic_t interrupted = 0;

/// Any origin will do, as long as it never steps back.
ft::Instant now() { return ft::Instant(std::chrono::steady_clock::now().time_since_epoch()); }

/// The decision trace: each segment with the reason for it.
struct Reasons final : ft::trace::Sink {
  void on_event(const ft::trace::Event& event) override {
    if (const auto* sent = std::get_if<ft::trace::SegmentSent>(&event.what))
      std::cout << sent->tuple.to_string() << ", " << sent->segment.length << " octets: " << sent->why.id << " ("
                << sent->why.clause << ")\n";
  }
};

/// Echoes what waits, as far as there is room for it; the rest waits in the receive ring, and the peer's window shrinks.
void echo(ft::Stack& stack, ft::ConnectionId id) {
  for (auto text = stack.peek(id); !text.empty(); text = stack.peek(id)) {
    const auto written = stack.write(id, text);
    if (!written) return;  // no room: Event::Kind::writable comes
    stack.consume(id, *written);
  }
  if (const auto ready = stack.readiness(id); ready && ready->end_of_stream) (void)stack.shutdown(id);
}

void farewell(ft::Stack& stack, const ft::Event& event) {
  if (const auto info = stack.info(event.connection))
    std::cout << info->tuple.to_string() << " is over (" << ft::describe(event.why) << ") " << info->octets_received
              << " octets in, " << info->retransmissions << " retransmissions, " << info->limits.busy.count() / 1000
              << " us busy\n";
  (void)stack.close(event.connection);  // the id goes back; TIME-WAIT needs none
}

void on_event(ft::Stack& stack, const ft::Event& event) {
  switch (event.kind) {
    case ft::Event::Kind::acceptable:
      while (const auto id = stack.accept(event.listener)) echo(stack, *id);
      break;
    case ft::Event::Kind::readable:
    case ft::Event::Kind::writable:
      echo(stack, event.connection);
      break;
    case ft::Event::Kind::closed:
      farewell(stack, event);
      break;
    default:
      break;
  }
}

/// would_block: the link is full, and `held` in `out` waits for room. What comes behind it stays in its connection.
ft::Link::Outcome send_all(ft::Stack& stack, ft::Link& link, std::span<std::byte> out, std::optional<ft::Transmit>& held) {
  while (held || (held = stack.poll_transmit(now(), out))) {
    const auto outcome = link.send(now(), out.first(held->length), *held);
    if (outcome != ft::Link::Outcome::done) return outcome;
    held.reset();
  }
  return ft::Link::Outcome::done;
}

int milliseconds_until(std::optional<ft::Instant> deadline) {
  if (!deadline || *deadline == ft::never) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace

int main(int argc, char** argv) {
  const auto spec = ft::parse_link(argc == 3 ? argv[1] : "");
  auto opened = spec ? ft::open_link(*spec) : std::unexpected(spec.error());
  if (!opened) {
    std::cerr << opened.error() << "\nusage: own_loop LINK PORT, as in own_loop tun:ft0,10.9.0.2/24,10.9.0.1 7\n";
    return 2;
  }
  ft::Link& link = **opened;
  ft::StackConfig config = ft::stack_config(*spec, link);
  config.max_connections = 100;             // a limit on everything:
  config.max_buffer_memory = 64 << 20;      // octets, of all connections
  config.tcp.receive_buffer = 1024 * 1024;  // octets, of each
  ft::Stack stack(config);
  Reasons reasons;
  stack.set_trace(&reasons);
  const auto listener = stack.listen({{}, static_cast<std::uint16_t>(std::atoi(argv[2]))});
  if (!listener) {
    std::cerr << ft::describe(listener.error()) << '\n';
    return 1;
  }
  std::signal(SIGINT, [](int) { interrupted = 1; });

  std::vector<std::byte> in(128 * 1024), out(128 * 1024);  // a super-segment may have 64 KiB and its headers
  std::optional<ft::Transmit> held;
  auto outcome = ft::Link::Outcome::done;
  while (!interrupted && outcome != ft::Link::Outcome::failed) {
    outcome = send_all(stack, link, out, held);
    while (const auto event = stack.poll_event()) {  // what is done about an event may ask for packets
      on_event(stack, *event);
      outcome = send_all(stack, link, out, held);
    }
    const bool wants_room = outcome == ft::Link::Outcome::would_block || link.wants_room();
    pollfd polled{link.descriptor(), static_cast<short>(wants_room ? POLLIN | POLLOUT : POLLIN), 0};
    (void)poll(&polled, 1, milliseconds_until(stack.next_deadline()));
    for (int packets = 0; packets < 64; ++packets) {  // so many share an acknowledgement
      const auto received = link.receive(now(), in);
      outcome = received.outcome;
      if (outcome != ft::Link::Outcome::done) break;
      stack.on_packet(now(), std::span(in).first(received.length), received.offload);
    }
    stack.on_deadline(now());
  }
  for (const ft::PortEntry& entry : stack.ports()) std::cout << entry.tuple.to_string() << "  " << entry.state << '\n';
  if (outcome != ft::Link::Outcome::failed) return 0;
  std::cerr << link.failure() << '\n';
  return 1;
}
