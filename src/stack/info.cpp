#include "stack/info.hpp"

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
  info.mss = static_cast<std::uint16_t>(c.negotiated().mss());
}

RingInfo rings_of(const tcp::Connection& c) {
  const tcp::Sender& sender = c.sender();
  RingInfo rings;
  // The FIN is an octet of sequence space and none of the ring.
  const std::int32_t sent = distance(sender.buffer.first(), earlier(sender.snd.max, sender.buffer.end()));
  rings.unacknowledged = sent > 0 ? static_cast<std::uint32_t>(sent) : 0;
  rings.unsent = sender.buffer.size() - rings.unacknowledged;
  rings.send_limit = c.options()->send_buffer;
  rings.readable = c.receiver().text.ready();
  rings.receive_limit = c.options()->receive_buffer;
  return rings;
}

AgreedInfo agreed_of(const tcp::Negotiated& n) {
  AgreedInfo agreed;
  agreed.window_scale = n.window_scale;
  agreed.send_shift = n.snd_shift;
  agreed.receive_shift = n.rcv_shift;
  agreed.sack = n.sack;
  agreed.timestamps = n.timestamps;
  agreed.peer_mss = n.peer_mss;
  agreed.path_mss = n.path_mss;
  return agreed;
}

}  // namespace

ConnectionInfo describe(const FourTuple& tuple, const tcp::Connection& c, Instant) {
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
  info.rings = rings_of(c);
  info.agreed = agreed_of(c.negotiated());
  info.window_scale = info.agreed.window_scale;
  info.sack = info.agreed.sack;
  info.timestamps = info.agreed.timestamps;
  info.soft_error = c.soft_error();
  info.user_timeout = c.user_timeout();
  info.options = c.options();
  return info;
}

}  // namespace ft::stack
