#include "octets.hpp"

#include <doctest/doctest.h>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;
using pcap::LinkType;
using P = Protocol;

namespace {

constexpr std::uint16_t type_ipv4 = 0x0800, type_ipv6 = 0x86dd;

void check_hello(const Frame& frame) {
  REQUIRE(frame.has_segment);
  const Segment& s = frame.segment;
  CHECK(s.source_port == 40000);
  CHECK(s.destination_port == 80);
  CHECK(s.seq == Seq{1001});
  CHECK(s.ack == Seq{2001});
  CHECK(s.length == 5);
  CHECK(s.window == 502);
  CHECK(s.options.any(SegmentOptions::timestamps));
  CHECK(s.options.stamps == wire::Timestamps{12, 13});
  REQUIRE(s.text.size() == 5);
  CHECK(Octets(s.text.begin(), s.text.end()) == text("hello"));
  CHECK(s.checksum == ChecksumState::good);
}

}  // namespace

TEST_CASE("a segment over Ethernet and IPv4 is read with all that flows ask for") {
  Bench bench;
  const Frame& frame = bench.see(ethernet(type_ipv4, data4()));
  check_hello(frame);
  CHECK(frame.problem == Problem::none);
  CHECK(frame.number == 1);
  CHECK(protocols(frame) == std::vector{P::ethernet, P::ipv4, P::tcp, P::data});
  CHECK(frame.segment.frame == 1);
  CHECK(frame.segment.at == Instant{std::chrono::seconds(1)});
  CHECK(frame.segment.source == client4);
  CHECK(frame.segment.destination == server4);
  CHECK(frame.segment.has_ip_id);
  CHECK(frame.segment.ip_id == 7);
  CHECK(frame.segment.ttl == 63);
  CHECK(frame.segment.dont_fragment);
  CHECK(frame.segment.packet_length == 20 + 32 + 5);
  const Layer& tcp = frame.layers()[2];
  CHECK(tcp.offset == 34);
  CHECK(tcp.header == 32);
  CHECK(tcp.length == 37);
  CHECK(tcp.wire == 37);
  CHECK(frame.contents_of(tcp).size() == 5);
}

TEST_CASE("a segment over Ethernet and IPv6 has no IP ID and its traffic class") {
  Bench bench;
  const Frame& frame = bench.see(ethernet(type_ipv6, data6()));
  check_hello(frame);
  CHECK(protocols(frame) == std::vector{P::ethernet, P::ipv6, P::tcp, P::data});
  CHECK(frame.segment.source == client6);
  CHECK_FALSE(frame.segment.has_ip_id);
  CHECK(frame.segment.ttl == 62);
  CHECK(frame.segment.traffic_class == 2);
}

TEST_CASE("the short way and the long way read the same") {
  for (const bool v6 : {false, true}) {
    Bench bench;
    const Octets packet = v6 ? data6() : data4();
    const Frame quick = bench.see(ethernet(v6 ? type_ipv6 : type_ipv4, packet));
    const Frame& slow = bench.see(packet, LinkType::raw_ip);  // no Ethernet: never the short way
    check_hello(slow);
    CHECK(slow.segment.ttl == quick.segment.ttl);
    CHECK(slow.segment.traffic_class == quick.segment.traffic_class);
    CHECK(slow.segment.packet_length == quick.segment.packet_length);
    CHECK(slow.segment.dont_fragment == quick.segment.dont_fragment);
    CHECK(slow.segment.has_ip_id == quick.segment.has_ip_id);
    CHECK(protocols(slow) == std::vector{v6 ? P::ipv6 : P::ipv4, P::tcp, P::data});
  }
}

