#include "base/cursor.hpp"
#include "pcap/reader.hpp"
#include "pcap/writer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ft::pcap;
using ft::Duration;
using ft::Instant;
using Octets = std::vector<std::byte>;
using Kind = ReadError::Kind;

namespace {

Octets octets(std::initializer_list<int> values) {
  Octets out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

Instant at(std::int64_t nanoseconds) { return Instant{Duration{nanoseconds}}; }

bool same_octets(std::span<const std::byte> a, const Octets& b) { return Octets(a.begin(), a.end()) == b; }

Reader opened(const Octets& file) {
  auto reader = Reader::open(file);
  REQUIRE_MESSAGE(reader, (reader ? "" : to_string(reader.error())));
  return *reader;
}

Packet next_packet(Reader& reader) {
  const auto packet = reader.next();
  REQUIRE_MESSAGE(packet, (packet ? "" : to_string(packet.error())));
  REQUIRE(*packet);
  return **packet;
}

bool at_end(Reader& reader) {
  const auto packet = reader.next();
  return packet && !*packet;
}

ReadError next_error(Reader& reader) {
  const auto packet = reader.next();
  REQUIRE_FALSE(packet);
  return packet.error();
}

/// Numbers in a chosen order, to build what our writer never writes.
struct Builder {
  bool little = true;
  Octets out;
  Builder& n(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::byte>(value >> (8 * (little ? i : size - 1 - i))));
    return *this;
  }
  Builder& block(std::uint32_t type, const Octets& body) {
    const std::size_t length = body.size() + 12;
    n(type, 4).n(length, 4);
    out.insert(out.end(), body.begin(), body.end());
    return n(length, 4);
  }
  Octets body(std::initializer_list<std::pair<std::uint64_t, std::size_t>> numbers) const {
    Builder b{.little = little, .out = {}};
    for (const auto& [value, size] : numbers) b.n(value, size);
    return b.out;
  }
  Builder& section() { return block(0x0a0d0d0a, body({{0x1a2b3c4d, 4}, {1, 2}, {0, 2}, {~0ull, 8}})); }
  Builder& interface(std::uint64_t link_type, std::uint64_t snap = 0) {
    return block(1, body({{link_type, 2}, {0, 2}, {snap, 4}}));
  }
  Builder& interface_with_resolution(std::uint8_t resolution, std::int64_t offset = 0) {
    return block(1, body({{1, 2},
                          {0, 2},
                          {0, 4},
                          {9, 2},
                          {1, 2},
                          {little ? resolution : std::uint64_t{resolution} << 24, 4},
                          {14, 2},
                          {8, 2},
                          {static_cast<std::uint64_t>(offset), 8},
                          {0, 4}}));
  }
  Builder& packet(std::uint64_t id, std::uint64_t ticks) {
    return block(6, body({{id, 4}, {ticks >> 32, 4}, {ticks & 0xffffffff, 4}, {4, 4}, {60, 4}, {0xdeadbeef, 4}}));
  }
};

}  // namespace

TEST_CASE("a pcapng file is read as it was written") {
  Octets file;
  append_section_header(file, "fourtuple test", "a story");
  append_interface(file, {.link_type = LinkType::raw_ip, .snap_length = 0, .name = "client", .description = "10.0.0.1"});
  append_interface(file, {.link_type = LinkType::ethernet, .snap_length = 96, .name = "server"});
  const Octets first = octets({0x45, 1, 2, 3, 4});
  const Octets second = octets({9, 8, 7, 6});
  append_packet(file, {.at = at(1'700'000'000'123'456'789),
                       .interface = 0,
                       .direction = Direction::outbound,
                       .octets = first,
                       .comments = {"retransmit-rto (RFC 6298 5.4)", "zwei: \xc3\xbc"}});
  append_packet(file, {.at = at(5), .interface = 1, .direction = Direction::inbound, .original_length = 1500, .octets = second});
  append_packet(file, {.at = at(6), .interface = 0, .octets = {}});
  CHECK(file.size() % 4 == 0);

  Reader reader = opened(file);
  CHECK(reader.format() == Format::pcapng);
  const Packet a = next_packet(reader);
  CHECK(a.at == at(1'700'000'000'123'456'789));
  CHECK(a.timed);
  CHECK(a.interface == 0);
  CHECK(a.link_type == LinkType::raw_ip);
  CHECK(a.direction == Direction::outbound);
  CHECK(a.original_length == 5);
  CHECK(same_octets(a.octets, first));
  REQUIRE(a.comments.size() == 2);
  CHECK(a.comments[0] == "retransmit-rto (RFC 6298 5.4)");
  CHECK(a.comments[1] == "zwei: \xc3\xbc");
  const Packet b = next_packet(reader);
  CHECK(b.at == at(5));
  CHECK(b.interface == 1);
  CHECK(b.link_type == LinkType::ethernet);
  CHECK(b.direction == Direction::inbound);
  CHECK(b.original_length == 1500);
  CHECK(same_octets(b.octets, second));
  CHECK(b.comments.empty());
  const Packet c = next_packet(reader);
  CHECK(c.octets.empty());
  CHECK(c.direction == Direction::unknown);
  CHECK(at_end(reader));
  CHECK(at_end(reader));

  REQUIRE(reader.interfaces().size() == 2);
  CHECK(reader.interfaces()[0].name == "client");
  CHECK(reader.interfaces()[0].description == "10.0.0.1");
  CHECK(reader.interfaces()[1].name == "server");
  CHECK(reader.interfaces()[1].snap_length == 96);
}

