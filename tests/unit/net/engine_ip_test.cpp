// The engine on a link without link-layer headers: input checks, echo, sealing, paths.
#include "net/engine.hpp"
#include "packets.hpp"
#include "wire/checksum.hpp"
#include "wire/udp.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::test;

namespace {

StackConfig config() {
  StackConfig c;
  c.addresses = {{ip("10.0.0.1"), 24}, {ip("2001:db8::1"), 64}};
  c.routes = {{ip("0.0.0.0"), 0, ip("10.0.0.254")}};
  c.secret[3] = 7;
  return c;
}

const IpAddress us4 = ip("10.0.0.1"), them4 = ip("10.0.0.2"), far4 = ip("192.0.2.9");
const IpAddress us6 = ip("2001:db8::1"), them6 = ip("2001:db8::2");

DropReason fate(net::Engine& engine, const Octets& packet) { return dropped(engine.on_packet(start, packet, false)); }

}  // namespace

TEST_CASE("a TCP segment for us is delivered with its addresses and header fields") {
  net::Engine engine(config());
  const auto text = counted(33);
  wire::Ipv4Header header;
  header.source = far4;
  header.destination = us4;
  header.protocol = 6;
  header.ttl = 17;
  header.traffic_class = 0x2e;
  auto packet = ipv4_packet(header, text);
  packet.resize(packet.size() + 9);  // padding of the link
  const auto input = engine.on_packet(start, packet, true);
  const auto* delivered = std::get_if<net::Delivered>(&input);
  REQUIRE(delivered != nullptr);
  CHECK(delivered->source == far4);
  CHECK(delivered->destination == us4);
  CHECK(delivered->ttl == 17);
  CHECK(delivered->traffic_class == 0x2e);
  CHECK(delivered->checksum_verified);
  CHECK(std::ranges::equal(delivered->payload, text));
}

TEST_CASE("a TCP segment over IPv6 is delivered, also behind extension headers") {
  net::Engine engine(config());
  const auto text = counted(21);
  auto input = engine.on_packet(start, ip_packet(them6, us6, 6, text), false);
  REQUIRE(std::holds_alternative<net::Delivered>(input));
  // hop-by-hop (router alert, padding), routing type 0 with no segments left, destination options (padding)
  Octets chain;
  for (const int octet : {43, 0, 5, 2, 0, 0, 1, 0, 60, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0})
    chain.push_back(static_cast<std::byte>(octet));
  chain.insert(chain.end(), text.begin(), text.end());
  const auto packet = ip_packet(them6, us6, 0, chain);
  input = engine.on_packet(start, packet, false);
  const auto* delivered = std::get_if<net::Delivered>(&input);
  REQUIRE(delivered != nullptr);
  CHECK(std::ranges::equal(delivered->payload, text));
}

TEST_CASE("a received super-segment of 65535 octets is one packet") {
  net::Engine engine(config());
  const auto input = engine.on_packet(start, ip_packet(them4, us4, 6, counted(65515)), true);
  const auto* delivered = std::get_if<net::Delivered>(&input);
  REQUIRE(delivered != nullptr);
  CHECK(delivered->payload.size() == 65515);
}

TEST_CASE("impossible sources and strangers' destinations are dropped") {
  net::Engine engine(config());
  const auto text = counted(20);
  for (const char* source : {"0.0.0.0", "0.1.2.3", "255.255.255.255", "10.0.0.255", "224.0.0.5", "127.0.0.1", "10.0.0.1"})
    CHECK(fate(engine, ip_packet(ip(source), us4, 6, text)) == DropReason::bad_source);
  for (const char* source : {"::", "::1", "ff02::1", "::ffff:10.0.0.9", "2001:db8::1"})
    CHECK(fate(engine, ip_packet(ip(source), us6, 6, text)) == DropReason::bad_source);
  CHECK(fate(engine, ip_packet(them4, ip("10.0.0.3"), 6, text)) == DropReason::not_for_us);
  CHECK(fate(engine, ip_packet(them4, ip("127.0.0.1"), 6, text)) == DropReason::not_for_us);
  CHECK(fate(engine, ip_packet(them6, ip("2001:db8::3"), 6, text)) == DropReason::not_for_us);
  CHECK(fate(engine, ip_packet(them4, ip("239.1.1.1"), 17, text)) == DropReason::not_for_us);
  CHECK(drain(engine, start).empty());
}

