#include "analysis/compare/crossings.hpp"

#include "base/interval_set.hpp"

#include <algorithm>
#include <chrono>

namespace ft::analysis {
namespace {

using namespace std::chrono_literals;
using namespace wire;

class Crosser {
 public:
  Crosser(const PassageInput& input, const ClockAlignment& clocks) : in_(input), clocks_(clocks) {}

  std::vector<Crossing> take() {
    const bool incomplete = std::ranges::any_of(far(), [](const Trace& trace) {
      return trace.partner == nobody && trace.copy == Copy::none && !trace.cut_anew && trace.length > 0;
    });
    answer_time_ = least_answer_time();
    out_.reserve(near().size());
    for (std::size_t i = 0; i < near().size(); ++i) sent(i, incomplete);
    note_overtaken();
    for (const Trace& trace : far()) arrived_alone(trace);
    return std::move(out_);
  }

 private:
  const std::vector<Trace>& near() const { return in_.near.ways[in_.way]; }
  const std::vector<Trace>& far() const { return in_.far.ways[in_.way]; }
  const std::vector<Trace>& answers() const { return in_.far.ways[1 - in_.way]; }

  static std::uint32_t span(const Trace& trace) {
    return trace.length + ((trace.flags & tcp_flag::syn) != 0 ? 1u : 0u) + ((trace.flags & tcp_flag::fin) != 0 ? 1u : 0u);
  }
  static Crossing crossing_of(const Trace& trace) {
    Crossing crossing;
    crossing.at = trace.at;
    crossing.seq = trace.seq;
    crossing.ack = trace.ack;
    crossing.length = trace.length;
    crossing.flags = trace.flags;
    return crossing;
  }

  void sent(std::size_t index, bool incomplete) {
    const Trace& trace = near()[index];
    Crossing crossing = crossing_of(trace);
    crossing.near = trace.frame;
    const bool passed = trace.partner != nobody;
    if (passed) {
      crossing.far = far()[trace.partner].frame;
      crossing.arrived = far()[trace.partner].at;
    }
    if (!passed && trace.copy == Copy::surely) {
      crossing.is |= Testimony::copy;
    } else if (!passed) {
      const Instant due = in_.there(trace.at, clocks_) + clocks_.rtt() / 2;
      crossing.is |= Testimony::lost;
      if (due < in_.far_first || due > in_.far_last) crossing.is |= Testimony::at_edge;
    }
    if (incomplete) crossing.is |= Testimony::incomplete;
    if ((trace.flags & tcp_flag::rst) == 0) repeats(index, crossing);
    out_.push_back(crossing);
  }

  /// Whether its octets had been sent, and whether all of them arrived by an earlier copy.
  void repeats(std::size_t index, Crossing& crossing) {
    const Trace& trace = near()[index];
    if (!started_) top_ = trace.seq, started_ = true;
    const std::int64_t from_top = distance(top_, trace.seq);
    const std::uint64_t from = static_cast<std::uint64_t>(static_cast<std::int64_t>(top_at_) + from_top);
    const std::uint64_t to = from + span(trace);
    if (to == from) return;
    const Interval* known = sent_.first_ending_after(from);
    if (known != sent_.end() && known->from < to) {
      crossing.is |= Testimony::repeat;
      if (arrived_.contains(from, to)) judge_repeat(index, crossing);
    }
    sent_.insert(from, to);
    const bool whole = trace.partner != nobody && (!trace.cut_anew || trace.covered >= trace.length);
    if (whole) arrived_.insert(from, to);
    if (to > top_at_) {
      top_at_ = to;
      top_ = trace.seq + span(trace);
    }
  }

  /// An earlier copy came to the farther place. Where the receiver is not right behind it, only its acknowledgement tells that it
  /// had the octets.
  void judge_repeat(std::size_t index, Crossing& crossing) const {
    const Trace& trace = near()[index];
    const bool at_receiver = answer_time_ <= std::max<Duration>(1ms, clocks_.rtt() / 10);
    const Trace* answer = last_answer(index);
    const bool taken = answer != nullptr && (answer->flags & tcp_flag::ack) != 0 && !before(answer->ack, trace.seq + span(trace));
    if (still_wanted(index))
      crossing.is |= Testimony::needless | Testimony::refused;
    else
      crossing.is |= at_receiver || taken ? Testimony::needless : Testimony::incomplete;
  }

