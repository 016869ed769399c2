#include "pcap/reader.hpp"
#include "pcap/stream_reader.hpp"
#include "pcap/writer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace ft::pcap;
using ft::Duration;
using ft::Instant;
using Octets = std::vector<std::byte>;

namespace {

struct Told {
  std::vector<std::string> packets;
  std::string ending;
  friend bool operator==(const Told&, const Told&) = default;
};

std::string text_of(const Packet& packet) {
  std::string out = std::to_string(packet.at.time_since_epoch().count()) + " " + std::to_string(packet.interface) + " " +
                    std::to_string(packet.original_length) + " ";
  out.append(reinterpret_cast<const char*>(packet.octets.data()), packet.octets.size());
  for (const auto comment : packet.comments) out += comment;
  return out;
}

Told read_whole(const Octets& file) {
  Told told;
  auto reader = Reader::open(file);
  if (!reader) return {{}, to_string(reader.error())};
  Packet packet;
  while (true) {
    const auto found = reader->next(packet);
    if (!found) told.ending = to_string(found.error());
    if (!found || !*found) return told;
    told.packets.push_back(text_of(packet));
  }
}

Told read_pieces(const Octets& file, std::size_t piece) {
  Told told;
  StreamReader reader;
  Packet packet;
  std::size_t at = 0;
  while (true) {
    switch (reader.next(packet)) {
      case StreamReader::Step::packet:
        told.packets.push_back(text_of(packet));
        break;
      case StreamReader::Step::need_more: {
        const auto room = reader.room();
        const std::size_t n = std::min({piece, room.size(), file.size() - at});
        std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), n, room.begin());
        at += n;
        reader.put(n);
        if (n == 0) reader.finish();
        break;
      }
      case StreamReader::Step::end:
        CHECK(reader.position() == file.size());
        return told;
      case StreamReader::Step::failed:
        told.ending = to_string(reader.error());
        return told;
    }
  }
}

void append_number(Octets& out, std::uint64_t value, std::size_t octets, bool little = true) {
  for (std::size_t i = 0; i < octets; ++i) out.push_back(static_cast<std::byte>(value >> (8 * (little ? i : octets - 1 - i))));
}

void append_block(Octets& out, std::uint32_t type, const Octets& body) {
  append_number(out, type, 4);
  append_number(out, body.size() + 12, 4);
  out.insert(out.end(), body.begin(), body.end());
  append_number(out, body.size() + 12, 4);
}

Octets example() {
  Octets file;
  append_section_header(file, "test");
  append_interface(file, {.name = "a"});
  const Octets data(700, std::byte{7});
  for (int i = 0; i < 40; ++i) {
    append_packet(
        file, {.at = Instant{Duration{i}}, .octets = std::span(data).first(static_cast<std::size_t>(i * 17)), .comments = {"c"}});
    if (i % 10 == 0) append_block(file, 10, Octets(3000, std::byte{1}));  // secrets: passed over
  }
  return file;
}

Octets classic_header(std::uint32_t magic, std::uint16_t minor, std::uint32_t link) {
  Octets file;
  append_number(file, magic, 4);
  append_number(file, 2, 2);
  append_number(file, minor, 2);
  append_number(file, 0, 8);
  append_number(file, 65535, 4);
  append_number(file, link, 4);
  return file;
}

}  // namespace

TEST_CASE("a file that comes in pieces of any size is read as one that lies in memory") {
  const Octets file = example();
  const Told whole = read_whole(file);
  CHECK(whole.packets.size() == 40);
  for (const std::size_t piece : {1u, 3u, 16u, 1000u, 1u << 20}) CHECK(read_pieces(file, piece) == whole);
  Octets classic;
  append_classic_header(classic, LinkType::raw_ip);
  const Octets data(90, std::byte{3});
  for (int i = 0; i < 9; ++i) append_classic_packet(classic, {.at = Instant{Duration{i}}, .octets = data});
  for (const std::size_t piece : {1u, 7u, 5000u}) CHECK(read_pieces(classic, piece) == read_whole(classic));
}

TEST_CASE("a stream cut off anywhere tells the same packets and the same sentence as a file cut off there") {
  const Octets file = example();
  for (std::size_t n = 0; n < file.size(); n += 13) {
    const Octets cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n));
    CAPTURE(n);
    CHECK(read_pieces(cut, 100) == read_whole(cut));
  }
}

