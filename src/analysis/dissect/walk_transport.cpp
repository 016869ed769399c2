// TCP, UDP, and the ICMP errors that quote the start of a packet (RFC 792, RFC 4443).
#include "analysis/dissect/tcp_segment.hpp"
#include "analysis/dissect/walk.hpp"

#include "base/cursor.hpp"
#include "wire/icmp.hpp"
#include "wire/icmpv6.hpp"
#include "wire/udp.hpp"

#include <algorithm>

namespace ft::analysis {

void Walk::fill(Segment& segment, const Ip& ip) const {
  const std::uint64_t link = segment.link;  // gathered on the way
  segment = Segment{};
  segment.link = link;
  segment.frame = frame_.number;
  segment.at = frame_.at;
  segment.interface = static_cast<std::uint16_t>(frame_.interface);
  segment.direction = frame_.direction;
  segment.has_ip_id = ip.v4;
  segment.dont_fragment = ip.dont_fragment;
  segment.fragmented = ip.fragmented;
  segment.ttl = ip.ttl;
  segment.traffic_class = ip.traffic_class;
  segment.ip_id = ip.id;
  segment.source = ip.source;
  segment.destination = ip.destination;
  segment.packet_length = static_cast<std::uint32_t>(ip.length);
}

void Walk::tcp(const Ip& ip) {
  if (!have_room(Protocol::tcp)) return;
  fill(frame_.segment, ip);
  const auto state = read_tcp_segment(rest(), wire_rest(), frame_.segment);
  if (state == TcpHeaderState::malformed || state == TcpHeaderState::too_short) {
    note(state == TcpHeaderState::malformed ? Problem::malformed : Problem::truncated, Protocol::tcp);
    add(Protocol::tcp, std::min(rest().size(), wire::tcp_min_header));
    return;
  }
  frame_.has_segment = true;
  if (verify_ && rest().size() == wire_rest()) frame_.segment.checksum = judge_checksum(ip.source, ip.destination, rest());
  if (rest().size() < wire_rest()) {
    note(state == TcpHeaderState::cut ? Problem::truncated : Problem::text_cut, Protocol::tcp);
  }
  const std::size_t header = (load_u8(here() + 12) >> 4) * std::size_t{4};
  if (add(Protocol::tcp, std::min(header, rest().size()))) add_data();
}

/// Ports and sequence number are all that an error is sure to quote (RFC 792).
void Walk::quoted_tcp(const Ip& ip) {
  constexpr std::size_t enough = 8;
  if (!have_room(Protocol::tcp) || !have(enough, Protocol::tcp)) return;
  frame_.has_icmp_error = true;
  IcmpError& error = frame_.icmp_error = *error_;
  error.quoted_source = ip.source;
  error.quoted_destination = ip.destination;
  error.quoted_source_port = load_be16(here());
  error.quoted_destination_port = load_be16(here() + 2);
  error.quoted_seq = Seq{load_be32(here() + 4)};
  std::size_t header = rest().size();
  if (header > 12)
    header = std::min<std::size_t>(header, std::max<std::size_t>((load_u8(here() + 12) >> 4) * 4u, wire::tcp_min_header));
  if (add(Protocol::tcp, header)) add_data();
}

void Walk::udp() {
  constexpr std::size_t header = 8;
  if (!have(header, Protocol::udp)) return;
  if (add(Protocol::udp, header)) add_data();
}

void Walk::icmp(const Ip& ip) {
  if (!have(wire::icmp_header_length, Protocol::icmp)) return;
  namespace type = wire::icmp_type;
  const std::uint8_t kind = load_u8(here());
  const bool quotes = kind == type::destination_unreachable || kind == type::source_quench || kind == type::redirect ||
                      kind == type::time_exceeded || kind == type::parameter_problem;
  const std::uint8_t code = load_u8(here() + 1);
  const bool tells_mtu = kind == type::destination_unreachable && code == wire::icmp_unreachable::fragmentation_needed;
  const std::uint32_t mtu = tells_mtu ? load_be16(here() + 6) : 0u;  // RFC 1191 4
  if (!add(Protocol::icmp, wire::icmp_header_length)) return;
  if (!quotes || error_) return add_data();
  error_ = IcmpError{};
  error_->mtu = mtu;
  quote(ip, kind, code);
}

void Walk::icmpv6(const Ip& ip) {
  if (!have(wire::icmpv6_header_length, Protocol::icmpv6)) return;
  namespace type = wire::icmpv6_type;
  const std::uint8_t kind = load_u8(here());
  const std::uint8_t code = load_u8(here() + 1);
  const bool quotes = kind >= type::destination_unreachable && kind <= type::parameter_problem;
  const std::uint32_t mtu = kind == type::packet_too_big ? load_be32(here() + 4) : 0;
  if (!add(Protocol::icmpv6, wire::icmpv6_header_length)) return;
  if (!quotes || error_) return add_data();
  error_ = IcmpError{};
  error_->mtu = mtu;
  quote(ip, kind, code);
}

void Walk::quote(const Ip& ip, std::uint8_t type, std::uint8_t code) {
  error_->frame = frame_.number;
  error_->at = frame_.at;
  error_->reporter = ip.source;
  error_->ipv6 = !ip.v4;
  error_->type = type;
  error_->code = code;
  error_->ttl = ip.ttl;
  if (!rest().empty()) this->ip();
}

}  // namespace ft::analysis
