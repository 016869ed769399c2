// ARP for IPv4 over Ethernet (RFC 826): who has this address, and the answer.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/error.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

namespace ft::wire {

struct ArpPacket {
  enum class Operation : std::uint16_t { request = 1, reply = 2 };
  Operation operation = Operation::request;
  MacAddress sender_mac;
  IpAddress sender;
  MacAddress target_mac;  // meaningless in a request
  IpAddress target;
};

inline constexpr std::size_t arp_length = 28;

/// Reads what follows the Ethernet header. bad_arp when it is not IPv4 over Ethernet or neither request nor reply.
std::expected<ArpPacket, DropReason> parse_arp(std::span<const std::byte> packet);

/// Writes 28 octets; returns their number. `out` must have room.
std::size_t write_arp(const ArpPacket& arp, std::span<std::byte> out);

}  // namespace ft::wire
