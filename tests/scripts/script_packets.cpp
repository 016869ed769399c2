// The packets of a script's peer, and of a router on the way: octets as they would arrive, right or wrong on purpose.
#include "script.hpp"

#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ft::test {

std::vector<std::byte> Script::packet_of(const wire::TcpHeader& header, const Seg& seg, const Wrapping& wrapping) const {
  const auto put16 = [](std::span<std::byte> at, std::uint16_t value) {
    at[0] = static_cast<std::byte>(value >> 8);
    at[1] = static_cast<std::byte>(value & 0xff);
  };
  const std::size_t fixed = variant_.v6 ? 40 : 20;
  // IPv6: next header, length, options, and what fills eight octets up; IPv4: options, filled up to four.
  std::vector<std::byte> extra;
  for (const std::uint8_t octet : wrapping.ip_options) extra.push_back(static_cast<std::byte>(octet));
  if (variant_.v6 && !extra.empty()) {
    extra.insert(extra.begin(), {std::byte{6}, std::byte{0}});
    while (extra.size() % 8 != 0) extra.push_back(std::byte{0});  // Pad1
    extra[1] = static_cast<std::byte>(extra.size() / 8 - 1);
  }
  while (extra.size() % 4 != 0) extra.push_back(std::byte{0});
  const std::size_t ip = fixed + extra.size();

  std::vector<std::byte> packet(ip + 60 + seg.length);
  const std::span<std::byte> tcp = std::span(packet).subspan(ip);
  std::size_t header_length = wire::write_tcp(header, tcp);
  if (!wrapping.tcp_options.empty()) {
    for (const std::uint8_t octet : wrapping.tcp_options) tcp[header_length++] = static_cast<std::byte>(octet);
    while (header_length % 4 != 0) tcp[header_length++] = std::byte{0};
    tcp[12] = static_cast<std::byte>(header_length / 4 * 16);
  }
  for (std::uint32_t i = 0; i < seg.length; ++i) tcp[header_length + i] = text_octet(seg.seq + i);
  const std::size_t length = header_length + seg.length;
  packet.resize(ip + length);
  const IpAddress from = wrapping.source.value_or(peers()), to = wrapping.destination.value_or(ours());
  auto sum = wire::finish(
      wire::add_octets(wire::pseudo_header(from, to, 6, static_cast<std::uint32_t>(length)), std::span(packet).subspan(ip)));
  if (wrapping.bad_checksum) sum ^= 1;
  put16(std::span(packet).subspan(ip + 16), sum);

  std::ranges::copy(extra, packet.begin() + static_cast<std::ptrdiff_t>(fixed));
  if (variant_.v6) {
    wire::Ipv6Header h;
    h.payload_length = static_cast<std::uint16_t>(extra.size() + length);
    h.hop_limit = setup_.peer_ttl;
    h.next_header = extra.empty() ? 6 : 60;
    h.traffic_class = seg.ip_ecn.value_or(0);
    h.source = from;
    h.destination = to;
    wire::write_ipv6(h, packet);
  } else {
    wire::Ipv4Header h;
    h.total_length = static_cast<std::uint16_t>(packet.size());
    h.ttl = setup_.peer_ttl;
    h.protocol = 6;
    h.traffic_class = seg.ip_ecn.value_or(0);
    h.source = from;
    h.destination = to;
    wire::write_ipv4(h, packet);
    if (!extra.empty()) {
      packet[0] = static_cast<std::byte>(0x40 + ip / 4);
      put16(std::span(packet).subspan(10), 0);
      put16(std::span(packet).subspan(10), wire::finish(wire::add_octets({}, std::span(packet).first(ip))));
    }
  }
  return packet;
}

void Script::router_says(std::uint8_t type_v4, std::uint8_t code_v4, std::uint8_t type_v6, std::uint8_t code_v6,
                         std::uint32_t about_seq, std::uint32_t mtu) {
  // IP | ICMP (8 octets) | the quoted IP header | ports and sequence number
  const std::size_t ip = variant_.v6 ? 40 : 20;
  std::vector<std::byte> packet(ip + 8 + ip + 8);
  const std::span<std::byte> icmp = std::span(packet).subspan(ip);
  const auto put16 = [](std::span<std::byte> at, std::uint32_t v) {
    at[0] = static_cast<std::byte>(v >> 8);
    at[1] = static_cast<std::byte>(v & 0xff);
  };
  const auto put32 = [&](std::span<std::byte> at, std::uint32_t v) {
    put16(at, v >> 16);
    put16(at.subspan(2), v & 0xffff);
  };
  const auto headers = [&](std::span<std::byte> out, std::size_t payload, std::uint8_t protocol, IpAddress from, IpAddress to) {
    if (variant_.v6) {
      wire::Ipv6Header h;
      h.payload_length = static_cast<std::uint16_t>(payload);
      h.next_header = protocol;
      h.source = from;
      h.destination = to;
      wire::write_ipv6(h, out);
    } else {
      wire::Ipv4Header h;
      h.total_length = static_cast<std::uint16_t>(20 + payload);
      h.protocol = protocol;
      h.dont_fragment = true;
      h.source = from;
      h.destination = to;
      wire::write_ipv4(h, out);
    }
  };
  headers(packet, 8 + ip + 8, variant_.v6 ? 58 : 1, peers(), ours());
  icmp[0] = static_cast<std::byte>(variant_.v6 ? type_v6 : type_v4);
  icmp[1] = static_cast<std::byte>(variant_.v6 ? code_v6 : code_v4);
  put32(icmp.subspan(4), mtu);
  headers(icmp.subspan(8), 1000, 6, ours(), peers());
  const auto quoted = icmp.subspan(8 + ip);
  put16(quoted, our_port_);
  put16(quoted.subspan(2), peer_port_);
  put32(quoted.subspan(4), our_isn_->value() + about_seq);
  const auto pseudo =
      variant_.v6 ? wire::pseudo_header(peers(), ours(), 58, static_cast<std::uint32_t>(icmp.size())) : wire::PartialSum{0};
  put16(icmp.subspan(2), wire::finish(wire::add_octets(pseudo, icmp)));
  packets_.push_back({now_, false, packet});
  last_verdict_ = stack_->on_packet(now_, packet);
  tell(fmt::format("< ICMP about seq {}{}", about_seq,
                   last_verdict_ ? "" : fmt::format("  [{}]", to_string(last_verdict_.dropped))));
}

}  // namespace ft::test
