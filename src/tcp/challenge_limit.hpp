// How many challenge ACKs a whole stack gives in a second (RFC 5961 7), over and above each connection's own throttle.
//
// A limit that connections share tells each of them what the others used: who can count the answers to his own challenges learns
// whether his guess about somebody else's connection was answered (CVE-2016-5696). So the number is drawn anew each second, by a
// keyed hash, from half to one and a half times the mean; and since a connection gets two a second at most, only somebody with
// thousands of connections of his own would ever see the end of it.
#pragma once

#include "base/siphash.hpp"
#include "fourtuple/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ft::tcp {

class ChallengeLimit {
 public:
  /// `mean` a second; 0 = no limit.
  ChallengeLimit(SipKey key, std::uint32_t mean) : mean_(mean) { set_key(key); }
  void set_key(SipKey key) { std::copy(key.begin(), key.end(), key_.begin()); }

  /// One more: true when it may be given.
  bool take(Instant now) {
    if (mean_ == 0) return true;
    const auto second = now.time_since_epoch() / std::chrono::seconds(1);
    if (second != second_) refill(second);
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  void refill(std::int64_t second) {
    const std::array<std::uint64_t, 1> words{static_cast<std::uint64_t>(second)};
    second_ = second;
    left_ = std::max<std::uint32_t>(mean_ / 2 + static_cast<std::uint32_t>(siphash_words(key_, words) % mean_), 1);
  }

  std::array<std::uint8_t, 16> key_{};
  std::int64_t second_ = -1;
  std::uint32_t mean_;
  std::uint32_t left_ = 0;
};

}  // namespace ft::tcp
