#include "tcp/decisions.hpp"

#include <algorithm>
#include <array>

namespace ft::tcp {
namespace {

constexpr std::array<Reason, static_cast<std::size_t>(Hold::count_)> holds = {{
    {"", ""},
    {"hold-handshake", "RFC 9293 3.10.2"},
    {"hold-congestion-window", "RFC 5681 3.1"},
    {"hold-rate-reduction", "RFC 9937 6.2"},
    {"hold-pacing", "RFC 9002 7.7"},
    {"hold-receive-window", "RFC 9293 3.8.6"},
    {"hold-silly-window", "RFC 9293 3.8.6.2.1"},
    {"hold-nagle", "RFC 9293 3.7.4"},
    {"hold-corked", "RFC 9293 3.9.1.2"},
    {"hold-neighbour", "RFC 1122 2.3.2.2"},
    {"hold-link", ""},
    {"hold-memory", ""},
}};

constexpr std::array<Reason, static_cast<std::size_t>(Loss::count_)> losses = {{
    {"loss-rack", "RFC 8985 6.2"},
    {"loss-sack", "RFC 6675 2"},
    {"loss-duplicates", "RFC 5681 3.2"},
    {"loss-timeout", "RFC 6298 5.4"},
    {"loss-path-mtu", "RFC 1191 6.4"},
    {"loss-other", ""},
}};

constexpr std::array<Reason, static_cast<std::size_t>(Turn::count_)> turns = {{
    {"congestion-recovery", "RFC 5681 3.2"},
    {"congestion-timeout", "RFC 5681 3.1"},
    {"congestion-recovered", "RFC 6675 5"},
    {"congestion-undone", "RFC 4015 3.2"},
    {"congestion-marks", "RFC 3168 6.1.2"},
    {"congestion-phase", "RFC 5681 3.1"},
}};

void tell_small(const HoldFacts& facts, Held& held) {
  held.particulars.add(Fact::queued, facts.queued);
  held.particulars.add(Fact::unacknowledged, facts.unacknowledged);
}

}  // namespace

Reason describe(Hold hold) { return holds[static_cast<std::size_t>(hold)]; }
Reason describe(Loss loss) { return losses[static_cast<std::size_t>(loss)]; }
Reason describe(Turn turn) { return turns[static_cast<std::size_t>(turn)]; }

Loss loss_of(Cause cause) {
  switch (cause) {
    case Cause::retransmit_rto:
      return Loss::timeout;
    case Cause::retransmit_fast:
    case Cause::retransmit_partial_ack:
      return Loss::duplicates;
    case Cause::retransmit_pmtu:
      return Loss::path_mtu;
    default:
      return Loss::other;
  }
}

Held judge_hold(const HoldFacts& facts) {
  Held held;
  const auto tell = [&held](Hold hold, auto... particulars) {
    held.hold = hold;
    (held.particulars.add(particulars.first, particulars.second), ...);
    return held;
  };
  const auto with = [](Fact fact, auto value) { return std::pair(fact, value); };
  if (facts.queued == 0) return held;
  if (!facts.synchronized) return tell(Hold::handshake, with(Fact::queued, std::uint64_t{facts.queued}));
  if (facts.window_left == 0)
    return tell(Hold::receive_window, with(Fact::queued, std::uint64_t{facts.queued}),
                with(Fact::window, std::uint64_t{facts.window}), with(Fact::unacknowledged, std::uint64_t{facts.unacknowledged}));
  if (facts.wait > Duration::zero())
    return tell(Hold::pacing, with(Fact::queued, std::uint64_t{facts.queued}), with(Fact::wait, facts.wait));
  const bool small = facts.queued < facts.mss;
  if (facts.cwnd_left < std::min(facts.queued, facts.mss)) {
    return tell(facts.in_recovery ? Hold::rate_reduction : Hold::congestion_window,
                with(Fact::queued, std::uint64_t{facts.queued}), with(Fact::cwnd, facts.cwnd),
                with(Fact::allowed, facts.cwnd_left));
  }
  if (facts.window_left < std::min(facts.queued, facts.mss)) {
    return tell(Hold::silly_window, with(Fact::queued, std::uint64_t{facts.queued}),
                with(Fact::window, std::uint64_t{facts.window_left}), with(Fact::max_window, std::uint64_t{facts.max_window}));
  }
  if (small && facts.corked) {
    tell_small(facts, held);
    held.hold = Hold::corked;
  } else if (small && facts.nagle && facts.unacknowledged != 0) {
    tell_small(facts, held);
    held.hold = Hold::nagle;
  }
  return held;
}

}  // namespace ft::tcp
