// What a comparison remembers of each segment and each connection of one capture.
#pragma once

#include "analysis/compare/comparer.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace ft::analysis {

inline constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

/// Whether a sighting without a partner is the second one of a packet that has one.
enum class Copy : std::uint8_t {
  none,
  perhaps,  // nothing tells it from a repeat of its sender: only where more arrived than was sent, it is a copy
  surely,   // by IP ID, or by its timestamp and the moment
};

/// One segment: what names it, and what a path may change.
struct Trace {
  Instant at{};
  std::uint64_t text = 0;  // digest; 0 = not all of it was captured, or there is none
  std::uint32_t frame = 0;
  Seq seq;
  Seq ack;
  std::uint32_t length = 0;
  std::uint32_t stamp = 0;    // TSval
  std::uint32_t options = 0;  // digest of what is left beside those below
  std::uint32_t partner = nobody;
  std::uint16_t ip_id = 0;
  std::uint16_t window = 0;
  std::uint16_t has = 0;  // SegmentOptions::Has
  std::uint16_t mss = 0;
  std::uint8_t flags = 0;
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;
  std::uint8_t shift = 0;
  bool has_ip_id = false;
  bool dont_fragment = false;
  Copy copy = Copy::none;
  bool cut_anew = false;      // matched by its octets
  std::uint32_t covered = 0;  // octets of it that were matched, when it was cut anew

  Seq end() const { return seq + length; }
};

/// A connection in one capture: its segments each way, [0] from the opener.
struct Trail {
  FourTuple tuple;  // local = the opener
  std::array<std::vector<Trace>, 2> ways;
  std::array<std::optional<Seq>, 2> isn;
  std::uint64_t first_frame = 0;
  bool opened = false;  // by a SYN that was seen
  bool over = false;    // both sides have ended it
  std::array<bool, 2> ended{};
  std::optional<Seq> asked;  // a SYN with another number came while it was alive
};

/// All connections of one capture.
struct Trails {
  std::vector<Trail> all;
  std::map<FourTuple, std::size_t> current;  // lesser endpoint first: its latest connection
  std::size_t segments = 0;
  std::uint64_t beyond = 0;  // segments past a limit
  Instant first{}, last{};

  void add(const Segment& segment, const CompareLimits& limits);

 private:
  Trail& begin(const Endpoint& source, const Endpoint& destination, const Segment& segment, bool from_source);
  void part(std::size_t old, const Segment& answer);
};

/// Finds each segment of one place in the other (one direction of one connection) by what names it, and marks both; copies too.
void match_by_name(std::vector<Trace>& a, std::vector<Trace>& b);
/// What is left on both sides may be the same octets in other portions: a network card cut a large segment, or put small ones
/// together. `near`: where they were sent. Forgets what an earlier call found.
void match_by_octets(std::vector<Trace>& near, std::vector<Trace>& far);

}  // namespace ft::analysis
