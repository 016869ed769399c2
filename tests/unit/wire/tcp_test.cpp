#include "wire/tcp.hpp"

#include "base/cursor.hpp"
#include "covers.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using ft::DropReason;
using ft::Seq;
using namespace ft::wire;

namespace {

using Octets = std::vector<std::uint8_t>;

/// A segment with these option octets (a multiple of 4) and this text.
Octets segment_with(const Octets& options, const Octets& text = {}) {
  Octets s{0xc0, 0x00, 0x00, 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0x18, 0x72, 0x10, 0xab, 0xcd, 0x00, 0x07};
  s[12] = static_cast<std::uint8_t>((20 + options.size()) / 4 * 16);
  s.insert(s.end(), options.begin(), options.end());
  s.insert(s.end(), text.begin(), text.end());
  return s;
}

/// The text it returns is borrowed from `octets`.
auto parse(const Octets& octets) { return parse_tcp(std::as_bytes(std::span{octets})); }

TcpOptions options_of(const Octets& options) {
  const auto parsed = parse(segment_with(options));
  REQUIRE(parsed);
  CHECK_FALSE(parsed->options_malformed);
  return parsed->header.options;
}

Octets options_written(const TcpOptions& options) {
  TcpHeader header;
  header.options = options;
  std::array<std::byte, tcp_max_header> out{};
  const std::size_t length = write_tcp(header, out);
  REQUIRE(length == tcp_header_length(header));
  Octets result;
  for (std::size_t i = tcp_min_header; i < length; ++i) result.push_back(ft::load_u8(&out[i]));
  return result;
}

TcpOptions with_sack(std::size_t count) {
  TcpOptions o;
  o.sack_count = static_cast<std::uint8_t>(count);
  for (std::uint32_t i = 0; i < count; ++i) o.sack[i] = {.left = Seq{10 * i}, .right = Seq{10 * i + 5}};
  return o;
}

}  // namespace

TEST_CASE("every field of the header is read from its place") {
  const Octets octets = segment_with({}, {'h', 'i'});
  const auto parsed = parse(octets);
  REQUIRE(parsed);
  const TcpHeader& h = parsed->header;
  CHECK(h.source_port == 49152);
  CHECK(h.destination_port == 80);
  CHECK(h.seq == Seq{0x01020304});
  CHECK(h.ack == Seq{0x05060708});
  CHECK(h.flags == (tcp_flag::psh | tcp_flag::ack));
  CHECK(h.has(tcp_flag::ack));
  CHECK_FALSE(h.has(tcp_flag::syn));
  CHECK(h.window == 0x7210);
  CHECK(h.urgent == 7);
  CHECK(h.options == TcpOptions{});
  REQUIRE(parsed->text.size() == 2);
  CHECK(ft::load_u8(parsed->text.data()) == 'h');
}

TEST_CASE("a segment shorter than a header is dropped as too short") {
  const Octets whole = segment_with({});
  for (std::size_t n = 0; n < 20; ++n) {
    const auto parsed = parse(Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error() == DropReason::too_short);
  }
}

TEST_CASE("a data offset below 5 or past the end is a bad header length") {
  for (const int offset : {0, 1, 4, 6, 15}) {
    Octets s = segment_with({});
    s[12] = static_cast<std::uint8_t>(offset * 16);
    const auto parsed = parse(s);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error() == DropReason::bad_header_length);
  }
}

TEST_CASE("reserved bits beside the data offset are ignored") {
  Octets s = segment_with({});
  s[12] |= 0x0f;
  CHECK(parse(s));
}

TEST_CASE("the options of a usual SYN are read") {
  const TcpOptions o = options_of({2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8, 1, 3, 3, 7});
  CHECK(o.mss == 1460);
  CHECK(o.sack_permitted);
  CHECK(o.timestamps == Timestamps{.val = 9, .ecr = 8});
  CHECK(o.window_scale == 7);
  CHECK(o.sack_count == 0);
}

TEST_CASE("timestamps are read from their usual place and from any other") {
  const Timestamps expected{.val = 0x01020304, .ecr = 0x05060708};
  CHECK(options_of({1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}).timestamps == expected);
  CHECK(options_of({8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1}).timestamps == expected);
  CHECK(options_of({1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 0}).timestamps == expected);
}

TEST_CASE("one to four SACK blocks are read") {
  Octets list{1, 1, 5, 2};
  for (std::uint8_t count = 1; count <= 4; ++count) {
    for (int i = 0; i < 8; ++i) list.push_back(i == 3 ? count : i == 7 ? 100 : 0);
    list[3] = static_cast<std::uint8_t>(2 + 8 * count);
    const TcpOptions o = options_of(list);
    CHECK(o.sack_count == count);
    CHECK(o.sack[count - 1u] == SackBlock{.left = Seq{count}, .right = Seq{100}});
  }
}

TEST_CASE("unknown options are skipped by their length, and nothing is read after the end of the list") {
  CHECK(options_of({254, 6, 2, 4, 9, 9, 3, 3, 5, 1, 1, 1}).window_scale == 5);
  const TcpOptions o = options_of({1, 0, 0xff, 0xff, 2, 4, 5, 6});
  CHECK(o == TcpOptions{});
}

