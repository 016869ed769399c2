// The engine on Ethernet: which frames are ours, ARP, neighbour discovery, resolution of what we send.
#include "base/cursor.hpp"
#include "net/engine.hpp"
#include "packets.hpp"
#include "wire/arp.hpp"
#include "wire/ndp.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;
using namespace std::chrono_literals;

namespace {

constexpr MacAddress our_mac{{2, 0, 0, 0, 0, 1}}, their_mac{{2, 0, 0, 0, 0, 2}};
const IpAddress us4 = ip("10.0.0.1"), them4 = ip("10.0.0.2"), us6 = ip("2001:db8::1"), them6 = ip("2001:db8::2");

StackConfig config() {
  StackConfig c;
  c.medium = Medium::ethernet;
  c.mac = our_mac;
  c.addresses = {{us4, 24}, {us6, 64}, {ip("fe80::1"), 64}};
  c.routes = {{ip("0.0.0.0"), 0, ip("10.0.0.254")}};
  return c;
}

Octets arp(wire::ArpPacket::Operation operation, MacAddress sender_mac, const IpAddress& sender, MacAddress target_mac,
           const IpAddress& target) {
  Octets octets(28);
  wire::write_arp({operation, sender_mac, sender, target_mac, target}, octets);
  const bool is_request = operation == wire::ArpPacket::Operation::request;
  return framed(is_request ? wire::broadcast_mac : target_mac, sender_mac, wire::ethertype::arp, octets);
}
Octets arp_request(const IpAddress& target, const IpAddress& sender = them4) {
  return arp(wire::ArpPacket::Operation::request, their_mac, sender, {}, target);
}
Octets arp_reply(MacAddress mac = their_mac, const IpAddress& sender = them4) {
  return arp(wire::ArpPacket::Operation::reply, mac, sender, our_mac, us4);
}

Octets solicitation(const IpAddress& source, const IpAddress& destination, const IpAddress& target,
                    std::optional<MacAddress> source_mac, std::uint8_t hop_limit = 255) {
  wire::NdpBody body;
  const auto icmp = wire::make_neighbour_solicitation({target, source_mac}, body);
  const auto packet = icmp_packet(source, destination, icmp.type, 0, icmp.rest, icmp.body, hop_limit);
  return framed(destination.is_multicast() ? wire::group_mac(destination) : our_mac, their_mac, wire::ethertype::ipv6, packet);
}
Octets advertisement(const wire::NeighbourAdvertisement& advertisement, const IpAddress& destination = us6) {
  wire::NdpBody body;
  const auto icmp = wire::make_neighbour_advertisement(advertisement, body);
  const auto packet = icmp_packet(advertisement.target, destination, icmp.type, 0, icmp.rest, icmp.body, 255);
  return framed(our_mac, their_mac, wire::ethertype::ipv6, packet);
}

Octets from_peer(const Octets& packet, MacAddress to = our_mac) {
  return framed(to, their_mac, load_u8(packet.data()) >> 4 == 4 ? wire::ethertype::ipv4 : wire::ethertype::ipv6, packet);
}

DropReason fate(net::Engine& engine, const Octets& frame, Instant now = start) {
  return dropped(engine.on_packet(now, frame, false));
}

}  // namespace

TEST_CASE("frames for other stations, of unknown type or from groups are dropped") {
  net::Engine engine(config());
  const auto packet = ip_packet(them4, us4, 6, counted(20));
  CHECK(std::holds_alternative<net::Delivered>(engine.on_packet(start, from_peer(packet), false)));
  CHECK(fate(engine, from_peer(packet, their_mac)) == DropReason::not_for_us);
  CHECK(fate(engine, from_peer(packet, {{0x33, 0x33, 0xff, 9, 9, 9}})) == DropReason::not_for_us);
  CHECK(fate(engine, framed(our_mac, their_mac, 0x88cc, packet)) == DropReason::unknown_ethertype);
  CHECK(fate(engine, framed(our_mac, wire::broadcast_mac, wire::ethertype::ipv4, packet)) == DropReason::bad_source);
  CHECK(fate(engine, framed(our_mac, their_mac, wire::ethertype::ipv6, packet)) == DropReason::bad_version);
  CHECK(fate(engine, Octets(13)) == DropReason::too_short);
  CHECK(fate(engine, framed(our_mac, their_mac, wire::ethertype::ipv4, {})) == DropReason::too_short);
}

