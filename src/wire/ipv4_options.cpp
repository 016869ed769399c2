#include "wire/ipv4_options.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/address_octets.hpp"

#include <algorithm>

namespace ft::wire {

namespace {

namespace ip_option {
enum Type : std::uint8_t { end_of_list = 0, no_operation = 1, loose_source_route = 131, strict_source_route = 137 };
}
constexpr std::uint8_t first_pointer = 4;
constexpr std::size_t address_length = 4;

std::optional<ReceivedRoute> read_route(std::uint8_t kind, std::span<const std::byte> value) {
  ByteReader in(value);
  const std::uint8_t pointer = in.u8();
  const std::size_t octets = value.empty() ? 0 : value.size() - 1;
  const bool whole = octets % address_length == 0 && octets / address_length <= SourceRoute::most && octets != 0;
  if (!in.ok() || !whole || pointer < first_pointer || pointer % address_length != 0) return std::nullopt;
  ReceivedRoute route;
  route.recorded.strict = kind == ip_option::strict_source_route;
  route.complete = pointer > value.size() + 2;
  for (; route.recorded.count < octets / address_length; ++route.recorded.count)
    route.recorded.hops[route.recorded.count] = read_address(in, Family::ipv4);
  return route;
}

}  // namespace

SourceRoute ReceivedRoute::reversed() const {
  SourceRoute back = recorded;
  std::reverse(back.hops.begin(), back.hops.begin() + back.count);
  return back;
}

std::expected<std::optional<ReceivedRoute>, DropReason> read_source_route(std::span<const std::byte> options) {
  std::optional<ReceivedRoute> found;
  std::size_t at = 0;
  while (at < options.size()) {
    const std::uint8_t kind = load_u8(&options[at]);
    if (kind == ip_option::end_of_list) break;
    if (kind == ip_option::no_operation) {
      ++at;
      continue;
    }
    if (options.size() - at < 2) return std::unexpected(DropReason::bad_options);
    const std::size_t length = load_u8(&options[at + 1]);
    if (length < 2 || length > options.size() - at) return std::unexpected(DropReason::bad_options);
    if (kind == ip_option::loose_source_route || kind == ip_option::strict_source_route) {
      if (found) return std::unexpected(DropReason::bad_options);  // RFC 1122 3.2.1.8 (c): never two
      found = read_route(kind, options.subspan(at + 2, length - 2));
      if (!found) return std::unexpected(DropReason::bad_options);
    }
    at += length;
  }
  return found;
}

std::size_t write_source_route(const SourceRoute& route, const IpAddress& destination, std::span<std::byte> out) {
  FT_ASSERT(route.count != 0 && route.count <= SourceRoute::most);
  ByteWriter to(out);
  to.u8(ip_option::no_operation);  // the addresses lie on multiples of four
  to.u8(route.strict ? ip_option::strict_source_route : ip_option::loose_source_route);
  to.u8(static_cast<std::uint8_t>(3 + address_length * route.count));
  to.u8(first_pointer);
  for (const IpAddress& hop : route.view().subspan(1)) write_address(to, hop);
  write_address(to, destination);
  FT_ASSERT(to.ok());
  return to.position();
}

}  // namespace ft::wire
