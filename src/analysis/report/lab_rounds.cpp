// What a lab report counts: round trips, their estimate, octets in each round.
#include "analysis/report/lab_report.hpp"

#include <algorithm>

namespace ft::analysis::report {

using namespace wire;

std::vector<RttLine> first_round_trips(const FlowSteps& flow, std::uint8_t side, std::size_t count) {
  const std::vector<FlowStep>& steps = flow.steps();
  std::vector<RttLine> lines;
  Duration srtt{}, rttvar{};
  for (std::size_t i = 0; i < steps.size() && lines.size() < count; ++i) {
    const FlowStep& sent = steps[i];
    if (sent.side != side || !sent.has_text() || sent.label != Label::original || sent.has(tcp_flag::syn)) continue;
    const std::int64_t end = sent.relative_seq + sent.length;
    bool again = false;
    const FlowStep* ack = nullptr;
    for (std::size_t k = i + 1; k < steps.size() && ack == nullptr; ++k) {
      const FlowStep& step = steps[k];
      if (step.side == side) {
        again = again || (step.is_repeat() && step.relative_seq < end && step.relative_seq + step.length > sent.relative_seq);
      } else if (step.has(tcp_flag::ack) && !step.has(tcp_flag::rst) && step.relative_ack >= end) {
        ack = &step;
      }
    }
    if (ack == nullptr || again) continue;
    RttLine line{.frame = sent.frame,
                 .ack_frame = ack->frame,
                 .sent = flow.since_begin(sent.at),
                 .acked = flow.since_begin(ack->at),
                 .seq = sent.relative_seq,
                 .length = sent.length,
                 .rtt = ack->at - sent.at};
    if (lines.empty()) {  // RFC 6298 2.2
      srtt = line.rtt;
      rttvar = line.rtt / 2;
    } else {  // 2.3
      const Duration off = srtt > line.rtt ? srtt - line.rtt : line.rtt - srtt;
      rttvar = (rttvar * 3 + off) / 4;
      srtt = (srtt * 7 + line.rtt) / 8;
    }
    line.srtt = srtt;
    line.rttvar = rttvar;
    line.rto = std::max<Duration>(srtt + 4 * rttvar, std::chrono::seconds{1});  // 2.4
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::uint64_t> octets_by_round(const FlowSteps& flow, std::uint8_t side, Duration round, std::size_t most) {
  std::vector<std::uint64_t> rounds;
  if (round <= Duration::zero()) return rounds;
  std::optional<Instant> begin;
  for (const FlowStep& step : flow.steps()) {
    if (step.side != side || !step.has_text() || !step.is_fresh()) continue;
    if (!begin) begin = step.at;
    const std::int64_t index = (step.at - *begin) / round;
    if (index < 0) continue;
    if (static_cast<std::size_t>(index) >= most) break;
    if (static_cast<std::size_t>(index) >= rounds.size()) rounds.resize(static_cast<std::size_t>(index) + 1);
    rounds[static_cast<std::size_t>(index)] += step.length;
  }
  return rounds;
}

}  // namespace ft::analysis::report
