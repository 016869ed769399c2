#include "wire/ipv4.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/checksum.hpp"

#include <algorithm>
#include <cstring>

namespace ft::wire {

namespace {

constexpr std::uint16_t flag_dont_fragment = 0x4000;
constexpr std::uint16_t flag_more_fragments = 0x2000;
constexpr std::uint16_t offset_mask = 0x1fff;

IpAddress ipv4_address(const std::byte* p) {
  return IpAddress::from_octets(Family::ipv4, {reinterpret_cast<const std::uint8_t*>(p), 4});
}

// Fills in `parsed` where the caller returns it: a copy of fields just written would have to wait for them.
DropReason read_header(std::span<const std::byte> packet, ParsedIpv4& parsed) {
  if (packet.size() < ipv4_min_header) return DropReason::too_short;
  const std::byte* const p = packet.data();
  const std::uint8_t first = load_u8(p);
  if (first >> 4 != 4) return DropReason::bad_version;
  const std::size_t header_length = std::size_t{4} * (first & 0x0f);
  if (header_length < ipv4_min_header || header_length > packet.size()) return DropReason::bad_header_length;
  Ipv4Header& header = parsed.header;
  header.traffic_class = load_u8(p + 1);
  header.total_length = load_be16(p + 2);
  header.id = load_be16(p + 4);
  const std::uint16_t fragment = load_be16(p + 6);
  header.dont_fragment = (fragment & flag_dont_fragment) != 0;
  header.more_fragments = (fragment & flag_more_fragments) != 0;
  header.fragment_offset = std::uint32_t{8} * (fragment & offset_mask);
  header.ttl = load_u8(p + 8);
  header.protocol = load_u8(p + 9);
  header.source = ipv4_address(p + 12);
  header.destination = ipv4_address(p + 16);
  parsed.options = packet.subspan(ipv4_min_header, header_length - ipv4_min_header);
  parsed.payload = packet.subspan(header_length);
  return DropReason::none;
}

DropReason read_whole(std::span<const std::byte> packet, ParsedIpv4& parsed) {
  if (const DropReason reason = read_header(packet, parsed); reason != DropReason::none) return reason;
  const std::size_t header_length = ipv4_min_header + parsed.options.size();
  const std::size_t total_length = parsed.header.total_length;
  if (total_length < header_length || total_length > packet.size()) return DropReason::bad_total_length;
  if (!is_valid(add_octets(0, packet.first(header_length)))) return DropReason::bad_ip_checksum;
  parsed.payload = parsed.payload.first(total_length - header_length);
  return DropReason::none;
}

DropReason read_quoted(std::span<const std::byte> quote, ParsedIpv4& parsed) {
  if (const DropReason reason = read_header(quote, parsed); reason != DropReason::none) return reason;
  const std::size_t header_length = ipv4_min_header + parsed.options.size();
  if (parsed.header.total_length < header_length) return DropReason::bad_total_length;
  parsed.payload = parsed.payload.first(std::min(parsed.payload.size(), parsed.header.total_length - header_length));
  return DropReason::none;
}

}  // namespace

std::expected<ParsedIpv4, DropReason> parse_ipv4(std::span<const std::byte> packet) {
  std::expected<ParsedIpv4, DropReason> result;
  if (const DropReason reason = read_whole(packet, *result); reason != DropReason::none) result = std::unexpected(reason);
  return result;
}

std::expected<ParsedIpv4, DropReason> parse_quoted_ipv4(std::span<const std::byte> quote) {
  std::expected<ParsedIpv4, DropReason> result;
  if (const DropReason reason = read_quoted(quote, *result); reason != DropReason::none) result = std::unexpected(reason);
  return result;
}

std::size_t write_ipv4(const Ipv4Header& header, std::span<std::byte> out, std::size_t options) {
  FT_ASSERT(options % 4 == 0 && options <= 40);
  FT_ASSERT(header.fragment_offset % 8 == 0 && header.fragment_offset / 8 <= offset_mask);
  FT_ASSERT(out.size() >= ipv4_min_header + options);
  std::byte* const p = out.data();
  store_u8(p, static_cast<std::uint8_t>(0x45 + options / 4));
  store_u8(p + 1, header.traffic_class);
  store_be16(p + 2, header.total_length);
  store_be16(p + 4, header.id);
  auto fragment = static_cast<std::uint16_t>(header.fragment_offset / 8);
  if (header.dont_fragment) fragment |= flag_dont_fragment;
  if (header.more_fragments) fragment |= flag_more_fragments;
  store_be16(p + 6, fragment);
  store_u8(p + 8, header.ttl);
  store_u8(p + 9, header.protocol);
  store_be16(p + 10, 0);
  std::memcpy(p + 12, header.source.octets().data(), 4);
  std::memcpy(p + 16, header.destination.octets().data(), 4);
  store_be16(p + 10, finish(add_octets(0, out.first(ipv4_min_header + options))));
  return ipv4_min_header + options;
}

}  // namespace ft::wire
