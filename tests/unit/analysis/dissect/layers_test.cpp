#include "octets.hpp"

#include "wire/icmp.hpp"
#include "wire/icmpv6.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;
using pcap::Direction;
using pcap::LinkType;
using P = Protocol;

namespace {

constexpr std::uint16_t type_ipv4 = 0x0800;
LinkType link(int number) { return static_cast<LinkType>(number); }

bool says_hello(const Frame& frame) {
  return frame.has_segment && frame.segment.seq == Seq{1001} && frame.segment.text.size() == 5 &&
         frame.segment.checksum == ChecksumState::good && frame.problem == Problem::none;
}

Octets part(const Octets& from, std::size_t begin, std::size_t end) {
  return {from.begin() + static_cast<std::ptrdiff_t>(begin), from.begin() + static_cast<std::ptrdiff_t>(end)};
}

Octets fragment4(const Octets& contents, std::size_t begin, std::size_t end, std::uint16_t id = 9) {
  return ipv4({.id = id,
               .more_fragments = end < contents.size(),
               .fragment_offset = static_cast<std::uint32_t>(begin),
               .ttl = 63,
               .protocol = 6,
               .source = client4,
               .destination = server4},
              part(contents, begin, end));
}

}  // namespace

TEST_CASE("VLAN tags of all three kinds are passed, one in the other too") {
  for (const int type : {0x8100, 0x88a8, 0x9100}) {
    Bench bench;
    const Octets tagged = octets({0, 5, 0x08, 0x00}) + data4();
    CHECK(says_hello(bench.see(ethernet(static_cast<std::uint16_t>(type), tagged))));
    const Octets twice = octets({0, 7, 0x81, 0}) + tagged;
    const Frame& frame = bench.see(ethernet(static_cast<std::uint16_t>(type), twice));
    CHECK(says_hello(frame));
    CHECK(protocols(frame) == std::vector{P::ethernet, P::vlan, P::vlan, P::ipv4, P::tcp, P::data});
  }
}

TEST_CASE("two copies of a packet differ in their link's digest when MAC addresses or tags differ") {
  Bench bench;
  const auto digest = [&](const Octets& frame) { return bench.see(frame).segment.link; };
  const Octets plain = ethernet(type_ipv4, data4());
  Octets other = plain;
  other[5] = std::byte{77};
  const std::uint64_t first = digest(plain);
  CHECK(digest(plain) == first);
  CHECK(digest(other) != first);
  CHECK(digest(ethernet(0x8100, octets({0, 5, 8, 0}) + data4())) != first);
  CHECK(digest(ethernet(0x8100, octets({0, 5, 8, 0}) + data4())) != digest(ethernet(0x8100, octets({0, 6, 8, 0}) + data4())));
}

TEST_CASE("cooked captures of both versions tell the direction") {
  Bench bench;
  const Octets sll = octets({0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0});
  const Frame& frame = bench.see(sll + data4(), LinkType::linux_sll);
  CHECK(says_hello(frame));
  CHECK(frame.segment.direction == Direction::outbound);
  const Octets sll2 = octets({0x86, 0xdd, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0});
  const Frame& second = bench.see(sll2 + data6(), LinkType::linux_sll2);
  CHECK(says_hello(second));
  CHECK(second.segment.direction == Direction::inbound);
  CHECK(protocols(second) == std::vector{P::linux_sll2, P::ipv6, P::tcp, P::data});
}

TEST_CASE("raw IP is told apart by its version, under each number that means it") {
  for (const int number : {101, 228, 229, 12, 14}) {
    Bench bench;
    CHECK(says_hello(bench.see(data4(), link(number))));
    CHECK(says_hello(bench.see(data6(), link(number))));
  }
}

TEST_CASE("BSD loopback is read in both octet orders with each system's number for IPv6") {
  Bench bench;
  for (const int family : {10, 24, 26, 28, 30}) {
    CHECK(says_hello(bench.see(octets({family, 0, 0, 0}) + data6(), LinkType::null)));
    CHECK(says_hello(bench.see(octets({0, 0, 0, family}) + data6(), LinkType::null)));
    CHECK(says_hello(bench.see(octets({0, 0, 0, family}) + data6(), LinkType::loop)));
  }
  CHECK(says_hello(bench.see(octets({2, 0, 0, 0}) + data4(), LinkType::null)));
  CHECK_FALSE(bench.see(octets({7, 0, 0, 0}) + data4(), LinkType::null).has_segment);
}

