// Why an end that tells nothing sent a segment, as far as the segment itself and what it answers can show. Which timer or which
// rule was at work stays unknown: the ids are the plain ones, "retransmit" and not "retransmit-fast".
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/trace.hpp"
#include "wire/seq.hpp"

#include <map>
#include <optional>

namespace ft::analysis {

class PeerReasons {
 public:
  /// The peer sent this segment; `tuple` as its end sees it.
  trace::Why sent(const FourTuple& tuple, const trace::SegmentFields& segment);
  /// The peer got this segment; `tuple` as its end sees it.
  void heard(const FourTuple& tuple, const trace::SegmentFields& segment);

 private:
  struct Peer {
    std::optional<Seq> sent_to;     // the number after the last that it has sent
    std::optional<Seq> fin_to_ack;  // what acknowledges the FIN that it got and has not acknowledged
    bool syn_to_ack = false;
  };
  std::map<FourTuple, Peer> peers_;
};

}  // namespace ft::analysis
