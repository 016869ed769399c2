#include "stack/info.hpp"

#include "stack/watch.hpp"

namespace ft::stack {
namespace {

void add_sequence(ConnectionInfo& info, const tcp::Connection& c) {
  const tcp::SendVars& snd = c.sender().snd;
  const tcp::RecvVars& rcv = c.receiver().rcv;
  info.snd_una = snd.una.value();
  info.snd_nxt = snd.max.value();
  info.snd_wnd = snd.wnd;
  info.rcv_nxt = rcv.nxt.value();
  info.rcv_wnd = rcv.wnd;
}

void add_path(ConnectionInfo& info, const tcp::Connection& c) {
  const tcp::Sender& sender = c.sender();
  info.cwnd = sender.cwnd();
  info.ssthresh = sender.ssthresh();
  info.srtt = sender.rto.srtt();
  info.rttvar = sender.rto.rttvar();
  info.rto = c.rto();
  info.backoff = sender.rto.backoff();
  if (sender.min_rtt.value() > Duration::zero()) info.min_rtt = sender.min_rtt.value();
  info.mss = static_cast<std::uint16_t>(c.negotiated().mss());
}

RingInfo rings_of(const tcp::Connection& c) {
  const tcp::Sender& sender = c.sender();
  RingInfo rings;
  // The FIN is an octet of sequence space and none of the ring.
  const std::int32_t sent = distance(sender.buffer.first(), earlier(sender.snd.max, sender.buffer.end()));
  rings.unacknowledged = sent > 0 ? static_cast<std::uint32_t>(sent) : 0;
  rings.unsent = sender.buffer.size() - rings.unacknowledged;
  if (const tcp::Recovery* recovery = sender.recovery(); recovery != nullptr) {
    rings.selectively_acked = recovery->board.sacked();
    rings.lost = recovery->board.lost();
  }
  rings.send_limit = c.send_limit();
  rings.readable = c.receiver().text.ready();
  rings.out_of_order = c.receiver().text.out_of_order();
  rings.receive_limit = c.receive_limit();
  return rings;
}

CongestionInfo congestion_of(const tcp::Connection& c) {
  const tcp::Sender& sender = c.sender();
  CongestionInfo info;
  if (sender.controller() != nullptr) {
    info.controller = sender.controller()->name();
    info.phase = sender.controller()->phase();
  }
  info.recovery = recovery_name(sender);
  info.pacing_rate = sender.pace().rate;
  info.delivered = sender.delivery_totals().delivered;
  info.lost = sender.delivery_totals().lost;
  if (sender.recovery() != nullptr) info.in_flight = sender.recovery()->in_flight();
  if (const tcp::Diary* diary = c.diary(); diary != nullptr) {
    info.delivery_rate = diary->delivery_rate;
    info.application_limited = diary->application_limited;
    info.ecn_reductions = diary->ecn_reductions;
    info.delivered_ce = diary->delivered_ce;
  }
  return info;
}

LimitInfo limits_of(const tcp::Connection& c, Instant now) {
  LimitInfo info;
  info.now = tcp::to_string(tcp::Limit::idle);
  if (const tcp::Diary* diary = c.diary(); diary != nullptr) {
    const tcp::Chronograph& clock = diary->limits;
    info.now = tcp::to_string(clock.limit());
    info.busy = clock.busy(now);
    info.application = clock.spent(tcp::Limit::application, now);
    info.congestion = clock.spent(tcp::Limit::congestion, now);
    info.receive_window = clock.spent(tcp::Limit::receive_window, now);
    info.send_buffer = clock.spent(tcp::Limit::send_buffer, now);
  }
  const tcp::Reason hold = tcp::describe(c.held(now).hold);
  info.hold = hold.id;
  info.hold_clause = hold.clause;
  return info;
}

ReorderingInfo reordering_of(const tcp::Connection& c) {
  const tcp::Rack::Learnt learnt = c.sender().reordering();
  ReorderingInfo info;
  info.seen = learnt.reordering_seen;
  info.window = tcp::Rack(learnt).reordering_window(c.sender().min_rtt.value(), c.sender().rto.srtt().value_or(Duration::zero()),
                                                    c.sender().repairs());
  if (const tcp::Diary* diary = c.diary(); diary != nullptr) {
    info.out_of_order = diary->out_of_order;
    info.duplicates = diary->duplicates;
    info.duplicate_sacks_sent = diary->duplicate_sacks_sent;
  }
  return info;
}

DeadlineInfo deadline_of(const tcp::Connection& c) {
  DeadlineInfo info;
  if (c.deadline() == never) return info;
  for (std::size_t i = 0; i < tcp::timer_count; ++i) {
    const auto timer = static_cast<tcp::Timer>(i);
    if (c.deadlines()[timer] != c.deadline()) continue;
    const TimerName name = name_of(timer, c);
    return {c.deadline(), name.name, name.clause};
  }
  return info;
}

std::optional<Instant> when(Instant at) { return at == never ? std::nullopt : std::optional(at); }

ActivityInfo activity_of(const tcp::Connection& c) {
  ActivityInfo last;
  if (c.segments_received() != 0) last.heard = c.last_heard();
  if (const tcp::Diary* diary = c.diary(); diary != nullptr) {
    last.data_sent = when(diary->data_sent);
    last.data_received = when(diary->data_received);
    last.ack_sent = when(diary->ack_sent);
  }
  return last;
}

AgreedInfo agreed_of(const tcp::Connection& c) {
  const tcp::Negotiated& n = c.negotiated();
  AgreedInfo agreed;
  agreed.window_scale = n.window_scale;
  agreed.send_shift = n.snd_shift;
  agreed.receive_shift = n.rcv_shift;
  agreed.sack = n.sack;
  agreed.timestamps = n.timestamps;
  agreed.ecn = c.ecn().out.mode() == tcp::EcnMode::classic;
  agreed.accurate_ecn = c.ecn().out.mode() == tcp::EcnMode::accurate;
  agreed.fast_open = n.fast_open;
  agreed.peer_mss = n.peer_mss;
  agreed.path_mss = n.path_mss;
  return agreed;
}

}  // namespace

ConnectionInfo describe(const FourTuple& tuple, const tcp::Connection& c, Instant now) {
  ConnectionInfo info;
  info.tuple = tuple;
  info.state = tcp::to_string(c.state());
  info.closed = c.why();
  add_sequence(info, c);
  add_path(info, c);
  info.send_queued = c.sender().buffer.size();
  info.receive_queued = c.receiver().text.ready();
  info.octets_sent = c.octets_sent();
  info.octets_received = c.octets_received();
  info.retransmissions = c.retransmissions();
  info.urgent_left = c.urgent_left();
  info.segments_sent = c.segments_sent();
  info.segments_received = c.segments_received();
  info.congestion = congestion_of(c);
  info.limits = limits_of(c, now);
  info.reordering = reordering_of(c);
  if (const tcp::Diary* diary = c.diary(); diary != nullptr) {
    info.retransmitted = diary->retransmitted;
    if (diary->samples != 0) info.latest_rtt = diary->latest_rtt;
  }
  info.deadline = deadline_of(c);
  info.last = activity_of(c);
  info.rings = rings_of(c);
  info.agreed = agreed_of(c);
  info.window_scale = info.agreed.window_scale;
  info.sack = info.agreed.sack;
  info.timestamps = info.agreed.timestamps;
  info.soft_error = c.soft_error();
  info.user_timeout = c.user_timeout();
  const tcp::Pmtud& path = c.sender().pmtud;
  info.path = {path.size(), path.proven(), path.searching(), path.probes_lost()};
  info.options = c.options();
  return info;
}

}  // namespace ft::stack
