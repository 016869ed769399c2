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

}  // namespace

Reason describe(Hold hold) { return holds[static_cast<std::size_t>(hold)]; }
Reason describe(Loss loss) { return losses[static_cast<std::size_t>(loss)]; }
Reason describe(Turn turn) { return turns[static_cast<std::size_t>(turn)]; }

Loss loss_of(Cause cause) {
  switch (cause) {
    case Cause::retransmit_rto:
      return Loss::timeout;
    case Cause::retransmit_rack:
      return Loss::rack;
    case Cause::retransmit_sack:
      return Loss::sack;
    case Cause::retransmit_fast:
    case Cause::retransmit_partial_ack:
      return Loss::duplicates;
    case Cause::retransmit_pmtu:
      return Loss::path_mtu;
    default:
      return Loss::other;
  }
}

Hold which_hold(const HoldFacts& facts) {
  if (facts.queued == 0) return Hold::none;
  if (!facts.synchronized) return Hold::handshake;
  if (facts.window_left == 0) return Hold::receive_window;
  if (facts.wait > Duration::zero()) return Hold::pacing;
  const std::uint32_t next = std::min(facts.queued, facts.mss);
  if (facts.cwnd_left < next) return facts.in_recovery ? Hold::rate_reduction : Hold::congestion_window;
  if (facts.window_left < next) return Hold::silly_window;
  if (facts.queued >= facts.mss) return Hold::none;
  if (facts.corked) return Hold::corked;
  return facts.nagle && facts.unacknowledged != 0 ? Hold::nagle : Hold::none;
}

Held judge_hold(const HoldFacts& facts) {
  Held held{which_hold(facts), {}};
  Particulars& p = held.particulars;
  if (held.hold == Hold::none) return held;
  p.add(Fact::queued, facts.queued);
  switch (held.hold) {
    case Hold::pacing:
      p.add(Fact::wait, facts.wait);
      break;
    case Hold::congestion_window:
    case Hold::rate_reduction:
      p.add(Fact::cwnd, facts.cwnd);
      p.add(Fact::allowed, facts.cwnd_left);
      break;
    case Hold::receive_window:
      p.add(Fact::window, facts.window);
      p.add(Fact::unacknowledged, facts.unacknowledged);
      break;
    case Hold::silly_window:
      p.add(Fact::window, facts.window_left);
      p.add(Fact::max_window, facts.max_window);
      break;
    default:
      p.add(Fact::unacknowledged, facts.unacknowledged);
      break;
  }
  return held;
}

}  // namespace ft::tcp
