#include "analysis/filter/filter.hpp"

#include "analysis/fields/registry.hpp"
#include "unit/analysis/fields/one_packet.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ft;
using namespace ft::analysis;
using namespace ft::analysis::test;

namespace {

/// A stand-in for PCRE2: a plain text.
class PlainPattern final : public Pattern {
 public:
  explicit PlainPattern(std::string_view text) : text_(text) {}
  bool found_in(std::span<const std::byte> octets) override {
    return std::string_view(reinterpret_cast<const char*>(octets.data()), octets.size()).find(text_) != std::string_view::npos;
  }

 private:
  std::string text_;
};
class PlainPatterns final : public PatternMaker {
 public:
  std::expected<std::unique_ptr<Pattern>, Error> make(std::string_view pattern) override {
    if (pattern == "(") return std::unexpected(Error{"missing closing parenthesis", 1});
    return std::make_unique<PlainPattern>(pattern);
  }
};

bool passes(std::string_view filter, std::string_view packet) {
  PlainPatterns patterns;
  auto compiled = Filter::compile(filter, {.patterns = &patterns});
  INFO(std::string(filter));
  REQUIRE_MESSAGE(compiled, (compiled ? "" : to_text(filter, compiled.error())));
  OnePacket one(packet);
  return compiled->matches(one.context());
}

FilterError error_of(std::string_view filter) {
  PlainPatterns patterns;
  const auto compiled = Filter::compile(filter, {.patterns = &patterns});
  INFO(std::string(filter));
  REQUIRE_FALSE(compiled);
  return compiled.error();
}

}  // namespace

TEST_CASE("an empty filter lets every packet through") {
  CHECK(passes("", syn));
  CHECK(passes("  \n", arp_request));
}

TEST_CASE("a name alone asks whether it is there") {
  CHECK(passes("tcp", syn));
  CHECK_FALSE(passes("udp", syn));
  CHECK(passes("tcp.options.mss", syn));
  CHECK_FALSE(passes("tcp.options.mss", text));
}

TEST_CASE("a field with several occurrences equals when one of them does, and differs when all of them do") {
  CHECK(passes("tcp.port == 9999", syn));
  CHECK(passes("tcp.port == 40000", syn));
  CHECK_FALSE(passes("tcp.port != 9999", syn));
  CHECK(passes("tcp.port !== 9999", syn));
  CHECK_FALSE(passes("tcp.port === 9999", syn));
  CHECK(passes("all tcp.port > 9000", syn));
  CHECK_FALSE(passes("all tcp.port > 10000", syn));
  CHECK(passes("any tcp.port > 10000", syn));
}

TEST_CASE("what compares with an absent field is false, and its negation true") {
  CHECK_FALSE(passes("udp.port != 1", syn));
  CHECK(passes("!(udp.port == 1)", syn));
  CHECK_FALSE(passes("tcp.srcport == udp.srcport", syn));
}

TEST_CASE("not binds closer than and, and that closer than xor and or") {
  CHECK(passes("tcp or udp and arp", syn));
  CHECK_FALSE(passes("(tcp or udp) and arp", syn));
  CHECK_FALSE(passes("not tcp and udp", syn));
  CHECK(passes("not udp and tcp", syn));
  CHECK(passes("tcp xor udp", syn));
  CHECK_FALSE(passes("tcp ^^ ip", syn));
  CHECK(passes("tcp xor ip xor eth", syn));
}

TEST_CASE("numbers are decimal, octal, hexadecimal, binary, characters and names") {
  CHECK(passes("tcp.dstport == 9999", syn));
  CHECK(passes("tcp.dstport == 0x270f", syn));
  CHECK(passes("tcp.dstport == 023417", syn));
  CHECK(passes("ip.ttl == 0b1000000", syn));
  CHECK(passes("ip.ttl == '@'", syn));
  CHECK(passes("ip.proto == TCP", syn));
  CHECK(passes("ip.proto == \"TCP\"", syn));
  CHECK(passes("tcp.flags.syn == True", syn));
}

TEST_CASE("units make numbers of octets and lengths of time") {
  CHECK(passes("frame.len < 1KiB", syn));
  CHECK(passes("tcp.options.mss_val == 1460B", syn));
  CHECK(passes("tcp.window_size < 1.5MiB", syn));
  CHECK(passes("frame.time_relative == 250ms", syn));
  CHECK(passes("frame.time_relative == 0.25", syn));
  CHECK(passes("frame.time_relative < 1min", syn));
}

