// A real link with the simulator's faults in front of it, in real time: packets to and from the network are lost, delayed,
// duplicated, reordered and corrupted as two seeds decide (`--impair`).
#pragma once

#include "fourtuple/link.hpp"
#include "io/traced_link.hpp"
#include "sim/impairment.hpp"

namespace ft::sockets {

class ImpairedLink final : public Link {
 public:
  /// `out` is what happens to our packets, `in` to those that come.
  ImpairedLink(std::unique_ptr<Link> inner, const sim::ImpairmentSettings& out, const sim::ImpairmentSettings& in,
               io::LinkReporter reporter = {});

  Received receive(Instant now, std::span<std::byte> into) override;
  Outcome send(Instant now, std::span<const std::byte> packet, const Transmit& shape) override;
  int descriptor() const override { return inner_->descriptor(); }
  std::optional<Instant> next_deadline() const override;
  bool wants_room() const override { return leaving_.has_value(); }
  Medium medium() const override { return inner_->medium(); }
  std::uint32_t mtu() const override { return inner_->mtu(); }
  std::string name() const override { return inner_->name(); }
  std::string failure() const override { return inner_->failure(); }

 private:
  /// Hands what is due to the inner link until it has no room.
  Outcome let_leave(Instant now);
  std::optional<Received> take_due(Instant now, std::span<std::byte> into);

  std::unique_ptr<Link> inner_;
  sim::Impairment out_;
  sim::Impairment in_;
  io::LinkReporter reporter_;
  std::optional<sim::Arrival> leaving_;  // due, and the inner link had no room
};

/// The settings for both directions from one text: the same faults, drawn from two seeds.
struct BothWays {
  sim::ImpairmentSettings out;
  sim::ImpairmentSettings in;
};
std::expected<BothWays, std::string> parse_both_ways(std::string_view text);

}  // namespace ft::sockets
