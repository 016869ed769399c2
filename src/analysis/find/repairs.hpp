// One side's repeats, sorted by what they tell.
#pragma once

#include "analysis/find/case.hpp"

#include <vector>

namespace ft::analysis {

struct Repairs {
  std::vector<const Note*> fast;      // after duplicate ACKs or SACK, or a hole filled where packets arrive
  std::vector<const Note*> tail;      // after a timer: nothing behind it could tell
  std::vector<const Note*> flight;    // sent again behind what a timer had repaired: lost with it
  std::vector<const Note*> again;     // the third time and more
  std::vector<const Note*> needless;  // of what had arrived
  std::vector<const Note*> late;      // first copies out of order
  std::vector<const Note*> network_copies, capture_copies, stale;
  std::size_t repaired = 0;  // all that were no handshake and no bare FIN
  std::size_t all() const { return repaired + needless.size(); }
};

Repairs repairs_of(const Case& c, std::uint8_t side);

}  // namespace ft::analysis
