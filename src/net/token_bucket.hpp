// A token bucket: how often the engine may answer strangers (RFC 4443 2.4 (f), RFC 1812 4.3.2.8).
#pragma once

#include "fourtuple/time.hpp"

#include <cstdint>

namespace ft::net {

class TokenBucket {
 public:
  /// `per_second` answers in the long run, `burst` at once.
  constexpr TokenBucket(std::uint32_t per_second, std::uint32_t burst)
      : interval_(std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second), burst_(burst), tokens_(burst) {}

  /// Takes a token if there is one.
  constexpr bool take(Instant now) {
    const auto gained = now > refilled_ ? (now - refilled_) / interval_ : 0;
    if (gained >= burst_ - tokens_) {
      tokens_ = burst_;
      refilled_ = now;
    } else if (gained > 0) {
      tokens_ += gained;
      refilled_ += interval_ * gained;
    }
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }

 private:
  Duration interval_;
  std::int64_t burst_;
  std::int64_t tokens_;
  Instant refilled_{};
};

}  // namespace ft::net
