// Two stacks joined by a perfect wire of fixed delay, in virtual time: the smallest world a connection can live in.
#pragma once

#include "fourtuple/stack.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace ft::test {

using namespace std::chrono_literals;

struct Pair {
  struct Flight {
    Instant at;
    int to;
    std::vector<std::byte> packet;
  };

  explicit Pair(bool v6 = false, const std::function<void(StackConfig&, StackConfig&)>& change = {}) : v6_(v6) {
    StackConfig a;
    StackConfig b;
    a.addresses = {{address(0), static_cast<std::uint8_t>(v6 ? 64 : 24)}};
    b.addresses = {{address(1), static_cast<std::uint8_t>(v6 ? 64 : 24)}};
    a.secret.fill(1);
    b.secret.fill(2);
    if (change) change(a, b);
    stacks.emplace_back(a);
    stacks.emplace_back(b);
  }

  IpAddress address(int side) const {
    if (!v6_) return IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(side + 1));
    return *IpAddress::parse(side == 0 ? "fd00::1" : "fd00::2");
  }
  Endpoint at(int side, std::uint16_t port) const { return {address(side), port}; }

  void drain() {
    for (int side = 0; side < 2; ++side) {
      auto& stack = stacks[static_cast<std::size_t>(side)];
      std::array<std::byte, 70000> buffer;
      while (const auto transmit = stack.poll_transmit(now, buffer)) {
        ++sent[static_cast<std::size_t>(side)];
        std::vector<std::byte> packet(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(transmit->length));
        if (filter && !filter(side, packet)) continue;
        wire.push_back({now + delay, 1 - side, std::move(packet)});
      }
      while (const auto event = stack.poll_event()) events[static_cast<std::size_t>(side)].push_back(*event);
    }
  }

  /// Runs until `until`, or until nothing is left to happen.
  void run(Duration duration) {
    const Instant until = now + duration;
    for (;;) {
      drain();
      Instant next = until;
      if (!wire.empty()) next = std::min(next, wire.front().at);
      for (auto& stack : stacks)
        if (const auto deadline = stack.next_deadline()) next = std::min(next, std::max(*deadline, now));
      now = next;
      while (!wire.empty() && wire.front().at <= now) {
        const Flight flight = std::move(wire.front());
        wire.pop_front();
        stacks[static_cast<std::size_t>(flight.to)].on_packet(now, flight.packet);
      }
      for (auto& stack : stacks) stack.on_deadline(now);
      if (now >= until) break;
    }
    drain();
  }

  bool saw(int side, Event::Kind kind) const {
    const auto& seen = events[static_cast<std::size_t>(side)];
    return std::any_of(seen.begin(), seen.end(), [&](const Event& e) { return e.kind == kind; });
  }
  CloseReason close_reason(int side) const {
    for (const Event& e : events[static_cast<std::size_t>(side)])
      if (e.kind == Event::Kind::closed) return e.why;
    return CloseReason::none;
  }

  /// Client (side 0) connected to a listener of side 1.
  void establish(std::uint16_t port = 80) {
    listener = *stacks[1].listen(at(1, port));
    client = *stacks[0].connect(now, at(1, port));
    run(100ms);
    server = *stacks[1].accept(listener);
  }

  std::string read_all(int side, ConnectionId id) {
    std::string text;
    std::array<std::byte, 4096> buffer;
    for (;;) {
      const auto n = stacks[static_cast<std::size_t>(side)].read(id, buffer);
      if (!n || *n == 0) break;
      text.append(reinterpret_cast<const char*>(buffer.data()), *n);
    }
    return text;
  }
  std::size_t write(int side, ConnectionId id, std::string_view text) {
    const auto n = stacks[static_cast<std::size_t>(side)].write(id, std::as_bytes(std::span(text)));
    return n ? *n : 0;
  }
  std::string state(int side, ConnectionId id) const {
    const auto info = stacks[static_cast<std::size_t>(side)].info(id);
    return info ? std::string(info->state) : "gone";
  }

  std::vector<Stack> stacks;
  std::deque<Flight> wire;
  std::function<bool(int from, std::vector<std::byte>& packet)> filter;  // false: lost
  Instant now{1s};
  Duration delay = 10ms;
  std::array<std::vector<Event>, 2> events;
  std::array<int, 2> sent{};
  ListenerId listener;
  ConnectionId client, server;

 private:
  bool v6_;
};

}  // namespace ft::test
