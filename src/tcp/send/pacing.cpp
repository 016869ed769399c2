#include "tcp/send/pacing.hpp"

#include "tcp/congestion/arithmetic.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {
constexpr std::uint64_t nano = 1'000'000'000;
constexpr std::uint64_t largest_quantum = 65536;
constexpr std::uint64_t largest_rate = std::uint64_t{1} << 40;  // octets a second: a pace above is none
// The deepest debt: what no real segment reaches, and far from overflow.
constexpr std::int64_t deepest = -static_cast<std::int64_t>(largest_quantum * 16 * nano);

std::int64_t full(const Pace& pace) {
  return static_cast<std::int64_t>(std::min(std::uint64_t{pace.quantum}, largest_quantum * 16) * nano);
}
}  // namespace

Pace pace_of(const CongestionController& controller, Duration srtt, std::uint32_t mss) {
  Pace pace;
  pace.rate = controller.pacing_rate();
  if (pace.rate == 0) {
    if (srtt <= Duration::zero()) return pace;
    const std::uint64_t window = std::min(controller.window(), largest_window);
    const bool slow_start = window < controller.ssthresh();
    pace.rate = std::max<std::uint64_t>(
        mul_div(window, slow_start ? 2 * nano : nano / 5 * 6, static_cast<std::uint64_t>(srtt.count())), 1);
  }
  if (pace.rate > largest_rate) return {};
  const std::uint64_t least = 2ull * mss;
  pace.quantum = static_cast<std::uint32_t>(std::max(least, std::min(pace.rate / 1000, largest_quantum)));
  return pace;
}

std::int64_t Pacing::level(Instant now, const Pace& pace) const {
  if (updated_ == Instant::min()) return full(pace);
  if (now <= updated_) return std::min(level_, full(pace));
  const auto elapsed = static_cast<std::uint64_t>((now - updated_).count());
  const std::uint64_t gained = saturating_multiply(elapsed, pace.rate);
  const auto missing = static_cast<std::uint64_t>(std::max<std::int64_t>(full(pace) - level_, 0));
  return gained >= missing ? full(pace) : level_ + static_cast<std::int64_t>(gained);
}

Instant Pacing::next_at(Instant now, const Pace& pace) const {
  if (pace.rate == 0 || granted_ != 0 || !dry_) return now;
  const std::int64_t missing = full(pace) - level(now, pace);
  // Rounded down: up to a nanosecond early and the debt stays in the bucket. Rounded up, the bucket's brim would lose it.
  return now + Duration(static_cast<std::int64_t>(static_cast<std::uint64_t>(missing) / pace.rate));
}

void Pacing::on_sent(Instant now, std::uint32_t octets, const Pace& pace) {
  const std::uint32_t free = std::min(octets, granted_);
  granted_ -= free;
  octets -= free;
  if (pace.rate == 0 || octets == 0) return;
  level_ = std::max(level(now, pace) - static_cast<std::int64_t>(octets * nano), deepest);
  updated_ = now;
  dry_ = level_ <= 0;
}

}  // namespace ft::tcp
