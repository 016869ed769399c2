#include "wire/icmp.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/checksum.hpp"

namespace ft::wire {

namespace {
constexpr std::uint8_t timestamp_request = 13, address_mask_reply = 18;
}

bool is_icmp_error(std::uint8_t type) {
  const bool is_query = type == icmp_type::echo_reply || type == icmp_type::echo_request ||
                        (type >= timestamp_request && type <= address_mask_reply);
  return !is_query;
}

std::expected<IcmpMessage, DropReason> parse_icmp(std::span<const std::byte> message) {
  ByteReader in(message);
  IcmpMessage parsed;
  parsed.type = in.u8();
  parsed.code = in.u8();
  in.skip(2);
  parsed.rest = in.u32();
  if (!in.ok()) return std::unexpected(DropReason::too_short);
  if (!is_valid(add_octets(0, message))) return std::unexpected(DropReason::bad_transport_checksum);
  parsed.body = in.rest();
  return parsed;
}

std::size_t write_icmp(const IcmpMessage& message, std::span<std::byte> out) {
  ByteWriter to(out);
  to.u8(message.type);
  to.u8(message.code);
  to.u16(0);
  to.u32(message.rest);
  to.bytes(message.body);
  FT_ASSERT(to.ok());
  store_be16(&out[2], finish(add_octets(0, to.written())));
  return to.position();
}

}  // namespace ft::wire
