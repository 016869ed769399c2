#include "analysis/flow/states.hpp"

namespace ft::analysis::flow {

namespace {

using Is = SideRecord;

bool all_finished(const Record& r) { return r.sides[0].any(Is::fin_acked) && r.sides[1].any(Is::fin_acked); }

bool was_refused(const Record& r) {
  if (r.sides[1].any(Is::isn_seen) || !r.sides[0].any(Is::isn_seen)) return false;
  return r.any(Record::refused_by_icmp) || (r.any(Record::ended_by_reset) && r.sides[1].any(Is::reset));
}

}  // namespace

FlowState flow_state(const Record& r) {
  const SideRecord& a = r.sides[0];
  const SideRecord& b = r.sides[1];
  if (all_finished(r)) return FlowState::closed;
  if (was_refused(r)) return FlowState::refused;
  if (r.any(Record::ended_by_reset)) return FlowState::reset;
  if (a.any(Is::fin) && b.any(Is::fin)) return FlowState::closing;
  if (a.any(Is::fin_acked) || b.any(Is::fin_acked)) return FlowState::half_closed;
  if (a.any(Is::fin) || b.any(Is::fin)) return FlowState::closing;
  if (!a.any(Is::isn_seen) && !b.any(Is::isn_seen)) return FlowState::midstream;
  if (a.any(Is::syn_acked | Is::text_seen) && b.any(Is::syn_acked)) return FlowState::established;
  if (b.any(Is::isn_seen)) return b.any(Is::syn_acked) ? FlowState::established : FlowState::syn_received;
  // Only the caller's SYN was captured: text says that there was an answer all the same.
  return a.data_segments > (r.any(Record::text_in_syn) ? 1u : 0u) || b.data_segments != 0 ? FlowState::established
                                                                                          : FlowState::syn_sent;
}

TcpState tcp_state(const Record& r, std::uint8_t side) {
  const SideRecord& own = r.sides[side];
  const SideRecord& other = r.sides[side ^ 1];
  if (r.any(Record::ended_by_reset) && !all_finished(r)) return TcpState::closed;
  if (own.any(Is::fin)) {
    if (own.any(Is::fin_answers_fin)) return own.any(Is::fin_acked) ? TcpState::closed : TcpState::last_ack;
    if (!own.any(Is::fin_acked)) return other.any(Is::fin_acked) ? TcpState::closing : TcpState::fin_wait_1;
    return other.any(Is::fin) && other.any(Is::fin_acked) ? TcpState::time_wait : TcpState::fin_wait_2;
  }
  if (other.any(Is::fin_acked)) return TcpState::close_wait;
  switch (flow_state(r)) {
    case FlowState::syn_sent:
      return side == 0 ? TcpState::syn_sent : TcpState::unknown;
    case FlowState::refused:
      return TcpState::closed;
    case FlowState::syn_received:
      if (!own.any(Is::isn_seen)) return TcpState::unknown;
      return own.any(Is::syn_with_ack) || other.any(Is::isn_seen) ? TcpState::syn_received : TcpState::syn_sent;
    default:
      return TcpState::established;
  }
}

Opening opening_of(const Record& r) {
  if (!r.sides[0].any(Is::isn_seen) && !r.sides[1].any(Is::isn_seen)) return Opening::unseen;
  if (r.any(Record::crossed)) return r.any(Record::early_ack) ? Opening::split : Opening::simultaneous;
  if (r.any(Record::fast_open)) return Opening::fast_open;
  if (r.any(Record::early_ack) && r.sides[1].any(Is::isn_seen) && !r.sides[1].any(Is::syn_with_ack)) return Opening::split;
  return Opening::normal;
}

std::uint8_t time_wait_holder(const Record& r) {
  if (!all_finished(r)) return 2;
  const bool first = !r.sides[0].any(Is::fin_answers_fin);
  const bool second = !r.sides[1].any(Is::fin_answers_fin);
  if (first && second) return 3;
  return first ? 0 : second ? 1 : 2;
}

}  // namespace ft::analysis::flow
