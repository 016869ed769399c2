// The fault engine for one direction of a link: decides what becomes of a packet and keeps it until it is due. Virtual time in
// the simulator, real time in front of a TUN device: time is an argument, the seed decides every draw.
//
//   submit(now, packet) ... ; then while (auto d = pop(now)) deliver(d->octets); then sleep until next_delivery().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "fourtuple/sim.hpp"
#include "fourtuple/time.hpp"

namespace ft::sim {

/// What was decided about a packet. `lost` is empty, or "random", "burst", "chosen", "queue", "mtu" or "ecn" (as
/// trace::LinkLost::why).
struct Fate {
  struct Delivery {
    Instant at{};
    bool duplicate = false;
    bool corrupted = false;
  };
  std::uint64_t number = 0;  // of the packet in this direction, from 1
  std::string_view lost;
  bool marked = false;      // Congestion Experienced (RFC 3168 5)
  std::uint8_t copies = 0;  // how many of `deliveries` there are: 0 when lost, else 1 or 2
  std::array<Delivery, 2> deliveries{};
};

/// A packet that has come through.
struct Arrival {
  Instant at{};  // when it was due
  std::uint64_t number = 0;
  bool duplicate = false;
  bool corrupted = false;
  std::vector<std::byte> octets;
};

class Impairment {
 public:
  /// The most that is held at once whatever the settings say; beyond it packets are lost as "queue".
  static constexpr std::size_t max_held_packets = 1u << 16;
  static constexpr std::size_t max_held_octets = 256u << 20;

  explicit Impairment(ImpairmentSettings settings);

  /// Takes a copy of `packet` (an IP packet) unless it is lost. `now` never goes back.
  Fate submit(Instant now, std::span<const std::byte> packet);
  /// When the next packet is due.
  std::optional<Instant> next_delivery() const;
  /// The next packet that is due at `now`, in order of time; equal times in order of submission.
  std::optional<Arrival> pop(Instant now);

  std::size_t held_packets() const { return held_.size(); }
  std::size_t held_octets() const { return held_octets_; }
  const ImpairmentSettings& settings() const { return settings_; }
  /// Changes the settings for packets from now on; what is under way arrives as decided. The draws go on (seed is not used).
  void change(ImpairmentSettings settings) { settings_ = std::move(settings); }

 private:
  struct Held {
    Arrival arrival;
    std::uint64_t order = 0;
  };
  struct Waiting {  // for the line
    Instant leaves{};
    std::size_t octets = 0;
  };

  static bool later(const Held& a, const Held& b);
  std::string_view loss(Instant now, std::span<const std::byte> packet);
  bool queue_is_full(Instant now, std::size_t octets);
  bool is_chosen(const std::vector<ChosenPacket>& chosen) const;
  void count(std::span<const std::byte> packet);
  Instant leave_line(Instant now, std::size_t octets);
  void hold(const Fate::Delivery& delivery, std::span<const std::byte> packet, bool marked);
  bool is_marked(std::span<const std::byte> packet);

  ImpairmentSettings settings_;
  Rng rng_;
  bool bad_ = false;  // Gilbert-Elliott's state
  std::uint64_t packets_ = 0;
  std::array<std::uint64_t, 7> counts_{};  // packets of each kind so far
  std::array<bool, 7> is_kind_{};          // kinds of the packet at hand
  Instant line_free_{};                    // when the line has sent what it has
  Instant last_in_order_{};                // no packet that keeps its place arrives before this
  std::deque<Waiting> waiting_;
  std::size_t waiting_octets_ = 0;
  std::vector<Held> held_;  // a heap, earliest first
  std::size_t held_octets_ = 0;
  std::uint64_t orders_ = 0;
};

/// The kinds that a packet (IPv4 or IPv6 without extension headers, TCP) belongs to; `any` always.
std::array<bool, 7> kinds_of(std::span<const std::byte> packet);

}  // namespace ft::sim
