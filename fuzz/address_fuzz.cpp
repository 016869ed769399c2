// Text that is an address or endpoint, written in our way and read again, is the same.
#include "base/assert.hpp"
#include "fourtuple/address.hpp"

#include <cstddef>
#include <cstdint>

using namespace ft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto address = IpAddress::parse(text)) {
    const std::string written = address->to_string();
    FT_ASSERT(written.size() <= 45);
    FT_ASSERT(IpAddress::parse(written) == address);
    FT_ASSERT(address->in_prefix(*address, 128));
  }
  if (const auto endpoint = Endpoint::parse(text)) FT_ASSERT(Endpoint::parse(endpoint->to_string()) == endpoint);
  // Any 16 octets are an address that can be written and read.
  const auto octets = std::span{data, size};
  if (size >= 16) {
    const auto v6 = IpAddress::from_octets(Family::ipv6, octets.first(16));
    FT_ASSERT(IpAddress::parse(v6.to_string()) == v6);
  }
  if (size >= 4) {
    const auto v4 = IpAddress::from_octets(Family::ipv4, octets.first(4));
    FT_ASSERT(IpAddress::parse(v4.to_string()) == v4);
  }
  return 0;
}
