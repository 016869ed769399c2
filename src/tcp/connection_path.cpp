// What the path tells: its MTU, by routers or by silence, and ICMP errors.
#include "tcp/connection.hpp"

#include <algorithm>

namespace ft::tcp {

/// Both SYNs are known: so is the most that can ever be sent in a packet.
void Connection::open_path(Instant now) {
  sender_.pmtud.open(now, path_search(*options_, path_, negotiated_));
  if (sender_.pmtud.searching()) negotiated_.path_mss = static_cast<std::uint16_t>(sender_.pmtud.size() - path_.headers);
  path_size_ = sender_.pmtud.size();
}

/// Segments are cut for the size that the path is now known to take.
void Connection::adopt_path(BufferPool& pool) {
  const Pmtud& pmtud = sender_.pmtud;
  if (path_size_ == 0 || pmtud.size() == path_size_) return;
  const bool smaller = pmtud.size() < path_size_;
  path_size_ = pmtud.size();
  negotiated_.path_mss = static_cast<std::uint16_t>(path_size_ - path_.headers);
  if (smaller) {
    sender_.on_smaller_path(pool, negotiated_.mss(), pmtud.searching() ? Cause::retransmit_black_hole : Cause::retransmit_pmtu);
  } else {
    sender_.set_mss(negotiated_.mss());
  }
}

void Connection::on_too_big(Context context, Seq seq, std::uint32_t mtu) {
  if (!options_->path_mtu_discovery || path_size_ == 0) return;
  sender_.pmtud.on_too_big(context.now, seq, mtu);
  adopt_path(context.pool);
}

void Connection::set_ip_options(Context context, std::uint16_t octets) {
  const bool smaller = octets > path_.ip_options;
  negotiated_.peer_mss = static_cast<std::uint16_t>(std::max(negotiated_.peer_mss + path_.ip_options - octets, 0));
  path_.headers = static_cast<std::uint16_t>(path_.headers - path_.ip_options + octets);
  path_.ip_options = octets;
  if (path_size_ == 0) return;
  negotiated_.path_mss = static_cast<std::uint16_t>(path_size_ - path_.headers);
  if (smaller) {
    sender_.on_smaller_path(context.pool, negotiated_.mss(), Cause::retransmit_pmtu);
  } else {
    sender_.set_mss(negotiated_.mss());
  }
}

//= rfc9293 SHLD-26
bool Connection::on_icmp_hard(BufferPool& pool, Error meaning) {
  soft_error_ = meaning;
  if (state_ != State::syn_sent && state_ != State::syn_received) {
    events_ |= event::trouble;
    return false;
  }
  finish(pool, Transition::reset, CloseReason::unreachable);
  return true;
}

//= rfc9293 MUST-47
//= rfc9293 MUST-56
//= rfc9293 SHLD-25
//= rfc9293 UNL-1
void Connection::on_icmp_soft(Error meaning) {
  soft_error_ = meaning;
  events_ |= event::trouble;
}

}  // namespace ft::tcp
