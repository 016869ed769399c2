// What arrives: each packet goes to the room whose business it is, and what nobody wants is dropped with a reason.
#include "net/engine_impl.hpp"

#include "base/cursor.hpp"
#include "net/icmp_errors.hpp"
#include "net/source_choice.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"
#include "wire/udp.hpp"

#include <utility>

namespace ft::net {

namespace {

Input as_input(DropReason dropped) { return dropped == DropReason::none ? Input{Handled{}} : Input{dropped}; }

}  // namespace

Input Engine::Impl::on_packet(Instant now, std::span<const std::byte> packet, bool checksum_verified) {
  if (!is_ethernet_) return on_ip_packet(now, packet, {checksum_verified, false, false});
  const auto frame = ethernet_.open(routes_, packet);
  if (!frame) return frame.error();
  switch (frame->header.type) {
    case wire::ethertype::arp:
      return use(ethernet_.on_arp(now, routes_, frame->payload));
    case wire::ethertype::ipv4:
    case wire::ethertype::ipv6:
      break;
    default:
      return DropReason::unknown_ethertype;
  }
  const unsigned version = frame->header.type == wire::ethertype::ipv4 ? 4 : 6;
  if (!frame->payload.empty() && load_u8(frame->payload.data()) >> 4 != version) return DropReason::bad_version;
  return on_ip_packet(now, frame->payload, {checksum_verified, wire::is_group(frame->header.destination), false});
}

std::optional<Delivered> Engine::Impl::plain_tcp(std::span<const std::byte> packet, FromLink link) {
  constexpr std::byte version_and_length{0x45};
  if (packet.size() < wire::ipv4_min_header || packet[0] != version_and_length || load_u8(&packet[9]) != wire::protocol::tcp)
    return std::nullopt;
  const auto parsed = wire::parse_ipv4(packet);
  if (!parsed || parsed->header.is_fragment()) return std::nullopt;
  const wire::Ipv4Header& header = parsed->header;
  if (!judged_.is_good(header.source, header.destination, header.protocol, link)) return std::nullopt;
  return Delivered{header.source,        header.destination,     header.protocol, header.ttl,
                   header.traffic_class, link.checksum_verified, parsed->payload, {}};
}

Input Engine::Impl::on_ip_packet(Instant now, std::span<const std::byte> packet, FromLink link) {
  if (const auto delivered = plain_tcp(packet, link)) return *delivered;
  Datagram datagram;
  const Rejection rejection = unwrap(routes_, packet, link, judged_, datagram);
  if (rejection.problem) complain(now, datagram, Complaint::parameter_problem, *rejection.problem);
  if (rejection) return rejection.reason;
  return datagram.fragment ? on_fragment(now, datagram, *datagram.fragment) : on_datagram(now, datagram);
}

Input Engine::Impl::on_fragment(Instant now, const Datagram& fragment, const FragmentPlace& where) {
  const auto added = reassembly_.add(now, fragment, where);
  if (!added) {
    const bool is_uneven = where.more && fragment.payload.size() % 8 != 0;
    if (is_uneven && fragment.source.is_v6()) {  // RFC 8200 4.5: told with a pointer at the payload length
      const Rejection::Problem problem{wire::icmpv6_parameter::bad_field, wire::ipv6_payload_length_offset};
      complain(now, fragment, Complaint::parameter_problem, problem);
    }
    return added.error();
  }
  std::optional<Datagram> whole = *added;
  if (!whole) return Handled{};
  if (const Rejection rejection = open_reassembled(*whole)) return rejection.reason;
  return on_datagram(now, *whole);
}

Input Engine::Impl::on_datagram(Instant now, const Datagram& datagram) {
  const bool is_v4 = datagram.source.is_v4();
  switch (datagram.protocol) {
    case wire::protocol::tcp:
      if (!datagram.looped && !routes_.is_local(datagram.destination)) return DropReason::not_unicast;
      return Input{std::in_place_type<Delivered>,
                   datagram.source,
                   datagram.destination,
                   datagram.protocol,
                   datagram.ttl,
                   datagram.traffic_class,
                   datagram.checksum_verified,
                   datagram.payload,
                   datagram.ip_options};
    case wire::protocol::udp:
      return on_udp(now, datagram);
    case wire::protocol::icmp:
      if (is_v4) return on_icmp(now, datagram);
      break;
    case wire::protocol::icmpv6:
      if (!is_v4) return on_icmpv6(now, datagram);
      break;
    case wire::next_header::none:
      if (!is_v4) return DropReason::unknown_protocol;  // RFC 8200 4.7: nothing is missing
      break;
    default:
      break;
  }
  complain(now, datagram, Complaint::protocol_unreachable, {0, datagram.protocol_offset, false});
  return DropReason::unknown_protocol;
}

Input Engine::Impl::on_icmp(Instant now, const Datagram& datagram) {
  const auto icmp = wire::parse_icmp(datagram.payload);
  if (!icmp) return icmp.error();
  if (!routes_.is_local(datagram.destination)) return DropReason::icmp_ignored;  // RFC 1122 3.2.2.6: no answer to broadcasts
  if (icmp->type == wire::icmp_type::echo_request) return on_echo_request(now, datagram);
  const auto error = interpret(routes_, datagram.destination, *icmp);
  return error ? Input{*error} : Input{error.error()};
}

Input Engine::Impl::on_icmpv6(Instant now, const Datagram& datagram) {
  const auto icmp = wire::parse_icmpv6(datagram.source, datagram.destination, datagram.payload);
  if (!icmp) return icmp.error();
  const bool is_neighbour_message =
      icmp->type == wire::icmpv6_type::neighbour_solicitation || icmp->type == wire::icmpv6_type::neighbour_advertisement;
  if (is_neighbour_message) {
    if (!is_ethernet_) return DropReason::icmp_ignored;  // no link-layer addresses to ask for
    return use(ethernet_.on_neighbour_message(now, routes_, datagram, *icmp));
  }
  if (datagram.source.is_unspecified()) return DropReason::bad_source;
  if (icmp->type == wire::icmpv6_type::echo_request) return on_echo_request(now, datagram);
  const auto error = interpret(routes_, datagram.destination, *icmp);
  return error ? Input{*error} : Input{error.error()};
}

Input Engine::Impl::on_udp(Instant now, const Datagram& datagram) {
  const auto udp = wire::parse_udp(datagram.source, datagram.destination, datagram.payload);
  if (!udp) return udp.error();
  complain(now, datagram, Complaint::port_unreachable);
  return DropReason::unknown_protocol;
}

Input Engine::Impl::on_echo_request(Instant now, const Datagram& datagram) {
  const auto source = answering_address(datagram);
  if (!source || !echo_allowance_.take(now)) return DropReason::icmp_ignored;
  const bool is_queued = outbox_.push(make_echo_reply(*source, datagram));
  return as_input(is_queued ? DropReason::none : DropReason::icmp_ignored);
}

Input Engine::Impl::use(EthernetLink::Outcome outcome) {
  if (outcome.reply) outbox_.push(std::move(*outcome.reply));
  return as_input(outcome.dropped);
}

void Engine::Impl::complain(Instant now, const Datagram& about, Complaint complaint, Rejection::Problem problem) {
  const bool to_us_alone = routes_.is_local(about.destination);
  if (about.looped) return;  // the link has no way back to us
  if (!may_complain(about, to_us_alone, routes_.is_unicast(about.source), problem.also_to_groups)) return;
  const auto source = answering_address(about);
  if (source && error_allowance_.take(now)) outbox_.push(make_complaint(*source, about, complaint, problem));
}

/// Who answers: the address that was spoken to, or for a group the one that suits the asker.
std::optional<IpAddress> Engine::Impl::answering_address(const Datagram& datagram) const {
  if (routes_.is_local(datagram.destination)) return datagram.destination;
  return choose_source(routes_.own(), datagram.source, datagram.source);
}

}  // namespace ft::net
