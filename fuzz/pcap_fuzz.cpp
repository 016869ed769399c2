// Any octets as a capture file: the reader comes to an end, its packets lie within the file, and what it read is the same
// after our writer and the reader again. In pieces it is read the same.
#include "base/assert.hpp"
#include "pcap/reader.hpp"
#include "pcap/stream_reader.hpp"
#include "pcap/writer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace ft;

namespace {

bool lies_within(std::span<const std::byte> part, std::span<const std::byte> whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::vector<pcap::Packet> read_all(pcap::Reader& reader) {
  std::vector<pcap::Packet> packets;
  while (true) {
    auto packet = reader.next();
    if (!packet) {
      FT_ASSERT(!to_string(packet.error()).empty() && !reader.next());
      return packets;
    }
    if (!*packet) return packets;
    FT_ASSERT((*packet)->interface < reader.interfaces().size());
    packets.push_back(std::move(**packet));
  }
}

/// As far as our writer keeps it.
void check_same(const pcap::Packet& a, const pcap::Packet& b) {
  FT_ASSERT(std::max(a.at, Instant{}) == b.at);
  FT_ASSERT(a.interface == b.interface && a.link_type == b.link_type && a.direction == b.direction);
  FT_ASSERT(std::max<std::size_t>(a.original_length, a.octets.size()) == b.original_length);
  FT_ASSERT(std::equal(a.octets.begin(), a.octets.end(), b.octets.begin(), b.octets.end()));
  std::vector<std::string_view> comments = a.comments;
  std::erase(comments, std::string_view{});
  FT_ASSERT(comments == b.comments);
}

/// The same file, its octets handed over `piece` at a time.
void check_stream(std::span<const std::byte> file, const std::vector<pcap::Packet>& packets, const std::string& ending,
                  std::size_t piece) {
  pcap::StreamReader reader;
  pcap::Packet packet;
  std::size_t at = 0, count = 0;
  while (true) {
    const auto step = reader.next(packet);
    if (step == pcap::StreamReader::Step::packet) {
      FT_ASSERT(count < packets.size() && packet.at == packets[count].at && packet.comments == packets[count].comments);
      FT_ASSERT(std::ranges::equal(packet.octets, packets[count].octets));
      ++count;
    } else if (step == pcap::StreamReader::Step::need_more) {
      const auto room = reader.room();
      const std::size_t n = std::min({piece, room.size(), file.size() - at});
      std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), n, room.begin());
      at += n;
      reader.put(n);
      if (n == 0) reader.finish();
    } else {
      FT_ASSERT(count == packets.size());
      FT_ASSERT(ending == (step == pcap::StreamReader::Step::failed ? to_string(reader.error()) : ""));
      return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file = std::as_bytes(std::span{data, size});
  auto reader = pcap::Reader::open(file);
  const std::size_t piece = 1 + size % 97;
  if (!reader) {
    check_stream(file, {}, to_string(reader.error()), piece);
    return 0;
  }
  const std::vector<pcap::Packet> packets = read_all(*reader);
  const auto end = reader->next();
  check_stream(file, packets, end ? "" : to_string(end.error()), piece);
  for (const pcap::Packet& packet : packets) FT_ASSERT(lies_within(packet.octets, file));

  std::vector<std::byte> copy;
  pcap::append_section_header(copy);
  for (const pcap::Interface& interface : reader->interfaces()) pcap::append_interface(copy, interface);
  for (const pcap::Packet& packet : packets) pcap::append_packet(copy, packet);
  auto again = pcap::Reader::open(copy);
  FT_ASSERT(again.has_value());
  const std::vector<pcap::Packet> copied = read_all(*again);
  FT_ASSERT(copied.size() == packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i) check_same(packets[i], copied[i]);
  return 0;
}