TEST_CASE("a unicast packet in a broadcast frame is dropped and never answered") {
  net::Engine engine(config());
  CHECK(fate(engine, from_peer(ip_packet(them4, us4, 6, counted(20)), wire::broadcast_mac)) == DropReason::not_unicast);
  CHECK(fate(engine, from_peer(echo_request(them4, us4, counted(8)), wire::broadcast_mac)) == DropReason::not_unicast);
  CHECK(drain(engine, start).empty());
}

TEST_CASE("an ARP request for us is answered to the asker, in a padded frame") {
  net::Engine engine(config());
  CHECK(fate(engine, arp_request(us4)) == DropReason::none);
  const auto sent = drain(engine, start);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].why == "arp-reply");
  CHECK(sent[0].octets.size() == 60);
  const auto frame = wire::parse_ethernet(sent[0].octets);
  CHECK(frame->header.destination == their_mac);
  CHECK(frame->header.source == our_mac);
  const auto reply = wire::parse_arp(frame->payload);
  REQUIRE(reply.has_value());
  CHECK(reply->operation == wire::ArpPacket::Operation::reply);
  CHECK(reply->sender == us4);
  CHECK(reply->sender_mac == our_mac);
  CHECK(reply->target == them4);
  CHECK(engine.reach(start, them4) == net::Reach::ready);  // it introduced itself
}

TEST_CASE("an ARP request for somebody else teaches nothing, a bad sender neither") {
  net::Engine engine(config());
  CHECK(fate(engine, arp_request(ip("10.0.0.9"))) == DropReason::not_for_us);
  CHECK(engine.reach(start, them4) == net::Reach::resolving);
  for (const char* sender : {"10.0.0.1", "224.0.0.1", "10.0.0.255", "127.0.0.1"})
    CHECK(fate(engine, arp_request(us4, ip(sender))) == DropReason::bad_arp);
}

TEST_CASE("an ARP probe is answered though its sender has no address yet") {
  net::Engine engine(config());
  CHECK(fate(engine, arp_request(us4, ip("0.0.0.0"))) == DropReason::none);
  CHECK(drain(engine, start).size() == 1);
}

TEST_CASE("a segment waits for ARP and then carries the neighbour's MAC") {
  net::Engine engine(config());
  const auto before = engine.resolution_count();
  CHECK(engine.reach(start, them4) == net::Reach::resolving);
  const auto sent = drain(engine, start);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].why == "arp-request");
  const auto frame = wire::parse_ethernet(sent[0].octets);
  CHECK(frame->header.destination == wire::broadcast_mac);
  const auto request = wire::parse_arp(frame->payload);
  CHECK(request->target == them4);
  CHECK(request->sender == us4);
  CHECK(fate(engine, arp_reply()) == DropReason::none);
  CHECK(engine.resolution_count() > before);
  REQUIRE(engine.reach(start, them4) == net::Reach::ready);
  CHECK(engine.header_length(them4) == 34);
  Octets out(60, std::byte{0xee});
  CHECK(engine.seal(start, {us4, them4}, 20, out) == 34);
  CHECK(wire::parse_ethernet(out)->header.destination == their_mac);
  CHECK(wire::parse_ethernet(out)->header.type == wire::ethertype::ipv4);
  CHECK(wire::parse_ipv4(std::span{out}.subspan(14))->payload.size() == 20);
  CHECK(engine.frame_length(54) == 60);
  CHECK(engine.frame_length(61) == 61);
  for (std::size_t i = 54; i < 60; ++i) CHECK(out[i] == std::byte{0});
}