TEST_CASE("known options of a wrong length are skipped") {
  CHECK(options_of({2, 3, 5, 1, 3, 3, 6, 1}) == [] {
    TcpOptions o;
    o.window_scale = 6;
    return o;
  }());
  CHECK(options_of({2, 2, 3, 2, 4, 3, 0, 8, 2, 5, 2, 1}) == TcpOptions{});
  CHECK(options_of({8, 8, 0, 0, 0, 1, 0, 0}) == TcpOptions{});
  CHECK(options_of({5, 12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0}) == TcpOptions{});
}

TEST_CASE("an illegal option length stops the list and keeps what came before") {
  const std::vector<Octets> lists{{3, 3, 4, 9, 1, 0, 2, 4},      // length 1
                                  {3, 3, 4, 9, 0, 4, 2, 4},      // length 0
                                  {3, 3, 4, 8, 10, 0, 0, 0},     // past the end
                                  {3, 3, 4, 1, 1, 1, 1, 77},     // a kind without a length
                                  {3, 3, 4, 4, 0, 2, 4, 0xff}};  // sack-permitted with length 0
  for (const Octets& list : lists) {
    const auto parsed = parse(segment_with(list, {1, 2, 3}));
    REQUIRE(parsed);
    CHECK(parsed->options_malformed);
    CHECK(parsed->header.options.window_scale == 4);
    CHECK_FALSE(parsed->header.options.mss);
    CHECK_FALSE(parsed->header.options.sack_permitted);
    CHECK(parsed->text.size() == 3);
  }
}

TEST_CASE("a SYN's options are written as mss, sack-permitted, timestamps, nop, window scale") {
  TcpOptions o;
  o.mss = 1460;
  o.sack_permitted = true;
  o.timestamps = Timestamps{.val = 9, .ecr = 0};
  o.window_scale = 7;
  CHECK(options_written(o) == Octets{2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7});
  o.timestamps.reset();
  CHECK(options_written(o) == Octets{2, 4, 0x05, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7});
  o.sack_permitted = false;
  o.window_scale.reset();
  CHECK(options_written(o) == Octets{2, 4, 0x05, 0xb4});
}

TEST_CASE("other segments carry nop, nop, timestamps, then nop, nop, SACK") {
  TcpOptions o = with_sack(1);
  CHECK(options_written(o) == Octets{1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 5});
  o.timestamps = Timestamps{.val = 1, .ecr = 2};
  CHECK(options_written(o) == Octets{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 5, 10, 0, 0, 0, 0, 0, 0, 0, 5});
}

TEST_CASE("four SACK blocks fit alone, three beside timestamps, the rest is left out") {
  TcpOptions o = with_sack(4);
  CHECK(options_written(o).size() == 36);
  o.timestamps = Timestamps{};
  const Octets written = options_written(o);
  CHECK(written.size() == 40);
  CHECK(options_of(written).sack_count == 3);
  o.mss = 1460;
  o.window_scale = 7;
  CHECK(options_of(options_written(o)).sack_count == 2);
}

TEST_CASE("writing leaves the checksum zero and the reserved bits clear") {
  std::array<std::byte, 24> out{};
  out.fill(std::byte{0xff});
  TcpHeader header;
  header.source_port = 1;
  header.flags = tcp_flag::syn | tcp_flag::cwr;
  CHECK(write_tcp(header, out) == 20);
  CHECK(ft::load_be16(&out[0]) == 1);
  CHECK(ft::load_u8(&out[12]) == 0x50);
  CHECK(ft::load_u8(&out[13]) == 0x82);
  CHECK(ft::load_be16(&out[16]) == 0);
  CHECK(ft::load_u8(&out[20]) == 0xff);
}

TEST_CASE("AE is the bit before the flags' octet, and with CWR and ECE a number of three bits") {
  TcpHeader header;
  for (std::uint8_t ace = 0; ace < 8; ++ace) {
    header.flags = tcp_flag::ack | tcp_flag::ece | tcp_flag::cwr;
    header.ae = true;
    header.set_ace(ace);
    CHECK(header.ace() == ace);
    CHECK(header.has(tcp_flag::ack));
    CHECK(header.ae == (ace >= 4));
    CHECK(header.has(tcp_flag::cwr) == ((ace & 2) != 0));
    CHECK(header.has(tcp_flag::ece) == ((ace & 1) != 0));
    std::array<std::byte, 20> out{};
    write_tcp(header, out);
    CHECK(ft::load_u8(&out[12]) == 0x50 + (ace >= 4 ? 1 : 0));
    CHECK(parse_tcp(out)->header == header);
  }
}

TEST_CASE("both orders of the AccECN option name the same counters") {
  const Octets order_0{172, 11, 0, 0, 1, 0, 1, 0, 1, 0, 2, 1};
  const AccEcnOption zero = *options_of(order_0).accecn;
  CHECK(zero.e0b() == 1);
  CHECK(zero.ceb() == 0x100);
  CHECK(zero.e1b() == 0x10002);
  const AccEcnOption one = *options_of({174, 11, 0, 0, 1, 0, 1, 0, 1, 0, 2, 1}).accecn;
  CHECK(one.e1b() == 1);
  CHECK(one.ceb() == 0x100);
  CHECK(one.e0b() == 0x10002);
}