TEST_CASE("TCP to broadcast and multicast addresses is dropped without an answer") {
  net::Engine engine(config());
  const auto text = counted(20);
  for (const char* destination : {"255.255.255.255", "10.0.0.255", "224.0.0.1", "239.9.9.9"})
    CHECK(fate(engine, ip_packet(them4, ip(destination), 6, text)) == DropReason::not_unicast);
  CHECK(fate(engine, ip_packet(them6, ip("ff02::1"), 6, text)) == DropReason::not_unicast);
  CHECK(drain(engine, start).empty());
}

TEST_CASE("with accept_any_address every unicast destination is ours") {
  auto c = config();
  c.accept_any_address = true;
  net::Engine engine(c);
  CHECK(engine.is_local(ip("203.0.113.4")));
  CHECK_FALSE(engine.is_local(ip("239.1.1.1")));
  CHECK_FALSE(engine.is_local(ip("127.0.0.1")));
  CHECK(std::holds_alternative<net::Delivered>(engine.on_packet(start, ip_packet(them4, far4, 6, counted(20)), false)));
  CHECK(engine.path_to(them4, far4)->source == far4);
}

TEST_CASE("an echo request is answered with the same identifier, sequence number and data") {
  for (const auto& [us, them] : {std::pair{us4, them4}, std::pair{us6, them6}}) {
    net::Engine engine(config());
    const auto data = counted(57);
    CHECK(std::holds_alternative<net::Handled>(engine.on_packet(start, echo_request(them, us, data), false)));
    const auto sent = drain(engine, start);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].why == "icmp-echo-reply");
    if (us.is_v4()) {
      const auto packet = wire::parse_ipv4(sent[0].octets);
      REQUIRE(packet.has_value());
      CHECK(packet->header.source == us);
      CHECK(packet->header.destination == them);
      const auto reply = wire::parse_icmp(packet->payload);
      REQUIRE(reply.has_value());
      CHECK(reply->type == wire::icmp_type::echo_reply);
      CHECK(reply->rest == 0x00070001);
      CHECK(std::ranges::equal(reply->body, data));
    } else {
      const auto packet = wire::parse_ipv6(sent[0].octets);
      REQUIRE(packet.has_value());
      const auto reply = wire::parse_icmpv6(us, them, packet->payload);
      REQUIRE(reply.has_value());
      CHECK(reply->type == wire::icmpv6_type::echo_reply);
      CHECK(std::ranges::equal(reply->body, data));
    }
  }
}

TEST_CASE("a flood of echo requests is answered at a limited rate") {
  net::Engine engine(config());
  const auto request = echo_request(them4, us4, counted(8));
  std::size_t answered = 0;
  for (int i = 0; i < 1000; ++i) {
    if (std::holds_alternative<net::Handled>(engine.on_packet(start, request, false))) ++answered;
    drain(engine, start);
  }
  CHECK(answered == 250);
  CHECK(std::holds_alternative<net::Handled>(engine.on_packet(start + std::chrono::milliseconds(5), request, false)));
}

TEST_CASE("a broadcast ping is not answered, a ping to all IPv6 nodes is") {
  net::Engine engine(config());
  CHECK(fate(engine, echo_request(them4, ip("10.0.0.255"), counted(8))) == DropReason::icmp_ignored);
  CHECK(drain(engine, start).empty());
  CHECK(fate(engine, echo_request(them6, ip("ff02::1"), counted(8))) == DropReason::none);
  const auto sent = drain(engine, start);
  REQUIRE(sent.size() == 1);
  CHECK(wire::parse_ipv6(sent[0].octets)->header.source == us6);
}

TEST_CASE("an echo reply larger than the MTU leaves in fragments that make the whole") {
  for (const auto& [us, them] : {std::pair{us4, them4}, std::pair{us6, them6}}) {
    net::Engine engine(config());
    const auto data = counted(4000);
    CHECK(fate(engine, echo_request(them, us, data)) == DropReason::none);
    const auto sent = drain(engine, start);
    REQUIRE(sent.size() == 3);
    // The peer is an engine too: it reassembles the reply, and knows that it asked for none.
    auto c = config();
    c.addresses = {{them4, 24}, {them6, 64}};
    net::Engine peer(c);
    for (std::size_t i = 0; i < sent.size(); ++i) {
      CHECK(sent[i].octets.size() <= 1500);
      CHECK(fate(peer, sent[i].octets) == (i + 1 < sent.size() ? DropReason::none : DropReason::icmp_ignored));
    }
  }
}

