// Bulk transfers over one bottleneck: two hosts, one link with faults, any number of connections that write as fast as they may
// and are read at once. What arrives is the goodput, and how evenly it is shared is the fairness: the measure of recovery and of
// congestion control, in virtual time and so the same every time.
#pragma once

#include "fourtuple/config.hpp"
#include "fourtuple/sim.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace ft::sim {

struct BulkFlow {
  TcpOptions tcp{};
  Duration starts{};  // after the beginning
};

struct BulkPlan {
  std::vector<BulkFlow> flows;
  ImpairmentSettings data{};  // the direction of the data: the bottleneck
  ImpairmentSettings acks{};
  std::uint32_t mtu = 1500;
  Duration warm_up{};                        // what arrives so early is not counted
  Duration time = std::chrono::seconds(10);  // how long the rest is counted
  std::uint64_t seed = 1;
};

struct BulkOutcome {
  std::vector<std::uint64_t> octets;  // of text, that each flow's receiver read in the counted time
  std::uint64_t segments_sent = 0;    // by the senders, the whole time
  std::uint64_t retransmitted = 0;    // segments
  std::uint64_t timeouts = 0;
  std::uint64_t lost = 0;  // packets of the data's direction
  Duration time{};

  std::uint64_t sum() const;
  /// Of text, bits a second, all flows together.
  double bits_per_second() const;
  /// Jain's index: 1 when all got the same, 1/n when one got all.
  double fairness() const;
};

BulkOutcome run_bulk(const BulkPlan& plan);

}  // namespace ft::sim
