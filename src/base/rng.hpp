// Random numbers that a seed decides: xoshiro256++ (Blackman and Vigna, 2019), its state filled by splitmix64. Good for
// simulations and choices that need no secrecy; whatever an attacker must not guess (ISN, ports) is keyed by
// StackConfig::secret instead.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/assert.hpp"

namespace ft {

/// One step of splitmix64: moves `state` on and returns 64 well-mixed bits. Also a way to derive several seeds from one.
constexpr std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15u;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed) {
    for (auto& word : state_) word = splitmix64(seed);
  }

  /// 64 random bits.
  constexpr std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Evenly spread in [0, 1).
  constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// True with probability p. Draws nothing for p <= 0 or p >= 1, so a fault that is switched off does not shift the rest.
  constexpr bool chance(double p) {
    if (p <= 0.0) return false;
    if (p >= 1.0) return true;
    return uniform() < p;
  }

  /// Evenly spread in [0, n), n > 0. Values of the uneven last part of the range are drawn again.
  constexpr std::uint64_t below(std::uint64_t n) {
    FT_ASSERT(n > 0);
    const std::uint64_t uneven = (0 - n) % n;
    std::uint64_t r = next();
    while (r < uneven) r = next();
    return r % n;
  }

  /// A generator of its own, decided by this one: draws of one no longer shift the draws of the other.
  constexpr Rng fork() { return Rng{next()}; }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace ft
