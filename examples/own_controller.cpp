// A congestion controller of your own: a window that never changes. Two stacks in this program, 20 ms apart in virtual time,
// show what it makes of a path: one window each round trip, 64 KiB / 40 ms = 13 Mbit/s at the most, however fast the path may be.
//
//   build/release/examples/own_controller
//   build/release/examples/own_controller 1000000
#include "fourtuple/congestion.hpp"
#include "fourtuple/stack.hpp"

#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// Octets that may be in flight, whatever happens. Do not use it on a network that others use too.
class FixedWindow final : public ft::CongestionController {
 public:
  explicit FixedWindow(std::uint64_t octets) : window_(octets) {}
  std::string_view name() const override { return "fixed window"; }
  void on_ack(const ft::CongestionAck&) override {}
  void on_congestion(ft::Instant, ft::CongestionSignal, std::uint64_t) override {}
  void on_rto(ft::Instant, std::uint64_t, bool) override {}
  void on_undo(ft::Instant) override {}
  void set_mss(std::uint32_t) override {}
  std::uint64_t window() const override { return window_; }
  std::uint64_t ssthresh() const override { return window_; }
  std::string_view phase() const override { return "fixed"; }
  std::size_t memory() const override { return sizeof *this; }
  std::unique_ptr<ft::CongestionController> clone() const override { return std::make_unique<FixedWindow>(*this); }

 private:
  std::uint64_t window_;
};

struct FixedWindows final : ft::CongestionFactory {
  explicit FixedWindows(std::uint64_t octets) : window(octets) {}
  std::unique_ptr<ft::CongestionController> make(const ft::CongestionStart& start) const override {
    return std::make_unique<FixedWindow>(std::max<std::uint64_t>(window, start.mss));
  }
  std::uint64_t window;
};

ft::Stack stack_at(const char* address) {
  ft::StackConfig config;
  config.addresses = {{*ft::IpAddress::parse(address), 24}};
  config.secret = {42};  // an example may; a program asks its operating system for 32 octets
  config.tcp.send_buffer = config.tcp.receive_buffer = 8 << 20;
  return ft::Stack(config);
}

/// What is under way from one stack to the other: 20 ms long, as fast as you like.
struct Path {
  std::multimap<ft::Instant, std::vector<std::byte>> packets;
  void take_from(ft::Stack& stack, ft::Instant now) {
    std::array<std::byte, 2048> buffer;
    while (const auto out = stack.poll_transmit(now, buffer))
      packets.emplace(now + 20ms,
                      std::vector<std::byte>(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(out->length)));
  }
  void bring_to(ft::Stack& stack, ft::Instant now) {
    for (; !packets.empty() && packets.begin()->first <= now; packets.erase(packets.begin()))
      stack.on_packet(now, packets.begin()->second);
  }
};

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t window = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 65536;
  ft::Stack client = stack_at("10.0.0.1"), server = stack_at("10.0.0.2");
  const ft::Endpoint there{*ft::IpAddress::parse("10.0.0.2"), 80};
  const auto listener = server.listen(there);
  ft::ConnectOptions options;
  options.tcp = client.config().tcp;
  options.tcp->controller = std::make_shared<FixedWindows>(window);
  const auto sender = client.connect({}, there, options);
  if (!listener || !sender) return 1;

  const std::vector<std::byte> text(1 << 20);
  ft::ConnectionId receiver;
  std::uint64_t arrived = 0;
  Path to_server, to_client;
  ft::Instant now{};
  for (; now < ft::Instant{10s}; now += 1ms) {
    to_server.bring_to(server, now);
    to_client.bring_to(client, now);
    client.on_deadline(now);
    server.on_deadline(now);
    while (server.poll_event() || client.poll_event()) {
    }
    if (const auto accepted = server.accept(*listener)) receiver = *accepted;
    while (client.write(*sender, text)) {
    }
    if (receiver)
      for (auto got = server.peek(receiver); !got.empty(); got = server.peek(receiver)) {
        arrived += got.size();
        server.consume(receiver, got.size());
      }
    to_server.take_from(client, now);
    to_client.take_from(server, now);
  }
  const auto info = client.info(*sender);
  std::cout << "window " << (info ? info->cwnd : 0) << " octets, " << static_cast<double>(arrived) * 8 / 10 / 1e6 << " Mbit/s\n";
  return 0;
}
