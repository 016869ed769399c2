// Was the reduction needless? Three witnesses: a timestamp that echoes the first copy (RFC 3522, Eifel), D-SACKs that report
// every repeat as a duplicate (RFC 3708), and after a timeout the delivery of what was never repeated (RFC 5682, F-RTO, which
// asks recovery.cpp). What to restore is the controller's memory (RFC 4015).
#pragma once

#include "fourtuple/time.hpp"
#include "wire/seq.hpp"

#include <cstdint>

namespace ft::tcp {

class Undo {
 public:
  /// A reduction; `una` and `max`: the flight it is about.
  void begin(Seq una, Seq max) {
    active_ = true;
    from_ = una;
    to_ = max;
    repeats_ = 0;
    first_repeat_ = never;
  }
  void end() { active_ = false; }
  void on_retransmitted(Instant now) {
    if (!active_) return;
    if (first_repeat_ == never) first_repeat_ = now;
    ++repeats_;
  }
  /// The peer reports [left, ...) as a duplicate.
  void on_duplicate(Seq left) {
    if (active_ && repeats_ > 0 && in_range(left, from_, to_)) --repeats_;
  }

  bool is_active() const { return active_; }
  /// The ACK that moved SND.UNA echoes a segment that left before `echo`, and that is before the first repeat (RFC 3522 3.2).
  bool eifel(Instant echo) const { return active_ && first_repeat_ != never && echo <= first_repeat_; }
  /// Every repeat was reported as a duplicate.
  bool all_duplicates() const { return active_ && first_repeat_ != never && repeats_ == 0; }

 private:
  friend class Fingerprint;

  Instant first_repeat_ = never;
  Seq from_;
  Seq to_;
  std::uint32_t repeats_ = 0;
  bool active_ = false;
};

}  // namespace ft::tcp
