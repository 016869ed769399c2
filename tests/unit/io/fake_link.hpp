// A link made of two queues: what the test puts in comes out of receive(), what is sent is kept; its room can be taken away.
#pragma once

#include "fourtuple/link.hpp"

#include <algorithm>
#include <deque>

namespace ft::io {

using Packet = std::vector<std::byte>;

class FakeLink final : public Link {
 public:
  std::deque<Packet> incoming;
  std::vector<Packet> sent;
  std::size_t room = 1000000;  // packets that may still be sent
  bool broken = false;

  Received receive(Instant, std::span<std::byte> into) override {
    if (broken) return {Outcome::failed, 0, {}};
    if (incoming.empty()) return {};
    const Packet packet = std::move(incoming.front());
    incoming.pop_front();
    std::ranges::copy(packet, into.begin());
    return {Outcome::done, packet.size(), {}};
  }
  Outcome send(Instant, std::span<const std::byte> packet, const Transmit&) override {
    if (broken) return Outcome::failed;
    if (room == 0) return Outcome::would_block;
    --room;
    sent.emplace_back(packet.begin(), packet.end());
    return Outcome::done;
  }
  int descriptor() const override { return -1; }
  std::uint32_t mtu() const override { return 1500; }
  std::string name() const override { return "fake"; }
  std::string failure() const override { return "the fake link was broken by its test"; }
};

}  // namespace ft::io
