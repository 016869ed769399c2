#include "wire/ethernet.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/address_octets.hpp"

namespace ft::wire {

MacAddress group_mac(const IpAddress& group) {
  if (group.is_limited_broadcast()) return broadcast_mac;
  const auto o = group.octets();
  if (group.is_v4()) return {{0x01, 0x00, 0x5e, static_cast<std::uint8_t>(o[1] & 0x7f), o[2], o[3]}};
  return {{0x33, 0x33, o[12], o[13], o[14], o[15]}};
}

std::expected<ParsedEthernet, DropReason> parse_ethernet(std::span<const std::byte> frame) {
  ByteReader in(frame);
  ParsedEthernet parsed;
  parsed.header.destination = read_mac(in);
  parsed.header.source = read_mac(in);
  parsed.header.type = in.u16();
  if (!in.ok()) return std::unexpected(DropReason::too_short);
  parsed.payload = in.rest();
  return parsed;
}

std::size_t write_ethernet(const EthernetHeader& header, std::span<std::byte> out) {
  ByteWriter to(out);
  write_mac(to, header.destination);
  write_mac(to, header.source);
  to.u16(header.type);
  FT_ASSERT(to.ok());
  return to.position();
}

}  // namespace ft::wire
