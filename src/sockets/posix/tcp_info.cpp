// ft::ConnectionInfo as Linux's struct tcp_info: segments instead of octets, microseconds and milliseconds, numbers for states.
#include "sockets/posix/options.hpp"

#include <algorithm>
#include <limits>

namespace ft::posix {
namespace {

std::uint8_t number_of(std::string_view state) {
  constexpr std::string_view names[] = {"",          "ESTABLISHED", "SYN-SENT",   "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2",
                                        "TIME-WAIT", "CLOSED",      "CLOSE-WAIT", "LAST-ACK",     "LISTEN",     "CLOSING"};
  return static_cast<std::uint8_t>(std::ranges::find(names, state) - std::begin(names));
}

template <class Unit>
std::uint32_t whole(Duration time) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(std::chrono::duration_cast<Unit>(time).count(), 0, std::numeric_limits<std::uint32_t>::max()));
}
std::uint32_t microseconds(Duration time) { return whole<std::chrono::microseconds>(time); }

std::uint32_t segments(std::uint64_t octets, std::uint32_t mss) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>((octets + mss - 1) / mss, INT32_MAX));
}

std::uint32_t milliseconds_ago(std::optional<Instant> when, Instant now) {
  return when ? whole<std::chrono::milliseconds>(now - *when) : 0;
}

/// TCP_CA_Open, Disorder, CWR, Recovery, Loss.
std::uint8_t congestion_state(const ConnectionInfo& info) {
  if (info.congestion.recovery == "loss") return 4;
  if (!info.congestion.recovery.empty()) return 3;
  return info.rings.selectively_acked != 0 ? 1 : 0;
}

std::uint8_t option_bits(const AgreedInfo& agreed) {
  enum : unsigned { timestamps = 1, sack = 2, window_scale = 4, ecn = 8, syn_data = 32 };
  return static_cast<std::uint8_t>((agreed.timestamps ? timestamps : 0u) | (agreed.sack ? sack : 0u) |
                                   (agreed.window_scale ? window_scale : 0u) | (agreed.ecn ? ecn : 0u) |
                                   (agreed.fast_open ? syn_data : 0u));
}

void add_window(TcpInfo& to, const ConnectionInfo& info, std::uint32_t mss) {
  constexpr std::uint32_t infinite = 0x7fff'ffff;
  to.unacked = segments(info.rings.unacknowledged, mss);
  to.sacked = segments(info.rings.selectively_acked, mss);
  to.lost = segments(info.rings.lost, mss);
  to.snd_cwnd = segments(info.cwnd, mss);
  to.snd_ssthresh = info.ssthresh >= std::uint64_t{infinite} * mss ? infinite : segments(info.ssthresh, mss);
  to.snd_wnd = info.snd_wnd;
  to.rcv_wnd = info.rcv_wnd;
  to.notsent_bytes = info.rings.unsent;
}

void add_counts(TcpInfo& to, const ConnectionInfo& info, std::uint32_t mss) {
  std::uint64_t repeated_octets = 0;
  for (const Repeated& cause : info.retransmitted.by_cause) repeated_octets += cause.octets;
  to.total_retrans = static_cast<std::uint32_t>(info.retransmissions);
  to.bytes_acked = info.octets_sent - std::min<std::uint64_t>(info.octets_sent, info.rings.unacknowledged);
  to.bytes_received = info.octets_received;
  to.bytes_sent = info.octets_sent + repeated_octets;
  to.bytes_retrans = repeated_octets;
  to.segs_out = static_cast<std::uint32_t>(info.segments_sent);
  to.segs_in = static_cast<std::uint32_t>(info.segments_received);
  to.delivered = segments(info.congestion.delivered, mss);
  to.delivered_ce = segments(info.congestion.delivered_ce, mss);
  to.dsack_dups = static_cast<std::uint32_t>(info.retransmitted.duplicate_sacks);
  to.reord_seen = info.reordering.seen ? 1 : 0;
  to.rcv_ooopack = static_cast<std::uint32_t>(info.reordering.out_of_order);
  to.total_rto = static_cast<std::uint16_t>(info.retransmitted.timeouts);
}

void add_times(TcpInfo& to, const ConnectionInfo& info, Instant now) {
  to.rto = microseconds(info.rto);
  to.rtt = info.srtt ? microseconds(*info.srtt) : 0;
  to.rttvar = microseconds(info.rttvar);
  to.min_rtt = info.min_rtt ? microseconds(*info.min_rtt) : std::numeric_limits<std::uint32_t>::max();
  to.last_data_sent = milliseconds_ago(info.last.data_sent, now);
  to.last_data_recv = milliseconds_ago(info.last.data_received ? info.last.data_received : info.last.heard, now);
  to.last_ack_recv = milliseconds_ago(info.last.heard, now);
  to.busy_time = microseconds(info.limits.busy);
  to.rwnd_limited = microseconds(info.limits.receive_window);
  to.sndbuf_limited = microseconds(info.limits.send_buffer);
}

}  // namespace

TcpInfo make_tcp_info(const Sockets::State& state, const Socket& socket, Instant now) {
  TcpInfo to;
  to.state = number_of(socket.phase == Socket::Phase::listening ? "LISTEN" : "CLOSED");
  to.snd_mss = to.rcv_mss = to.advmss = 536;
  to.reordering = 3;
  if (socket.phase == Socket::Phase::listening) {
    for (const ListenerId id : socket.listeners)
      if (id) to.unacked += static_cast<std::uint32_t>(state.stack.acceptable(id));
    return to;
  }
  const auto info = state.stack.info(socket.connection);
  if (!info) return to;
  const std::uint32_t mss = std::max<std::uint32_t>(info->mss, 1);
  to.state = number_of(info->closed != CloseReason::none ? "CLOSED" : info->state);
  to.ca_state = congestion_state(*info);
  to.retransmits = to.backoff = static_cast<std::uint8_t>(std::min(info->backoff, 255u));
  to.options = option_bits(info->agreed);
  to.window_scales = static_cast<std::uint8_t>((info->agreed.send_shift & 0xf) | info->agreed.receive_shift << 4);
  to.flags = info->congestion.application_limited ? 1 : 0;
  to.snd_mss = mss;
  to.rcv_mss = info->agreed.peer_mss;
  to.advmss = info->agreed.path_mss;
  to.pmtu = info->agreed.path_mss + (info->tuple.remote.address.is_v4() ? 40u : 60u);
  to.rcv_space = info->rings.receive_limit;
  to.rcv_ssthresh = info->rcv_wnd;
  to.pacing_rate = info->congestion.pacing_rate != 0 ? info->congestion.pacing_rate : UINT64_MAX;
  to.max_pacing_rate = UINT64_MAX;
  to.delivery_rate = info->congestion.delivery_rate;
  add_window(to, *info, mss);
  add_counts(to, *info, mss);
  add_times(to, *info, now);
  return to;
}

}  // namespace ft::posix