  /// What the receiver had said last at the farther place when this one came there.
  const Trace* last_answer(std::size_t index) const {
    const Trace& trace = near()[index];
    const Instant now = trace.partner != nobody ? far()[trace.partner].at : in_.there(trace.at, clocks_) + clocks_.rtt() / 2;
    const auto later = std::ranges::upper_bound(answers(), now, {}, &Trace::at);
    return later == answers().begin() ? nullptr : &*std::prev(later);
  }

  /// The least time from a segment's arrival at the farther place to the acknowledgement of it: how far behind that place the
  /// receiver is.
  Duration least_answer_time() const {
    Duration least = Duration::max();
    std::size_t answer = 0;
    for (const Trace& trace : far()) {
      if (trace.length == 0) continue;
      while (answer < answers().size() && (answers()[answer].at < trace.at || before(answers()[answer].ack, trace.end())))
        ++answer;
      if (answer == answers().size()) break;
      least = std::min(least, answers()[answer].at - trace.at);
    }
    return least == Duration::max() ? clocks_.rtt() + 1s : least;  // never answered: who knows how far it is
  }

  /// The first copy had come, and some time after it the receiver still asks for exactly this: it did not take it.
  bool still_wanted(std::size_t index) const {
    constexpr std::size_t most_looked_at = 4096;
    const Trace& trace = near()[index];
    std::optional<Instant> came;
    for (std::size_t back = 1; back <= std::min(index, most_looked_at) && !came; ++back) {
      const Trace& earlier = near()[index - back];
      if (earlier.partner != nobody && !before(trace.seq, earlier.seq) && before(trace.seq, earlier.seq + span(earlier)))
        came = far()[earlier.partner].at;
    }
    if (!came) return false;
    const Trace* last = last_answer(index);
    return last != nullptr && last->ack == trace.seq && (last->flags & tcp_flag::ack) != 0 &&
           last->at > *came + 2 * answer_time_ + 1ms;
  }

  void note_overtaken() {
    std::uint32_t earliest = nobody;  // of what was sent later: its place in the order of arrival
    for (std::size_t i = near().size(); i-- > 0;) {
      const Trace& trace = near()[i];
      if (trace.partner == nobody) continue;
      if (trace.partner > earliest) out_[i].is |= Testimony::overtaken;
      earliest = std::min(earliest, trace.partner);
    }
  }

  void arrived_alone(const Trace& trace) {
    if (trace.partner != nobody || trace.cut_anew) return;
    Crossing crossing = crossing_of(trace);
    crossing.far = trace.frame;
    crossing.arrived = trace.at;
    crossing.at = in_.here(trace.at, clocks_) - clocks_.rtt() / 2;
    if (trace.copy != Copy::none) {
      crossing.is |= Testimony::copy;
    } else {
      const bool at_edge = crossing.at < in_.near_first || crossing.at > in_.near_last;
      crossing.is |= Testimony::never_sent;
      if (at_edge) crossing.is |= Testimony::at_edge;
    }
    out_.push_back(crossing);
  }

  static constexpr std::uint16_t most_holes = 16384;

  const PassageInput& in_;
  const ClockAlignment& clocks_;
  std::vector<Crossing> out_;
  IntervalSet sent_{most_holes}, arrived_{most_holes};
  bool started_ = false;
  Seq top_{};                                      // after the highest octet that was sent ...
  std::uint64_t top_at_ = std::uint64_t{1} << 33;  // ... and where that lies in the stream
  Duration answer_time_{};
};

}  // namespace

std::vector<Crossing> crossings_of(const PassageInput& input, const ClockAlignment& clocks) {
  return Crosser(input, clocks).take();
}

}  // namespace ft::analysis
