#include "analysis/anonymise/addresses.hpp"

#include "base/siphash.hpp"

#include <algorithm>
#include <span>

namespace ft::analysis {
namespace {

using Octets = std::array<std::uint8_t, 16>;

struct Range4 {
  std::array<std::uint8_t, 4> prefix;
  unsigned length;
};
// What an IPv4 address is by its range (RFC 6890), beside "some host of the Internet".
constexpr Range4 private_ranges[] = {
    {{10, 0, 0, 0}, 8}, {{172, 16, 0, 0}, 12}, {{192, 168, 0, 0}, 16}, {{100, 64, 0, 0}, 10}, {{169, 254, 0, 0}, 16}};

bool in(const Octets& octets, const Range4& range) {
  for (unsigned bit = 0; bit < range.length; ++bit) {
    const unsigned mask = 0x80u >> bit % 8;
    if (((octets[bit / 8] ^ range.prefix[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

const Range4* range_of(const Octets& octets) {
  const auto found = std::ranges::find_if(private_ranges, [&](const Range4& r) { return in(octets, r); });
  return found == std::ranges::end(private_ranges) ? nullptr : found;
}

/// 0.0.0.0/8, loopback, multicast and what lies above.
bool stays(const Octets& octets) { return octets[0] == 0 || octets[0] == 127 || octets[0] >= 224; }

Octets octets_of(const IpAddress& address) {
  Octets octets{};
  std::ranges::copy(address.octets(), octets.begin());
  return octets;
}

}  // namespace

void AddressMap::scramble(Octets& octets, unsigned first, unsigned last) const {
  Octets before{};  // the address up to the bit under work, as it was
  const Octets original = octets;
  for (unsigned bit = 0; bit < last; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80u >> bit % 8);
    if (bit >= first) {
      std::array<std::byte, 17> input{};
      std::ranges::transform(before, input.begin(), [](std::uint8_t o) { return std::byte{o}; });
      input[16] = static_cast<std::byte>(bit);
      if ((siphash(key_, input) & 1) != 0) octets[bit / 8] ^= mask;
    }
    before[bit / 8] = static_cast<std::uint8_t>(before[bit / 8] | (original[bit / 8] & mask));
  }
}

/// A prefix-preserving permutation of what is neither special nor private: when it leads out of that, it is applied again, which
/// must come back in.
IpAddress AddressMap::map4(const IpAddress& address) const {
  Octets octets = octets_of(address);
  if (stays(octets)) return address;
  if (const Range4* range = range_of(octets)) {
    scramble(octets, range->length, 32);
  } else {
    do scramble(octets, 0, 32);
    while (stays(octets) || range_of(octets) != nullptr);
  }
  return IpAddress::from_octets(Family::ipv4, std::span(octets).first(4));
}

IpAddress AddressMap::map6(const IpAddress& address) {
  Octets octets = octets_of(address);
  const auto begins = [&](std::initializer_list<std::uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), octets.begin());
  };
  const auto with_ipv4 = [&] {  // the last four octets are an IPv4 address
    const IpAddress inner = map(IpAddress::from_octets(Family::ipv4, std::span(octets).last(4)));
    std::ranges::copy(inner.octets(), octets.begin() + 12);
    return IpAddress::from_octets(Family::ipv6, octets);
  };
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return with_ipv4();        // RFC 4291 2.5.5.2
  if (begins({0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return with_ipv4();  // RFC 6052 2.1
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) return address;                  // ::, ::1
  if (begins(
          {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff})) {  // solicited-node (RFC 4291 2.7.1): the end of a unicast address
    scramble(octets, 104, 128);
  } else if (octets[0] == 0xff) {
    return address;
  } else if (octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80) {
    scramble(octets, 64, 128);
  } else if ((octets[0] & 0xfe) == 0xfc) {
    scramble(octets, 8, 128);
  } else {
    scramble(octets, 3, 128);
  }
  return IpAddress::from_octets(Family::ipv6, octets);
}

IpAddress AddressMap::map(const IpAddress& address) {
  if (const auto known = known_.find(address); known != known_.end()) return known->second;
  const IpAddress mapped = address.is_v4() ? map4(address) : map6(address);
  if (known_.size() >= 2 * most_remembered) known_.clear();
  known_.emplace(address, mapped);
  return mapped;
}

MacAddress AddressMap::map(const MacAddress& mac) const {
  const auto hash_of = [&](std::span<const std::uint8_t> octets) { return siphash(key_, std::as_bytes(octets)); };
  MacAddress out = mac;
  if ((mac.octets[0] & 1) != 0) {
    // RFC 2464 7: 33:33 and the last four octets of an IPv6 group; those of a solicited-node group are a host's.
    const bool solicited = mac.octets[0] == 0x33 && mac.octets[1] == 0x33 && mac.octets[2] == 0xff;
    if (!solicited) return mac;
    const std::uint64_t hash = hash_of(mac.octets);
    for (std::size_t i = 3; i < 6; ++i) out.octets[i] = static_cast<std::uint8_t>(hash >> (8 * i));
    return out;
  }
  if (mac == MacAddress{}) return mac;  // the loopback's
  const std::uint64_t hash = hash_of(mac.octets);
  for (std::size_t i = 0; i < 6; ++i) out.octets[i] = static_cast<std::uint8_t>(hash >> (8 * i));
  out.octets[0] = static_cast<std::uint8_t>((out.octets[0] & 0xfc) | 2);
  return out;
}

}  // namespace ft::analysis
