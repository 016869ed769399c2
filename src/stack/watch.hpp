// What a sender thought before an input and what it thinks after it, told as the difference: losses, the congestion state,
// metrics and timers become events (fourtuple/trace.hpp). A watcher looks from outside, so the parts that decide know nothing of
// traces, and a connection that nobody traces pays nothing.
#pragma once

#include "fourtuple/trace.hpp"
#include "tcp/connection.hpp"

#include <array>
#include <vector>

namespace ft::stack {

/// A timer by name, with the clause that wants it.
struct TimerName {
  std::string_view name;
  std::string_view clause;
};
TimerName name_of(tcp::Timer timer, const tcp::Connection& connection);

/// A reason of tcp as the trace tells it.
inline trace::Why why(tcp::Reason reason) { return {reason.id, reason.clause, {}}; }

/// How far the repair of a loss has come: "", "recovery", "loss".
std::string_view recovery_name(const tcp::Sender& sender);
/// That, or the controller's own phase; "" before the first segment.
std::string_view congestion_state(const tcp::Sender& sender);

class Watch {
 public:
  /// Before the input.
  void look(const tcp::Connection& connection);
  /// After it: tells what changed.
  void tell(Instant now, std::uint8_t host, const FourTuple& tuple, const tcp::Connection& connection, trace::Sink& sink);

 private:
  struct Numbers {
    std::uint64_t cwnd = 0, ssthresh = 0, in_flight = 0, pacing_rate = 0;
    std::optional<Duration> srtt, min_rtt;
    Duration rttvar{}, rto{};
    std::uint32_t window = 0;
  };
  struct Counts {
    std::uint64_t timeouts = 0, recoveries = 0, undone = 0, ecn_reductions = 0, samples = 0;
  };
  static Numbers numbers_of(const tcp::Connection& connection);
  static Counts counts_of(const tcp::Connection& connection);
  tcp::Turn turn_of(const Counts& counts, const tcp::Sender& sender) const;

  Numbers numbers_;
  Counts counts_;
  std::string_view state_;
  std::string_view recovery_;
  std::array<Instant, tcp::timer_count> deadlines_{};
  std::array<std::string_view, tcp::timer_count> timers_{};
  std::vector<std::uint32_t> lost_;  // positions on the scoreboard, ascending
};

/// What holds a connection's octets back, and since when.
struct HoldState {
  tcp::Hold hold = tcp::Hold::none;
  Instant since{};
};

}  // namespace ft::stack