TEST_CASE("addresses compare under their prefix") {
  CHECK(passes("ip.src == 10.9.0.1", syn));
  CHECK(passes("ip.src == 10.9.0.0/24", syn));
  CHECK(passes("ip.src == 0.0.0.0/4", syn));
  CHECK_FALSE(passes("ip.src == 64.0.0.0/4", syn));
  CHECK(passes("ip.src == 8.0.0.0/5", syn));
  CHECK(passes("ipv6.addr == fd00::/16", syn_of_six));
  CHECK_FALSE(passes("ipv6.addr == fe80::/16", syn_of_six));
  CHECK(passes("ip.src < 10.9.0.2", syn));
  CHECK(passes("ip.addr in {10.9.0.2..10.9.0.9}", syn));
}

TEST_CASE("dates are UTC unless they say otherwise") {
  CHECK(passes("frame.time == \"2023-11-14 22:13:20.25\"", syn));
  CHECK(passes("frame.time == \"2023-11-14T23:13:20.25+01:00\"", syn));
  CHECK(passes("frame.time == 2023-11-14T22:13:20.25Z", syn));
  CHECK(passes("frame.time > \"Nov 14, 2023 22:13:20\"", syn));
  CHECK(passes("frame.time > 2023-11-14", syn));
}

TEST_CASE("sets hold values and ranges") {
  CHECK(passes("tcp.dstport in {80, 9000..10000}", syn));
  CHECK_FALSE(passes("tcp.dstport in {80, 443}", syn));
  CHECK(passes("tcp.dstport not in {80, 443}", syn));
  CHECK(passes("not tcp.dstport in {80}", syn));
  CHECK(passes("all tcp.port in {9999, 40000}", syn));
  CHECK_FALSE(passes("all tcp.port in {9999}", syn));
}

TEST_CASE("parts of octets count from both ends, and what reaches beyond is absent") {
  CHECK(passes("eth.src[0:3] == 02:00:00", syn));
  CHECK(passes("eth.src[5] == 1", syn));
  CHECK(passes("eth.src[-2:] == 00:01", syn));
  CHECK(passes("eth.src[4-5] == 00-01", syn));
  CHECK(passes("eth.src[0,5] == 02:01", syn));
  CHECK_FALSE(passes("eth.src[4:10]", syn));
  CHECK(passes("tcp[13] == c2", syn));
  CHECK(passes("tcp.payload[:5] == \"hello\"", text));
}

TEST_CASE("contains and matches look into octets and text, for a protocol into what it carries as well") {
  CHECK(passes("tcp contains \"hello\"", text));
  CHECK(passes("ip contains 68:65:6c", text));
  CHECK(passes("frame.protocols contains \"ip:tcp\"", text));
  CHECK_FALSE(passes("tcp contains \"HELLO\"", text));
  CHECK(passes("tcp matches \"world\"", text));
  CHECK(passes("frame.comment matches r\"greet\"", text));
}

TEST_CASE("# chooses among headers of a kind") {
  CHECK(passes("ip.src#1 == 10.9.0.1", tunnelled));
  CHECK(passes("ip.src#2 == 10.1.1.1", tunnelled));
  CHECK_FALSE(passes("ip.src#1 == 10.1.1.1", tunnelled));
  CHECK(passes("ip.src#[-1] == 10.1.1.1", tunnelled));
  CHECK(passes("ip.src#[1-2] == 10.1.1.1", tunnelled));
  CHECK_FALSE(passes("ip#3", tunnelled));
}

TEST_CASE("what an ICMP error quotes has fields, too") {
  CHECK(passes("icmp and tcp.dstport == 81", unreachable));
  CHECK(passes("ip.addr == 10.9.0.254 and ip.src#2 == 10.9.0.1", unreachable));
  CHECK_FALSE(passes("tcp.flags", unreachable));  // the quote ends before them
}

TEST_CASE("arithmetic has braces, and no value where it leaves its range") {
  CHECK(passes("tcp.len + 10 == 23", text));
  CHECK(passes("tcp.len * {2 + 1} == 39", text));
  CHECK(passes("ip.len - ip.hdr_len - tcp.hdr_len == tcp.len", text));
  CHECK(passes("tcp.flags & 0x02", syn));
  CHECK_FALSE(passes("tcp.flags & 0x02", text));
  CHECK(passes("tcp.flags & 0x12 == 0x12", syn_ack));
  CHECK_FALSE(passes("tcp.len - 14 < 100", text));
  CHECK_FALSE(passes("tcp.len / 0 == 1", text));
  CHECK(passes("ip.src & 0.0.0.255 == 0.0.0.1", syn));
}

