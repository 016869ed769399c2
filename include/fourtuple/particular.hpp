// The numbers behind a decision: "queued 20 octets", "sent 31 ms before one that was delivered". A reason has an id and a clause
// (fourtuple/trace.hpp); its particulars say why it came true just then. Fixed room, nothing allocated.
#pragma once

#include "fourtuple/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ft {

enum class Fact : std::uint8_t {
  queued,             // octets that wait to be sent
  unacknowledged,     // octets sent and not acknowledged
  in_flight,          // octets, RFC 6675's pipe
  cwnd,               // octets
  ssthresh,           // octets
  window,             // octets that the peer offers
  max_window,         // octets, the most that the peer ever offered
  mss,                // octets
  allowed,            // octets that proportional rate reduction lets leave now (RFC 9937)
  sent_before,        // time by which it was sent before one that was delivered (RFC 8985 6.2)
  sent_ago,           // time since it was sent
  reordering_window,  // time, RACK.reo_wnd
  rtt,                // time
  srtt,               // time
  rto,                // time
  wait,               // time until it may leave
  held,               // time for which it had been held
  retries,            // times in a row
  duplicates,         // duplicate acknowledgements
  sacked,             // octets beyond the hole that the peer holds
  pacing_rate,        // octets a second
  undone,             // octets whose repetition was needless
  sequence,           // a sequence number
  count_,
};

enum class Unit : std::uint8_t { octets, time, times, octets_per_second, sequence };

std::string_view to_string(Fact fact);
Unit unit_of(Fact fact);

struct Particular {
  Fact fact = Fact::queued;
  std::uint64_t value = 0;  // time in nanoseconds
  Duration time() const { return Duration(static_cast<Duration::rep>(value)); }
};

/// At most four; more are passed over.
class Particulars {
 public:
  static constexpr std::size_t most = 4;

  void add(Fact fact, std::uint64_t value) {
    if (count_ < most) items_[count_++] = {fact, value};
  }
  void add(Fact fact, Duration time) { add(fact, time < Duration::zero() ? 0 : static_cast<std::uint64_t>(time.count())); }

  const Particular* begin() const { return items_.data(); }
  const Particular* end() const { return items_.data() + count_; }
  bool empty() const { return count_ == 0; }

 private:
  std::array<Particular, most> items_{};
  std::uint8_t count_ = 0;
};

}  // namespace ft