TEST_CASE("UDP to us is answered with port unreachable that quotes the datagram") {
  for (const auto& [us, them] : {std::pair{us4, them4}, std::pair{us6, them6}}) {
    net::Engine engine(config());
    Octets datagram(8 + 40);
    wire::write_udp(them, us, {4000, 53}, counted(40), datagram);
    const auto packet = ip_packet(them, us, 17, datagram);
    CHECK(fate(engine, packet) == DropReason::unknown_protocol);
    const auto sent = drain(engine, start);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].why == "icmp-port-unreachable");
    const std::size_t at = us.is_v4() ? 20 : 40;
    CHECK(sent[0].octets[at] == std::byte{us.is_v4() ? std::uint8_t{3} : std::uint8_t{1}});
    CHECK(sent[0].octets[at + 1] == std::byte{us.is_v4() ? std::uint8_t{3} : std::uint8_t{4}});
    CHECK(std::ranges::equal(std::span{sent[0].octets}.subspan(at + 8), packet));
  }
}

TEST_CASE("a UDP datagram with a wrong checksum is not worth an answer") {
  net::Engine engine(config());
  Octets datagram(12);
  wire::write_udp(them4, us4, {4000, 53}, counted(4), datagram);
  datagram[9] ^= std::byte{1};
  CHECK(fate(engine, ip_packet(them4, us4, 17, datagram)) == DropReason::bad_transport_checksum);
  CHECK(drain(engine, start).empty());
}

TEST_CASE("an unknown protocol is answered with protocol unreachable or a parameter problem") {
  net::Engine engine(config());
  CHECK(fate(engine, ip_packet(them4, us4, 132, counted(30))) == DropReason::unknown_protocol);
  auto sent = drain(engine, start);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].why == "icmp-protocol-unreachable");
  CHECK(fate(engine, ip_packet(them6, us6, 132, counted(30))) == DropReason::unknown_protocol);
  sent = drain(engine, start);
  REQUIRE(sent.size() == 1);
  const auto problem = wire::parse_icmpv6(us6, them6, wire::parse_ipv6(sent[0].octets)->payload);
  REQUIRE(problem.has_value());
  CHECK(problem->type == wire::icmpv6_type::parameter_problem);
  CHECK(problem->code == wire::icmpv6_parameter::unknown_next_header);
  CHECK(problem->rest == 6);
  CHECK(fate(engine, ip_packet(them6, us6, 59, counted(30))) == DropReason::unknown_protocol);
  CHECK(drain(engine, start).empty());
}

TEST_CASE("ICMP of the other family is an unknown protocol") {
  net::Engine engine(config());
  CHECK(fate(engine, ip_packet(them4, us4, 58, counted(30))) == DropReason::unknown_protocol);
  CHECK(fate(engine, ip_packet(them6, us6, 1, counted(30))) == DropReason::unknown_protocol);
  CHECK(fate(engine, ip_packet(them4, us4, 59, counted(30))) == DropReason::unknown_protocol);
  CHECK(drain(engine, start).size() == 3);
}

TEST_CASE("a packet of no known version is dropped") {
  net::Engine engine(config());
  CHECK(fate(engine, {}) == DropReason::too_short);
  CHECK(fate(engine, Octets(40, std::byte{0x50})) == DropReason::bad_version);
}

TEST_CASE("an engine that moved goes on where it was") {
  net::Engine first(config());
  first.lower_path_mtu(start, them4, 1000);
  net::Engine second(std::move(first));
  CHECK(second.path_to(them4)->mtu == 1000);
  CHECK(second.is_broadcast(ip("10.0.0.255")));
  second = net::Engine(config());
  CHECK(second.path_to(them4)->mtu == 1500);
}

