#include "wire/arp.hpp"

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "wire/address_octets.hpp"
#include "wire/ethernet.hpp"

namespace ft::wire {

namespace {
constexpr std::uint16_t hardware_ethernet = 1;
constexpr std::uint8_t mac_length = 6;
constexpr std::uint8_t ipv4_length = 4;
}  // namespace

std::expected<ArpPacket, DropReason> parse_arp(std::span<const std::byte> packet) {
  ByteReader in(packet);
  const bool is_ethernet = in.u16() == hardware_ethernet;
  const bool is_ipv4 = in.u16() == ethertype::ipv4;
  const bool has_lengths = in.u8() == mac_length && in.u8() == ipv4_length;
  const std::uint16_t operation = in.u16();
  ArpPacket arp;
  arp.sender_mac = read_mac(in);
  arp.sender = read_address(in, Family::ipv4);
  arp.target_mac = read_mac(in);
  arp.target = read_address(in, Family::ipv4);
  if (!in.ok()) return std::unexpected(DropReason::too_short);
  if (!is_ethernet || !is_ipv4 || !has_lengths) return std::unexpected(DropReason::bad_arp);
  if (operation != 1 && operation != 2) return std::unexpected(DropReason::bad_arp);
  arp.operation = static_cast<ArpPacket::Operation>(operation);
  return arp;
}

std::size_t write_arp(const ArpPacket& arp, std::span<std::byte> out) {
  ByteWriter to(out);
  to.u16(hardware_ethernet);
  to.u16(ethertype::ipv4);
  to.u8(mac_length);
  to.u8(ipv4_length);
  to.u16(static_cast<std::uint16_t>(arp.operation));
  write_mac(to, arp.sender_mac);
  write_address(to, arp.sender);
  write_mac(to, arp.target_mac);
  write_address(to, arp.target);
  FT_ASSERT(to.ok());
  return to.position();
}

}  // namespace ft::wire
