// The state of an end that tells nothing, worked out from the segments it sends and from those that reach it (RFC 9293 3.3.2).
// Right as long as what was seen arrived and was accepted; a ladder marks it as inferred.
#pragma once

#include "analysis/row.hpp"
#include "wire/seq.hpp"

#include <map>
#include <optional>
#include <string_view>

namespace ft::analysis {

class PeerStates {
 public:
  /// The peer sent this row's segment: its state before and after.
  StateStep sent(const Row& row);
  /// This row's segment was handed to the link towards the peer.
  StateStep reached(const Row& row);
  /// As it stands; `tuple` as the peer sees it.
  std::string_view state_of(const FourTuple& tuple) const;

 private:
  struct Peer {
    std::string_view state = "CLOSED";
    std::optional<Seq> after_fin;  // what acknowledges its FIN
    bool called = false;           // a SYN of ours went there
  };
  static StateStep move(Peer& peer, std::string_view to);
  static std::string_view after_segment(const Peer& peer, const Row& row);

  std::map<FourTuple, Peer> peers_;  // local = the peer
};

}  // namespace ft::analysis
