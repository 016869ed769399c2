// Ethernet, ARP and IPv4: what can be read is within its input, and says the same when it is written and read again.
#include "base/assert.hpp"
#include "wire/arp.hpp"
#include "wire/checksum.hpp"
#include "wire/ethernet.hpp"
#include "wire/ipv4.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace ft;

namespace {

bool lies_within(std::span<const std::byte> part, std::span<const std::byte> whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_arp(std::span<const std::byte> octets) {
  const auto arp = wire::parse_arp(octets);
  if (!arp) return;
  std::array<std::byte, wire::arp_length> out{};
  FT_ASSERT(wire::write_arp(*arp, out) == out.size());
  FT_ASSERT(std::ranges::equal(out, octets.first(out.size())));
}

void check_ipv4(std::span<const std::byte> packet) {
  const auto quoted = wire::parse_quoted_ipv4(packet);
  FT_ASSERT(!quoted || (lies_within(quoted->payload, packet) && lies_within(quoted->options, packet)));
  const auto parsed = wire::parse_ipv4(packet);
  if (!parsed) return;
  FT_ASSERT(quoted.has_value() && std::ranges::equal(quoted->payload, parsed->payload));
  FT_ASSERT(wire::ipv4_min_header + parsed->options.size() + parsed->payload.size() == parsed->header.total_length);
  std::vector<std::byte> out(wire::ipv4_min_header);
  wire::Ipv4Header header = parsed->header;
  header.total_length = wire::ipv4_min_header;
  wire::write_ipv4(header, out);
  const auto again = wire::parse_ipv4(out);
  FT_ASSERT(again.has_value());
  FT_ASSERT(again->header.fragment_offset == parsed->header.fragment_offset);
  FT_ASSERT(again->header.more_fragments == parsed->header.more_fragments);
  FT_ASSERT(again->header.source == parsed->header.source && again->header.destination == parsed->header.destination);
  FT_ASSERT(again->header.id == parsed->header.id && again->header.ttl == parsed->header.ttl);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> input = std::as_bytes(std::span{data, size});
  check_arp(input);
  check_ipv4(input);
  if (const auto frame = wire::parse_ethernet(input)) {
    FT_ASSERT(frame->payload.size() + wire::ethernet_header_length == input.size());
    check_arp(frame->payload);
  }
  // Once more with the checksum that a sender would have written, to get behind it.
  std::vector<std::byte> packet(input.begin(), input.end());
  const std::size_t header_length = packet.empty() ? 0 : std::size_t{4} * (std::to_integer<unsigned>(packet[0]) & 15);
  if (header_length < wire::ipv4_min_header || header_length > packet.size()) return 0;
  packet[10] = packet[11] = std::byte{0};
  const std::uint16_t checksum = wire::finish(wire::add_octets(0, std::span{packet}.first(header_length)));
  packet[10] = static_cast<std::byte>(checksum >> 8);
  packet[11] = static_cast<std::byte>(checksum);
  check_ipv4(packet);
  return 0;
}
