// One step of a ladder: a segment that crossed (or did not), a call of an application, a timer, a change of state.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/time.hpp"
#include "fourtuple/trace.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

/// One of the hosts that a story has; its index is trace::Event::host.
struct Actor {
  std::string name;           // "client"
  bool on_the_right = false;  // the side of its lifeline
  std::vector<IpAddress> addresses;
  std::string note{};  // beside its name over the lifeline: "Linux kernel"
};

/// The state of one end at a step; empty = not known.
struct StateStep {
  std::string_view before;
  std::string_view after;
  bool inferred = false;  // worked out from the segments seen, not told by the end itself
  bool changed() const { return before != after && !after.empty(); }
};

struct Row {
  enum class Kind : std::uint8_t {
    segment,    // sent and arrived, or lost: one arrow
    departure,  // sent; its arrival is a row of its own, because something else happened meanwhile
    arrival,    // the arrival of such a segment, or of a copy of it
    packet,     // a packet without TCP: ICMP, ARP
    call,
    timer,
    state,
  };
  Kind kind = Kind::segment;
  Instant at{};                    // sent, called, fired; for an arrival row: when it arrived
  std::optional<Instant> arrived;  // segment rows
  bool departure_unseen = false;   // only the arrival was seen: `at` is not the sender's time
  std::uint8_t from = 0;           // host index; of a call, a timer, a state: who
  std::uint8_t to = 0;
  FourTuple tuple;           // local = from
  unsigned connection = 0;   // numbered from 1 in order of appearance; 0 = none
  std::uint64_t packet = 0;  // the link's number of it

  trace::SegmentFields segment;                                 // as on the wire
  std::int64_t seq = 0;                                         // relative: 0 = the sender's SYN
  std::int64_t ack = 0;                                         // relative; meaningless without the ACK bit
  std::uint64_t window = 0;                                     // octets, scaled where the SYNs were seen
  std::array<std::pair<std::int64_t, std::int64_t>, 4> sack{};  // relative; segment.sack_count of them

  StateStep from_state;
  StateStep to_state;
  trace::Why why;     // why it was sent or done
  trace::Why effect;  // what it did where it arrived
  DropReason dropped = DropReason::none;
  std::string_view lost;   // why the link lost it; empty = it did not
  bool duplicate = false;  // a copy that the link made
  bool corrupted = false;
  bool late = false;   // overtaken by packets that were sent after it
  bool minor = false;  // told by its neighbours already: shown only when all is asked for

  std::string_view call;     // Kind::call: "connect"; Kind::timer: "retransmit"
  std::string_view result;   // of the call, "" = done
  std::uint64_t octets = 0;  // written or read

  std::optional<std::uint8_t> ace;  // AE, CWR and ECE are a counter here (RFC 9768 3.2.2)
  std::uint8_t ecn_there = 0;       // the IP header's ECN field as it arrived: the path may mark CE or clear it

  bool is_segment() const { return kind <= Kind::arrival; }
  bool has(std::uint8_t flag) const { return (segment.flags & flag) != 0; }
};

/// "SYN, ACK": the flags that are set, in the order in which people say them; without those that are a counter.
std::string flags_text(const Row& row);

/// A whole story, ready to be printed.
struct Ladder {
  std::vector<Actor> actors;
  std::vector<Row> rows;
  Instant origin{};            // shown as 0
  bool shows_packets = false;  // each row's packet number is shown: frames of a capture
};

}  // namespace ft::analysis