TEST_CASE("a far destination is reached through its gateway's MAC") {
  net::Engine engine(config());
  CHECK(engine.reach(start, ip("198.51.100.7")) == net::Reach::resolving);
  const auto sent = drain(engine, start);
  REQUIRE(sent.size() == 1);
  CHECK(wire::parse_arp(wire::parse_ethernet(sent[0].octets)->payload)->target == ip("10.0.0.254"));
  CHECK(fate(engine, arp_reply(their_mac, ip("10.0.0.254"))) == DropReason::none);
  CHECK(engine.reach(start, ip("198.51.100.8")) == net::Reach::ready);
  CHECK(engine.reach(start, ip("2001:db8:9::1")) == net::Reach::unreachable);
}

TEST_CASE("nobody answers ARP: unreachable after three requests") {
  net::Engine engine(config());
  CHECK(engine.reach(start, them4) == net::Reach::resolving);
  std::size_t asked = drain(engine, start).size();
  auto now = start;
  while (const auto due = engine.next_deadline()) {
    now = *due;
    engine.on_deadline(now);
    asked += drain(engine, now).size();
  }
  CHECK(asked == 3);
  CHECK(now == start + 3s);
  CHECK(engine.reach(now, them4) == net::Reach::unreachable);
}

TEST_CASE("a neighbour solicitation for us is answered with a solicited advertisement") {
  net::Engine engine(config());
  CHECK(fate(engine, solicitation(them6, wire::solicited_node(us6), us6, their_mac)) == DropReason::none);
  const auto sent = drain(engine, start);
  REQUIRE(sent.size() >= 1);
  CHECK(sent[0].why == "neighbour-advertisement");
  const auto frame = wire::parse_ethernet(sent[0].octets);
  CHECK(frame->header.destination == their_mac);
  const auto packet = wire::parse_ipv6(frame->payload);
  CHECK(packet->header.hop_limit == 255);
  CHECK(packet->header.source == us6);
  const auto icmp = wire::parse_icmpv6(us6, them6, packet->payload);
  REQUIRE(icmp.has_value());
  const auto answer = wire::parse_neighbour_advertisement(*icmp);
  REQUIRE(answer.has_value());
  CHECK(answer->solicited);
  CHECK(answer->override_cached);
  CHECK(answer->target == us6);
  CHECK(answer->target_mac == our_mac);
}

TEST_CASE("who tests whether our address is free is told so in front of all nodes") {
  net::Engine engine(config());
  CHECK(fate(engine, solicitation(ip("::"), wire::solicited_node(us6), us6, {})) == DropReason::none);
  const auto sent = drain(engine, start);
  REQUIRE(sent.size() == 1);
  const auto frame = wire::parse_ethernet(sent[0].octets);
  CHECK(frame->header.destination == wire::group_mac(wire::all_nodes()));
  const auto packet = wire::parse_ipv6(frame->payload);
  CHECK(packet->header.destination == wire::all_nodes());
  CHECK_FALSE(wire::parse_neighbour_advertisement(*wire::parse_icmpv6(us6, wire::all_nodes(), packet->payload))->solicited);
}

TEST_CASE("neighbour messages that RFC 4861 forbids are discarded") {
  net::Engine engine(config());
  const auto group = wire::solicited_node(us6);
  CHECK(fate(engine, solicitation(them6, group, us6, their_mac, 254)) == DropReason::bad_neighbour);
  CHECK(fate(engine, solicitation(ip("::"), group, us6, their_mac)) == DropReason::bad_neighbour);
  CHECK(fate(engine, solicitation(ip("::"), wire::all_nodes(), us6, {})) == DropReason::bad_neighbour);
  CHECK(fate(engine, solicitation(them6, group, them6, their_mac)) == DropReason::not_for_us);
  CHECK(fate(engine, solicitation(ip("::"), us6, us6, {})) == DropReason::bad_source);
  auto broken = solicitation(them6, group, us6, their_mac);
  broken.back() ^= std::byte{1};
  CHECK(fate(engine, broken) == DropReason::bad_transport_checksum);
  CHECK(drain(engine, start).empty());
  CHECK(engine.reach(start, them6) == net::Reach::resolving);
}