TEST_CASE("errors about errors, to groups or about later fragments are never sent") {
  net::Engine engine(config());
  CHECK(fate(engine, ip_packet(them4, ip("10.0.0.255"), 132, counted(30))) == DropReason::unknown_protocol);
  wire::Ipv4Header header;
  header.source = them4;
  header.destination = us4;
  header.protocol = 132;
  header.fragment_offset = 8;
  CHECK(fate(engine, ipv4_packet(header, counted(30))) == DropReason::none);
  // An ICMPv6 error with an unknown destination option that asks for a parameter problem.
  Octets chain;
  for (const int octet : {58, 0, 0xc9, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}) chain.push_back(static_cast<std::byte>(octet));
  CHECK(fate(engine, ip_packet(them6, us6, 60, chain)) == DropReason::bad_options);
  CHECK(drain(engine, start).empty());
}

TEST_CASE("ICMP errors that we send are limited in rate") {
  net::Engine engine(config());
  std::size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    CHECK(fate(engine, ip_packet(them4, us4, 132, counted(30))) == DropReason::unknown_protocol);
    sent += drain(engine, start).size();
  }
  CHECK(sent == 25);
}

TEST_CASE("seal writes an IPv4 header with DF and no ID in front of the segment") {
  net::Engine engine(config());
  REQUIRE(engine.reach(start, far4) == net::Reach::ready);
  CHECK(engine.header_length(far4) == 20);
  Octets out(20 + 32);
  net::Envelope envelope{us4, far4};
  envelope.traffic_class = 0x28;
  CHECK(engine.seal(start, envelope, 32, out) == 20);
  const auto parsed = wire::parse_ipv4(out);
  REQUIRE(parsed.has_value());
  CHECK(parsed->header.dont_fragment);
  CHECK(parsed->header.id == 0);
  CHECK(parsed->header.traffic_class == 0x28);
  CHECK(parsed->header.source == us4);
  CHECK(parsed->payload.size() == 32);
  envelope.dont_fragment = false;
  engine.seal(start, envelope, 32, out);
  const auto first_id = wire::parse_ipv4(out)->header.id;
  engine.seal(start, envelope, 32, out);
  CHECK(wire::parse_ipv4(out)->header.id != first_id);
  CHECK(engine.frame_length(52) == 52);
}

TEST_CASE("seal gives each IPv6 flow a label of its own that stays") {
  net::Engine engine(config());
  Octets out(40 + 32);
  const auto label_of_port = [&](std::uint8_t port) {
    out[41] = std::byte{port};
    CHECK(engine.seal(start, {us6, them6}, 32, out) == 40);
    return wire::parse_ipv6(out)->header.flow_label;
  };
  const auto first = label_of_port(1);
  CHECK(first != 0);
  CHECK(label_of_port(1) == first);
  CHECK(label_of_port(2) != first);
  CHECK(label_of_port(1) == first);
}

TEST_CASE("a path gives source and MTU, or says why there is none") {
  auto c = config();
  c.routes.clear();
  net::Engine engine(c);
  CHECK(engine.path_to(them4)->source == us4);
  CHECK(engine.path_to(them6)->source == us6);
  CHECK(engine.path_to(them4)->mtu == 1500);
  CHECK(engine.path_to(far4).error() == Error::no_route);
  CHECK(engine.path_to(us4)->source == us4);  // loops back
  CHECK(engine.path_to(ip("10.0.0.255")).error() == Error::no_route);
  CHECK(engine.path_to(them4, ip("10.0.0.9")).error() == Error::address_not_local);
  CHECK(engine.path_to(them4, us6).error() == Error::address_not_local);
  CHECK(engine.reach(start, far4) == net::Reach::unreachable);
  CHECK(engine.reach(start, them4) == net::Reach::ready);
}

TEST_CASE("a lowered path MTU lasts ten minutes and has a floor") {
  net::Engine engine(config());
  CHECK(engine.lower_path_mtu(start, them4, 1400) == 1400);
  CHECK(engine.path_to(them4)->mtu == 1400);
  CHECK(engine.path_to(far4)->mtu == 1500);
  CHECK(engine.lower_path_mtu(start, them4, 1450) == 1400);
  CHECK(engine.lower_path_mtu(start, them4, 68) == 576);
  CHECK(engine.lower_path_mtu(start, them6, 68) == 1280);
  REQUIRE(engine.next_deadline() == start + std::chrono::minutes(10));
  engine.on_deadline(start + std::chrono::minutes(10));
  CHECK(engine.path_to(them4)->mtu == 1500);
  CHECK(engine.next_deadline() == std::nullopt);
}
