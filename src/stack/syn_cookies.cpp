#include "stack/syn_cookies.hpp"

#include "base/siphash.hpp"
#include "stack/tuple_words.hpp"

#include <algorithm>

namespace ft::stack {

namespace {

// What peers announce: the defaults of both families (536, 1220), Ethernet with and without timestamps, PPPoE, tunnels and mobile
// networks in between, and jumbo frames. The first is the least that we send anyway (Negotiated::least_mss).
constexpr std::array<std::uint16_t, 16> sizes = {64,   216,  536,  768,  1024, 1220, 1300, 1340,
                                                 1360, 1380, 1400, 1420, 1440, 1452, 1460, 8940};
constexpr std::uint32_t low_24 = 0x00ff'ffff;
constexpr std::uint8_t purpose_base = 32, purpose_mask = 33;  // this room's hashes under one key never share a purpose

std::uint32_t index_of(std::uint16_t mss) {
  const auto above = std::upper_bound(sizes.begin(), sizes.end(), mss);
  return above == sizes.begin() ? 0 : static_cast<std::uint32_t>(above - sizes.begin() - 1);
}

std::uint64_t count_of(Instant now) { return static_cast<std::uint64_t>(now.time_since_epoch() / SynCookies::period); }

constexpr std::uint32_t scale_bits = 0xf, no_scale = 0xf, sack_bit = 0x10, ecn_bit = 0x20, option_bits = 0x3f;

}  // namespace

SynCookies::SynCookies(std::span<const std::uint8_t, 16> key) { std::copy(key.begin(), key.end(), key_.begin()); }

std::uint32_t SynCookies::base(const FourTuple& tuple) const {
  return static_cast<std::uint32_t>(siphash_words(key_, TupleWords(tuple, purpose_base).words()));
}

std::uint32_t SynCookies::mask(const FourTuple& tuple, Seq irs, std::uint64_t count) const {
  const TupleWords words(tuple, purpose_mask, count << 32 | irs.value());
  return static_cast<std::uint32_t>(siphash_words(key_, words.words()));
}

//= rfc4987 3.6-1
//= rfc4987 3.6-2
Seq SynCookies::make(Instant now, const FourTuple& tuple, Seq irs, std::uint16_t mss) const {
  const std::uint64_t count = count_of(now);
  const std::uint32_t low = (mask(tuple, irs, count) + index_of(mss)) & low_24;
  return Seq{base(tuple) + irs.value() + (static_cast<std::uint32_t>(count) << 24) + low};
}

//= rfc4987 3.6-2
//= rfc4987 3.6-3
std::optional<std::uint16_t> SynCookies::check(Instant now, const FourTuple& tuple, Seq irs, Seq cookie) const {
  const std::uint32_t inner = cookie.value() - base(tuple) - irs.value();
  const std::uint64_t count = count_of(now);
  const std::uint64_t age = (count - (inner >> 24)) & 0xff;
  if (age > 1 || age > count) return std::nullopt;
  const std::uint32_t index = (inner - mask(tuple, irs, count - age)) & low_24;
  if (index >= sizes.size()) return std::nullopt;
  return sizes[index];
}

std::uint16_t SynCookies::remembered(std::uint16_t mss) { return sizes[index_of(mss)]; }

//= rfc4987 3.6-4
std::uint32_t make_cookie_timestamp(std::uint32_t ts_val, const CookieOptions& options) {
  const std::uint32_t said = (options.window_scale ? std::min<std::uint32_t>(*options.window_scale, 14) : no_scale) |
                             (options.sack ? sack_bit : 0) | (options.ecn ? ecn_bit : 0);
  // Never ahead of the clock: the connection's next timestamps would seem older than this one (RFC 7323 5).
  return ts_val - ((ts_val - said) & option_bits);
}

CookieOptions read_cookie_timestamp(std::uint32_t ts_ecr) {
  CookieOptions options;
  if (const std::uint32_t scale = ts_ecr & scale_bits; scale != no_scale) options.window_scale = static_cast<std::uint8_t>(scale);
  options.sack = (ts_ecr & sack_bit) != 0;
  options.ecn = (ts_ecr & ecn_bit) != 0;
  return options;
}

}  // namespace ft::stack
