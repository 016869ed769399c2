// Plays a scenario in the simulator and says whether it went as told.
//
// The sink sees, in order of time: each stack's own events (host 0 is the client, host 1 the server) and what the link did.
// A SegmentSent comes right before its LinkSent; a LinkDelivered right before the SegmentReceived it caused. A segment of the
// attacker is a SegmentSent of the host in whose name it is sent, with the why "injected" and the states "".
// A crash is a StateChanged to CLOSED with the why "crash" for each connection that the host forgot.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "fourtuple/stack.hpp"
#include "fourtuple/trace.hpp"
#include "sim/facts.hpp"
#include "sim/scenario.hpp"

namespace ft::sim {

/// What the person who runs a story wants different. With anything but ipv6 and seed set, expectations may rightly fail.
struct Overrides {
  std::optional<std::uint64_t> seed;
  std::optional<Duration> rtt;        // half of it in each direction
  std::optional<double> loss;         // in both directions
  std::optional<std::uint64_t> rate;  // bits per second, both directions
  bool ipv6 = false;
  std::string impairment;  // as for parse_impairment, on top of the scenario's, both directions
};

struct HostEnd {
  std::vector<PortEntry> ports;  // who holds which port when the story ends
  StackCounters counters;
  std::uint64_t buffer_memory = 0;  // octets
};

struct Outcome {
  std::vector<CheckedExpectation> expectations;
  std::vector<ConnectionEnd> connections;  // in the order in which they were opened
  std::array<HostEnd, 2> hosts;            // by Role
  Instant ended{};
  std::uint64_t seed = 0;
  bool ran_away = false;  // stopped at the bound of events; a bug of the story or of the stack

  bool as_told() const;  // every expectation is met
};

/// The scenario with the overrides worked in: settings of the link and the seed.
std::expected<Scenario, std::string> with_overrides(Scenario scenario, const Overrides& overrides);

/// Time starts at Instant{}. Fails only when an override cannot be read or a limit of the stack stands against the scenario.
std::expected<Outcome, std::string> run(const Scenario& scenario, const Overrides& overrides, trace::Sink& sink);

}  // namespace ft::sim
