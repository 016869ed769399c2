// How much of the window is used (RFC 7661): a window that the application did not fill proves nothing about the path. Keeps
// pipeACK, the most that was delivered in a round trip lately, and how long less than half of the window was.
#pragma once

#include "fourtuple/congestion.hpp"

namespace ft::tcp {

class Usage {
 public:
  /// True when the window went unproven for the whole non-validated period (RFC 7661 4.4.3): time to give half of it back.
  bool on_ack(const CongestionAck& ack, bool round_begins, std::uint64_t window);
  /// pipeACK: octets; UINT64_MAX while nothing was measured ("undefined", RFC 7661 4.2).
  std::uint64_t pipe_ack() const { return measured_ ? (best_ > best_before_ ? best_ : best_before_) : UINT64_MAX; }
  /// At least half of the window was used (RFC 7661 4.3).
  bool is_validated(std::uint64_t window) const { return pipe_ack() >= window / 2; }
  /// The window was cut or sending starts anew: what was measured belongs to the past.
  void restart();

  static constexpr Duration non_validated_period = std::chrono::minutes(5);  // RFC 7661 4.4.3

 private:
  std::uint64_t round_began_ = 0;  // `delivered` then
  std::uint64_t best_ = 0;         // octets a round, most of this sampling period
  std::uint64_t best_before_ = 0;  // and of the one before
  Instant period_began_{};
  Instant unproven_since_ = never;
  bool measured_ = false;
  bool counting_ = false;
};

}  // namespace ft::tcp