TEST_CASE("a classic pcap file is read as it was written") {
  Octets file;
  append_classic_header(file, LinkType::ethernet);
  const Octets data = octets({1, 2, 3});
  append_classic_packet(file, {.at = at(1'700'000'000'999'999'999), .octets = data});
  append_classic_packet(file, {.at = at(-5), .original_length = 77, .octets = data});
  Reader reader = opened(file);
  CHECK(reader.format() == Format::classic);
  const Packet a = next_packet(reader);
  CHECK(a.at == at(1'700'000'000'999'999'999));
  CHECK(a.link_type == LinkType::ethernet);
  CHECK(a.original_length == 3);
  CHECK(same_octets(a.octets, data));
  const Packet b = next_packet(reader);
  CHECK(b.at == at(0));
  CHECK(b.original_length == 77);
  CHECK(at_end(reader));
}

TEST_CASE("classic files of either octet order and resolution are read") {
  for (const bool little : {true, false}) {
    for (const bool nano : {true, false}) {
      CAPTURE(little);
      CAPTURE(nano);
      Builder b{.little = little, .out = {}};
      b.n(nano ? 0xa1b23c4d : 0xa1b2c3d4, 4).n(2, 2).n(4, 2).n(0, 8).n(65535, 4).n(101, 4);
      b.n(10, 4).n(123456, 4).n(2, 4).n(40, 4).n(0xabcd, 2);
      Reader reader = opened(b.out);
      const Packet p = next_packet(reader);
      CHECK(p.at == at(10'000'000'000 + 123456 * (nano ? 1 : 1000)));
      CHECK(p.octets.size() == 2);
      CHECK(p.original_length == 40);
      CHECK(p.link_type == LinkType::raw_ip);
      CHECK(reader.interfaces()[0].snap_length == 65535);
      CHECK(at_end(reader));
    }
  }
}

TEST_CASE("pcapng files of either octet order are read, with unknown blocks passed over") {
  for (const bool little : {true, false}) {
    CAPTURE(little);
    Builder b{.little = little, .out = {}};
    b.section()
        .block(5, b.body({{0, 4}}))
        .interface(1)
        .block(0x80000bad, octets({1, 2, 3, 4}))
        .packet(0, 0x1'0000'0002)
        .block(4, {});
    Reader reader = opened(b.out);
    const Packet p = next_packet(reader);
    CHECK(p.at == at(0x1'0000'0002 * 1000));  // microseconds where nothing is said
    CHECK(p.original_length == 60);
    CHECK(p.octets.size() == 4);
    CHECK(at_end(reader));
  }
}

TEST_CASE("time resolutions in powers of ten and two, and offsets, are understood") {
  struct Case {
    std::uint8_t resolution;
    std::uint64_t ticks;
    std::int64_t offset;
    std::int64_t nanoseconds;
  };
  const std::vector<Case> cases{{0, 3, 0, 3'000'000'000},
                                {3, 1500, 2, 3'500'000'000},
                                {9, 7, -1, -999'999'993},
                                {12, 7'999, 0, 7},
                                {100, 7'999, 0, 0},
                                {0x80, 2, 0, 2'000'000'000},
                                {0x80 | 1, 3, 0, 1'500'000'000},
                                {0x80 | 32, 0x1'8000'0000, 0, 1'500'000'000},
                                {0x80 | 40, 0x180'0000'0000, 0, 1'500'000'000},
                                {0x80 | 63, 1ull << 62, 0, 500'000'000},
                                {0x80 | 127, ~0ull, 0, 0},
                                {0, ~0ull, 1, INT64_MAX},
                                {9, ~0ull, INT64_MAX, INT64_MAX}};
  for (const Case& c : cases) {
    CAPTURE(int{c.resolution});
    CAPTURE(c.ticks);
    Builder b;
    b.section().interface_with_resolution(c.resolution, c.offset).packet(0, c.ticks);
    Reader reader = opened(b.out);
    CHECK(next_packet(reader).at == at(c.nanoseconds));
  }
}

TEST_CASE("a second section starts its interfaces anew, in its own octet order") {
  Builder first;
  first.section().interface(1).interface(101).packet(1, 1);
  Builder second{.little = false, .out = {}};
  second.section().interface(113).packet(0, 2);
  Octets file = first.out;
  file.insert(file.end(), second.out.begin(), second.out.end());
  Reader reader = opened(file);
  CHECK(next_packet(reader).interface == 1);
  const Packet p = next_packet(reader);
  CHECK(p.interface == 2);
  CHECK(p.link_type == LinkType::linux_sll);
  CHECK(at_end(reader));
}

TEST_CASE("simple and obsolete packet blocks are read") {
  Builder b;
  b.section().interface(1, 4).block(3, b.body({{60, 4}, {0x04030201, 4}}));
  b.block(2, b.body({{0, 2}, {3, 2}, {0, 4}, {9, 4}, {3, 4}, {70, 4}, {0x00030201, 4}}));
  Reader reader = opened(b.out);
  const Packet simple = next_packet(reader);
  CHECK_FALSE(simple.timed);
  CHECK(simple.original_length == 60);
  CHECK(same_octets(simple.octets, octets({1, 2, 3, 4})));
  const Packet obsolete = next_packet(reader);
  CHECK(obsolete.at == at(9000));
  CHECK(obsolete.original_length == 70);
  CHECK(same_octets(obsolete.octets, octets({1, 2, 3})));
  CHECK(at_end(reader));
}

TEST_CASE("what is no capture file is called so") {
  for (const Octets& file : {Octets{}, octets({1}), octets({0x0a, 0x0d, 0x0d}), octets({'G', 'E', 'T', ' ', '/'})}) {
    const auto reader = Reader::open(file);
    REQUIRE_FALSE(reader);
    CHECK(reader.error().kind == Kind::not_a_capture);
  }
}

TEST_CASE("a file cut off anywhere gives its whole packets and then says where it ends") {
  Octets file;
  append_section_header(file);
  append_interface(file, {.name = "a"});
  const std::size_t first = file.size();
  const Octets data(33, std::byte{7});
  append_packet(file, {.octets = data, .comments = {"one"}});
  const std::size_t second = file.size();
  append_packet(file, {.octets = data, .comments = {"two"}});
  for (std::size_t n = first + 1; n < file.size(); ++n) {
    CAPTURE(n);
    const Octets cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n));
    Reader reader = opened(cut);
    if (n >= second) CHECK(next_packet(reader).comments.size() == 1);
    if (n == second) {
      CHECK(at_end(reader));
      continue;
    }
    const ReadError error = next_error(reader);
    CHECK(error.kind == Kind::truncated);
    CHECK(error.offset == (n < second ? first : second));
    CHECK(next_error(reader).offset == error.offset);
  }
}

TEST_CASE("a classic file cut off anywhere says so too") {
  Octets file;
  append_classic_header(file, LinkType::raw_ip);
  const Octets data = octets({1, 2, 3, 4, 5});
  append_classic_packet(file, {.octets = data});
  for (std::size_t n = 4; n < file.size(); ++n) {
    CAPTURE(n);
    const Octets cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n));
    auto reader = Reader::open(cut);
    if (n < 24) {
      REQUIRE_FALSE(reader);
      CHECK(reader.error().kind == Kind::truncated);
    } else if (n == 24) {
      CHECK(at_end(*reader));
    } else {
      const ReadError error = next_error(*reader);
      CHECK(error.kind == Kind::truncated);
      CHECK(error.offset == 24);
    }
  }
}

TEST_CASE("numbers that cannot be right are named with their place") {
  const auto error_of = [](const Octets& file) {
    Reader reader = opened(file);
    while (true) {
      const auto packet = reader.next();
      if (!packet) return to_string(packet.error());
      if (!*packet) return std::string("end");
    }
  };
  CHECK(error_of(Builder{}.section().interface(1).packet(1, 0).out) ==
        "damaged at octet 48: a packet names an interface that was not declared");
  CHECK(error_of(Builder{}.section().packet(0, 0).out) ==
        "damaged at octet 28: a packet names an interface that was not declared");
  Octets file = Builder{}.section().interface(1).packet(0, 0).out;
  file[48 + 20] = std::byte{5};  // captured length, of 4 octets there
  CHECK(error_of(file) == "damaged at octet 48: a packet claims more octets than its block holds");
  file = Builder{}.section().interface(1).out;
  file[28 + 16] = std::byte{24};
  CHECK(error_of(file) == "damaged at octet 28: the two lengths of a block differ");
  file[28 + 4] = std::byte{8};
  CHECK(error_of(file) == "damaged at octet 28: a block's length is below 12 or no multiple of 4");
  file[8] = std::byte{0};
  CHECK(error_of(file) == "damaged at octet 0: a section header without the octet-order magic");
  Builder future;
  future.block(0x0a0d0d0a, future.body({{0x1a2b3c4d, 4}, {2, 2}, {0, 2}, {~0ull, 8}}));
  CHECK(error_of(future.out) == "unsupported at octet 0: pcapng of a version other than 1");
}

TEST_CASE("a comment too long for its option is cut between characters") {
  std::string text;
  while (text.size() < 70000) text += "\xe4\xbd\xa0";  // three octets each; 65,535 is divisible by three
  text.insert(0, "x");
  Octets file;
  append_section_header(file);
  append_interface(file, {});
  append_packet(file, {.octets = {}, .comments = {text}});
  Reader reader = opened(file);
  const Packet packet = next_packet(reader);
  REQUIRE(packet.comments.size() == 1);
  CHECK(packet.comments[0].size() == 65533);
  CHECK(text.starts_with(packet.comments[0]));
}
