// SYN cookies (RFC 4987 3.6): when the SYN queue is full, what a listener would have remembered of a SYN goes into the numbers of
// its SYN-ACK, and comes back with the ACK. The initial sequence number carries the MSS, rounded down to a table; where the peer
// offered timestamps, the low bits of TSval carry window scale, SACK and ECN.
//
// A cookie is  F(four-tuple) + SEG.SEQ + minutes * 2^24 + (G(four-tuple, SEG.SEQ, minutes) + index into the MSS table) mod 2^24:
// F and G are SipHash under a key that nobody outside knows. It grows by 2^24 a 64 seconds, which is the 4 microsecond clock
// of RFC 9293 MUST-8. It is good for as long as its count is this or the last one, so for 64 to 128 seconds; a blind ACK meets
// one of 2^32 / (2 counts * 16 sizes), about one in 2^27.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/time.hpp"
#include "wire/seq.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace ft::stack {

class SynCookies {
 public:
  explicit SynCookies(std::span<const std::uint8_t, 16> key);

  /// The initial sequence number that answers a SYN whose sequence number is `irs`.
  Seq make(Instant now, const FourTuple& tuple, Seq irs, std::uint16_t mss) const;
  /// The MSS in a cookie that we made, not too long ago and for that SYN; nullopt: it is none.
  std::optional<std::uint16_t> check(Instant now, const FourTuple& tuple, Seq irs, Seq cookie) const;

  /// What of `mss` a cookie remembers: the largest value of the table that is not larger (never less than its first).
  static std::uint16_t remembered(std::uint16_t mss);

  static constexpr Duration period = std::chrono::seconds(64);
  /// A cookie that left at t is refused from t + lifetime on.
  static constexpr Duration lifetime = 2 * period;

 private:
  std::uint32_t base(const FourTuple& tuple) const;
  std::uint32_t mask(const FourTuple& tuple, Seq irs, std::uint64_t count) const;

  std::array<std::uint8_t, 16> key_{};
};

/// What the low bits of TSval say of the peer's SYN.
struct CookieOptions {
  std::optional<std::uint8_t> window_scale;  // at most 14
  bool sack = false;
  bool ecn = false;
  friend bool operator==(const CookieOptions&, const CookieOptions&) = default;
};

/// The clock `ts_val` moved back, by less than 64 ms, until its low six bits say `options`.
std::uint32_t make_cookie_timestamp(std::uint32_t ts_val, const CookieOptions& options);
/// What TSecr brings back. An invented value is possible; it harms only who invented it.
CookieOptions read_cookie_timestamp(std::uint32_t ts_ecr);

}  // namespace ft::stack
