// The small moves of judging that the long way (passing.hpp) and the short one (plain.cpp) have in common.
#pragma once

#include "analysis/dissect/segment.hpp"
#include "analysis/flow/live.hpp"
#include "analysis/flow/record.hpp"
#include "analysis/flow/sent.hpp"
#include "analysis/flow/table.hpp"

#include <algorithm>
#include <cstdint>

namespace ft::analysis::flow {

/// a - b on the circle of sequence numbers.
constexpr std::int32_t ahead(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b); }

inline bool scaled(const Record& record) {
  return record.sides[0].any(SideRecord::scale_offered) && record.sides[1].any(SideRecord::scale_offered);
}
/// The window that a side granted last, in octets.
inline std::uint32_t window_of(const Record& record, std::uint8_t side) {
  const SideRecord& s = record.sides[side];
  return static_cast<std::uint32_t>(s.window) << (s.any(SideRecord::acks) && scaled(record) ? s.shift : 0);
}

/// Where and how a packet came.
inline std::uint16_t way_of(const Segment& s) {
  const std::uint64_t digest = s.link * 0x9e3779b97f4a7c15ull + s.ttl * 0x10001ull + s.interface * 0x2000003ull;
  return static_cast<std::uint16_t>(digest >> 32 ^ digest);
}

/// Of all numbers in a header without text.
inline std::uint32_t digest_of(const Segment& s) {
  const std::uint64_t sack =
      s.options.sack_count == 0 ? 0 : mix(std::uint64_t{s.options.sack[0].left.value()} << 32 | s.options.sack[0].right.value());
  const std::uint64_t numbers = (std::uint64_t{s.ack.value()} << 32 | s.seq.value()) + sack;
  const std::uint64_t times = std::uint64_t{s.options.stamps.val} << 32 | s.options.stamps.ecr;
  return static_cast<std::uint32_t>(
             mix(numbers * 0x9e3779b97f4a7c15ull + times * 0xc2b2ae3d27d4eb4full + (std::uint64_t{s.window} << 8 | s.flags))) |
         1;
}

inline void remember_bare(SideLive& live, const BareAck& bare) {
  live.bare[live.bare_next] = bare;
  live.bare_next = (live.bare_next + 1) % bare_acks;
}

/// How much is in flight, in segments, as rtt_band_limits divides it.
inline std::uint8_t band_of(std::uint64_t flight, std::uint64_t segment) {
  std::uint8_t band = 0;  // counted without a branch: nobody could foresee it
  for (std::size_t i = 0; i < 3; ++i) band = static_cast<std::uint8_t>(band + (flight > segment * rtt_band_limits[i] ? 1 : 0));
  return band;
}

/// A round-trip time of the side's text, from an ACK in this frame (RFC 6298 2).
inline void sample_rtt(SideRecord& side, SideLive& live, SideExtra& extra, const Piece& piece, std::int64_t took,
                       std::uint32_t frame) {
  const std::uint32_t ticks = to_ticks(took);
  ++side.rtt_samples;
  side.rtt_total += static_cast<float>(ticks);
  side.rtt_least = std::min(side.rtt_least, ticks);
  if (ticks > side.rtt_most) {
    side.rtt_most = ticks;
    extra.rtt_most_frame = frame;
  }
  const auto band = static_cast<std::size_t>(piece.is >> Piece::band_shift);
  ++extra.band_samples[band];
  extra.band_total[band] += static_cast<float>(ticks);
  if (live.rtt == 0) {
    live.rtt = std::max<std::int64_t>(took, 1);
    live.rtt_varies = took / 2;
  } else {
    const std::int64_t off = took > live.rtt ? took - live.rtt : live.rtt - took;
    live.rtt_varies += (off - live.rtt_varies) / 4;
    live.rtt += (took - live.rtt) / 8;
  }
}

/// New text of a side: whose turn it was, and how long it thought.
inline void take_turn(Record& record, Live& live, std::uint8_t side, std::int64_t at, std::uint32_t frame) {
  SideExtra& e = live.extra.sides[side];
  if (e.first_text_frame == 0) {
    e.first_text = at;
    e.first_text_frame = frame;
  }
  SideLive& other = live.sides[side ^ 1];
  if (other.spoke_last) {
    other.spoke_last = false;
    const std::int64_t think = std::max<std::int64_t>(at - live.extra.sides[side ^ 1].last_text, 0);
    ++e.turns;
    e.think_total += think;
    if (think > e.think_most) {
      e.think_most = think;
      e.think_most_frame = frame;
      e.think_most_at = at;
    }
  }
  live.sides[side].spoke_last = true;
  e.last_text = at;
  e.last_text_frame = frame;
  record.sides[side].set(SideRecord::text_seen);
}

/// Counts how long the side was busy and held back by the window since it was looked at last, and looks again.
inline void keep_clock(const Record& record, Live& live, std::uint8_t side, std::int64_t at) {
  const SideRecord& own = record.sides[side];
  SideLive& own_live = live.sides[side];
  SideExtra& extra = live.extra.sides[side];
  if (own_live.clock_at != 0 && at > own_live.clock_at) {
    const std::int64_t passed = at - own_live.clock_at;
    if (own_live.busy) extra.busy += passed;
    if (own_live.limited) extra.window_limited += passed;
  }
  own_live.clock_at = at;
  const std::uint64_t flight = own.in_flight();
  own_live.busy = flight != 0;
  // Not even one more segment of the usual size would fit.
  own_live.limited =
      flight != 0 && record.sides[side ^ 1].any(SideRecord::acks) && flight + own_live.largest > window_of(record, side ^ 1);
}

}  // namespace ft::analysis::flow
