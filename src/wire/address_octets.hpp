// Addresses between their octets on the wire and their values.
#pragma once

#include "base/cursor.hpp"
#include "fourtuple/address.hpp"

namespace ft::wire {

inline IpAddress read_address(ByteReader& in, Family family) {
  const auto octets = in.take(family == Family::ipv4 ? 4 : 16);
  return IpAddress::from_octets(family, {reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()});
}

inline void write_address(ByteWriter& out, const IpAddress& address) { out.bytes(address.octets()); }

inline MacAddress read_mac(ByteReader& in) {
  MacAddress mac;
  in.copy_to(std::span{mac.octets});
  return mac;
}

inline void write_mac(ByteWriter& out, const MacAddress& mac) { out.bytes(std::span<const std::uint8_t>{mac.octets}); }

}  // namespace ft::wire
