#include "net/icmp_errors.hpp"

#include "base/cursor.hpp"
#include "net/extensions.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

namespace ft::net {

namespace {

struct Quoted {
  IpAddress source;
  IpAddress destination;
  bool dont_fragment = true;
  std::span<const std::byte> tcp;
};

constexpr std::size_t ports_and_sequence = 8;

std::expected<Quoted, DropReason> read_quote_v4(std::span<const std::byte> body) {
  const auto quoted = wire::parse_quoted_ipv4(body);
  if (!quoted) return std::unexpected(DropReason::bad_icmp);
  if (quoted->header.protocol != wire::protocol::tcp || quoted->header.fragment_offset != 0)
    return std::unexpected(DropReason::icmp_unrelated);
  return Quoted{quoted->header.source, quoted->header.destination, quoted->header.dont_fragment, quoted->payload};
}

std::expected<Quoted, DropReason> read_quote_v6(std::span<const std::byte> body) {
  const auto quoted = wire::parse_quoted_ipv6(body);
  if (!quoted) return std::unexpected(DropReason::bad_icmp);
  const auto chain =
      walk_extensions(quoted->header.next_header, wire::ipv6_next_header_offset, wire::ipv6_header_length, quoted->payload);
  // We send no extension headers: what has some is not ours.
  if (!chain || chain->length != 0 || chain->protocol != wire::protocol::tcp) return std::unexpected(DropReason::icmp_unrelated);
  return Quoted{quoted->header.source, quoted->header.destination, true, quoted->payload};
}

/// Fills in the connection that a quote speaks of.
std::expected<IcmpError, DropReason> relate(const Routes& routes, const IpAddress& destination,
                                            const std::expected<Quoted, DropReason>& quoted, IcmpError error) {
  if (!quoted) return std::unexpected(quoted.error());
  if (quoted->source != destination || !routes.is_local(quoted->source)) return std::unexpected(DropReason::icmp_unrelated);
  if (quoted->tcp.size() < ports_and_sequence) return std::unexpected(DropReason::bad_icmp);
  ByteReader in(quoted->tcp);
  error.tuple.local = {quoted->source, in.u16()};
  error.tuple.remote = {quoted->destination, in.u16()};
  error.sequence = in.u32();
  return error;
}

IcmpError make(IcmpError::Kind kind, Error meaning, std::uint32_t mtu = 0) {
  IcmpError error;
  error.kind = kind;
  error.meaning = meaning;
  error.mtu = mtu;
  return error;
}
IcmpError soft() { return make(IcmpError::Kind::soft, Error::host_unreachable); }
IcmpError hard(Error meaning) { return make(IcmpError::Kind::hard, meaning); }
IcmpError packet_too_big(std::uint32_t mtu) { return make(IcmpError::Kind::packet_too_big, Error::host_unreachable, mtu); }

//= rfc9293 MUST-56
//= rfc9293 SHLD-26
IcmpError unreachable_v4(std::uint8_t code, std::uint32_t rest, bool dont_fragment) {
  switch (code) {
    case wire::icmp_unreachable::protocol:
    case wire::icmp_unreachable::port:
      return hard(Error::connection_refused);
    case wire::icmp_unreachable::fragmentation_needed:
      return dont_fragment ? packet_too_big(rest & 0xffff) : soft();  // whoever could have cut it has no reason to complain
    case wire::icmp_unreachable::network_prohibited:
    case wire::icmp_unreachable::host_prohibited:
    case wire::icmp_unreachable::prohibited:
      return hard(Error::host_unreachable);
    default:
      return soft();
  }
}

//= rfc9293 MUST-56
//= rfc9293 SHLD-26
IcmpError unreachable_v6(std::uint8_t code) {
  switch (code) {
    case wire::icmpv6_unreachable::port:
      return hard(Error::connection_refused);
    case wire::icmpv6_unreachable::prohibited:
    case wire::icmpv6_unreachable::source_policy:  // 5 and 6 are kinds of 1 (RFC 4443 3.1)
    case wire::icmpv6_unreachable::reject_route:
      return hard(Error::host_unreachable);
    default:
      return soft();
  }
}

}  // namespace

std::expected<IcmpError, DropReason> interpret(const Routes& routes, const IpAddress& destination,
                                               const wire::IcmpMessage& icmp) {
  using namespace wire;
  const bool is_unreachable = icmp.type == icmp_type::destination_unreachable;
  //= rfc9293 MUST-55
  if (!is_unreachable && icmp.type != icmp_type::time_exceeded && icmp.type != icmp_type::parameter_problem)
    return std::unexpected(DropReason::icmp_ignored);
  const auto quoted = read_quote_v4(icmp.body);
  const bool dont_fragment = quoted && quoted->dont_fragment;
  return relate(routes, destination, quoted, is_unreachable ? unreachable_v4(icmp.code, icmp.rest, dont_fragment) : soft());
}

std::expected<IcmpError, DropReason> interpret(const Routes& routes, const IpAddress& destination,
                                               const wire::Icmpv6Message& icmp) {
  using namespace wire;
  if (!is_icmpv6_error(icmp.type)) return std::unexpected(DropReason::icmp_ignored);
  const auto quoted = read_quote_v6(icmp.body);
  switch (icmp.type) {
    case icmpv6_type::destination_unreachable:
      return relate(routes, destination, quoted, unreachable_v6(icmp.code));
    case icmpv6_type::packet_too_big:
      return relate(routes, destination, quoted, packet_too_big(icmp.rest));
    default:
      return relate(routes, destination, quoted, soft());  // RFC 4443 2.4 (a): unknown errors go up as well
  }
}

}  // namespace ft::net