TEST_CASE("a segment waits for neighbour discovery") {
  net::Engine engine(config());
  CHECK(engine.reach(start, them6) == net::Reach::resolving);
  const auto sent = drain(engine, start);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].why == "neighbour-solicitation");
  const auto frame = wire::parse_ethernet(sent[0].octets);
  CHECK(frame->header.destination == wire::group_mac(wire::solicited_node(them6)));
  const auto packet = wire::parse_ipv6(frame->payload);
  CHECK(packet->header.source == us6);
  CHECK(packet->header.hop_limit == 255);
  const auto question = wire::parse_neighbour_solicitation(*wire::parse_icmpv6(us6, packet->header.destination, packet->payload));
  CHECK(question->target == them6);
  CHECK(question->source_mac == our_mac);
  CHECK(fate(engine, advertisement({them6, false, true, true, their_mac})) == DropReason::none);
  REQUIRE(engine.reach(start, them6) == net::Reach::ready);
  Octets out(54 + 20);
  CHECK(engine.seal(start, {us6, them6}, 20, out) == 54);
  CHECK(wire::parse_ethernet(out)->header.destination == their_mac);
  CHECK(wire::parse_ethernet(out)->header.type == wire::ethertype::ipv6);
}

TEST_CASE("an echo reply waits for its neighbour and does not hold up the others") {
  net::Engine engine(config());
  CHECK(fate(engine, arp_reply()) == DropReason::none);  // nobody asked: not remembered
  const auto stranger = ip("10.0.0.66");
  CHECK(fate(engine, from_peer(echo_request(stranger, us4, counted(8)))) == DropReason::none);
  CHECK(fate(engine, arp_request(us4)) == DropReason::none);
  CHECK(fate(engine, from_peer(echo_request(them4, us4, counted(8)))) == DropReason::none);
  auto sent = drain(engine, start);
  std::vector<std::string> why;
  for (const auto& s : sent) why.push_back(s.why);
  CHECK(why == std::vector<std::string>{"arp-reply", "icmp-echo-reply", "arp-request", "arp-request"});
  CHECK(fate(engine, arp_reply(their_mac, stranger)) == DropReason::none);
  sent = drain(engine, start);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].why == "icmp-echo-reply");
}

TEST_CASE("replies to a neighbour that never answers are given up") {
  net::Engine engine(config());
  CHECK(fate(engine, from_peer(echo_request(ip("10.0.0.66"), us4, counted(8)))) == DropReason::none);
  drain(engine, start);
  for (const auto at : {1s, 2s, 3s}) {
    engine.on_deadline(start + at);
    drain(engine, start + at);
  }
  // Known only now: the reply is gone, so nothing is left to say.
  CHECK(fate(engine, arp_reply(their_mac, ip("10.0.0.66")), start + 3s) == DropReason::none);
  CHECK(drain(engine, start + 3s).empty());
}

TEST_CASE("link-local addresses work when one is configured") {
  net::Engine engine(config());
  CHECK(engine.path_to(ip("fe80::9"))->source == ip("fe80::1"));
  auto c = config();
  c.addresses.pop_back();
  net::Engine without(c);
  CHECK(without.path_to(ip("fe80::9")).error() == Error::no_route);
}

TEST_CASE("neighbour messages mean nothing on a link without MACs") {
  auto c = config();
  c.medium = Medium::ip;
  net::Engine engine(c);
  const auto frame = solicitation(them6, wire::solicited_node(us6), us6, their_mac);
  CHECK(dropped(engine.on_packet(start, std::span{frame}.subspan(14), false)) == DropReason::icmp_ignored);
}
