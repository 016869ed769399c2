// What IP is told through a TCP socket: type of service, time to live, and what is known of the path.
#include "sockets/posix/options.hpp"

#include <netinet/in.h>

namespace ft::posix {

using Phase = Socket::Phase;

namespace {

constexpr Kept kept_ip[] = {
    {IP_RECVERR, 0, 1, 0},       {IP_FREEBIND, 0, 1, 0}, {IP_RECVTOS, 0, 1, 0},
    {IP_RECVTTL, 0, 1, 0},       {IP_PKTINFO, 0, 1, 0},  {IP_BIND_ADDRESS_NO_PORT, 0, 1, 0},
    {IP_MULTICAST_ALL, 0, 1, 1},
};
constexpr Kept kept_ipv6[] = {
    {IPV6_RECVERR, 0, 1, 0},  {IPV6_RECVTCLASS, 0, 1, 0},    {IPV6_RECVHOPLIMIT, 0, 1, 0}, {IPV6_RECVPKTINFO, 0, 1, 0},
    {IPV6_DONTFRAG, 0, 1, 0}, {IPV6_AUTOFLOWLABEL, 0, 1, 1}, {IPV6_FREEBIND, 0, 1, 0},
};

constexpr int ecn_bits = 3;  // TCP keeps these to itself (RFC 3168)

Value path_mtu(const OptionCall& call) {
  const auto info = call.state.stack.info(call.socket.connection);
  if (!info || info->closed != CloseReason::none || call.socket.phase != Phase::connected) return fail(ENOTCONN);
  constexpr int tcp_header = 20;
  const int ip_header = info->tuple.remote.address.is_v4() ? 20 : 40;
  return value_of(int{info->agreed.path_mss} + tcp_header + ip_header);
}

/// An int, or for the two options that a single octet can say, that octet.
std::optional<int> read_octet_or_int(std::span<const std::byte> value) {
  if (const auto number = read_value<int>(value)) return number;
  if (value.empty()) return std::nullopt;
  return std::to_integer<int>(value[0]);
}

Refusal set_traffic_class(const OptionCall& call, int value) {
  call.socket.tcp.dscp = static_cast<std::uint8_t>((value & 0xff & ~ecn_bits) >> 2);
  return call.state.apply_options(call.socket) ? 0 : EINVAL;
}

/// Any of WANT, DO and PROBE discovers; DONT and the ones that ignore what routers say do not.
Refusal set_discovery(const OptionCall& call, int level, int value) {
  if (value < IP_PMTUDISC_DONT || value > IP_PMTUDISC_OMIT) return EINVAL;
  call.socket.kept[kept_key(level, call.name)] = value;
  call.socket.tcp.path_mtu_discovery = value == IP_PMTUDISC_WANT || value == IP_PMTUDISC_DO || value == IP_PMTUDISC_PROBE;
  return call.state.apply_options(call.socket) ? 0 : EINVAL;
}

Value get_discovery(const OptionCall& call, int level) {
  const auto set = call.socket.kept.find(kept_key(level, call.name));
  const int initial = call.socket.tcp.path_mtu_discovery ? IP_PMTUDISC_WANT : IP_PMTUDISC_DONT;
  return value_of(set == call.socket.kept.end() ? initial : set->second);
}

Refusal set_least_hops(const OptionCall& call, int value) {
  if (value < 0 || value > 255) return EINVAL;
  call.socket.tcp.min_ttl = static_cast<std::uint8_t>(value);
  return call.state.apply_options(call.socket) ? 0 : EINVAL;
}

Refusal set_hops(const OptionCall& call, int value, int least) {
  if (value != -1 && (value < least || value > 255)) return EINVAL;
  call.socket.tcp.ttl = value == -1 ? call.state.stack.config().tcp.ttl : static_cast<std::uint8_t>(value);
  return call.state.apply_options(call.socket) ? 0 : EINVAL;
}

}  // namespace

Value get_ip_option(const OptionCall& call) {
  switch (call.name) {
    case IP_TOS:
      return value_of(call.socket.tcp.dscp << 2);
    case IP_TTL:
      return value_of(int{call.socket.tcp.ttl});
    case IP_MTU:
      return path_mtu(call);
    case IP_MTU_DISCOVER:
      return get_discovery(call, IPPROTO_IP);
    case IP_MINTTL:
      return value_of(int{call.socket.tcp.min_ttl});
    default:
      return get_kept(call, IPPROTO_IP, kept_ip);
  }
}

Refusal set_ip_option(const OptionCall& call, std::span<const std::byte> value) {
  const auto number = read_octet_or_int(value);
  if (!number) return EINVAL;
  switch (call.name) {
    case IP_TOS:
      return set_traffic_class(call, *number);
    case IP_TTL:
      return set_hops(call, *number, 1);
    case IP_MTU:
      return ENOPROTOOPT;
    case IP_MTU_DISCOVER:
      return set_discovery(call, IPPROTO_IP, *number);
    case IP_MINTTL:
      return set_least_hops(call, *number);
    default:
      return set_kept(call, IPPROTO_IP, kept_ip, *number);
  }
}

Value get_ipv6_option(const OptionCall& call) {
  switch (call.name) {
    case IPV6_V6ONLY:
      return value_of(call.socket.v6_only);
    case IPV6_TCLASS:
      return value_of(call.socket.tcp.dscp << 2);
    case IPV6_UNICAST_HOPS:
      return value_of(int{call.socket.tcp.ttl});
    case IPV6_MTU:
      return path_mtu(call);
    case IPV6_MTU_DISCOVER:
      return get_discovery(call, IPPROTO_IPV6);
    case IPV6_MINHOPCOUNT:
      return value_of(int{call.socket.tcp.min_ttl});
    default:
      return get_kept(call, IPPROTO_IPV6, kept_ipv6);
  }
}

Refusal set_ipv6_option(const OptionCall& call, std::span<const std::byte> value) {
  const auto number = read_value<int>(value);
  if (!number) return EINVAL;
  switch (call.name) {
    case IPV6_V6ONLY:
      if (call.socket.bound || call.socket.phase != Phase::fresh) return EINVAL;
      call.socket.v6_only = *number != 0;
      return 0;
    case IPV6_TCLASS:
      if (*number < -1 || *number > 255) return EINVAL;
      return set_traffic_class(call, *number == -1 ? 0 : *number);
    case IPV6_UNICAST_HOPS:
      return set_hops(call, *number, 0);
    case IPV6_MTU_DISCOVER:
      return set_discovery(call, IPPROTO_IPV6, *number);
    case IPV6_MINHOPCOUNT:
      return set_least_hops(call, *number);
    default:
      return set_kept(call, IPPROTO_IPV6, kept_ipv6, *number);
  }
}

}  // namespace ft::posix
