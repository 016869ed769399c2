#include "tcp/congestion/cubic.hpp"

#include <algorithm>

namespace ft::tcp {

namespace {
// RFC 9438 4.6 and 5: beta_cubic 0.7, C 0.4 segments a second cubed; 4.3: alpha_cubic = 3 (1 - beta) / (1 + beta) = 9/17.
constexpr std::uint64_t beta_tenths = 7;
//= rfc9438 5.1-1
constexpr std::uint64_t c_tenths = 4;
constexpr std::uint64_t alpha_numerator = 9, alpha_denominator = 17;
constexpr unsigned fraction_bits = 20;
constexpr std::uint64_t fraction_mask = (1u << fraction_bits) - 1;
// From here on the curve is above every window: half an hour makes 2.3e9 segments.
constexpr std::uint64_t longest_microseconds = 1'800'000'000;

/// `base` grows by `gain` octets times `octets` / `per`, fractions kept.
std::uint64_t grown(std::uint64_t base, std::uint32_t& fraction, std::uint64_t gain, std::uint64_t octets, std::uint64_t per) {
  const std::uint64_t steps = saturating_add(mul_div(std::min(gain, largest_window) << fraction_bits, octets, per), fraction);
  fraction = static_cast<std::uint32_t>(steps & fraction_mask);
  return std::min(saturating_add(base, steps >> fraction_bits), largest_window);
}
}  // namespace

std::uint64_t cubic_window(Duration t, Duration k, std::uint64_t w_max, std::uint32_t mss) {
  const auto signed_distance = std::chrono::duration_cast<std::chrono::microseconds>(t - k).count();
  const bool before = signed_distance < 0;
  const auto distance = std::min(static_cast<std::uint64_t>(before ? -signed_distance : signed_distance), longest_microseconds);
  const std::uint64_t cube = mul_div(distance * distance, distance, 1'000'000'000'000);  // of seconds, times 1e6
  const std::uint64_t octets = mul_div(cube, c_tenths * mss, 10'000'000);
  if (before) return octets < w_max ? w_max - octets : 0;
  return std::min(saturating_add(w_max, octets), largest_window);
}

Duration cubic_k(std::uint64_t w_max, std::uint64_t from, std::uint32_t mss) {
  if (w_max <= from) return Duration::zero();
  const std::uint64_t octets = w_max - from;
  // In tenths of a millisecond while that fits into 64 bits (seven million segments), else in milliseconds.
  const std::uint64_t fine = mul_div(octets, 10'000'000'000'000, c_tenths * mss);
  if (fine != UINT64_MAX) return std::chrono::microseconds(100 * static_cast<std::int64_t>(cube_root(fine)));
  const std::uint64_t coarse = mul_div(octets, 10'000'000'000, c_tenths * mss);
  return std::chrono::milliseconds(static_cast<std::int64_t>(cube_root(coarse)));
}

void Cubic::begin(Instant now) {
  curve_.began = now;
  curve_.paused = never;
  //= rfc9438 4.8-1
  // After a timeout, without a reduction before it (slow start that delay ended, 4.10), and above the old plateau, the climb is
  // convex at once.
  if (curve_.w_max <= window()) curve_.w_max = window();
  curve_.k = cubic_k(curve_.w_max, window(), mss());
  curve_.w_est = window();
  curve_.fraction = curve_.w_est_fraction = 0;
}

void Cubic::grow_reno_estimate(std::uint32_t octets) {
  //= rfc9438 4.3-2
  // W_est climbs slower than Reno, since it fell less, until it is where it fell from (4.3).
  const bool regained = curve_.w_est >= curve_.cwnd_prior;
  const std::uint64_t gain = regained ? mss() : mss() * alpha_numerator;
  const std::uint64_t per = regained ? window() : saturating_multiply(window(), alpha_denominator);
  curve_.w_est = grown(curve_.w_est, curve_.w_est_fraction, gain, octets, per);
}

void Cubic::climb(const CongestionAck& ack, std::uint32_t octets) {
  if (curve_.began == never) {
    begin(ack.now);
  } else if (curve_.paused != never) {
    //= rfc9438 4.2-1
    // The curve counts no time in which the application, not the path, held the window down.
    curve_.began += ack.now - curve_.paused;
    curve_.paused = never;
  }
  grow_reno_estimate(octets);
  const Duration t = ack.now - curve_.began;
  const std::uint64_t cwnd = window();
  if (cubic_window(t, curve_.k, curve_.w_max, mss()) < curve_.w_est) {
    //= rfc9438 4.3-1
    set_window(std::max(cwnd, curve_.w_est));
    return;
  }
  const std::uint64_t target = std::clamp(cubic_window(t + ack.srtt, curve_.k, curve_.w_max, mss()), cwnd, cwnd + cwnd / 2);
  //= rfc9438 4.4-1
  //= rfc9438 4.5-1
  set_window(grown(cwnd, curve_.fraction, target - cwnd, octets, cwnd));
}

void Cubic::on_unused(Instant now) {
  if (curve_.began != never && curve_.paused == never) curve_.paused = now;
}

std::uint64_t Cubic::reduced(Instant now, CongestionSignal signal, std::uint64_t in_flight) {
  (void)now, (void)signal;
  // A window that was in use counts whole (4.6 lets it, and what SACK already took out of flight is no less room); one that was
  // not proves only what was delivered (RFC 7661 4.4.1).
  const std::uint64_t proven =
      usage().is_validated(window()) ? window() : std::min(window(), std::max(usage().pipe_ack(), in_flight));
  const bool fell_short = proven < curve_.w_max;
  curve_.cwnd_prior = proven;
  //= rfc9438 4.7-1
  // Fast convergence: who did not reach the old plateau has company, and leaves it room.
  curve_.w_max = fell_short ? mul_div(proven, 10 + beta_tenths, 20) : proven;
  //= rfc9438 4.6-2
  return mul_div(proven, beta_tenths, 10);
}

}  // namespace ft::tcp
