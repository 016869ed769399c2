#include "tcp/half_open.hpp"

namespace ft::tcp {

wire::TcpOptions HalfOpen::peer_options() const {
  wire::TcpOptions options;
  if (peer_mss != 0) options.mss = peer_mss;
  if (window_scale) options.window_scale = peer_shift;
  options.sack_permitted = sack;
  if (timestamps) options.timestamps = wire::Timestamps{ts_recent, 0};
  return options;
}

namespace {
constexpr std::uint8_t most_counted = 3;

bool is_without_ecn(const HalfOpen& half_open) { return half_open.ecn == EcnMode::accurate && half_open.syn_acks >= 2; }
}  // namespace

HalfOpen remember_syn(const Segment& syn, const ft::TcpOptions& ours, Seq iss, std::uint32_t ts_offset) {
  const wire::TcpOptions& options = syn.header.options;
  HalfOpen half_open;
  half_open.iss = iss;
  half_open.irs = syn.seq();
  half_open.ts_offset = ts_offset;
  half_open.peer_mss = options.mss.value_or(0);
  half_open.peer_window = syn.header.window;
  half_open.peer_user_timeout = options.user_timeout.value_or(0);
  half_open.window_scale = ours.window_scale && options.window_scale.has_value();
  half_open.peer_shift = options.window_scale.value_or(0);
  half_open.our_shift = shift_for(ours.receive_buffer);
  half_open.sack = ours.sack && options.sack_permitted;
  half_open.timestamps = ours.timestamps && options.timestamps.has_value();
  if (options.timestamps) half_open.ts_recent = options.timestamps->val;
  half_open.ecn = mode_of_syn(ours, syn.header.ace());
  half_open.syn_codepoint = syn.ip_ecn;
  return half_open;
}

bool remember_repeat(HalfOpen& half_open, const Segment& syn, const ft::TcpOptions& ours) {
  const std::uint8_t flags = syn.header.ace();
  //= rfc9768 3.1.5-1
  if (is_mixed_setup(ours, half_open.ecn, flags)) return false;
  if (flags == ecn_setup::none) half_open.ecn_without = true;
  half_open.syn_codepoint = syn.ip_ecn;
  return true;
}

void note_syn_ack_sent(HalfOpen& half_open, Instant now) {
  if (is_without_ecn(half_open)) half_open.ecn_without = true;
  half_open.retransmitted = half_open.sent;
  half_open.sent_at = half_open.sent ? never : now;
  half_open.sent = true;
  if (half_open.syn_acks < most_counted) ++half_open.syn_acks;
}

Negotiated negotiate(const HalfOpen& half_open, const ft::TcpOptions& options, const Path& path) {
  ft::TcpOptions then = options;
  then.window_scale = half_open.window_scale;
  then.sack = half_open.sack;
  then.timestamps = half_open.timestamps;
  Negotiated n = negotiate(then, path, half_open.peer_options());
  if (n.window_scale) n.rcv_shift = half_open.our_shift;
  return n;
}

wire::TcpHeader make_syn_ack(const HalfOpen& half_open, const ft::TcpOptions& options, const Path& path, Instant now) {
  const wire::TcpOptions peer = half_open.peer_options();
  wire::TcpHeader header;
  header.seq = half_open.iss;
  header.ack = half_open.irs + 1;
  header.flags = wire::tcp_flag::syn | wire::tcp_flag::ack;
  header.window = syn_window(options);
  header.options = syn_options(options, path, &peer);
  if (half_open.window_scale) header.options.window_scale = half_open.our_shift;
  header.options.sack_permitted = half_open.sack;
  if (half_open.timestamps)
    header.options.timestamps = wire::Timestamps{timestamp_clock(now, half_open.ts_offset), half_open.ts_recent};
  if (!is_without_ecn(half_open)) header.set_ace(syn_ack_flags(half_open.ecn, half_open.syn_codepoint));
  if (half_open.ecn == EcnMode::accurate && half_open.syn_acks == 0)
    header.options.accecn = wire::AccEcnOption{.order = 0, .fields = 3, .octets = {1, 0, 1}};
  return header;
}

}  // namespace ft::tcp