TEST_CASE("PPP is read with and without its address, with a short protocol number, and over Ethernet") {
  Bench bench;
  CHECK(says_hello(bench.see(octets({0xff, 3, 0, 0x21}) + data4(), link(9))));
  CHECK(says_hello(bench.see(octets({0, 0x21}) + data4(), link(9))));
  CHECK(says_hello(bench.see(octets({0x57}) + data6(), link(9))));
  CHECK(says_hello(bench.see(octets({0xff, 3, 0, 0x57}) + data6(), link(50))));
  CHECK(says_hello(bench.see(octets({0x0f, 0, 8, 0}) + data4(), link(104))));
  const Frame& out = bench.see(octets({1, 0xff, 3, 0, 0x21}) + data4(), link(166));
  CHECK(says_hello(out));
  CHECK(out.direction == Direction::outbound);
  const Octets packet = data4();
  const auto length = static_cast<int>(packet.size() + 2);
  Octets session = octets({0x11, 0, 0, 1, length >> 8, length & 255, 0, 0x21}) + packet;
  session.resize(session.size() + 4, std::byte{1});  // padding
  CHECK(says_hello(bench.see(ethernet(0x8864, session))));
  CHECK(protocols(bench.see(session, link(51))) == std::vector{P::pppoe, P::ppp, P::ipv4, P::tcp, P::data});
}

TEST_CASE("SNAP and MPLS are passed") {
  Bench bench;
  const Octets snap = octets({0xaa, 0xaa, 3, 0, 0, 0, 8, 0}) + data4();
  CHECK(says_hello(bench.see(ethernet(static_cast<std::uint16_t>(snap.size()), snap))));
  CHECK(says_hello(bench.see(ethernet(0x8847, octets({0, 1, 0, 64, 0, 2, 1, 64}) + data6()))));
}

TEST_CASE("a link type that nobody here reads is named as the problem") {
  Bench bench;
  const Frame& frame = bench.see(data4(), link(147));
  CHECK(frame.problem == Problem::unsupported_link_type);
  CHECK_FALSE(frame.has_segment);
}

TEST_CASE("IPv4 options and IPv6 extension headers stand before TCP") {
  Bench bench;
  Octets packet = octets({0x46, 0, 0, 0, 0, 7, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1, 1, 1, 0}) +
                  tcp(client4, server4, data_header(), "hello");
  packet[3] = static_cast<std::byte>(packet.size());
  CHECK(says_hello(bench.see(packet, LinkType::raw_ip)));
  const Octets options = octets({43, 0, 1, 4, 0, 0, 0, 0});
  const Octets routing = octets({60, 0, 0, 0, 0, 0, 0, 0});
  const Octets destination = octets({51, 0, 1, 4, 0, 0, 0, 0});
  const Octets ah = octets({6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2});
  const Octets chain = options + routing + destination + ah + tcp(client6, server6, data_header(), "hello");
  const Frame& frame = bench.see(ipv6(0, chain), LinkType::raw_ip);
  CHECK(says_hello(frame));
  CHECK(protocols(frame) ==
        std::vector{P::ipv6, P::hop_by_hop, P::routing, P::destination_options, P::authentication, P::tcp, P::data});
}

TEST_CASE("a jumbogram's length is in its option") {
  Octets packet = ipv6(0, octets({6, 0, 0xc2, 4, 0, 0, 0, 0}) + tcp(client6, server6, data_header(), "hello"));
  packet[4] = packet[5] = std::byte{0};
  packet[47] = static_cast<std::byte>(packet.size() - 40);
  packet.resize(packet.size() + 3);  // padding that the length leaves out
  Bench bench;
  CHECK(says_hello(bench.see(packet, LinkType::raw_ip)));
}

