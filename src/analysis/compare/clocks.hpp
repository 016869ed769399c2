// Two clocks aligned by what passed both ways. A segment from one place to the other takes (delay + offset) by the two clocks,
// one that comes back (delay - offset); where both ways' least delays are alike, half the difference of the least differences is
// the offset, and half their sum bounds its error, as in NTP (RFC 5905 8).
#pragma once

#include "analysis/compare/trail.hpp"
#include "fourtuple/time.hpp"

#include <array>
#include <optional>
#include <vector>

namespace ft::analysis {

/// Whether the first capture is nearer to the opener, as the matched segments of a connection tell: what passes both ways takes
/// time, whatever the clocks say. Where only one way was matched, the clocks are `believed`, or nothing is told.
std::optional<bool> first_is_nearer(const Trail& first, const Trail& second, bool believed);

class ClockAlignment {
 public:
  /// Takes the matched segments of one connection.
  void add(const Trail& first, const Trail& second, bool first_is_nearer_opener);
  /// When all have been added.
  void settle();

  bool known() const { return known_; }
  /// The second clock less the first, in the middle of what was compared.
  Duration offset() const { return offset_; }
  double skew() const { return skew_; }
  Instant middle() const { return middle_; }
  Duration rtt() const { return rtt_; }
  /// The second clock less the first, at a time of the first.
  Duration offset_at(Instant first) const;

 private:
  struct Sample {
    Instant at{};         // by the first clock
    Duration difference;  // second less first
    bool to_second = false;
  };
  void fit_skew();

  std::vector<Sample> samples_;
  bool known_ = false;
  Duration offset_{}, rtt_{};
  double skew_ = 0;
  Instant middle_{};
};

}  // namespace ft::analysis
