// The rows of the goodput tables (docs/reference/goodput.md): which paths, which controllers, and what each row says.
#pragma once

#include "sim/bulk.hpp"

#include <string>
#include <vector>

namespace ft::sim {

struct GoodputCase {
  std::string key;  // "cubic/100/20/0.1": controller, Mbit/s, round trip in ms, loss in per cent; or a named path
  BulkPlan plan;
  bool cheap = false;  // to play: among the golden rows (tests/golden/goodput.txt)
  double share = 1;    // of the line's rate that headers leave for text
};

/// Twenty virtual seconds of one connection from its SYN on, slow start and all; for the fairness rows thirty, after ten that do
/// not count. The queue holds one round trip of the line's rate, at least 20 packets.
std::vector<GoodputCase> goodput_cases();

std::string goodput_heading();
/// Key, Mbit/s, per cent of what the line carries of text, segments sent again, packets lost, fairness (Jain's index).
std::string goodput_row(const GoodputCase& one);

}  // namespace ft::sim
