// How a connection and its two ends stood, derived from what the records say was sent and acknowledged (RFC 9293 3.3.2).
#pragma once

#include "analysis/flow/connection.hpp"
#include "analysis/flow/record.hpp"

#include <cstdint>

namespace ft::analysis::flow {

FlowState flow_state(const Record& record);
TcpState tcp_state(const Record& record, std::uint8_t side);
Opening opening_of(const Record& record);
/// Who keeps the four-tuple for twice the segment lifetime (RFC 9293 3.6): a side, 2 = nobody, 3 = both.
std::uint8_t time_wait_holder(const Record& record);

}  // namespace ft::analysis::flow
