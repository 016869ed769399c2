#include "tcp/negotiated.hpp"

#include "tcp/user_timeout.hpp"

namespace ft::tcp {

namespace {
constexpr std::uint8_t largest_shift = 14;

/// `ours.mss` caps what we announce as well as what we use.
std::uint16_t capped(const ft::TcpOptions& ours, std::uint16_t mss) { return ours.mss == 0 ? mss : std::min(ours.mss, mss); }
}  // namespace

//= rfc7323 2.3-6
std::uint8_t shift_for(std::uint32_t receive_buffer) {
  std::uint8_t shift = 0;
  while (shift < largest_shift && (receive_buffer >> shift) > UINT16_MAX) ++shift;
  return shift;
}

//= rfc9293 MUST-14
//= rfc9293 MUST-65
//= rfc9293 SHLD-5
//= rfc9293 MAY-3
//= rfc2018 2-1
//= rfc7323 2.2-1
//= rfc7323 2.3-1
//= rfc7323 2.3-2
//= rfc7323 3.2-4
wire::TcpOptions syn_options(const ft::TcpOptions& ours, const Path& path, const wire::TcpOptions* peer) {
  wire::TcpOptions options;
  options.mss = capped(ours, path.link_mss);
  if (ours.window_scale && (peer == nullptr || peer->window_scale)) options.window_scale = shift_for(ours.receive_buffer);
  options.sack_permitted = ours.sack && (peer == nullptr || peer->sack_permitted);
  if (ours.timestamps && (peer == nullptr || peer->timestamps)) options.timestamps.emplace();
  if (ours.user_timeout_option) options.user_timeout = encode_user_timeout(ours.user_timeout);
  return options;
}

//= rfc9293 MUST-15
//= rfc9293 MUST-16
//= rfc7323 2.3-3
//= rfc7323 2.3-8
//= rfc7323 3.2-9
Negotiated negotiate(const ft::TcpOptions& ours, const Path& path, const wire::TcpOptions& peer) {
  Negotiated n;
  // RFC 9293 3.7.1: what a peer says counts no options, so those of IP are taken from it as well.
  n.peer_mss = static_cast<std::uint16_t>(std::max(peer.mss.value_or(path.default_mss) - path.ip_options, 0));
  n.path_mss = capped(ours, path.mss);
  n.signature = path.signature;
  n.window_scale = ours.window_scale && peer.window_scale.has_value();
  if (n.window_scale) {
    n.snd_shift = std::min(*peer.window_scale, largest_shift);
    n.rcv_shift = shift_for(ours.receive_buffer);
  }
  n.sack = ours.sack && peer.sack_permitted;
  n.timestamps = ours.timestamps && peer.timestamps.has_value();
  return n;
}

PmtudConfig path_search(const ft::TcpOptions& ours, const Path& path, const Negotiated& agreed) {
  const auto packet = [&](int mss) { return static_cast<std::uint16_t>(std::max(mss, 0) + path.headers); };
  PmtudConfig config;
  config.ceiling = packet(std::min<int>(agreed.peer_mss, capped(ours, path.link_mss) - path.ip_options));
  config.start = std::min(packet(agreed.path_mss), config.ceiling);
  config.least = path.least;
  config.floor = path.floor;
  config.search = ours.path_mtu_discovery ? ours.path_search : PathSearch::off;
  return config;
}

//= rfc7323 2.2-3
std::uint16_t syn_window(const ft::TcpOptions& ours) {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(ours.receive_buffer, UINT16_MAX));
}

}  // namespace ft::tcp
