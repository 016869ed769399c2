#include "analysis/compare/passage.hpp"

#include <algorithm>

namespace ft::analysis {
namespace {

using namespace wire;

class Passing {
 public:
  Passing(const PassageInput& input, const ClockAlignment& clocks) : in_(input), clocks_(clocks) {}

  Passage take() {
    out_.from = in_.way == 0 ? in_.near.tuple.local : in_.near.tuple.remote;
    out_.to = in_.way == 0 ? in_.near.tuple.remote : in_.near.tuple.local;
    note_addresses();
    note_overtaken();
    for (const Trace& trace : near()) on_near(trace);
    for (const Trace& trace : far()) on_far(trace);
    finish_delays();
    if (same_hops_ && hops_ && *hops_ >= 0) out_.hops = hops_;
    std::ranges::sort(out_.altered, {}, &Alteration::what);
    return std::move(out_);
  }

 private:
  const std::vector<Trace>& near() const { return in_.near.ways[in_.way]; }
  const std::vector<Trace>& far() const { return in_.far.ways[in_.way]; }

  Duration delay(const Trace& sent, const Trace& arrived) const {
    const Duration difference = arrived.at - sent.at;
    return in_.near_is_first ? difference - clocks_.offset_at(sent.at) : difference + clocks_.offset_at(arrived.at);
  }
  /// Whoever arrived after something that was sent later. From the last one sent to the first.
  void note_overtaken() {
    std::uint32_t earliest = nobody;  // of what was sent later: its place in the order of arrival
    for (auto trace = near().rbegin(); trace != near().rend(); ++trace) {
      if (trace->partner == nobody) continue;
      if (trace->partner > earliest) ++out_.reordered;
      earliest = std::min(earliest, trace->partner);
    }
  }

  void on_near(const Trace& trace) {
    if (trace.partner == nobody && trace.copy == Copy::surely) {
      ++out_.copies_near;
      return;
    }
    if (trace.partner == nobody) {
      const Instant at = in_.there(trace.at, clocks_) + clocks_.rtt() / 2;
      if (at < in_.far_first || at > in_.far_last) {
        ++out_.unjudged;
        return;
      }
      ++out_.sent;
      lose(trace, trace.length);
      return;
    }
    ++out_.sent;
    const Trace& other = far()[trace.partner];
    ++out_.arrived;
    delays_.push_back(delay(trace, other));
    if (trace.cut_anew) {
      ++out_.cut_anew;
      if (trace.covered < trace.length) lose(trace, trace.length - trace.covered);
      return;
    }
    compare(trace, other);
  }

  void lose(const Trace& trace, std::uint32_t octets) {
    ++out_.lost_count;
    out_.lost_octets += octets;
    if (out_.lost.size() < Passage::most_named) out_.lost.push_back({trace.frame, trace.at, octets, trace.flags});
  }

  void on_far(const Trace& trace) {
    if (trace.partner != nobody || trace.cut_anew) return;
    if (trace.copy != Copy::none) {
      ++out_.duplicated;
      return;
    }
    const Instant at = in_.here(trace.at, clocks_) - clocks_.rtt() / 2;
    if (at < in_.near_first || at > in_.near_last) return;
    ++out_.extra_count;
    if (out_.extra.size() < Passage::most_named) out_.extra.push_back({trace.frame, trace.at, trace.length, trace.flags});
  }

  void note(Altered what, const Trace& sent, const Trace& arrived, std::string before, std::string after) {
    const auto known = std::ranges::find(out_.altered, what, &Alteration::what);
    if (known != out_.altered.end()) {
      ++known->times;
      return;
    }
    Alteration fresh{.what = what,
                     .times = 1,
                     .frame_first = sent.frame,
                     .frame_second = arrived.frame,
                     .before = std::move(before),
                     .after = std::move(after)};
    if (!in_.near_is_first) std::swap(fresh.frame_first, fresh.frame_second);
    out_.altered.push_back(std::move(fresh));
  }

