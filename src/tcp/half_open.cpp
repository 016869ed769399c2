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

HalfOpen remember_syn(const Segment& syn, Seq iss, std::uint32_t ts_offset) {
  const wire::TcpOptions& options = syn.header.options;
  HalfOpen half_open;
  half_open.iss = iss;
  half_open.irs = syn.seq();
  half_open.ts_offset = ts_offset;
  half_open.peer_mss = options.mss.value_or(0);
  half_open.peer_window = syn.header.window;
  half_open.peer_user_timeout = options.user_timeout.value_or(0);
  half_open.window_scale = options.window_scale.has_value();
  half_open.peer_shift = options.window_scale.value_or(0);
  half_open.sack = options.sack_permitted;
  half_open.timestamps = options.timestamps.has_value();
  if (options.timestamps) half_open.ts_recent = options.timestamps->val;
  return half_open;
}

wire::TcpHeader make_syn_ack(const HalfOpen& half_open, const ft::TcpOptions& options, const Path& path, Instant now) {
  const wire::TcpOptions peer = half_open.peer_options();
  wire::TcpHeader header;
  header.seq = half_open.iss;
  header.ack = half_open.irs + 1;
  header.flags = wire::tcp_flag::syn | wire::tcp_flag::ack;
  header.window = syn_window(options);
  header.options = syn_options(options, path, &peer);
  if (header.options.timestamps)
    header.options.timestamps = wire::Timestamps{timestamp_clock(now, half_open.ts_offset), half_open.ts_recent};
  return header;
}

}  // namespace ft::tcp
