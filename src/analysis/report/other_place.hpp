// What a second capture of a connection, taken at another place, knows of the segments of the first one: when they left or
// arrived there, which of them it alone has. For a ladder with both ends; made by compare/.
#pragma once

#include "analysis/report/flow_steps.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace ft::analysis::report {

struct OtherPlace {
  /// Of one segment that the first capture has. Times are by its clock.
  struct Passed {
    std::optional<Instant> left, arrived;  // at the other place
    bool lost = false;                     // it left here, and did not come there
  };
  bool at_opener = true;                   // the first capture is the one nearer to side 0
  std::map<std::uint64_t, Passed> passed;  // by frame
  std::vector<FlowStep> only_there;        // sent there, lost on the way to the first capture; in order
};

}  // namespace ft::analysis::report
