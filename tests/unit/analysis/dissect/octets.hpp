// Packets written out by hand, a header at a time, for what reads them.
#pragma once

#include "analysis/dissect/dissector.hpp"
#include "wire/checksum.hpp"
#include "wire/ethernet.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"
#include "wire/tcp.hpp"

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace ft::analysis::test {

using Octets = std::vector<std::byte>;

inline const IpAddress client4 = IpAddress::v4(10, 0, 0, 1), server4 = IpAddress::v4(10, 0, 0, 2);
inline const IpAddress client6 = *IpAddress::parse("fd00::1"), server6 = *IpAddress::parse("fd00::2");

inline Octets octets(std::initializer_list<int> values) {
  Octets out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}
inline Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
inline Octets text(std::string_view from) {
  const auto bytes = std::as_bytes(std::span(from));
  return {bytes.begin(), bytes.end()};
}

/// A segment with a right checksum.
inline Octets tcp(const IpAddress& from, const IpAddress& to, wire::TcpHeader header, std::string_view payload = {}) {
  Octets out(wire::tcp_header_length(header));
  wire::write_tcp(header, out);
  out = out + text(payload);
  const auto length = static_cast<std::uint32_t>(out.size());
  const std::uint16_t sum =
      wire::finish(wire::add_octets(wire::pseudo_header(from, to, wire::protocol::tcp, length), std::span<const std::byte>(out)));
  out[16] = static_cast<std::byte>(sum >> 8);
  out[17] = static_cast<std::byte>(sum);
  return out;
}

inline Octets ipv4(wire::Ipv4Header header, const Octets& contents) {
  header.total_length = static_cast<std::uint16_t>(20 + contents.size());
  Octets out(20);
  wire::write_ipv4(header, out);
  return out + contents;
}
inline Octets ipv4(std::uint8_t protocol, const Octets& contents, const IpAddress& from = client4,
                   const IpAddress& to = server4) {
  return ipv4({.id = 7, .dont_fragment = true, .ttl = 63, .protocol = protocol, .source = from, .destination = to}, contents);
}
inline Octets ipv6(std::uint8_t next, const Octets& contents, const IpAddress& from = client6, const IpAddress& to = server6) {
  Octets out(40);
  wire::write_ipv6({.traffic_class = 2,
                    .payload_length = static_cast<std::uint16_t>(contents.size()),
                    .next_header = next,
                    .hop_limit = 62,
                    .source = from,
                    .destination = to},
                   out);
  return out + contents;
}
inline Octets ethernet(std::uint16_t type, const Octets& contents) {
  Octets out(14);
  wire::write_ethernet({{{2, 0, 0, 0, 0, 2}}, {{2, 0, 0, 0, 0, 1}}, type}, out);
  return out + contents;
}

inline wire::TcpHeader syn_header() {
  wire::TcpHeader header;
  header.source_port = 40000;
  header.destination_port = 80;
  header.seq = Seq{1000};
  header.flags = wire::tcp_flag::syn;
  header.window = 64240;
  header.options.mss = 1460;
  header.options.sack_permitted = true;
  header.options.timestamps = wire::Timestamps{.val = 11, .ecr = 0};
  header.options.window_scale = 7;
  return header;
}
inline wire::TcpHeader data_header() {
  wire::TcpHeader header;
  header.source_port = 40000;
  header.destination_port = 80;
  header.seq = Seq{1001};
  header.ack = Seq{2001};
  header.flags = wire::tcp_flag::ack | wire::tcp_flag::psh;
  header.window = 502;
  header.options.timestamps = wire::Timestamps{.val = 12, .ecr = 13};
  return header;
}
inline Octets data4(std::string_view payload = "hello") { return ipv4(6, tcp(client4, server4, data_header(), payload)); }
inline Octets data6(std::string_view payload = "hello") { return ipv6(6, tcp(client6, server6, data_header(), payload)); }

/// A dissector and the packet that its frame borrows from.
class Bench {
 public:
  explicit Bench(DissectOptions options = {}) : dissector(options) {}
  const Frame& see(Octets packet, pcap::LinkType link = pcap::LinkType::ethernet, std::size_t on_wire = 0) {
    octets_ = std::move(packet);
    packet_ = {.at = Instant{std::chrono::seconds(++seconds_)},
               .link_type = link,
               .original_length = static_cast<std::uint32_t>(on_wire == 0 ? octets_.size() : on_wire),
               .octets = octets_};
    return dissector.dissect(packet_);
  }
  Dissector dissector;

 private:
  Octets octets_;
  pcap::Packet packet_;
  int seconds_ = 0;
};

inline std::vector<Protocol> protocols(const Frame& frame) {
  std::vector<Protocol> out;
  for (const Layer& layer : frame.layers()) out.push_back(layer.protocol);
  return out;
}

}  // namespace ft::analysis::test
