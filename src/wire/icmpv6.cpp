#include "wire/icmpv6.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"

namespace ft::wire {

std::expected<Icmpv6Message, DropReason> parse_icmpv6(const IpAddress& source, const IpAddress& destination,
                                                      std::span<const std::byte> message) {
  ByteReader in(message);
  Icmpv6Message parsed;
  parsed.type = in.u8();
  parsed.code = in.u8();
  in.skip(2);
  parsed.rest = in.u32();
  if (!in.ok()) return std::unexpected(DropReason::too_short);
  if (!is_valid(with_pseudo_header(source, destination, protocol::icmpv6, message)))
    return std::unexpected(DropReason::bad_transport_checksum);
  parsed.body = in.rest();
  return parsed;
}

std::size_t write_icmpv6(const IpAddress& source, const IpAddress& destination, const Icmpv6Message& message,
                         std::span<std::byte> out) {
  ByteWriter to(out);
  to.u8(message.type);
  to.u8(message.code);
  to.u16(0);
  to.u32(message.rest);
  to.bytes(message.body);
  FT_ASSERT(to.ok());
  store_be16(&out[2], finish(with_pseudo_header(source, destination, protocol::icmpv6, to.written())));
  return to.position();
}

}  // namespace ft::wire
