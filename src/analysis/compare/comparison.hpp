// What two captures of the same connections, taken at two places, tell together: how far their clocks are apart, how long each
// way took, and what happened to each segment between the two places: lost, doubled, overtaken, cut anew, altered. One capture
// can only guess at these; two of them know.
#pragma once

#include "analysis/find/witness.hpp"
#include "fourtuple/address.hpp"
#include "fourtuple/time.hpp"
#include "wire/seq.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

/// What the path changed in segments. The names are an interface (JSON).
enum class Altered : std::uint8_t {
  addresses,       // NAT: addresses or ports
  mss,             // in a SYN
  window_scale,    // taken out of a SYN, or changed
  sack_permitted,  // taken out of a SYN
  timestamps,      // taken out of a segment
  options,         // others
  flags,           // of TCP, but for those of ECN
  ecn,             // the IP header's field, CWR or ECE
  dscp,
  window,
  ip_id,
  dont_fragment,
  text,
};
inline constexpr std::size_t altered_kinds = 13;
std::string_view to_string(Altered what);

struct Alteration {
  Altered what{};
  std::uint64_t times = 0;
  std::uint64_t frame_first = 0, frame_second = 0;  // of the first such segment, in either capture
  std::string before, after;                        // of that segment, as far as it is said in a word
};

/// A segment that was seen in one of the captures only.
struct Missing {
  std::uint64_t frame = 0;   // in the capture that has it
  Instant at{};              // by that capture's clock
  std::uint32_t octets = 0;  // of text
  std::uint8_t flags = 0;
};

/// What became of one segment.
struct Crossing {
  std::uint64_t near = 0, far = 0;  // its frame in either capture; 0 = not there
  Instant at{}, arrived{};          // each by its own clock
  Seq seq, ack;
  std::uint32_t length = 0;  // octets of text
  std::uint32_t is = 0;      // Testimony::Is
  std::uint8_t flags = 0;

  constexpr bool any(std::uint32_t bits) const { return (is & bits) != 0; }
};

/// One direction of a connection, from the capture nearer to the sender to the other.
struct Passage {
  static constexpr std::size_t most_named = 64;  // of `lost` and `extra`

  Endpoint from, to;       // as the capture nearer to the sender has them
  std::uint64_t sent = 0;  // segments seen near the sender, that the other capture could have seen
  std::uint64_t arrived = 0;
  std::uint64_t lost_count = 0, lost_octets = 0;
  std::vector<Missing> lost;      // the first of them
  std::uint64_t extra_count = 0;  // seen by the farther capture only: made on the way, or missed by the nearer one
  std::vector<Missing> extra;
  std::uint64_t duplicated = 0;                // arrived more often than they were sent
  std::uint64_t copies_near = 0;               // seen twice near the sender, once beyond: the capture's own doing
  std::uint64_t reordered = 0;                 // overtaken on the way
  std::uint64_t cut_anew = 0;                  // arrived in other portions: segmentation offload, or a proxy
  std::uint64_t unjudged = 0;                  // outside the time that the other capture covers
  std::uint64_t measured = 0;                  // whose delay is known
  Duration least{}, median{}, most{}, mean{};  // one-way delays by the aligned clocks
  std::optional<int> hops;                     // by which TTLs fell; nullopt when they did not agree
  std::vector<Alteration> altered;
  bool near_is_first = true;        // the capture nearer to the sender is the first of both
  std::vector<Crossing> crossings;  // in the order in which they were sent; then those that only the farther capture has
};

struct ComparedConnection {
  FourTuple first, second;                          // local = the opener, as each capture has it: they differ behind a NAT
  std::uint64_t frame_first = 0, frame_second = 0;  // of its first segment
  bool first_is_nearer_opener = true;
  std::array<Passage, 2> ways;  // [0]: from the opener
};

/// A connection of the first capture that the other one does not have.
struct Alone {
  std::uint64_t frame = 0;  // its first
  bool expected = false;    // the other capture covers its time and holds packets of the host that was called
};

struct Comparison {
  std::vector<ComparedConnection> connections;    // those in both, in the order of the first capture
  std::uint64_t only_first = 0, only_second = 0;  // connections
  std::vector<Alone> alone;                       // those of only_first
  bool first_is_nearer_opener = true;             // of most connections
  bool clocks_known = false;                      // both directions were seen in both captures
  Duration offset{};                              // the second capture's clock less the first's, in the middle of the captures
  Instant middle{};                               // that middle, by the first clock
  Duration uncertainty{};                         // of the offset: half of what both ways took at least
  double skew = 0;                                // seconds that the second clock gains a second; 0 where it does not show
  Duration rtt{};                                 // between both places and back, at least
  std::uint64_t segments_first = 0, segments_second = 0;
  std::uint64_t not_compared = 0;  // segments beyond the limit
};

}  // namespace ft::analysis