TEST_CASE("a segment that is wanted alone is read into its place, and counted as a frame") {
  Dissector dissector;
  const Octets octets = ethernet(type_ipv4, data4());
  pcap::Packet packet{.at = Instant{std::chrono::seconds(1)},
                      .link_type = LinkType::ethernet,
                      .original_length = static_cast<std::uint32_t>(octets.size()),
                      .octets = octets};
  Segment segment;
  segment.options.sack_count = 4;  // of the one that lay there before
  segment.urgent = 9;
  segment.fragmented = true;
  REQUIRE(dissector.read_segment(packet, segment));
  CHECK(segment.frame == 1);
  CHECK(segment.at == packet.at);
  CHECK(segment.options.sack_count == 0);
  CHECK(segment.urgent == 0);
  CHECK_FALSE(segment.fragmented);
  CHECK(dissector.dissect(packet).number == 2);
  CHECK(dissector.dissect(packet).segment.link == segment.link);
}

TEST_CASE("what has no time, no Ethernet header or no segment is left to the long way, and is not counted") {
  Dissector dissector;
  const Octets usual = ethernet(type_ipv4, data4()), bare = data4(), other = ethernet(0x0806, text("who has"));
  Segment segment;
  const auto packet = [](const Octets& octets, LinkType link) {
    return pcap::Packet{.link_type = link, .original_length = static_cast<std::uint32_t>(octets.size()), .octets = octets};
  };
  pcap::Packet untimed = packet(usual, LinkType::ethernet);
  untimed.timed = false;
  CHECK_FALSE(dissector.read_segment(untimed, segment));
  CHECK_FALSE(dissector.read_segment(packet(bare, LinkType::raw_ip), segment));
  CHECK_FALSE(dissector.read_segment(packet(other, LinkType::ethernet), segment));
  CHECK(dissector.dissect(untimed).number == 1);
}

TEST_CASE("a SYN's options are read") {
  Bench bench;
  const Frame& frame = bench.see(ethernet(type_ipv4, ipv4(6, tcp(client4, server4, syn_header()))));
  REQUIRE(frame.has_segment);
  const SegmentOptions& o = frame.segment.options;
  CHECK(o.any(SegmentOptions::mss));
  CHECK(o.mss_value == 1460);
  CHECK(o.any(SegmentOptions::window_scale));
  CHECK(o.shift == 7);
  CHECK(o.any(SegmentOptions::sack_permitted));
  CHECK(o.stamps.val == 11);
  CHECK(o.nops == 1);
  CHECK_FALSE(o.any(SegmentOptions::malformed));
  CHECK(frame.segment.sequence_length() == 1);
}

TEST_CASE("an option whose length runs past the header is malformed, unless the capture cut it off") {
  Octets segment = tcp(client4, server4, syn_header());
  segment[21] = std::byte{60};  // the first option's length
  Bench bench;
  CHECK(bench.see(ethernet(type_ipv4, ipv4(6, segment))).segment.options.any(SegmentOptions::malformed));
  Octets whole = ethernet(type_ipv4, ipv4(6, tcp(client4, server4, syn_header())));
  const std::size_t length = whole.size();
  whole.resize(14 + 20 + 25);
  const Frame& frame = bench.see(whole, LinkType::ethernet, length);
  REQUIRE(frame.has_segment);
  CHECK(frame.problem == Problem::truncated);
  CHECK(frame.segment.options.mss_value == 1460);
  CHECK_FALSE(frame.segment.options.any(SegmentOptions::malformed));
}

TEST_CASE("Ethernet's padding is no text") {
  Bench bench;
  Octets frame = ethernet(type_ipv4, data4("x"));
  frame.resize(frame.size() + 9, std::byte{0xee});
  CHECK(bench.see(frame).segment.length == 1);
  CHECK(bench.see(frame).segment.text.size() == 1);
}