TEST_CASE("packets inside packets: IP in IP, 6in4, 4in6, GRE plain and with everything, Ethernet in GRE") {
  Bench bench;
  CHECK(says_hello(bench.see(ipv4(4, data4()), LinkType::raw_ip)));
  CHECK(says_hello(bench.see(ipv4(41, data6()), LinkType::raw_ip)));
  CHECK(says_hello(bench.see(ipv6(4, data4()), LinkType::raw_ip)));
  CHECK(says_hello(bench.see(ipv6(41, data6()), LinkType::raw_ip)));
  CHECK(says_hello(bench.see(ipv4(47, octets({0, 0, 8, 0}) + data4()), LinkType::raw_ip)));
  const Octets all = octets({0xb0, 0, 0x86, 0xdd, 1, 2, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1});
  const Frame& frame = bench.see(ipv4(47, all + data6()), LinkType::raw_ip);
  CHECK(says_hello(frame));
  CHECK(frame.segment.source == client6);
  CHECK(frame.segment.ttl == 62);
  CHECK(protocols(frame) == std::vector{P::ipv4, P::gre, P::ipv6, P::tcp, P::data});
  CHECK(says_hello(bench.see(ipv4(47, octets({0, 0, 0x65, 0x58}) + ethernet(type_ipv4, data4())), LinkType::raw_ip)));
}

TEST_CASE("a tower of tunnels ends at sixteen layers") {
  Octets packet = data4();
  for (int i = 0; i < 40; ++i) packet = ipv4(4, packet);
  Bench bench;
  const Frame& frame = bench.see(packet, LinkType::raw_ip);
  CHECK(frame.problem == Problem::too_many_layers);
  CHECK(frame.layers().size() == Frame::most_layers);
}

TEST_CASE("a segment that has no place among the layers is not read either") {
  for (int headers = 10; headers < 16; ++headers) {
    Octets chain;
    for (int i = 0; i < headers; ++i) chain = chain + octets({i + 1 < headers ? 60 : 6, 0, 1, 4, 0, 0, 0, 0});
    Bench bench;
    const Frame& frame = bench.see(ipv6(60, chain + tcp(client6, server6, data_header(), "hello")), LinkType::raw_ip);
    CHECK(frame.has_segment == (headers < 15));
    CHECK((frame.problem == Problem::too_many_layers) == (headers >= 14));
  }
}

TEST_CASE("fragments are put together in any order, and the last to come has the segment") {
  const Octets whole = tcp(client4, server4, data_header(), std::string(100, 'x'));
  Bench bench;
  const Frame& first = bench.see(ethernet(type_ipv4, fragment4(whole, 64, whole.size())));
  CHECK(first.problem == Problem::fragment_waiting);
  CHECK_FALSE(first.has_segment);
  CHECK_FALSE(bench.see(ethernet(type_ipv4, fragment4(whole, 32, 64))).has_segment);
  const Frame& last = bench.see(ethernet(type_ipv4, fragment4(whole, 0, 32)));
  REQUIRE(last.has_segment);
  CHECK(last.segment.fragmented);
  CHECK(last.segment.length == 100);
  CHECK(last.segment.checksum == ChecksumState::good);
  CHECK(last.segment.packet_length == 20 + whole.size());
  CHECK(last.reassembled.size() == whole.size());
  CHECK(last.layers().back().reassembled);
  CHECK(bench.dissector.reassembler().packets_waiting() == 0);
  CHECK(bench.dissector.reassembler().octets_held() == 0);
}

TEST_CASE("fragments of IPv6 are put together, and a packet that is its only fragment is read at once") {
  const Octets whole = tcp(client6, server6, data_header(), std::string(60, 'x'));
  const auto piece = [&](std::size_t begin, std::size_t end) {
    const int field = static_cast<int>(begin) | (end < whole.size() ? 1 : 0);
    return ipv6(44, octets({6, 0, field >> 8, field & 255, 0, 0, 0, 5}) + part(whole, begin, end));
  };
  Bench bench;
  CHECK_FALSE(bench.see(piece(0, 40), LinkType::raw_ip).has_segment);
  const Frame& frame = bench.see(piece(40, whole.size()), LinkType::raw_ip);
  REQUIRE(frame.has_segment);
  CHECK(frame.segment.length == 60);
  CHECK(says_hello(
      bench.see(ipv6(44, octets({6, 0, 0, 0, 0, 0, 0, 5}) + tcp(client6, server6, data_header(), "hello")), LinkType::raw_ip)));
}

