// ICMP errors (RFC 9293 3.9.2.2): each goes to the connection that caused it, if that connection could have caused it.
#include "stack/impl.hpp"

namespace ft {

using tcp::State;

//= rfc9293 MUST-54
//= rfc9293 SHLD-25
Verdict Stack::Impl::on_icmp(Instant now, const net::IcmpError& error) {
  const auto ref = demux_.find(error.tuple);
  const bool type_3 = error.kind == net::IcmpError::Kind::hard ||
                      (error.kind == net::IcmpError::Kind::packet_too_big && error.tuple.remote.address.is_v4());
  // RFC 5925 7.8: whoever pays for signatures does not believe what nobody signed
  if (type_3 && authenticator_of(error.tuple) != nullptr) return drop(now, DropReason::icmp_ignored, 0);
  if (ref && ref->stage() == Stage::half_open) return on_icmp_half_open(now, ref->index(), error);
  if (!ref || ref->stage() != Stage::connection) return drop(now, DropReason::icmp_unrelated, 0);
  const std::uint32_t index = ref->index();
  Entry& entry = records_.connections.at(index);
  // RFC 5927 4.1: only who saw the segment knows a sequence number that is in flight.
  if (!entry.tcp.is_outstanding(Seq{error.sequence})) return drop(now, DropReason::icmp_unrelated, 0);
  const State before = entry.tcp.state();
  switch (error.kind) {
    case net::IcmpError::Kind::soft:
      entry.tcp.on_icmp_soft(error.meaning);
      break;
    case net::IcmpError::Kind::hard:
      entry.tcp.on_icmp_hard(pool_, error.meaning);
      break;
    case net::IcmpError::Kind::packet_too_big:
      entry.tcp.on_too_big(context(), Seq{error.sequence}, error.mtu);
      break;
  }
  tracer_.changed(now, entry.tuple, before, entry.tcp.state(), tcp::Trigger::icmp_hard);
  settle(index, std::nullopt);
  return {};
}

/// What a SYN-ACK met. A hard error means that nobody will ever answer it (RFC 5927 5.2 allows that during the handshake);
/// others end by themselves, and there is no user yet who could be told.
Verdict Stack::Impl::on_icmp_half_open(Instant now, std::uint32_t index, const net::IcmpError& error) {
  const HalfOpenRecord& record = records_.half_open.at(index);
  if (Seq{error.sequence} != record.half_open.iss || !record.half_open.sent) return drop(now, DropReason::icmp_unrelated, 0);
  if (error.kind != net::IcmpError::Kind::hard) return drop(now, DropReason::icmp_ignored, 0);
  tracer_.changed(now, record.tuple, State::syn_received, State::listen, tcp::Trigger::icmp_hard);
  remove_half_open(index);
  return {};
}

}  // namespace ft
