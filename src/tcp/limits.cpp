#include "tcp/limits.hpp"

#include <algorithm>

namespace ft::tcp {

std::string_view to_string(Limit limit) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Limit::count_)> names = {
      "idle", "application", "congestion window", "receive window", "send buffer"};
  return names[static_cast<std::size_t>(limit)];
}

Limit judge_limit(const LimitFacts& facts) {
  if (!facts.synchronized || (!facts.outstanding && !facts.queued)) return Limit::idle;
  if (!facts.queued) return facts.write_refused ? Limit::send_buffer : Limit::application;
  if (facts.held_by_window) return Limit::receive_window;
  return facts.held_by_choice ? Limit::application : Limit::congestion;
}

void Chronograph::turn(Limit limit, Instant now) {
  if (limit == limit_) return;
  if (limit_ != Limit::idle) spent_[static_cast<std::size_t>(limit_) - 1] += std::max(now - since_, Duration::zero());
  limit_ = limit;
  since_ = now;
}

Duration Chronograph::spent(Limit limit, Instant now) const {
  if (limit == Limit::idle || limit == Limit::count_) return Duration::zero();
  const Duration before = spent_[static_cast<std::size_t>(limit) - 1];
  return limit == limit_ ? before + std::max(now - since_, Duration::zero()) : before;
}

Duration Chronograph::busy(Instant now) const {
  Duration all = Duration::zero();
  for (std::size_t i = 1; i <= hands; ++i) all += spent(static_cast<Limit>(i), now);
  return all;
}

}  // namespace ft::tcp
