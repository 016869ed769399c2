#include "wire/ipv6.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/address_octets.hpp"

#include <algorithm>

namespace ft::wire {

namespace {

constexpr std::uint8_t option_pad1 = 0;
constexpr std::uint8_t option_padn = 1;

// Fills in `parsed` where the caller returns it: a copy of fields just written would have to wait for them.
DropReason read_header(std::span<const std::byte> packet, ParsedIpv6& parsed) {
  if (packet.size() < ipv6_header_length) return DropReason::too_short;
  ByteReader in(packet);
  const std::uint32_t first = in.u32();
  if (first >> 28 != 6) return DropReason::bad_version;
  Ipv6Header& header = parsed.header;
  header.traffic_class = static_cast<std::uint8_t>(first >> 20);
  header.flow_label = first & 0xfffff;
  header.payload_length = in.u16();
  header.next_header = in.u8();
  header.hop_limit = in.u8();
  header.source = read_address(in, Family::ipv6);
  header.destination = read_address(in, Family::ipv6);
  parsed.payload = in.rest();
  return DropReason::none;
}

DropReason read_whole(std::span<const std::byte> packet, ParsedIpv6& parsed) {
  if (const DropReason reason = read_header(packet, parsed); reason != DropReason::none) return reason;
  if (parsed.header.payload_length > parsed.payload.size()) return DropReason::bad_total_length;
  parsed.payload = parsed.payload.first(parsed.header.payload_length);
  return DropReason::none;
}

DropReason read_quoted(std::span<const std::byte> quote, ParsedIpv6& parsed) {
  if (const DropReason reason = read_header(quote, parsed); reason != DropReason::none) return reason;
  parsed.payload = parsed.payload.first(std::min<std::size_t>(parsed.payload.size(), parsed.header.payload_length));
  return DropReason::none;
}

}  // namespace

std::expected<ParsedIpv6, DropReason> parse_ipv6(std::span<const std::byte> packet) {
  std::expected<ParsedIpv6, DropReason> result;
  if (const DropReason reason = read_whole(packet, *result); reason != DropReason::none) result = std::unexpected(reason);
  return result;
}

std::expected<ParsedIpv6, DropReason> parse_quoted_ipv6(std::span<const std::byte> quote) {
  std::expected<ParsedIpv6, DropReason> result;
  if (const DropReason reason = read_quoted(quote, *result); reason != DropReason::none) result = std::unexpected(reason);
  return result;
}

std::size_t write_ipv6(const Ipv6Header& header, std::span<std::byte> out) {
  FT_ASSERT(header.flow_label <= 0xfffff);
  ByteWriter to(out);
  to.u32((std::uint32_t{6} << 28) | (std::uint32_t{header.traffic_class} << 20) | header.flow_label);
  to.u16(header.payload_length);
  to.u8(header.next_header);
  to.u8(header.hop_limit);
  write_address(to, header.source);
  write_address(to, header.destination);
  FT_ASSERT(to.ok());
  return to.position();
}

std::expected<ExtensionHeader, DropReason> parse_extension(std::span<const std::byte> from) {
  ByteReader in(from);
  ExtensionHeader header;
  header.next_header = in.u8();
  header.length = std::size_t{8} * (std::size_t{in.u8()} + 1);
  header.body = in.take(header.length - 2);
  if (!in.ok()) return std::unexpected(DropReason::too_short);
  return header;
}

RoutingHeader parse_routing(const ExtensionHeader& header) {
  ByteReader in(header.body);
  RoutingHeader routing;
  routing.type = in.u8();
  routing.segments_left = in.u8();
  return routing;
}

std::expected<FragmentHeader, DropReason> parse_fragment(std::span<const std::byte> from) {
  ByteReader in(from);
  FragmentHeader header;
  header.next_header = in.u8();
  in.skip(1);
  const std::uint16_t offset = in.u16();
  header.offset = offset & 0xfff8u;
  header.more_fragments = (offset & 1) != 0;
  header.id = in.u32();
  if (!in.ok()) return std::unexpected(DropReason::too_short);
  return header;
}

std::size_t write_fragment(const FragmentHeader& header, std::span<std::byte> out) {
  FT_ASSERT(header.offset % 8 == 0 && header.offset <= 0xfff8);
  ByteWriter to(out);
  to.u8(header.next_header);
  to.u8(0);
  to.u16(static_cast<std::uint16_t>(header.offset | (header.more_fragments ? 1u : 0u)));
  to.u32(header.id);
  FT_ASSERT(to.ok());
  return to.position();
}

std::optional<Ipv6Option> Ipv6OptionReader::next() {
  while (!malformed_ && at_ < body_.size()) {
    const std::size_t start = at_;
    ByteReader in(body_.subspan(start));
    const std::uint8_t type = in.u8();
    if (type == option_pad1) {
      ++at_;
      continue;
    }
    const std::span<const std::byte> data = in.take(in.u8());
    if (!in.ok()) {
      malformed_ = true;
      break;
    }
    at_ = start + 2 + data.size();
    if (type != option_padn) return Ipv6Option{type, start, data};
  }
  return {};
}

}  // namespace ft::wire
