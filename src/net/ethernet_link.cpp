#include "net/ethernet_link.hpp"

#include "net/source_choice.hpp"
#include "wire/arp.hpp"
#include "wire/ipv4.hpp"
#include "wire/ndp.hpp"

#include <algorithm>

namespace ft::net {

namespace {

bool is_own_group_mac(const Routes& routes, const MacAddress& mac) {
  if (mac == wire::broadcast_mac || mac == wire::group_mac(IpAddress::v4(224, 0, 0, 1))) return true;
  if (mac == wire::group_mac(wire::all_nodes())) return true;
  return std::ranges::any_of(routes.own(), [&](const InterfaceAddress& own) {
    return own.address.is_v6() && mac == wire::group_mac(wire::solicited_node(own.address));
  });
}

Message make_arp_message(const wire::ArpPacket& arp, const MacAddress& to, std::string_view why_id) {
  Message message;
  message.is_arp = true;
  message.to_mac = to;
  message.payload.resize(wire::arp_length);
  wire::write_arp(arp, message.payload);
  message.why_id = why_id;
  message.why_clause = "RFC 826";
  return message;
}

Message make_nd_message(const IpAddress& source, const IpAddress& destination, const wire::Icmpv6Message& icmp) {
  Message message;
  message.envelope.source = source;
  message.envelope.destination = destination;
  message.envelope.protocol = wire::protocol::icmpv6;
  message.envelope.ttl = wire::ndp_hop_limit;
  message.payload.resize(wire::icmpv6_header_length + icmp.body.size());
  wire::write_icmpv6(source, destination, icmp, message.payload);
  return message;
}

}  // namespace

std::expected<wire::ParsedEthernet, DropReason> EthernetLink::open(const Routes& routes, std::span<const std::byte> frame) const {
  const auto parsed = wire::parse_ethernet(frame);
  if (!parsed) return parsed;
  if (wire::is_group(parsed->header.source)) return std::unexpected(DropReason::bad_source);
  if (parsed->header.destination != mac_ && !is_own_group_mac(routes, parsed->header.destination))
    return std::unexpected(DropReason::not_for_us);
  return parsed;
}

EthernetLink::Outcome EthernetLink::on_arp(Instant now, const Routes& routes, std::span<const std::byte> packet) {
  const auto arp = wire::parse_arp(packet);
  if (!arp) return {arp.error(), {}};
  const bool is_probe = arp->sender.is_unspecified();  // RFC 5227 2.1.1: asks, but owns no address yet
  const bool is_bad_sender =
      !is_probe && (!routes.is_unicast(arp->sender) || arp->sender.is_loopback() || routes.is_own(arp->sender));
  if (is_bad_sender || wire::is_group(arp->sender_mac)) return {DropReason::bad_arp, {}};
  const bool is_for_us = routes.is_own(arp->target);
  const bool is_reply = arp->operation == wire::ArpPacket::Operation::reply;
  // RFC 826: who is known already is updated by any packet; strangers are learnt only when they talk to us.
  const bool is_solicited = is_reply && is_for_us && arp->target_mac == mac_;
  if (!is_probe) neighbours_.on_answer(now, {arp->sender, arp->sender_mac, is_solicited, true});
  if (!is_for_us) return {is_reply ? DropReason::none : DropReason::not_for_us, {}};
  if (is_reply) return {};
  if (!is_probe && routes.is_on_link(arp->sender)) neighbours_.on_introduced(arp->sender, arp->sender_mac);
  const wire::ArpPacket reply{wire::ArpPacket::Operation::reply, mac_, arp->target, arp->sender_mac, arp->sender};
  return {DropReason::none, make_arp_message(reply, arp->sender_mac, "arp-reply")};
}

EthernetLink::Outcome EthernetLink::on_neighbour_message(Instant now, const Routes& routes, const Datagram& datagram,
                                                         const wire::Icmpv6Message& icmp) {
  // It came from this link, and in one piece (RFC 4861 7.1, RFC 6980 5).
  if (datagram.ttl != wire::ndp_hop_limit || datagram.was_fragmented) return {DropReason::bad_neighbour, {}};
  return icmp.type == wire::icmpv6_type::neighbour_solicitation ? on_solicitation(routes, datagram, icmp)
                                                                : on_advertisement(now, datagram, icmp);
}

EthernetLink::Outcome EthernetLink::on_solicitation(const Routes& routes, const Datagram& datagram,
                                                    const wire::Icmpv6Message& icmp) {
  const auto solicitation = wire::parse_neighbour_solicitation(icmp);
  if (!solicitation) return {solicitation.error(), {}};
  const auto source_mac = solicitation->source_mac;
  const bool has_no_source = datagram.source.is_unspecified();
  const bool to_solicited_node = datagram.destination == wire::solicited_node(solicitation->target);
  // RFC 4861 7.1.1: who has no address yet asks the group, and cannot tell a MAC for it.
  if (has_no_source && (!to_solicited_node || source_mac)) return {DropReason::bad_neighbour, {}};
  if (source_mac && wire::is_group(*source_mac)) return {DropReason::bad_neighbour, {}};
  if (!routes.is_own(solicitation->target)) return {DropReason::not_for_us, {}};
  if (source_mac && routes.is_on_link(datagram.source)) neighbours_.on_introduced(datagram.source, *source_mac);
  wire::NdpBody body;
  const auto answer = wire::make_neighbour_advertisement({solicitation->target, false, !has_no_source, true, mac_}, body);
  Message reply = make_nd_message(solicitation->target, has_no_source ? wire::all_nodes() : datagram.source, answer);
  reply.why_id = "neighbour-advertisement";
  reply.why_clause = "RFC 4861 7.2.4";
  return {DropReason::none, std::move(reply)};
}

EthernetLink::Outcome EthernetLink::on_advertisement(Instant now, const Datagram& datagram, const wire::Icmpv6Message& icmp) {
  const auto advertisement = wire::parse_neighbour_advertisement(icmp);
  if (!advertisement) return {advertisement.error(), {}};
  const auto target_mac = advertisement->target_mac;
  const bool is_bad = (datagram.destination.is_multicast() && advertisement->solicited) ||  // RFC 4861 7.1.2
                      (target_mac && wire::is_group(*target_mac));
  if (is_bad) return {DropReason::bad_neighbour, {}};
  neighbours_.on_answer(now, {advertisement->target, target_mac, advertisement->solicited, advertisement->override_cached});
  return {};
}

std::optional<Message> EthernetLink::poll_question(const Routes& routes) {
  while (const auto question = neighbours_.poll_question()) {
    const IpAddress& target = question->target;
    const auto source = choose_source(routes.own(), target, target);
    if (!source) continue;
    if (target.is_v4()) {
      const wire::ArpPacket request{wire::ArpPacket::Operation::request, mac_, *source, {}, target};
      return make_arp_message(request, question->mac.value_or(wire::broadcast_mac), "arp-request");
    }
    wire::NdpBody body;
    const auto icmp = wire::make_neighbour_solicitation({target, mac_}, body);
    const IpAddress destination = question->mac ? target : wire::solicited_node(target);
    Message message = make_nd_message(*source, destination, icmp);
    message.why_id = "neighbour-solicitation";
    message.why_clause = "RFC 4861 7.2.2";
    message.to_mac = question->mac.value_or(wire::group_mac(destination));
    return message;
  }
  return {};
}

Reach EthernetLink::resolve(Instant now, const Routes& routes, const IpAddress& next_hop) {
  return routes.is_unicast(next_hop) ? neighbours_.resolve(now, next_hop) : Reach::ready;
}

std::optional<MacAddress> EthernetLink::mac_of(const Routes& routes, const IpAddress& next_hop) const {
  if (routes.is_broadcast(next_hop)) return wire::broadcast_mac;
  if (next_hop.is_multicast()) return wire::group_mac(next_hop);
  const MacAddress* mac = neighbours_.find(next_hop);
  if (mac == nullptr) return {};
  return *mac;
}

std::size_t EthernetLink::write_header(const MacAddress& to, std::uint16_t type, std::span<std::byte> out) const {
  return wire::write_ethernet({to, mac_, type}, out);
}

}  // namespace ft::net
