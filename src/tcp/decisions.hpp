// What a sender decides between two segments, for those who watch: why queued octets stay, how a loss was found, what turned the
// congestion window. Each with a stable id and its source, as in why.hpp.
#pragma once

#include "fourtuple/particular.hpp"
#include "tcp/why.hpp"

namespace ft::tcp {

/// Why what is queued does not leave now.
enum class Hold : std::uint8_t {
  none,
  handshake,          // there is no connection yet
  congestion_window,  // it is full
  rate_reduction,     // a loss is being repaired, and what leaves is measured by what arrives
  pacing,             // it is not time yet
  receive_window,     // the peer has no room
  silly_window,       // the peer has room for too little to be worth a segment
  nagle,              // a small segment waits while another is unacknowledged
  corked,             // the application asked to wait for more
  neighbour,          // the next hop's link address is being asked for
  count_,
};

/// How octets came to be taken as lost.
enum class Loss : std::uint8_t {
  rack,        // by time
  sack,        // by what the peer holds beyond them
  duplicates,  // by duplicate acknowledgements, or a partial one
  timeout,     // nothing came
  path_mtu,    // they were too big for the path
  other,
  count_,
};

/// What changed the state of congestion.
enum class Turn : std::uint8_t {
  recovery,   // a loss was found: its repair begins
  timeout,    // the retransmission timer fired
  recovered,  // all that was in flight when it began is acknowledged
  undone,     // the reduction was needless
  marks,      // the network marked packets
  phase,      // the controller's own decision
  count_,
};

Reason describe(Hold hold);
Reason describe(Loss loss);
Reason describe(Turn turn);

/// What a record's cause of retransmission says about its loss.
Loss loss_of(Cause cause);

/// What is known when nothing leaves.
struct HoldFacts {
  std::uint32_t queued = 0;          // octets (a FIN counts one) that wait
  std::uint32_t unacknowledged = 0;  // octets in flight or delivered selectively
  std::uint32_t window = 0;          // that the peer offers
  std::uint32_t window_left = 0;     // of it, not used up
  std::uint32_t max_window = 0;      // the largest ever offered
  std::uint32_t mss = 0;
  std::uint64_t cwnd = 0;
  std::uint64_t cwnd_left = 0;  // octets that congestion control lets leave
  Duration wait{};              // until the pacer lets the next one leave
  bool synchronized = true;
  bool in_recovery = false;
  bool nagle = true;
  bool corked = false;
};

struct Held {
  Hold hold = Hold::none;
  Particulars particulars;
};

/// The first wall that an octet meets; none when nothing waits, or nothing is in its way.
Hold which_hold(const HoldFacts& facts);
/// The same with the numbers that make it one.
Held judge_hold(const HoldFacts& facts);

}  // namespace ft::tcp
