#include "wire/udp.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"

namespace ft::wire {

std::expected<ParsedUdp, DropReason> parse_udp(const IpAddress& source, const IpAddress& destination,
                                               std::span<const std::byte> datagram) {
  ByteReader in(datagram);
  ParsedUdp parsed;
  parsed.header.source_port = in.u16();
  parsed.header.destination_port = in.u16();
  const std::size_t length = in.u16();
  const std::uint16_t checksum = in.u16();
  if (!in.ok()) return std::unexpected(DropReason::too_short);
  if (length < udp_header_length || length > datagram.size()) return std::unexpected(DropReason::bad_total_length);
  datagram = datagram.first(length);
  const bool unchecked = checksum == 0 && source.is_v4();
  if (!unchecked && (checksum == 0 || !is_valid(with_pseudo_header(source, destination, protocol::udp, datagram))))
    return std::unexpected(DropReason::bad_transport_checksum);
  parsed.payload = datagram.subspan(udp_header_length);
  return parsed;
}

std::size_t write_udp(const IpAddress& source, const IpAddress& destination, const UdpHeader& header,
                      std::span<const std::byte> payload, std::span<std::byte> out) {
  const std::size_t length = udp_header_length + payload.size();
  FT_ASSERT(length <= 65535);
  ByteWriter to(out);
  to.u16(header.source_port);
  to.u16(header.destination_port);
  to.u16(static_cast<std::uint16_t>(length));
  to.u16(0);
  to.bytes(payload);
  FT_ASSERT(to.ok());
  const std::uint16_t checksum = finish(with_pseudo_header(source, destination, protocol::udp, to.written()));
  store_be16(&out[6], checksum != 0 ? checksum : std::uint16_t{0xffff});  // RFC 768: a zero would mean "none"
  return length;
}

}  // namespace ft::wire
