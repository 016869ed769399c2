#include "analysis/peer_reason.hpp"

#include "wire/tcp.hpp"

namespace ft::analysis {

namespace flag = wire::tcp_flag;

namespace {

bool has(const trace::SegmentFields& segment, std::uint8_t bit) { return (segment.flags & bit) != 0; }

/// The number after the segment's last.
Seq end_of(const trace::SegmentFields& segment) {
  const std::uint32_t controls = (has(segment, flag::syn) ? 1U : 0U) + (has(segment, flag::fin) ? 1U : 0U);
  return Seq{segment.seq} + segment.length + controls;
}

trace::Why again(const trace::SegmentFields& segment) {
  if (has(segment, flag::syn)) return {has(segment, flag::ack) ? "retransmit-syn-ack" : "retransmit-syn", "RFC 6298 5.4"};
  return {has(segment, flag::fin) ? "retransmit-fin" : "retransmit", "RFC 9293 3.8.1"};
}

trace::Why first_time(const trace::SegmentFields& segment) {
  if (has(segment, flag::syn)) return {has(segment, flag::ack) ? "syn-ack" : "syn", "RFC 9293 3.5"};
  if (has(segment, flag::fin)) return {segment.length > 0 ? "data-fin" : "fin", "RFC 9293 3.6"};
  return {has(segment, flag::psh) ? "data-psh" : "data", "RFC 9293 3.8"};
}

}  // namespace

trace::Why PeerReasons::sent(const FourTuple& tuple, const trace::SegmentFields& segment) {
  Peer& peer = peers_[tuple];
  if (has(segment, flag::rst)) {
    peers_.erase(tuple);
    return {"rst", "RFC 9293 3.5.2"};
  }
  const Seq first{segment.seq};
  const Seq after = end_of(segment);
  if (has(segment, flag::syn) && peer.sent_to && first + 1 != *peer.sent_to) peer.sent_to.reset();  // a new connection
  const bool known = peer.sent_to && before_or_equal(after, *peer.sent_to);
  const bool probes = known && after == first && first + 1 == *peer.sent_to;
  const bool acks_fin = peer.fin_to_ack && has(segment, flag::ack) && after_or_equal(Seq{segment.ack}, *peer.fin_to_ack);
  const bool acks_syn = peer.syn_to_ack && has(segment, flag::ack);
  peer.sent_to = peer.sent_to ? later(*peer.sent_to, after) : after;
  if (acks_fin) peer.fin_to_ack.reset();
  if (acks_syn) peer.syn_to_ack = false;
  if (after != first) return known ? again(segment) : first_time(segment);
  if (acks_syn) return {"handshake-ack", "RFC 9293 3.5"};
  if (acks_fin) return {"ack-fin", "RFC 9293 3.6"};
  if (probes) return {"keepalive-probe", "RFC 9293 3.8.4"};
  return {"ack", "RFC 9293 3.4"};
}

void PeerReasons::heard(const FourTuple& tuple, const trace::SegmentFields& segment) {
  Peer& peer = peers_[tuple];
  if (has(segment, flag::rst)) {
    peers_.erase(tuple);
    return;
  }
  if (has(segment, flag::syn)) peer.syn_to_ack = true;
  if (has(segment, flag::fin)) peer.fin_to_ack = end_of(segment);
}

}  // namespace ft::analysis
