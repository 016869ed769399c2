// The user timeout option (RFC 5482): each end may tell how long it lets data go unacknowledged, and adopt what the other says,
// within limits of its own. Nothing is negotiated; off unless asked for.
#pragma once

#include "fourtuple/config.hpp"
#include "fourtuple/time.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace ft::tcp {

/// The field for `timeout`: seconds as far as 15 bits go, then whole minutes, rounded up (RFC 5482 3.3). Never the reserved 0.
constexpr std::uint16_t encode_user_timeout(Duration timeout) {
  constexpr std::int64_t most = 0x7fff;
  const auto seconds = std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(timeout).count(), 1);
  if (seconds <= most) return static_cast<std::uint16_t>(seconds);
  return static_cast<std::uint16_t>(0x8000 | std::min((seconds + 59) / 60, most));
}

/// nullopt: the reserved value, which says nothing (RFC 5482 3.4).
constexpr std::optional<Duration> decode_user_timeout(std::uint16_t field) {
  const std::int64_t value = field & 0x7fff;
  if (value == 0) return std::nullopt;
  return (field & 0x8000) != 0 ? Duration(std::chrono::minutes(value)) : Duration(std::chrono::seconds(value));
}

/// The timeout in force once the peer said `theirs` (RFC 5482 3.1): the longer one, within our limits.
inline Duration adopt_user_timeout(const ft::TcpOptions& ours, Duration theirs) {
  if (!ours.user_timeout_option || !ours.user_timeout_changeable) return ours.user_timeout;
  return std::min(ours.user_timeout_most, std::max({ours.user_timeout, theirs, ours.user_timeout_least}));
}

}  // namespace ft::tcp
