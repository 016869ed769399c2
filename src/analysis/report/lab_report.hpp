// The questions of a TCP lab about one connection, answered from its segments, each with the frames that show it and how the
// answer is found: ports, initial sequence numbers, the first six segments with their round trips and the estimate (RFC 6298 2),
// the least window, repeats, throughput, and where slow start ends (RFC 5681 3.1) as far as the sequence numbers tell.
#pragma once

#include "analysis/report/capture_text.hpp"
#include "analysis/report/document.hpp"
#include "analysis/report/flow_steps.hpp"

#include <string>
#include <vector>

namespace ft::analysis::report {

/// A segment of text, when it was acknowledged, and the estimate after it.
struct RttLine {
  std::uint64_t frame = 0, ack_frame = 0;
  Duration sent{}, acked{};  // since the connection's beginning
  std::int64_t seq = 0;
  std::uint32_t length = 0;
  Duration rtt{}, srtt{}, rttvar{}, rto{};
};
/// Of the first `count` segments of text of a side that were sent once (Karn: a repeat tells nothing, RFC 6298 3).
std::vector<RttLine> first_round_trips(const FlowSteps& flow, std::uint8_t side, std::size_t count);

/// Octets of new text in each round-trip time from the first text on.
std::vector<std::uint64_t> octets_by_round(const FlowSteps& flow, std::uint8_t side, Duration round, std::size_t most);

struct LabReport {
  std::vector<Question> questions;
  Table round_trips;  // belongs to the answers
};
LabReport lab_questions(const FlowSteps& flow, Lang lang);

enum class Answers : std::uint8_t {
  with_questions,
  hidden,
  at_the_end,
};
Document lab_report(const CaptureFile& file, const FlowSteps& flow, Lang lang, Answers answers);
std::string lab_report_json(const CaptureFile& file, const FlowSteps& flow, Lang lang, bool answers);

}  // namespace ft::analysis::report