TEST_CASE("an AccECN option that was cut short has the fields that are there, of another length the whole ones") {
  CHECK(options_of({172, 2, 1, 1}).accecn == AccEcnOption{});
  const AccEcnOption five = *options_of({174, 5, 1, 2, 3, 1, 1, 1}).accecn;
  CHECK(five.e1b() == 0x10203);
  CHECK_FALSE(five.ceb());
  CHECK_FALSE(five.e0b());
  const AccEcnOption seven = *options_of({172, 7, 1, 2, 3, 9, 9, 1}).accecn;
  CHECK(seven.fields == 1);
  CHECK(seven.octets == std::array<std::uint32_t, 3>{0x10203, 0, 0});
  CHECK(options_of({172, 15, 0, 0, 1, 0, 0, 2, 0, 0, 3, 7, 7, 7, 7, 1}).accecn->fields == 3);
}

TEST_CASE("the AccECN option is padded in front and goes before SACK blocks, of which fewer fit") {
  TcpOptions o;
  o.accecn = AccEcnOption{.order = 0, .fields = 1, .octets = {0x10203}};
  CHECK(options_written(o) == Octets{1, 1, 1, 172, 5, 1, 2, 3});
  o.accecn = AccEcnOption{.order = 1, .fields = 2, .octets = {1, 2}};
  CHECK(options_written(o) == Octets{174, 8, 0, 0, 1, 0, 0, 2});
  o.accecn = AccEcnOption{.order = 1, .fields = 3, .octets = {1, 2, 3}};
  CHECK(options_written(o) == Octets{1, 174, 11, 0, 0, 1, 0, 0, 2, 0, 0, 3});
  o = with_sack(3);
  o.timestamps.emplace();
  o.accecn = AccEcnOption{.order = 0, .fields = 2, .octets = {1, 2}};
  const TcpOptions read = options_of(options_written(o));
  CHECK(read.sack_count == 2);
  CHECK(read.accecn == o.accecn);
}

TEST_CASE("a fast-open cookie has 4 to 16 octets, an even number, or none when it is asked for (RFC 7413 4.1.1)") {
  FT_COVERS("rfc7413 4.1.1-1");
  for (std::uint8_t length = 0; length <= 16; ++length) {
    Octets option{34, static_cast<std::uint8_t>(2 + length)};
    for (std::uint8_t i = 0; i < length; ++i) option.push_back(static_cast<std::uint8_t>(0xa0 + i));
    while (option.size() % 4 != 0) option.push_back(1);
    const auto cookie = options_of(option).fast_open;
    const bool legal = length == 0 || (length >= 4 && length % 2 == 0);
    CHECK(cookie.has_value() == legal);
    if (!legal) continue;
    CHECK(cookie->length == length);
    TcpOptions written;
    written.fast_open = cookie;
    CHECK(options_of(options_written(written)) == written);
  }
}

TEST_CASE("the MD5 option takes 20 octets with its padding, the authentication option 16 with its MAC of 12") {
  TcpOptions md5;
  md5.signature = Signature{};
  md5.signature->mac.fill(std::byte{7});
  const auto octets = options_written(md5);
  CHECK(octets.size() == 20);
  CHECK(octets[0] == 1);
  CHECK(octets[1] == 1);
  CHECK(octets[2] == 19);
  CHECK(octets[3] == 18);
  CHECK(options_of(octets) == md5);

  TcpOptions ao;
  ao.signature = Signature{.kind = Signature::Kind::ao, .key_id = 61, .next_key_id = 84, .length = 12, .mac = {}};
  ao.timestamps = Timestamps{1, 2};
  const auto signed_octets = options_written(ao);
  CHECK(signed_octets.size() == 28);
  CHECK(signed_octets[12] == 29);
  CHECK(signed_octets[13] == 16);
  CHECK(signed_octets[14] == 61);
  CHECK(signed_octets[15] == 84);
  CHECK(options_of(signed_octets) == ao);
}

TEST_CASE("beside a signature and timestamps there is room for no SACK block (MD5) or one (AO with 12 octets of MAC)") {
  TcpOptions options;
  options.timestamps = Timestamps{1, 2};
  options.sack_count = 4;
  for (std::uint32_t i = 0; i < 4; ++i) options.sack[i] = {Seq{100 * i}, Seq{100 * i + 50}};
  options.signature = Signature{};
  CHECK(options_of(options_written(options)).sack_count == 0);  // 12 + 20 leave 8, a block takes 12
  options.signature->kind = Signature::Kind::ao;
  options.signature->length = 12;
  CHECK(options_of(options_written(options)).sack_count == 1);  // 12 + 16 leave 12
  options.timestamps.reset();
  CHECK(options_of(options_written(options)).sack_count == 2);
}
