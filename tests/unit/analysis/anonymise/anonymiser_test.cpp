#include "../dissect/octets.hpp"

#include "analysis/anonymise/anonymiser.hpp"
#include "base/rng.hpp"
#include "wire/icmp.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;
using pcap::LinkType;

namespace {

constexpr AnonymiseKey key{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::uint16_t type_ipv4 = 0x0800, type_ipv6 = 0x86dd;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

unsigned shared(const IpAddress& a, const IpAddress& b) {
  unsigned bits = 0;
  while (bits < a.size() * 8 && a.in_prefix(b, bits + 1)) ++bits;
  return bits;
}

bool holds(const Octets& octets, const Octets& part) { return std::ranges::search(octets, part).begin() != octets.end(); }
Octets octets_of(const IpAddress& address) {
  const auto bytes = std::as_bytes(address.octets());
  return {bytes.begin(), bytes.end()};
}

/// The packet after anonymising, dissected again.
struct After {
  Octets octets;
  Bench bench;
  const Frame* frame = nullptr;
  After(const Octets& packet, LinkType link = LinkType::ethernet, std::size_t on_wire = 0) {
    Bench before;
    const Frame& original = before.see(packet, link, on_wire);
    Anonymiser(key).anonymise(original, octets);
    CHECK(octets.size() == packet.size());
    frame = &bench.see(octets, link, on_wire);
    CHECK(frame->problem == original.problem);
    CHECK(protocols(*frame) == protocols(original));
  }
};

}  // namespace

TEST_CASE("two addresses share as long a prefix after anonymising as before") {
  AddressMap map(key);
  Rng rng(7);
  std::set<IpAddress> targets;
  for (int i = 0; i < 2000; ++i) {
    const auto octet = [&] { return static_cast<std::uint8_t>(rng.next()); };
    const IpAddress a = IpAddress::v4(10, octet(), octet(), octet()), b = IpAddress::v4(10, octet(), octet(), octet());
    CHECK(shared(map.map(a), map.map(b)) == shared(a, b));
    targets.insert(map.map(a));
  }
  CHECK(targets.size() > 1990);
  CHECK(shared(map.map(ip("2001:db8:1:2::5")), map.map(ip("2001:db8:1:3::9"))) == 63);
  CHECK(map.map(ip("2001:db8:1:2::5")) != ip("2001:db8:1:2::5"));
}

TEST_CASE("what an address is by its range, it stays") {
  AddressMap map(key);
  for (const char* same : {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "ff02::1"})
    CHECK(map.map(ip(same)) == ip(same));
  const auto stays_in = [&](const char* address, const char* prefix, unsigned length) {
    CAPTURE(address);
    CHECK(map.map(ip(address)).in_prefix(ip(prefix), length));
    CHECK(map.map(ip(address)) != ip(address));
  };
  stays_in("10.1.2.3", "10.0.0.0", 8);
  stays_in("172.20.1.2", "172.16.0.0", 12);
  stays_in("192.168.7.9", "192.168.0.0", 16);
  stays_in("100.70.1.2", "100.64.0.0", 10);
  stays_in("169.254.3.4", "169.254.0.0", 16);
  stays_in("fe80::1234:5678:9abc:def0", "fe80::", 64);
  stays_in("fd12:3456::1", "fc00::", 7);
  stays_in("ff02::1:ff12:3456", "ff02::1:ff00:0", 104);
  stays_in("::ffff:10.1.2.3", "::ffff:10.0.0.0", 104);
  for (unsigned i = 0; i < 2000; ++i) {
    const IpAddress mapped = map.map(IpAddress::v4(static_cast<std::uint8_t>(1 + i % 220), static_cast<std::uint8_t>(i), 3, 4));
    CHECK_FALSE(mapped.is_multicast());
    CHECK_FALSE(mapped.octets()[0] == 0);
  }
}

TEST_CASE("another key gives other addresses, the same key the same") {
  AnonymiseKey other = key;
  other[0] = 99;
  CHECK(AddressMap(key).map(client4) == AddressMap(key).map(client4));
  CHECK(AddressMap(other).map(ip("8.8.8.8")) != AddressMap(key).map(ip("8.8.8.8")));
}

TEST_CASE("a segment keeps its numbers and loses its addresses and its text; its checksums are right") {
  for (const bool v6 : {false, true}) {
    const Octets packet = ethernet(v6 ? type_ipv6 : type_ipv4, v6 ? data6("secret") : data4("secret"));
    const After after(packet);
    const Segment& s = after.frame->segment;
    CHECK(s.seq == Seq{1001});
    CHECK(s.source_port == 40000);
    CHECK(s.length == 6);
    CHECK(s.options.stamps.val == 12);
    CHECK(s.checksum == ChecksumState::good);
    CHECK(s.source != (v6 ? client6 : client4));
    CHECK_FALSE(holds(after.octets, text("secret")));
    CHECK_FALSE(holds(after.octets, octets_of(v6 ? client6 : client4)));
    CHECK_FALSE(holds(after.octets, octets({2, 0, 0, 0, 0, 1})));
    if (!v6) CHECK(wire::parse_ipv4(std::span(after.octets).subspan(14)).has_value());
  }
}

TEST_CASE("a checksum that was wrong stays wrong, one that was left to the network card stays left to it") {
  Octets segment = tcp(client4, server4, data_header(), "hello");
  segment.back() ^= std::byte{1};
  CHECK(After(ethernet(type_ipv4, ipv4(6, segment))).frame->segment.checksum == ChecksumState::bad);
  const auto sum = static_cast<std::uint16_t>(
      ~wire::finish(wire::pseudo_header(client4, server4, 6, static_cast<std::uint32_t>(segment.size()))));
  segment[16] = static_cast<std::byte>(sum >> 8);
  segment[17] = static_cast<std::byte>(sum);
  CHECK(After(ethernet(type_ipv4, ipv4(6, segment))).frame->segment.checksum == ChecksumState::partial);
}

TEST_CASE("packets inside packets and inside ICMP errors are changed in the same way") {
  const Octets quoted = data4("secret");
  Octets message(8 + quoted.size());
  wire::write_icmp({3, 1, 0, quoted}, message);
  const After after(ipv4(4, ipv4(1, message, IpAddress::v4(10, 0, 0, 9), client4)), LinkType::raw_ip);
  REQUIRE(after.frame->has_icmp_error);
  Anonymiser same(key);
  CHECK(after.frame->icmp_error.quoted_source == same.map(client4));
  CHECK(after.frame->icmp_error.reporter == same.map(IpAddress::v4(10, 0, 0, 9)));
  CHECK(after.frame->icmp_error.quoted_seq == Seq{1001});
  CHECK_FALSE(holds(after.octets, octets_of(client4)));
  CHECK_FALSE(holds(after.octets, text("secret")));
  CHECK(wire::parse_icmp(std::span<const std::byte>(after.octets).subspan(40)).has_value());
}

TEST_CASE("what nobody understands, padding and cookies become zeros") {
  Octets frame = ethernet(type_ipv4, data4("x")) + text("trailer");
  CHECK_FALSE(holds(After(frame).octets, text("trailer")));
  CHECK_FALSE(holds(After(ethernet(0x88cc, text("who I am"))).octets, text("who I am")));
  CHECK_FALSE(holds(After(text("who I am, at some length"), static_cast<LinkType>(147)).octets, text("who")));
  CHECK_FALSE(
      holds(After(ethernet(type_ipv4, ipv4(17, octets({0, 53, 0, 53, 0, 14, 0, 0}) + text("my.dns")))).octets, text("dns")));
  wire::TcpHeader header = syn_header();
  header.options.fast_open =
      wire::FastOpenCookie{.length = 4, .octets = {std::byte{'c'}, std::byte{'o'}, std::byte{'o'}, std::byte{'k'}}};
  const After after(ethernet(type_ipv4, ipv4(6, tcp(client4, server4, header))));
  CHECK_FALSE(holds(after.octets, text("cook")));
  CHECK(after.frame->segment.options.fast_open_length == 4);
  CHECK(after.frame->segment.options.mss_value == 1460);
}

TEST_CASE("options behind one of a wrong length become zeros too") {
  wire::TcpHeader header = syn_header();
  header.options.fast_open =
      wire::FastOpenCookie{.length = 4, .octets = {std::byte{'c'}, std::byte{'o'}, std::byte{'o'}, std::byte{'k'}}};
  Octets segment = tcp(client4, server4, header);
  const auto cookie = std::ranges::search(segment, text("cook")).begin();
  for (const std::uint8_t wrong : {std::uint8_t{1}, std::uint8_t{40}}) {
    *(cookie - 1) = std::byte{wrong};
    const After after(ethernet(type_ipv4, ipv4(6, segment)));
    CHECK_FALSE(holds(after.octets, text("cook")));
    CHECK(after.frame->segment.options.mss_value == 1460);
  }
}

TEST_CASE("a packet cut off by the capture at any octet is anonymised as far as it goes") {
  const Octets whole = ethernet(type_ipv4, data4("secret"));
  for (std::size_t kept = 0; kept < whole.size(); ++kept) {
    const After after({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(kept)}, LinkType::ethernet, whole.size());
    CHECK_FALSE(holds(after.octets, octets_of(client4)));
  }
}

TEST_CASE("fragments are still put together afterwards, and belong to the same connection") {
  const Octets whole = tcp(client4, server4, data_header(), std::string(100, 'x'));
  const auto piece = [&](std::size_t begin, std::size_t end) {
    return ipv4({.id = 9,
                 .more_fragments = end < whole.size(),
                 .fragment_offset = static_cast<std::uint32_t>(begin),
                 .ttl = 63,
                 .protocol = 6,
                 .source = client4,
                 .destination = server4},
                {whole.begin() + static_cast<std::ptrdiff_t>(begin), whole.begin() + static_cast<std::ptrdiff_t>(end)});
  };
  Anonymiser anonymiser(key);
  Bench before, after;
  Octets first, second;
  anonymiser.anonymise(before.see(piece(0, 64), LinkType::raw_ip), first);
  anonymiser.anonymise(before.see(piece(64, whole.size()), LinkType::raw_ip), second);
  after.see(first, LinkType::raw_ip);
  const Frame& frame = after.see(second, LinkType::raw_ip);
  REQUIRE(frame.has_segment);
  CHECK(frame.segment.source == anonymiser.map(client4));
  CHECK(frame.segment.seq == Seq{1001});
  CHECK(frame.segment.length == 100);
  CHECK(frame.segment.checksum == ChecksumState::partial);
}

TEST_CASE("addresses in sentences are replaced, sections of RFCs are not") {
  Anonymiser anonymiser(key);
  const std::string mapped = anonymiser.map(client4).to_string(), mapped6 = anonymiser.map(client6).to_string();
  CHECK(anonymiser.anonymise("10.0.0.1:40000 asks.") == mapped + ":40000 asks.");
  CHECK(anonymiser.anonymise("from 10.0.0.1, at 12:30:45") == "from " + mapped + ", at 12:30:45");
  CHECK(anonymiser.anonymise("[fd00::1]:80 and fd00::1.") == "[" + mapped6 + "]:80 and " + mapped6 + ".");
  CHECK(anonymiser.anonymise("see RFC 9293 3.10.7.4 for it") == "see RFC 9293 3.10.7.4 for it");
  CHECK(anonymiser.anonymise("100 % of 3.5 s, face to face") == "100 % of 3.5 s, face to face");
}
