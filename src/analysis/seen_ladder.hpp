// Rows of a ladder from segments as a capture sees them, one after the other: who opened is on the left, numbers are relative,
// and the state of both ends is inferred from what they sent, as nobody told it.
#pragma once

#include "analysis/dissect/segment.hpp"
#include "analysis/numbering.hpp"
#include "analysis/peer_reason.hpp"
#include "analysis/peer_state.hpp"
#include "analysis/row.hpp"

#include <cstddef>
#include <map>

namespace ft::analysis {

/// The segment's header as ladders and traces have it; `local` of the tuple is the sender.
trace::SegmentFields fields_of(const Segment& segment);
FourTuple tuple_of(const Segment& segment);

class SeenLadder {
 public:
  static constexpr std::size_t most_connections = 4096;  // then all are forgotten, and whoever goes on is met anew

  /// Actor 0 is the opener (or who seems to be: the one with the higher port), 1 the other. `begins` in the answer: the first row
  /// of its connection.
  struct Seen {
    Row row;
    bool begins = false;
  };
  Seen on(const Segment& segment);

 private:
  struct Known {
    Endpoint opener;
    unsigned number = 0;
  };
  std::map<FourTuple, Known> known_;  // lesser endpoint first
  unsigned connections_ = 0;          // numbers given
  Numbering numbering_;
  PeerStates states_;
  PeerReasons reasons_;
};

}  // namespace ft::analysis
