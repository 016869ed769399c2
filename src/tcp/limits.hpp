// What holds the sender back, and for how long: a chronograph with one hand for each limit, exactly one of which runs while there
// is something to send or to be acknowledged. RFC 4898 calls this the "triage" of a connection (its SndLim group); the congestion
// window, the receive window and the sender itself are its three answers, and the sender's is split here in two, since "the
// application writes too little" and "the send buffer is too small" call for different cures.
#pragma once

#include "fourtuple/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ft::tcp {

enum class Limit : std::uint8_t {
  idle,            // nothing to send and nothing in flight: no time is counted
  application,     // all that was written has left; or it waits to be joined by more (Nagle, corked)
  congestion,      // the congestion window, proportional rate reduction or the pacing rate
  receive_window,  // the peer's window
  send_buffer,     // all that the send buffer can hold has left, and the application waits for room
  count_,
};

std::string_view to_string(Limit limit);

/// What the sender saw when it had nothing more to send.
struct LimitFacts {
  bool synchronized = false;    // the handshake is over: before it there is no stream to hold back
  bool outstanding = false;     // octets in flight
  bool queued = false;          // octets (or a FIN) queued and not sent
  bool held_by_window = false;  // the peer's window is why they stay
  bool held_by_choice = false;  // Nagle or a cork is why they stay: the application could change it
  bool write_refused = false;   // the application met would_block and nothing became free since
};

/// The one limit that holds.
Limit judge_limit(const LimitFacts& facts);

class Chronograph {
 public:
  /// From `now` on, `limit` holds. Time until now goes to the limit of before.
  void turn(Limit limit, Instant now);

  Limit limit() const { return limit_; }
  /// Time spent under `limit` until `now`; zero for idle.
  Duration spent(Limit limit, Instant now) const;
  /// Time in which there was something to send or to be acknowledged: the sum over all limits.
  Duration busy(Instant now) const;

 private:
  static constexpr std::size_t hands = static_cast<std::size_t>(Limit::count_) - 1;  // idle has none

  std::array<Duration, hands> spent_{};
  Instant since_{};
  Limit limit_ = Limit::idle;
};

}  // namespace ft::tcp