TEST_CASE("a fragment that says something else than what is there already is refused with its packet") {
  const Octets whole = tcp(client4, server4, data_header(), std::string(100, 'x'));
  Octets other = whole;
  other[40] ^= std::byte{1};
  Bench bench;
  bench.see(ethernet(type_ipv4, fragment4(whole, 0, 64)));
  CHECK(bench.see(ethernet(type_ipv4, fragment4(other, 32, 96))).problem == Problem::fragment_refused);
  CHECK_FALSE(bench.see(ethernet(type_ipv4, fragment4(whole, 64, whole.size()))).has_segment);
  CHECK(bench.dissector.reassembler().packets_lost() == 1);
}

TEST_CASE("fragments that never become whole are bounded in number and octets, and go after a minute") {
  const Octets whole = tcp(client4, server4, data_header(), std::string(1000, 'x'));
  Bench bench({.verify_checksums = true, .reassembly = {.most_octets = 20'000, .most_packets = 8}});
  for (std::uint16_t id = 0; id < 100; ++id) {
    bench.see(ethernet(type_ipv4, fragment4(whole, 0, 512, id)));
    CHECK(bench.dissector.reassembler().packets_waiting() <= 9);
    CHECK(bench.dissector.reassembler().octets_held() <= 20'000);
  }
  Reassembler patient;
  const Octets contents(8);
  patient.add({client4, server4, 1, 6, 0, true, contents}, Instant{});
  patient.add({client4, server4, 2, 6, 0, true, contents}, Instant{std::chrono::seconds(61)});
  CHECK(patient.packets_waiting() == 1);
  CHECK(patient.packets_lost() == 1);
}

TEST_CASE("an ICMP error tells which segment it is about") {
  const Octets quoted = part(data4(), 0, 28);
  Octets message(8 + quoted.size());
  wire::write_icmp({3, 4, 1400, quoted}, message);
  Bench bench;
  const Frame& frame = bench.see(ipv4(1, message, IpAddress::v4(10, 0, 0, 9), client4), LinkType::raw_ip);
  CHECK_FALSE(frame.has_segment);
  REQUIRE(frame.has_icmp_error);
  const IcmpError& error = frame.icmp_error;
  CHECK(error.reporter == IpAddress::v4(10, 0, 0, 9));
  CHECK(error.quoted_source == client4);
  CHECK(error.quoted_destination == server4);
  CHECK(error.quoted_source_port == 40000);
  CHECK(error.quoted_destination_port == 80);
  CHECK(error.quoted_seq == Seq{1001});
  CHECK(error.type == 3);
  CHECK(error.code == 4);
  CHECK(error.mtu == 1400);
  CHECK(error.frame == 1);
  CHECK(frame.problem == Problem::none);
  CHECK(protocols(frame) == std::vector{P::ipv4, P::icmp, P::ipv4, P::tcp});
  CHECK(frame.layers()[2].quoted);
  CHECK_FALSE(frame.layers()[0].quoted);
}

TEST_CASE("an ICMPv6 packet-too-big tells its MTU, and one about a ping is no business of TCP's") {
  const Octets quoted = data6();
  Octets message(8 + quoted.size());
  wire::write_icmpv6(server6, client6, {2, 0, 1280, quoted}, message);
  Bench bench;
  const Frame& frame = bench.see(ipv6(58, message, server6, client6), LinkType::raw_ip);
  REQUIRE(frame.has_icmp_error);
  CHECK(frame.icmp_error.ipv6);
  CHECK(frame.icmp_error.mtu == 1280);
  CHECK(frame.icmp_error.quoted_source == client6);
  const Octets ping = ipv4(1, octets({8, 0, 0, 0, 0, 1, 0, 1}));
  Octets about(8 + ping.size());
  wire::write_icmp({3, 1, 0, ping}, about);
  CHECK_FALSE(bench.see(ipv4(1, about), LinkType::raw_ip).has_icmp_error);
}

TEST_CASE("a frame check sequence is no part of a packet without a length of its own") {
  Octets packet = data4();
  packet[2] = packet[3] = std::byte{0};
  const Octets with_fcs = ethernet(type_ipv4, packet) + octets({1, 2, 3, 4});
  Dissector dissector;
  const Frame& frame = dissector.dissect({.link_type = LinkType::ethernet, .fcs_length = 4, .octets = with_fcs});
  REQUIRE(frame.has_segment);
  CHECK(frame.segment.length == 5);
}