  void note_addresses() {
    const Endpoint from = in_.way == 0 ? in_.far.tuple.local : in_.far.tuple.remote;
    const Endpoint to = in_.way == 0 ? in_.far.tuple.remote : in_.far.tuple.local;
    if (from == out_.from && to == out_.to) return;
    if (near().empty() || far().empty()) return;
    note(Altered::addresses, near().front(), far().front(), out_.from.to_string() + " -> " + out_.to.to_string(),
         from.to_string() + " -> " + to.to_string());
    out_.altered.back().times = far().size();
  }

  /// An option that was there and is not, or says something else.
  void compare_option(Altered what, SegmentOptions::Has option, const Trace& a, const Trace& b, std::uint32_t before,
                      std::uint32_t after) {
    const bool had = (a.has & option) != 0, has = (b.has & option) != 0;
    if (had == has && (!had || before == after)) return;
    note(what, a, b, had ? std::to_string(before) : "none", has ? std::to_string(after) : "none");
  }

  void compare(const Trace& a, const Trace& b) {
    using Has = SegmentOptions::Has;
    compare_option(Altered::mss, Has::mss, a, b, a.mss, b.mss);
    compare_option(Altered::window_scale, Has::window_scale, a, b, a.shift, b.shift);
    compare_option(Altered::sack_permitted, Has::sack_permitted, a, b, 1, 1);
    compare_option(Altered::timestamps, Has::timestamps, a, b, 1, 1);
    constexpr unsigned named = Has::mss | Has::window_scale | Has::sack_permitted | Has::timestamps;
    if (((a.has ^ b.has) & ~named) != 0 || a.options != b.options) note(Altered::options, a, b, "", "");
    constexpr unsigned ecn = tcp_flag::ece | tcp_flag::cwr;
    if (((a.flags ^ b.flags) & ~ecn) != 0) note(Altered::flags, a, b, std::to_string(a.flags), std::to_string(b.flags));
    if (((a.flags ^ b.flags) & ecn) != 0 || ((a.traffic_class ^ b.traffic_class) & 3) != 0) {
      note(Altered::ecn, a, b, std::to_string(a.traffic_class & 3), std::to_string(b.traffic_class & 3));
    }
    if (a.traffic_class >> 2 != b.traffic_class >> 2) {
      note(Altered::dscp, a, b, std::to_string(a.traffic_class >> 2), std::to_string(b.traffic_class >> 2));
    }
    if (a.window != b.window) note(Altered::window, a, b, std::to_string(a.window), std::to_string(b.window));
    if (a.has_ip_id && b.has_ip_id && a.ip_id != b.ip_id)
      note(Altered::ip_id, a, b, std::to_string(a.ip_id), std::to_string(b.ip_id));
    if (a.has_ip_id && b.has_ip_id && a.dont_fragment != b.dont_fragment) {
      note(Altered::dont_fragment, a, b, a.dont_fragment ? "1" : "0", b.dont_fragment ? "1" : "0");
    }
    if (a.text != 0 && b.text != 0 && a.text != b.text) note(Altered::text, a, b, "", "");
    const int fell = int{a.ttl} - int{b.ttl};
    if (hops_ && *hops_ != fell) same_hops_ = false;
    hops_ = fell;
  }

  void finish_delays() {
    out_.measured = delays_.size();
    if (delays_.empty()) return;
    const auto middle = delays_.begin() + static_cast<std::ptrdiff_t>(delays_.size() / 2);
    std::ranges::nth_element(delays_, middle);
    out_.median = *middle;
    const auto [least, most] = std::ranges::minmax(delays_);
    out_.least = least;
    out_.most = most;
    double sum = 0;
    for (const Duration d : delays_) sum += static_cast<double>(d.count());
    out_.mean = Duration{static_cast<std::int64_t>(sum / static_cast<double>(delays_.size()))};
  }

  const PassageInput& in_;
  const ClockAlignment& clocks_;
  Passage out_;
  std::vector<Duration> delays_;
  std::optional<int> hops_;
  bool same_hops_ = true;
};

}  // namespace

Passage passage_of(const PassageInput& input, const ClockAlignment& clocks) { return Passing(input, clocks).take(); }

}  // namespace ft::analysis
