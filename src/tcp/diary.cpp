#include "tcp/diary.hpp"

namespace ft::tcp {

Repeat repeat_of(Cause cause) {
  switch (cause) {
    case Cause::retransmit_syn:
    case Cause::retransmit_syn_without_ecn:
    case Cause::retransmit_syn_ack:
    case Cause::retransmit_fast_open:
      return Repeat::syn;
    case Cause::retransmit_rto:
      return Repeat::timeout;
    case Cause::retransmit_fast:
    case Cause::retransmit_sack:
      return Repeat::fast;
    case Cause::retransmit_rack:
      return Repeat::rack;
    case Cause::tail_loss_probe:
      return Repeat::tail_loss_probe;
    case Cause::retransmit_partial_ack:
      return Repeat::partial_ack;
    case Cause::retransmit_pmtu:
    case Cause::retransmit_black_hole:
    case Cause::retransmit_path_probe:
      return Repeat::path_mtu;
    case Cause::retransmit_fin:
      return Repeat::fin;
    case Cause::window_probe:
      return Repeat::probe;
    default:
      return Repeat::other;
  }
}

void Diary::on_repeat(Cause cause, std::uint32_t octets, std::uint32_t mss) {
  Repeated& repeated = retransmitted.by_cause[static_cast<std::size_t>(repeat_of(cause))];
  repeated.octets += octets;
  repeated.segments += octets <= mss || mss == 0 ? 1 : (octets + mss - 1) / mss;
}

}  // namespace ft::tcp
