#include "stack/watch.hpp"

#include "tcp/decisions.hpp"

#include <algorithm>

namespace ft::stack {
namespace {

trace::Why why_lost(const tcp::SentSegment& record, const tcp::Recovery& recovery, Instant now) {
  trace::Why reason = why(describe(tcp::loss_of(record.why)));
  reason.particulars.add(Fact::sent_ago, now - record.sent_at);
  if (record.why == tcp::Cause::retransmit_rack)
    reason.particulars.add(Fact::sent_before, recovery.rack.xmit_ts() - record.sent_at);
  if (record.why == tcp::Cause::retransmit_sack) reason.particulars.add(Fact::sacked, recovery.board.sacked());
  return reason;
}

/// Positions of the records that are taken as lost, ascending.
void collect_lost(const tcp::Sender& sender, std::vector<std::uint32_t>& positions) {
  positions.clear();
  const tcp::Recovery* recovery = sender.recovery();
  if (recovery == nullptr || recovery->board.lost() == 0) return;
  for (std::uint32_t p = recovery->board.head(); p != recovery->board.tail(); ++p)
    if (recovery->board[p].lost) positions.push_back(p);
}

template <class Value>
std::optional<Value> changed(const Value& before, const Value& after) {
  return before == after ? std::nullopt : std::optional<Value>(after);
}
std::optional<Duration> changed(const std::optional<Duration>& before, const std::optional<Duration>& after) {
  return before == after ? std::nullopt : after;
}

}  // namespace

TimerName name_of(tcp::Timer timer, const tcp::Connection& connection) {
  switch (timer) {
    case tcp::Timer::retransmit:
      switch (connection.sender().timer_kind()) {
        case tcp::RetransmitTimer::rto:
          return {"retransmit", "RFC 6298 5"};
        case tcp::RetransmitTimer::persist:
          return {"persist", "RFC 9293 3.8.6.1"};
        case tcp::RetransmitTimer::tail_loss_probe:
          return {"tail-loss-probe", "RFC 8985 7.2"};
        case tcp::RetransmitTimer::reordering:
          return {"reordering", "RFC 8985 6.2"};
      }
      return {};
    case tcp::Timer::delayed_ack:
      return {"delayed-ack", "RFC 9293 3.8.6.3"};
    case tcp::Timer::keepalive:
      return {"keepalive", "RFC 9293 3.8.4"};
    case tcp::Timer::close:
      return connection.state() == tcp::State::time_wait ? TimerName{"time-wait", "RFC 9293 3.6.1"}
                                                         : TimerName{"close", "RFC 9293 3.6"};
    case tcp::Timer::pacing:
      return {"pacing", "RFC 9002 7.7"};
    case tcp::Timer::cork:
      return {"cork", "RFC 9293 3.7.4"};
  }
  return {};
}

std::string_view recovery_name(const tcp::Sender& sender) {
  if (sender.recovery() == nullptr) return "";
  switch (sender.recovery()->phase()) {
    case tcp::Phase::open:
      return "";
    case tcp::Phase::recovery:
      return "recovery";
    case tcp::Phase::loss:
      return "loss";
  }
  return "";
}

std::string_view congestion_state(const tcp::Sender& sender) {
  const std::string_view repair = recovery_name(sender);
  if (!repair.empty() || sender.controller() == nullptr) return repair;
  return sender.controller()->phase();
}

Watch::Numbers Watch::numbers_of(const tcp::Connection& connection) {
  const tcp::Sender& sender = connection.sender();
  Numbers n;
  n.cwnd = sender.cwnd();
  n.ssthresh = sender.ssthresh();
  n.in_flight = sender.recovery() != nullptr ? sender.recovery()->in_flight() : 0;
  n.pacing_rate = sender.pace().rate;
  n.srtt = sender.rto.srtt();
  n.rttvar = sender.rto.rttvar();
  if (sender.min_rtt.value() > Duration::zero()) n.min_rtt = sender.min_rtt.value();
  n.rto = connection.rto();
  n.window = sender.snd.wnd;
  return n;
}

Watch::Counts Watch::counts_of(const tcp::Connection& connection) {
  const tcp::Diary* diary = connection.diary();
  if (diary == nullptr) return {};
  const RetransmissionInfo& r = diary->retransmitted;
  return {r.timeouts, r.recoveries, r.undone, diary->ecn_reductions, diary->samples};
}

void Watch::look(const tcp::Connection& connection) {
  numbers_ = numbers_of(connection);
  counts_ = counts_of(connection);
  state_ = congestion_state(connection.sender());
  recovery_ = recovery_name(connection.sender());
  for (std::size_t i = 0; i < tcp::timer_count; ++i) {
    deadlines_[i] = connection.deadlines()[static_cast<tcp::Timer>(i)];
    timers_[i] = name_of(static_cast<tcp::Timer>(i), connection).name;
  }
  collect_lost(connection.sender(), lost_);
}

tcp::Turn Watch::turn_of(const Counts& counts, const tcp::Sender& sender) const {
  if (counts.timeouts != counts_.timeouts) return tcp::Turn::timeout;
  if (counts.undone != counts_.undone) return tcp::Turn::undone;
  if (counts.recoveries != counts_.recoveries) return tcp::Turn::recovery;
  if (counts.ecn_reductions != counts_.ecn_reductions) return tcp::Turn::marks;
  return !recovery_.empty() && recovery_name(sender).empty() ? tcp::Turn::recovered : tcp::Turn::phase;
}

void Watch::tell(Instant now, std::uint8_t host, const FourTuple& tuple, const tcp::Connection& connection, trace::Sink& sink) {
  const auto report = [&](const auto& what) { sink.on_event(trace::Event{now, host, what}); };
  const tcp::Sender& sender = connection.sender();

  std::vector<std::uint32_t> lost;
  collect_lost(sender, lost);
  for (const std::uint32_t position : lost) {
    if (std::ranges::binary_search(lost_, position)) continue;
    const tcp::SentSegment& record = sender.recovery()->board[position];
    report(trace::SegmentLost{tuple, record.seq.value(), record.length - (record.fin ? 1u : 0u),
                              why_lost(record, *sender.recovery(), now)});
  }

  const Numbers n = numbers_of(connection);
  const Counts counts = counts_of(connection);
  const std::string_view state = congestion_state(sender);
  const bool turned = counts.recoveries != counts_.recoveries || counts.undone != counts_.undone ||
                      counts.timeouts != counts_.timeouts || counts.ecn_reductions != counts_.ecn_reductions;
  if (!state.empty() && (state != state_ || turned)) {
    trace::Why reason = why(describe(turn_of(counts, sender)));
    reason.particulars.add(Fact::cwnd, n.cwnd);
    if (n.ssthresh != UINT64_MAX) reason.particulars.add(Fact::ssthresh, n.ssthresh);
    reason.particulars.add(Fact::in_flight, n.in_flight);
    report(trace::CongestionChanged{tuple, state_, state, reason});
  }

  trace::MetricsUpdated metrics{.tuple = tuple};
  metrics.cwnd = changed(numbers_.cwnd, n.cwnd);
  if (n.ssthresh != UINT64_MAX) metrics.ssthresh = changed(numbers_.ssthresh, n.ssthresh);
  metrics.in_flight = changed(numbers_.in_flight, n.in_flight);
  metrics.pacing_rate = changed(numbers_.pacing_rate, n.pacing_rate);
  if (counts.samples != counts_.samples) metrics.latest_rtt = connection.diary()->latest_rtt;
  metrics.srtt = changed(numbers_.srtt, n.srtt);
  metrics.rttvar = changed(numbers_.rttvar, n.rttvar);
  metrics.min_rtt = changed(numbers_.min_rtt, n.min_rtt);
  metrics.rto = changed(numbers_.rto, n.rto);
  metrics.window = changed(numbers_.window, n.window);
  if (metrics.cwnd || metrics.ssthresh || metrics.in_flight || metrics.pacing_rate || metrics.latest_rtt || metrics.srtt ||
      metrics.rttvar || metrics.min_rtt || metrics.rto || metrics.window)
    report(metrics);

  for (std::size_t i = 0; i < tcp::timer_count; ++i) {
    const auto timer = static_cast<tcp::Timer>(i);
    const Instant at = connection.deadlines()[timer];
    const TimerName name = name_of(timer, connection);
    if (at == deadlines_[i] && (at == never || name.name == timers_[i])) continue;
    if (at == never) {
      report(trace::TimerChanged{tuple, timers_[i], std::nullopt, ""});
    } else {
      report(trace::TimerChanged{tuple, name.name, at, name.clause});
    }
  }
}

}  // namespace ft::stack
