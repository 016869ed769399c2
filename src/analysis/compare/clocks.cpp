#include "analysis/compare/clocks.hpp"

#include "analysis/quantity.hpp"

#include <algorithm>
#include <cmath>

namespace ft::analysis {

std::optional<bool> first_is_nearer(const Trail& first, const Trail& second, bool believed) {
  std::array<std::optional<Duration>, 2> least;  // towards the second by its opener's segments; back by the other's
  for (std::size_t way = 0; way < 2; ++way) {
    for (const Trace& trace : first.ways[way]) {
      if (trace.partner == nobody) continue;
      const Duration difference = second.ways[way][trace.partner].at - trace.at;
      const Duration towards = way == 0 ? difference : -difference;
      if (!least[way] || towards < *least[way]) least[way] = towards;
    }
  }
  if (least[0] && least[1]) return *least[0] + *least[1] >= Duration::zero();
  constexpr Duration alike = std::chrono::seconds(1);  // clocks that are set by the network
  for (std::size_t way = 0; way < 2; ++way)
    if (believed && least[way] && *least[way] < alike && *least[way] > -alike)
      return (*least[way] >= Duration::zero()) == (way == 0);
  return std::nullopt;
}

void ClockAlignment::add(const Trail& first, const Trail& second, bool nearer) {
  for (std::size_t way = 0; way < 2; ++way) {
    for (const Trace& trace : first.ways[way]) {
      if (trace.partner == nobody) continue;
      samples_.push_back({trace.at, second.ways[way][trace.partner].at - trace.at, nearer == (way == 0)});
    }
  }
}

void ClockAlignment::settle() {
  std::optional<Duration> there, back;
  std::optional<Instant> from, until;
  for (const Sample& sample : samples_) {
    if (!from || sample.at < *from) from = sample.at;
    if (!until || sample.at > *until) until = sample.at;
    std::optional<Duration>& least = sample.to_second ? there : back;
    const Duration towards = sample.to_second ? sample.difference : -sample.difference;
    if (!least || towards < *least) least = towards;
  }
  if (!there && !back) return;
  middle_ = *from + (*until - *from) / 2;
  known_ = there && back;
  if (known_) {
    offset_ = (*there - *back) / 2;
    rtt_ = *there + *back;
  } else {
    offset_ = there ? *there : -*back;  // one way only: its least delay is not to be told from the offset
  }
  if (known_) fit_skew();
  samples_ = {};
}

/// The offset in sixteen stretches of time, and a line through them; where the line explains more than chance would, it is a
/// skew.
void ClockAlignment::fit_skew() {
  constexpr std::size_t stretches = 16;
  const auto [first, last] = std::ranges::minmax(samples_, {}, &Sample::at);
  const Duration whole = last.at - first.at;
  if (whole < std::chrono::seconds(10)) return;
  std::array<std::array<std::optional<Duration>, 2>, stretches> least;
  for (const Sample& sample : samples_) {
    const std::int64_t stretch = whole.count() / std::int64_t{stretches} + 1;
    const auto index = static_cast<std::size_t>((sample.at - first.at).count() / stretch);
    std::optional<Duration>& one = least[index][sample.to_second ? 0 : 1];
    const Duration towards = sample.to_second ? sample.difference : -sample.difference;
    if (!one || towards < *one) one = towards;
  }
  std::vector<std::pair<double, double>> points;  // seconds from the middle, offset in seconds less the whole's
  for (std::size_t i = 0; i < stretches; ++i) {
    if (!least[i][0] || !least[i][1]) continue;
    const double at = in_seconds(whole) * ((static_cast<double>(i) + 0.5) / stretches - 0.5);
    const Duration offset = (*least[i][0] - *least[i][1]) / 2;
    points.emplace_back(at, in_seconds(offset - offset_));
  }
  if (points.size() < 4) return;
  const auto n = static_cast<double>(points.size());
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (const auto& [x, y] : points) sx += x, sy += y, sxx += x * x, sxy += x * y;
  const double spread = sxx - sx * sx / n;
  if (spread <= 0) return;
  const double slope = (sxy - sx * sy / n) / spread, at_middle = (sy - slope * sx) / n;
  double squares = 0;
  for (const auto& [x, y] : points) squares += (y - at_middle - slope * x) * (y - at_middle - slope * x);
  const double error = std::sqrt(squares / (n - 2) / spread);
  constexpr double most_skew = 1e-3;  // clocks worse than that are no clocks
  if (std::abs(slope) < 5 * error || std::abs(slope) > most_skew || std::abs(slope) < 1e-7) return;
  skew_ = slope;
  offset_ += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(at_middle));
  // Along the line both ways' least delays are less than by one offset for all.
  std::optional<Duration> there, back;
  for (const Sample& sample : samples_) {
    std::optional<Duration>& least_way = sample.to_second ? there : back;
    const Duration along = sample.difference - offset_at(sample.at), towards = sample.to_second ? along : -along;
    if (!least_way || towards < *least_way) least_way = towards;
  }
  offset_ += (*there - *back) / 2;
  rtt_ = *there + *back;
}

Duration ClockAlignment::offset_at(Instant first) const {
  return offset_ + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(first - middle_) * skew_);
}

}  // namespace ft::analysis
