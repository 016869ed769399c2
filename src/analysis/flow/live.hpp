// What moves in a connection: what each side has in flight, the order in which its packets left, who waits for what. Taken from a
// pool when a segment of the stream comes by, given back when the stream has closed or fallen silent; then `Extra` keeps the
// counters.
#pragma once

#include "analysis/dissect/segment.hpp"
#include "analysis/flow/connection.hpp"
#include "analysis/flow/record.hpp"
#include "analysis/flow/sent.hpp"

#include <array>
#include <cstdint>

namespace ft::analysis::flow {

/// Counters and times that only streams with text, or with something odd, have. Frames are counted from the record's first_frame
/// - 1; 0 = none. What most segments touch comes first, to lie in one cache line.
struct alignas(64) SideExtra {
  std::int64_t last_packet = 0, last_text = 0, busy = 0, window_limited = 0;  // nanoseconds
  std::uint32_t dont_fragment = 0, pure_acks = 0, pushes = 0, largest_text = 0;
  std::uint32_t first_text_frame = 0, last_text_frame = 0, largest_acked_text = 0, ack_jumps = 0;
  std::array<float, 4> band_total{};  // ticks, see to_ticks
  std::array<std::uint32_t, 4> band_samples{};
  std::uint32_t rtt_most_frame = 0, duplicate_acks = 0, turns = 0, think_most_frame = 0;
  std::int64_t think_total = 0, think_most = 0, think_most_at = 0;
  std::int64_t first_text = 0, fin_at = 0, reset_at = 0, fin_acked_at = 0;
  std::uint64_t unseen_acked = 0;
  std::array<std::uint32_t, repeat_causes> repeats{};
  std::uint32_t fin_frame = 0, reset_frame = 0, fin_acked_frame = 0;
  std::uint32_t retransmissions = 0, needless = 0, reordered = 0, probes = 0, keep_alives = 0, injected = 0;
  std::uint32_t network_duplicates = 0, capture_duplicates = 0;
  std::uint32_t sack_segments = 0, dsacks = 0, checksums_bad = 0, checksums_partial = 0, checksums_good = 0;
  std::uint32_t ect = 0, ce = 0, ece = 0, cwr = 0, urgent = 0, larger_than_mss = 0, text_after_close = 0;
  alignas(16) Offer offer;  // in one cache line
  IpIds ip_ids = IpIds::unknown;
};

struct Extra {
  std::array<SideExtra, 2> sides;
  std::uint32_t icmp_errors = 0;
  std::uint32_t stream = none;  // whose it is
  std::uint32_t next_free = 0;
};

/// The order in which a side's IP packets left, as far as their IDs count up: a window of the last 256 of them.
class IdWindow {
 public:
  enum class Place : std::uint8_t { unknown, newest, late, seen };

  /// What this ID says about when the packet left; remembers it.
  Place place(std::uint16_t id) {
    if (others_ == 0 || id == 0 || static_cast<std::uint16_t>(id - newest_) != 1) return place_other(id);
    count_other();
    return advance(id);
  }
  /// They count up one by one or nearly so: the answers can be trusted.
  bool trusted() const { return score_ >= 4; }
  std::uint16_t newest() const { return newest_; }
  IpIds kind() const;

 private:
  void mark(std::uint16_t id) { seen_[(id >> 6) & 3] |= std::uint64_t{1} << (id & 63); }
  bool marked(std::uint16_t id) const { return (seen_[(id >> 6) & 3] >> (id & 63) & 1) != 0; }
  void forget(std::uint16_t first, std::uint16_t count);
  void count_other() { others_ = static_cast<std::uint8_t>(others_ + (others_ != 255 ? 1 : 0)); }
  /// It counts up.
  Place advance(std::uint16_t id) {
    score_ = static_cast<std::int8_t>(score_ + (score_ < 32 ? 1 : 0));
    newest_ = id;
    mark(id);
    return Place::newest;
  }
  Place place_other(std::uint16_t id);

  std::array<std::uint64_t, 4> seen_{};
  std::uint16_t newest_ = 0;
  std::int8_t score_ = 0;
  std::uint8_t zeros_ = 0, others_ = 0;
};

/// Copies of packets without text are recognised among the last few.
struct BareAck {
  std::uint32_t digest = 0;  // of all numbers in its header
  std::uint32_t at = 0;      // microseconds, modulo 2^32
  std::uint32_t frame = 0;
  std::uint32_t others = 0;  // packets of the other side before it
  std::uint16_t id = 0, way = 0;
};
inline constexpr std::uint32_t bare_acks = 8;

/// What the sender is doing about a loss.
enum class Mending : std::uint8_t { nothing, fast, timer };

/// In order of use: three cache lines serve nearly every segment.
struct alignas(64) SideLive {
  SentLog sent;
  std::int64_t clock_at = 0;       // up to where busy and window_limited are counted
  std::int64_t last_new_at = 0;    // text never sent before
  std::int64_t last_progress = 0;  // when its text was acknowledged last
  std::uint32_t known_from = 0;    // above it `sent` is complete; below, assume that it was sent
  std::uint32_t largest = 0;       // octets of text in one segment so far
  std::uint8_t rto_count = 0;      // timer repeats in a row
  Mending mending = Mending::nothing;
  bool busy = false, limited = false;  // since clock_at
  bool small_alone = false;            // a segment below the MSS was all it had in flight
  bool small_acked_late = false;       // ... and its ACK came late
  bool placed = false;                 // based when this part was taken
  bool spoke_last = false;             // of both sides' text, the newest is its own

  std::int64_t rtt = 0, rtt_varies = 0;  // smoothed as RFC 6298 2 does, of its text, as this capture sees it; 0 = no sample
  std::int64_t ack_at = 0;               // when an ACK came for all that it had in flight
  std::int64_t ack_took = 0;             // ... and how long it had taken
  std::uint32_t ack_frame = 0;
  std::uint32_t duplicate_acks = 0;    // in a row, of the other side
  std::uint32_t sacked_octets = 0;     // above una
  std::uint32_t sack_high = 0;         // highest number that the other side selectively acknowledged, while sacked_octets
  std::uint32_t probe_note = none;     // its keep-alive or window probe that was not answered yet
  std::uint32_t reset_note = none;     // its last RST
  std::uint32_t challenged_frame = 0;  // an RST or SYN of its own that an ACK may challenge (RFC 5961)
  std::uint32_t mend_until = 0;        // max when mending began

  IdWindow ids;
  std::uint32_t last_stamp = 0;  // TSval of its newest text
  std::uint32_t fin_seq = 0;
  std::uint32_t shut_note = none;  // its window is 0 since there
  std::int64_t unseen_at = 0;
  std::uint32_t unseen_from = 0, unseen_to = 0;  // acknowledged before (or without) being captured
  std::uint32_t bare_next = 0;
  std::uint8_t sack_known = 0;
  std::array<BareAck, bare_acks> bare{};
  std::array<wire::SackBlock, 4> sacks{};  // that the other side sent last: already marked
};

struct alignas(64) Live {
  std::array<SideLive, 2> sides;
  Extra extra;
  std::uint32_t stream = none;
  std::uint32_t next_free = 0;
  bool closing = false;  // waits in the queue of the closed
};

}  // namespace ft::analysis::flow
