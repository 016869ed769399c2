#include "analysis/report/flow_steps.hpp"

namespace ft::analysis::report {

using namespace wire;

bool FlowStep::is_pure_ack() const {
  return has(tcp_flag::ack) && length == 0 && !has(tcp_flag::syn) && !has(tcp_flag::fin) && !has(tcp_flag::rst);
}

std::uint32_t FlowStep::sequence_length() const {
  return length + (has(tcp_flag::syn) ? 1U : 0U) + (has(tcp_flag::fin) ? 1U : 0U);
}

/// The number's distance from the ISN in 64 bits: near the furthest that this side has reached, so that it does not wrap.
std::int64_t FlowSteps::relative(std::uint8_t side, Seq number, bool may_begin) {
  Numbers& numbers = numbers_[side];
  if (!numbers.known) {
    if (!may_begin) return number.value();
    numbers = {.base = number - 1, .known = true};
  }
  const Seq at_furthest = numbers.base + static_cast<std::uint32_t>(static_cast<std::uint64_t>(numbers.furthest));
  return numbers.furthest + distance(at_furthest, number);
}

void FlowSteps::on_sample(const Sample& sample) {
  if (steps_.size() >= limit_) {
    ++left_out_;
    return;
  }
  const Segment& segment = *sample.segment;
  const std::uint8_t side = sample.judged.side;
  FlowStep step{.frame = segment.frame,
                .at = segment.at,
                .side = side,
                .label = sample.judged.label,
                .cause = sample.judged.cause,
                .flags = segment.flags,
                .ae = segment.ae,
                .traffic_class = segment.traffic_class,
                .window = segment.window,
                .urgent = segment.urgent,
                .checksum = segment.checksum,
                .seq = segment.seq,
                .ack = segment.ack,
                .length = segment.length,
                .options = segment.options,
                .scaled_window = sample.window,
                .in_flight = sample.in_flight,
                .peer_window = sample.peer_window,
                .fresh = sample.fresh,
                .rtt = sample.rtt,
                .dsack = sample.dsack};
  const bool reliable = !step.has(tcp_flag::rst) && step.label != Label::injected;
  Numbers& numbers = numbers_[side];
  if (step.has(tcp_flag::syn) && (!numbers.known || numbers.furthest <= 1)) numbers = {.base = segment.seq, .known = true};
  step.relative_seq = relative(side, segment.seq, reliable);
  if (reliable) numbers.furthest = std::max(numbers.furthest, step.relative_seq + step.sequence_length());
  const auto other = static_cast<std::uint8_t>(1 - side);
  if (step.has(tcp_flag::ack)) step.relative_ack = relative(other, segment.ack, reliable);
  in_flight_[side] = step.in_flight;
  // What an ACK takes out of flight: reckoned from the other side's numbers, since the sample tells of its own sender only.
  const auto left = std::max<std::int64_t>(numbers_[other].furthest - step.relative_ack, 0);
  if (step.has(tcp_flag::ack) && reliable) in_flight_[other] = std::min(in_flight_[other], static_cast<std::uint64_t>(left));
  step.peer_in_flight = in_flight_[other];
  steps_.push_back(step);
}

void FlowSteps::settle(const Connection& connection, const Analysis& analysis) {
  connection_ = connection;
  for (FlowStep& step : steps_) {
    const Analysis::FrameLabel known = analysis.label_of(step.frame);
    step.label = known.label;
    step.cause = known.cause;
  }
}

}  // namespace ft::analysis::report
