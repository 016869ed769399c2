// The timers of one connection: an instant for each, and the earliest of them.
#pragma once

#include "fourtuple/time.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ft::tcp {

enum class Timer : std::uint8_t {
  retransmit,   // RFC 6298, the persist timer of 3.8.6.1, a tail loss probe or RACK's wait (RFC 8985): the sender knows which
  delayed_ack,  // RFC 9293 3.8.6.3
  keepalive,    // RFC 9293 3.8.4
  close,        // 2 MSL in TIME-WAIT; the limit on a FIN-WAIT-2 that nobody reads any more
  pacing,       // the next segment may leave
  cork,         // what was held back has waited long enough
};
inline constexpr std::size_t timer_count = 6;

class Deadlines {
 public:
  Instant operator[](Timer timer) const { return at_[index(timer)]; }
  void set(Timer timer, Instant at) { at_[index(timer)] = at; }
  void clear(Timer timer) { at_[index(timer)] = never; }
  void clear_all() { at_.fill(never); }
  bool is_set(Timer timer) const { return at_[index(timer)] != never; }
  bool is_due(Timer timer, Instant now) const { return at_[index(timer)] <= now; }
  Instant earliest() const { return *std::min_element(at_.begin(), at_.end()); }

 private:
  static constexpr std::size_t index(Timer timer) { return static_cast<std::size_t>(timer); }
  std::array<Instant, timer_count> at_ = {never, never, never, never, never, never};
};

}  // namespace ft::tcp
