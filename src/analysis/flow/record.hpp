// What is kept of a stream for good: identity, counters, how its handshake and its end went. Small, because a capture may hold
// millions of streams: with its place in the table at most 300 octets. What moves is in `Live`, what only streams with text have
// is in `Extra`.
#pragma once

#include "analysis/flow/connection.hpp"

#include <array>
#include <cstdint>

namespace ft::analysis::flow {

inline constexpr std::uint32_t none = 0xffffffffu;  // no live part, no notes, no earlier stream

/// Round-trip times are kept in sixteenths of a microsecond: 32 bits reach 268 s.
inline constexpr std::uint32_t unknown_time = 0xffffffffu;

constexpr std::uint32_t to_ticks(std::int64_t nanoseconds) {
  if (nanoseconds <= 0) return 0;
  if (nanoseconds >= std::int64_t{268} * 1'000'000'000) return unknown_time - 1;
  return static_cast<std::uint32_t>(nanoseconds * 2 / 125);
}
constexpr std::int64_t from_ticks(std::uint32_t ticks) { return static_cast<std::int64_t>(ticks) * 125 / 2; }
constexpr Duration from_ticks(double ticks) { return Duration(static_cast<std::int64_t>(ticks * 62.5)); }

struct SideRecord {
  enum Is : std::uint16_t {
    based = 1,     // base is known, from its own segments or from the other side's ACK
    isn_seen = 2,  // ... from its SYN
    fin = 4,       // sent; its number is fin_seq of the live part
    fin_acked = 8,
    fin_answers_fin = 16,  // its FIN acknowledged the other's FIN
    reset = 32,
    syn_acked = 64,
    scale_offered = 128,
    sack_offered = 256,
    stamps = 512,         // its SYN, or any segment when no SYN was seen
    acks = 1024,          // it sent an ACK after its SYN: windows are known
    syn_with_ack = 2048,  // its SYN came with ACK
    una_known = 4096,     // the other side acknowledged something
    silly_reset = 8192,   // its RST was outlived: it went on sending
    window_shut = 16384,
    text_seen = 32768,
  };
  std::uint64_t octets = 0;
  std::uint64_t text = 0;
  std::uint32_t repeated_text = 0;  // saturates
  std::uint32_t packets = 0;
  std::uint32_t data_segments = 0;
  std::uint32_t base = 0;  // the number of its SYN, seen or reckoned
  std::uint32_t max = 0;   // the number after the highest that it sent
  std::uint32_t una = 0;   // what the other side acknowledged
  std::uint32_t rtt_least = 0xffffffffu, rtt_most = 0, rtt_samples = 0;
  float rtt_total = 0;
  std::uint32_t most_in_flight = 0;
  std::uint32_t resets = 0;
  std::uint16_t syns = 0, fins = 0;
  std::uint16_t window = 0, least_window = 0xffff, most_window = 0, zero_windows = 0;  // as on the wire
  std::uint16_t mss = 0;
  std::uint16_t is = 0;
  std::uint8_t ttl = 0;
  std::uint8_t shift = 0;

  constexpr bool any(std::uint16_t bits) const { return (is & bits) != 0; }
  constexpr void set(std::uint16_t bits) { is = static_cast<std::uint16_t>(is | bits); }
  constexpr void clear(std::uint16_t bits) { is = static_cast<std::uint16_t>(is & ~bits); }
  constexpr std::uint32_t in_flight() const {
    const auto d = static_cast<std::int32_t>(max - una);
    return any(una_known) && d > 0 ? static_cast<std::uint32_t>(d) : 0;
  }
};

struct Record {
  enum Is : std::uint16_t {
    ipv6 = 1,
    watched = 2,  // a graph wants its segments
    refused_by_icmp = 4,
    ended_by_reset = 8,
    crossed = 16,    // both sides sent a SYN without ACK
    early_ack = 32,  // the SYN was answered by an ACK alone, before the other side's SYN
    text_in_syn = 64,
    newer_isn = 128,   // a reused four-tuple: this ISN lies after all that the stream before had sent
    fast_open = 256,   // the SYN-ACK acknowledged the text in the SYN
    superseded = 512,  // its four-tuple belongs to a later stream now
  };
  // First what every segment touches.
  std::array<std::uint32_t, 2> address{};  // IPv4: the four octets; IPv6: numbers in the table of addresses
  std::array<std::uint16_t, 2> port{};
  std::uint32_t live = none;
  Instant first{}, last{};
  std::uint64_t first_frame = 0;
  std::uint32_t frames = 0;  // from first_frame to its last
  std::uint16_t is = 0;
  std::uint8_t doubts = 0;
  std::uint8_t closer = 2;
  std::array<SideRecord, 2> sides;
  std::uint32_t extra = none;
  std::uint32_t last_note = none;
  std::uint32_t reused_from = none;
  std::uint32_t syn_to_syn_ack = unknown_time, syn_ack_to_ack = unknown_time;  // as round-trip times are
  std::array<std::uint32_t, 3> handshake{};             // frames, counted from first_frame - 1; 0 = not seen
  std::int64_t handshake_took = -1, connect_took = -1;  // nanoseconds from the last SYN, and from the first, to the ACK
  std::uint16_t note_count = 0;
  std::array<char, 14> history{};

  constexpr bool any(std::uint16_t bits) const { return (is & bits) != 0; }
  constexpr void set(std::uint16_t bits) { is = static_cast<std::uint16_t>(is | bits); }
  constexpr void clear(std::uint16_t bits) { is = static_cast<std::uint16_t>(is & ~bits); }
  constexpr void doubt(Doubt d) { doubts = static_cast<std::uint8_t>(doubts | static_cast<std::uint8_t>(d)); }
};
static_assert(sizeof(Record) <= 288);

}  // namespace ft::analysis::flow