TEST_CASE("a large block of an unknown type passes through a small buffer") {
  Octets file;
  append_section_header(file, "test");
  append_block(file, 0x0bad, Octets(3'000'000));
  append_interface(file, {});
  append_packet(file, {.octets = {}});
  StreamReader reader;
  std::size_t at = 0, largest = 0;
  Packet packet;
  StreamReader::Step step;
  while ((step = reader.next(packet)) == StreamReader::Step::need_more) {
    const auto room = reader.room();
    const std::size_t n = std::min(room.size(), file.size() - at);
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), n, room.begin());
    at += n;
    largest = std::max(largest, room.size());
    reader.put(n);
  }
  CHECK(step == StreamReader::Step::packet);
  CHECK(largest <= 256 * 1024);
}

TEST_CASE("a block that claims gigabytes is called damaged before anything is taken for it") {
  Octets file;
  append_section_header(file, "test");
  append_interface(file, {});
  append_number(file, 6, 4);
  append_number(file, 0x40000000, 4);
  append_number(file, 0, 8);
  CHECK(read_pieces(file, 64).ending.find("claims more than 16 MiB") != std::string::npos);
  CHECK(read_pieces(file, 64) == read_whole(file));
}

TEST_CASE("a classic file with the modified magic number has longer records that tell the direction") {
  Octets file = classic_header(0xa1b2cd34, 4, 1);
  for (const std::uint64_t number : {5u, 6u, 2u, 60u}) append_number(file, number, 4);
  append_number(file, 3, 4);  // interface
  append_number(file, 8, 2);  // protocol
  append_number(file, 4, 2);  // packet type: from us
  append_number(file, 0xabcd, 2);
  auto reader = Reader::open(file);
  REQUIRE(reader);
  Packet packet;
  REQUIRE(*reader->next(packet));
  CHECK(packet.octets.size() == 2);
  CHECK(packet.direction == Direction::outbound);
  CHECK_FALSE(*reader->next(packet));
}

TEST_CASE("classic files before version 2.3 have their two lengths the other way around") {
  for (const std::uint16_t minor : {std::uint16_t{2}, std::uint16_t{3}}) {
    Octets file = classic_header(0xa1b2c3d4, minor, 1);
    for (const std::uint64_t number : {5u, 6u, 60u, 2u}) append_number(file, number, 4);
    append_number(file, 0xabcd, 2);
    auto reader = Reader::open(file);
    REQUIRE(reader);
    Packet packet;
    REQUIRE(*reader->next(packet));
    CHECK(packet.octets.size() == 2);
    CHECK(packet.original_length == 60);
  }
}

TEST_CASE("the length of a frame check sequence is told, whichever way the file says it") {
  Octets file = classic_header(0xa1b2c3d4, 4, 0x24000001);
  for (const std::uint64_t number : {5u, 6u, 0u, 60u}) append_number(file, number, 4);
  auto reader = Reader::open(file);
  REQUIRE(reader);
  Packet packet;
  REQUIRE(*reader->next(packet));
  CHECK(packet.link_type == LinkType::ethernet);
  CHECK(packet.fcs_length == 4);
}

TEST_CASE("statistics and drop counts tell how many packets the capture lost") {
  Octets file;
  append_section_header(file, "someone");
  append_interface(file, {});
  append_interface(file, {});
  Octets packet_block;
  for (const std::uint64_t number : {1u, 0u, 0u, 0u, 60u}) append_number(packet_block, number, 4);
  append_number(packet_block, 4 | 8 << 16, 4);  // drop count, 8 octets
  append_number(packet_block, 17, 8);
  append_number(packet_block, 0, 4);
  append_block(file, 6, packet_block);
  Octets statistics;
  append_number(statistics, 0, 4);
  append_number(statistics, 0, 8);
  for (const auto& [code, value] : {std::pair{4, 1000}, std::pair{5, 3}, std::pair{7, 2}}) {
    append_number(statistics, static_cast<std::uint64_t>(code) | 8 << 16, 4);
    append_number(statistics, static_cast<std::uint64_t>(value), 8);
  }
  append_number(statistics, 0, 4);
  append_block(file, 5, statistics);
  auto reader = Reader::open(file);
  REQUIRE(reader);
  Packet packet;
  REQUIRE(*reader->next(packet));
  CHECK(packet.dropped_before == 17);
  CHECK_FALSE(*reader->next(packet));
  CHECK(reader->interfaces()[0].received == 1000);
  CHECK(reader->interfaces()[0].dropped == 5);
  CHECK(reader->decoder().dropped() == 22);
  CHECK(reader->decoder().section().application == "someone");
}