TEST_CASE("a capture that kept 60 octets tells the length of the text, and gives what it kept") {
  Bench bench;
  Octets packet = ethernet(type_ipv4, data4(std::string(1000, 'x')));
  const std::size_t length = packet.size();
  packet.resize(70);
  const Frame& frame = bench.see(packet, LinkType::ethernet, length);
  REQUIRE(frame.has_segment);
  CHECK(frame.segment.length == 1000);
  CHECK(frame.segment.text.size() == 4);
  CHECK(frame.segment.checksum == ChecksumState::unknown);
  CHECK(frame.problem == Problem::text_cut);
  CHECK(frame.layers()[2].wire == 1032);
}

TEST_CASE("an IP length of zero is a segment that the network card was to cut: the capture knows its length") {
  for (const bool v6 : {false, true}) {
    Bench bench;
    Octets packet = v6 ? data6(std::string(3000, 'x')) : data4(std::string(3000, 'x'));
    packet[v6 ? 4 : 2] = packet[v6 ? 5 : 3] = std::byte{0};
    CHECK(bench.see(ethernet(v6 ? type_ipv6 : type_ipv4, packet)).segment.length == 3000);
  }
}

TEST_CASE("an IP length beyond the frame is read as it stands, and told") {
  Bench bench;
  Octets packet = data4();
  packet[3] = static_cast<std::byte>(std::to_integer<int>(packet[3]) + 100);
  const Frame& frame = bench.see(ethernet(type_ipv4, packet));
  REQUIRE(frame.has_segment);
  CHECK(frame.segment.length == 105);
  CHECK(frame.segment.text.size() == 5);
  CHECK(frame.problem == Problem::length_beyond_wire);
}

TEST_CASE("a checksum is good, bad, or left to the network card") {
  Bench bench;
  Octets segment = tcp(client4, server4, data_header(), "hello");
  segment.back() ^= std::byte{1};
  CHECK(bench.see(ethernet(type_ipv4, ipv4(6, segment))).segment.checksum == ChecksumState::bad);
  const auto sum = static_cast<std::uint16_t>(
      ~wire::finish(wire::pseudo_header(client4, server4, 6, static_cast<std::uint32_t>(segment.size()))));
  segment[16] = static_cast<std::byte>(sum >> 8);
  segment[17] = static_cast<std::byte>(sum);
  CHECK(bench.see(ethernet(type_ipv4, ipv4(6, segment))).segment.checksum == ChecksumState::partial);
  Bench lazy({.verify_checksums = false});
  CHECK(lazy.see(ethernet(type_ipv4, ipv4(6, segment))).segment.checksum == ChecksumState::unknown);
}

TEST_CASE("packets cut anywhere are read as far as they go") {
  const Octets whole = ethernet(type_ipv4, ipv4(6, tcp(client4, server4, syn_header(), "text")));
  for (std::size_t kept = 0; kept < whole.size(); ++kept) {
    Bench bench;
    const Frame& frame =
        bench.see({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(kept)}, LinkType::ethernet, whole.size());
    CHECK(frame.problem == (kept < 14 + 20 + 40 ? Problem::truncated : Problem::text_cut));
    CHECK(frame.has_segment == (kept >= 14 + 20 + 16));
  }
}

TEST_CASE("a data offset that cannot be is malformed") {
  Bench bench;
  Octets segment = tcp(client4, server4, data_header());
  segment[12] = std::byte{0x40};
  CHECK(bench.see(ethernet(type_ipv4, ipv4(6, segment))).problem == Problem::malformed);
  CHECK_FALSE(bench.see(ethernet(type_ipv4, ipv4(6, segment))).has_segment);
  segment[12] = std::byte{0xf0};
  CHECK(bench.see(ethernet(type_ipv4, ipv4(6, segment))).problem == Problem::malformed);
}

TEST_CASE("a packet without a time has that of the packet before it") {
  Dissector dissector;
  const Octets packet = data4();
  dissector.dissect({.at = Instant{std::chrono::seconds(9)}, .octets = packet});
  const Frame& frame = dissector.dissect({.timed = false, .octets = packet});
  CHECK_FALSE(frame.timed);
  CHECK(frame.at == Instant{std::chrono::seconds(9)});
}
