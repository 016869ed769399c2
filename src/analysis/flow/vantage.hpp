// Where a capture was taken, estimated from one connection: which leg of the handshake took how long, whose TTL is one that hosts
// begin with, whose checksums were left to a network card.
#pragma once

#include "analysis/flow/connection.hpp"

namespace ft::analysis::flow {

struct VantageEstimate {
  Vantage where = Vantage::unknown;
  float confidence = 0;  // 0 to 1
};

VantageEstimate estimate_vantage(const Connection& connection);

}  // namespace ft::analysis::flow