TEST_CASE("functions") {
  CHECK(passes("upper(frame.comment) == \"A GREETING.\"", syn));
  CHECK(passes("len(tcp.payload) == 13", text));
  CHECK(passes("count(ip.addr) == 4", tunnelled));
  CHECK(passes("max(tcp.port) == 40000 and min(tcp.srcport, tcp.dstport) == 9999", syn));
  CHECK(passes("string(ip.src) matches \"0.1\"", syn));
  CHECK(passes("hex(tcp.dstport) == \"0x270f\" and dec(tcp.dstport) == \"9999\"", syn));
  CHECK(passes("vals(ip.proto) == \"TCP\"", syn));
  CHECK(passes("double(tcp.len) > 12.5", text));
  CHECK(passes("ip_rfc1918(ip.src) and not ip_multicast(ip.dst)", syn));
  CHECK(passes("ip_ula(ipv6.src)", syn_of_six));
  CHECK(passes("ip_special_name(ip.src) == \"Private-Use\"", syn));
  CHECK(passes("abs(frame.time_relative) > 0.2", syn));
}

TEST_CASE("comparisons chain, and a value may stand on the left") {
  CHECK(passes("10 < tcp.len < 14", text));
  CHECK_FALSE(passes("10 < tcp.len < 13", text));
  CHECK(passes("9999 == tcp.port", syn));
  CHECK(passes("frame.len > tcp.len > 0", text));
}

TEST_CASE("a reference is the value in the selected packet") {
  auto filter = Filter::compile("tcp.port == ${tcp.srcport}");
  REQUIRE(filter);
  CHECK(filter->has_references());
  OnePacket first(syn);
  OnePacket other(tagged);
  CHECK_FALSE(filter->matches(first.context()));
  filter->select(first.context());
  CHECK(filter->matches(first.context()));
  CHECK_FALSE(filter->matches(other.context()));
}

TEST_CASE("a filter says what it needs") {
  CHECK_FALSE(Filter::compile("tcp.port == 80")->needs(Need::streams));
  CHECK(Filter::compile("tcp.seq == 1")->needs(Need::streams));
  CHECK_FALSE(Filter::compile("tcp.seq == 1")->needs_connections());
  CHECK(Filter::compile("tcp or conn.rtt > 100ms")->needs_connections());
}

TEST_CASE("predicates on connections are absent until the connection is known") {
  auto filter = Filter::compile(
      "conn.state == \"half-closed\" and conn.retrans > 0 and conn.rtt > 100ms and conn.diagnosis == \"zero-window\"");
  REQUIRE(filter);
  OnePacket one(syn);
  CHECK_FALSE(filter->matches(one.context()));
  Connection connection;
  connection.state = FlowState::half_closed;
  connection.sides[1].retransmissions = 2;
  connection.handshake = std::chrono::milliseconds(150);
  Finding& finding = connection.findings.emplace_back();
  finding.id = "zero-window-stalled";
  finding.frames = {1};
  one.context().connection = &connection;
  CHECK(filter->matches(one.context()));
  CHECK(Filter::compile("finding")->matches(one.context()));
  CHECK_FALSE(Filter::compile("conn.diagnosis == \"zero\" and conn.diagnosis == \"zero-wind\"")->matches(one.context()));
}

TEST_CASE("labels are fields under our names and under Wireshark's") {
  OnePacket one(syn);
  one.context().judged = true;
  one.context().label = Label::needless;
  one.context().cause = RepeatCause::rto;
  one.context().of_frame = 1;
  for (const char* text : {"conn.label == \"needless\"", "conn.cause == rto", "tcp.rexmit.needless",
                           "tcp.analysis.retransmission", "tcp.analysis.spurious_retransmission", "tcp.rexmit.of == 1"}) {
    INFO(text);
    CHECK(Filter::compile(text)->matches(one.context()));
  }
  CHECK_FALSE(Filter::compile("tcp.lost or tcp.analysis.out_of_order")->matches(one.context()));
}

TEST_CASE("an error names what is meant, and what to write instead") {
  const FilterError unknown = error_of("ip and tcp.prot == 80");
  CHECK(unknown.offset == 7);
  CHECK(unknown.length == 8);
  CHECK(unknown.hint == "did you mean tcp.port?");
  CHECK(to_text("ip and tcp.prot == 80", unknown) ==
        "\"tcp.prot\" is neither a field nor a protocol\n    ip and tcp.prot == 80\n           ^~~~~~~~\ndid you mean tcp.port?");
  CHECK(error_of("TCP").hint.find("did you mean tcp") == 0);
  CHECK(error_of("tcp.port == 70000").message == "\"70000\" is too big for this field, its maximum is 65535");
  CHECK(error_of("ip.src == 300.1.1.1").message == "\"300.1.1.1\" is not an IPv4 address");
  CHECK(error_of("ip.src == 10.0.0.1/33").offset == 10);
  CHECK(error_of("tcp.port == 80 and").message == "the filter ends too early");
  CHECK(error_of("tcp.port = 80").hint == "write == to compare");
  CHECK(error_of("tcp.port == 80 or 443").hint == "several values of one field: tcp.port in {80, 443}");
  CHECK(error_of("frame.protocols matches \"(\"").message == "the pattern is wrong: missing closing parenthesis");
  CHECK(error_of("uper(frame.comment) == \"A\"").hint == "did you mean upper?");
  CHECK(error_of("ip.proto == \"TPC\"").hint == "did you mean \"TCP\"?");
}

