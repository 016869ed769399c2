// ICMP, ICMPv6, neighbour discovery and UDP: readers stay within their input, and what they read can be written again.
#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "net/icmp_errors.hpp"
#include "net/routes.hpp"
#include "wire/checksum.hpp"
#include "wire/icmp.hpp"
#include "wire/icmpv6.hpp"
#include "wire/ipv4.hpp"
#include "wire/ndp.hpp"
#include "wire/udp.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace ft;

namespace {

const IpAddress us4 = IpAddress::v4(10, 0, 0, 1), them4 = IpAddress::v4(10, 0, 0, 2);
const IpAddress us6 = *IpAddress::parse("2001:db8::1"), them6 = *IpAddress::parse("2001:db8::2");

const net::Routes& routes() {
  static const net::Routes instance = [] {
    StackConfig config;
    config.addresses = {{us4, 24}, {us6, 64}};
    return net::Routes(config);
  }();
  return instance;
}

void check_icmp(std::span<const std::byte> message) {
  const auto icmp = wire::parse_icmp(message);
  if (!icmp) return;
  std::vector<std::byte> out(message.size());
  FT_ASSERT(wire::write_icmp(*icmp, out) == out.size());
  FT_ASSERT(wire::parse_icmp(out).has_value());
  const auto error = net::interpret(routes(), us4, *icmp);
  if (error) FT_ASSERT(error->tuple.local.address == us4);
}

void check_icmpv6(std::span<const std::byte> message) {
  const auto icmp = wire::parse_icmpv6(them6, us6, message);
  if (!icmp) return;
  std::vector<std::byte> out(message.size());
  FT_ASSERT(wire::write_icmpv6(them6, us6, *icmp, out) == out.size());
  FT_ASSERT(wire::parse_icmpv6(them6, us6, out).has_value());
  const auto error = net::interpret(routes(), us6, *icmp);
  if (error) FT_ASSERT(error->tuple.local.address == us6);
  wire::NdpBody body;
  if (const auto asked = wire::parse_neighbour_solicitation(*icmp)) {
    const auto again = wire::parse_neighbour_solicitation(wire::make_neighbour_solicitation(*asked, body));
    FT_ASSERT(again && again->target == asked->target && again->source_mac == asked->source_mac);
  }
  if (const auto told = wire::parse_neighbour_advertisement(*icmp)) {
    const auto again = wire::parse_neighbour_advertisement(wire::make_neighbour_advertisement(*told, body));
    FT_ASSERT(again && again->target == told->target && again->target_mac == told->target_mac);
    FT_ASSERT(again->solicited == told->solicited && again->override_cached == told->override_cached);
  }
}

void check_udp(const IpAddress& source, const IpAddress& destination, std::span<const std::byte> datagram) {
  const auto udp = wire::parse_udp(source, destination, datagram);
  if (!udp) return;
  std::vector<std::byte> out(wire::udp_header_length + udp->payload.size());
  wire::write_udp(source, destination, udp->header, udp->payload, out);
  const auto again = wire::parse_udp(source, destination, out);
  FT_ASSERT(again && std::ranges::equal(again->payload, udp->payload));
}

/// With the checksum at `at` made right for a sum that starts with `sum`.
std::vector<std::byte> mended(std::span<const std::byte> message, std::size_t at, wire::PartialSum sum) {
  std::vector<std::byte> octets(message.begin(), message.end());
  store_be16(&octets[at], 0);
  store_be16(&octets[at], wire::finish(wire::add_octets(sum, octets)));
  return octets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> input = std::as_bytes(std::span{data, size});
  check_icmp(input);
  check_icmpv6(input);
  check_udp(them4, us4, input);
  check_udp(them6, us6, input);
  if (size < 8) return 0;
  const auto length = static_cast<std::uint32_t>(size);
  check_icmp(mended(input, 2, 0));
  check_icmpv6(mended(input, 2, wire::pseudo_header(them6, us6, wire::protocol::icmpv6, length)));
  check_udp(them4, us4, mended(input, 6, wire::pseudo_header(them4, us4, wire::protocol::udp, length)));
  check_udp(them6, us6, mended(input, 6, wire::pseudo_header(them6, us6, wire::protocol::udp, length)));
  return 0;
}
