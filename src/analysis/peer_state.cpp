#include "analysis/peer_state.hpp"

#include "wire/tcp.hpp"

namespace ft::analysis {

using namespace wire;

StateStep PeerStates::move(Peer& peer, std::string_view to) {
  const StateStep step{peer.state, to, true};
  peer.state = to;
  return step;
}

std::string_view PeerStates::state_of(const FourTuple& tuple) const {
  const auto peer = peers_.find(tuple);
  return peer == peers_.end() ? "CLOSED" : peer->second.state;
}

StateStep PeerStates::sent(const Row& row) {
  Peer& peer = peers_[row.tuple];
  if (row.has(tcp_flag::rst)) return move(peer, "CLOSED");
  if (row.has(tcp_flag::syn)) {
    peer.after_fin.reset();
    return move(peer, row.has(tcp_flag::ack) || peer.called ? "SYN-RECEIVED" : "SYN-SENT");
  }
  if (row.has(tcp_flag::fin)) {
    peer.after_fin = Seq{row.segment.seq} + row.segment.length + 1;
    if (peer.state == "CLOSE-WAIT") return move(peer, "LAST-ACK");
    if (peer.state == "ESTABLISHED" || peer.state == "SYN-RECEIVED") return move(peer, "FIN-WAIT-1");
  }
  if (row.has(tcp_flag::ack) && (peer.state == "SYN-SENT" || peer.state == "CLOSED")) return move(peer, "ESTABLISHED");
  return move(peer, peer.state);
}

std::string_view PeerStates::after_segment(const Peer& peer, const Row& row) {
  const bool fin = row.has(tcp_flag::fin);
  const bool acks_fin = peer.after_fin && row.has(tcp_flag::ack) && after_or_equal(Seq{row.segment.ack}, *peer.after_fin);
  if (peer.state == "SYN-RECEIVED" && row.has(tcp_flag::ack)) return fin ? "CLOSE-WAIT" : "ESTABLISHED";
  if (peer.state == "ESTABLISHED" && fin) return "CLOSE-WAIT";
  if (peer.state == "FIN-WAIT-1") {
    if (fin) return acks_fin ? "TIME-WAIT" : "CLOSING";
    if (acks_fin) return "FIN-WAIT-2";
  }
  if (peer.state == "FIN-WAIT-2" && fin) return "TIME-WAIT";
  if (peer.state == "CLOSING" && acks_fin) return "TIME-WAIT";
  if (peer.state == "LAST-ACK" && acks_fin) return "CLOSED";
  return peer.state;
}

StateStep PeerStates::reached(const Row& row) {
  Peer& peer = peers_[{row.tuple.remote, row.tuple.local}];
  if (row.has(tcp_flag::rst)) return move(peer, "CLOSED");
  if (row.has(tcp_flag::syn)) {
    peer.called = true;
    if (!row.has(tcp_flag::ack)) return move(peer, peer.state);
    return move(peer, peer.state == "SYN-SENT" ? "ESTABLISHED" : peer.state);
  }
  return move(peer, after_segment(peer, row));
}

}  // namespace ft::analysis