TEST_CASE("these are errors in Wireshark, and here") {
  for (const char* text : {"tcp ==",
                           "== 80",
                           "(tcp",
                           "tcp)",
                           "tcp udp",
                           "tcp and and udp",
                           "tcp.port in {}",
                           "tcp.port in {80 443}",
                           "tcp.port in 80",
                           "1 == 1",
                           "tcp.port contains 80",
                           "ip.src contains \"1\"",
                           "tcp.port[0] == 1",
                           "frame.protocols matches tcp",
                           "tcp.srcport == ip.src",
                           "len() == 1",
                           "len(tcp.payload)",
                           "eth.src == 02:00",
                           "frame.protocols == \"eth",
                           "tcp.port == 'ab'",
                           "tcp.len * (2) == 4",
                           "(tcp.len) == 4",
                           "tcp.flags | 2",
                           "tcp & ip",
                           "any tcp",
                           "tcp.flags.syn + 1 == 2",
                           "ip.addr#[2-] == 1.1.1.1",
                           "${nothing} == 1",
                           "$macro(1)",
                           "frame.time == 1",
                           "tcp.port == 0xg",
                           "tcp.port == 08"}) {
    error_of(text);
  }
}

TEST_CASE("a capture filter is recognised, and told in this language") {
  CHECK(error_of("tcp port 80").hint == "this looks like a capture filter; here one writes: tcp.port == 80");
  CHECK(error_of("host 10.0.0.1 and not port 22").hint ==
        "this looks like a capture filter; here one writes: ip.addr == 10.0.0.1 and not (tcp.port == 22 or udp.port == 22)");
  CHECK(error_of("src net 10.0.0.0/8 or ip6").hint ==
        "this looks like a capture filter; here one writes: ip.src == 10.0.0.0/8 or ipv6");
  CHECK(error_of("tcp.prot == 80").hint.find("capture filter") == std::string::npos);
}

TEST_CASE("the other way round, as far as that language goes") {
  CHECK(Filter::compile("tcp.port == 80 and ip.src == 10.0.0.1")->as_capture_filter() == "tcp port 80 and src host 10.0.0.1");
  CHECK(Filter::compile("tcp.flags.syn == 1 or not udp.port in {53, 1000..2000}")->as_capture_filter() ==
        "tcp[tcpflags] & tcp-syn != 0 or not ((udp port 53 or udp portrange 1000-2000))");
  CHECK(Filter::compile("tcp.seq == 1")->as_capture_filter().empty());
}

TEST_CASE("the trap of tcp.flags.syn is told") {
  const auto trap = Filter::compile("tcp.flags.syn && !tcp.flags.ack");
  REQUIRE(trap);
  REQUIRE(trap->warnings().size() == 2);
  CHECK(trap->warnings()[0].hint == "to ask whether it is set: tcp.flags.syn == 1");
  CHECK(trap->warnings()[0].offset == 0);
  CHECK(Filter::compile("tcp.flags.syn == 1")->warnings().empty());
  CHECK(Filter::compile("tcp.port in {90..80}")->warnings().size() == 1);
  const auto never = Filter::compile("conn.state == \"half-close\"");
  REQUIRE(never);
  REQUIRE(never->warnings().size() == 1);
  CHECK(never->warnings()[0].hint == "did you mean \"half-closed\"?");
}

TEST_CASE("a filter explains itself") {
  CHECK(Filter::compile("ip.addr != 10.0.0.1 and (tcp.port in {80, 443} or !udp)")->explain() ==
        "packets where\n"
        "  every ip.addr (either address) is not 10.0.0.1\n"
        "  and\n"
        "    a tcp.port (either port) is one of 80, 443\n"
        "    or\n"
        "    it is not so that\n"
        "      there is UDP\n");
  CHECK(Filter::compile("")->explain() == "every packet\n");
}

TEST_CASE("a filter has limits in length, depth and parts") {
  error_of(std::string(FilterLimits::most_octets + 1, ' '));
  std::string deep(FilterLimits::most_depth + 1, '(');
  error_of(deep + "tcp" + std::string(FilterLimits::most_depth + 1, ')'));
  error_of(std::string(2 * FilterLimits::most_depth, '!') + "tcp");
  std::string wide = "tcp";
  while (wide.size() + 7 < FilterLimits::most_octets) wide += "||tcp";
  CHECK(passes(wide, syn));
  std::string sum = "tcp.len == 1";
  for (std::size_t i = 0; i <= FilterLimits::most_depth; ++i) sum += "+1";
  error_of(sum);
}
