#include "analysis/anonymise/anonymiser.hpp"

#include "analysis/anonymise/checksums.hpp"
#include "base/cursor.hpp"
#include "wire/ipv4.hpp"
#include "wire/tcp.hpp"
#include "wire/tcp_option.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>

namespace ft::analysis {
namespace {

void fill(std::span<std::byte> octets, std::uint8_t value = 0) { std::ranges::fill(octets, std::byte{value}); }

/// Octets of a header that must be there for its layer to be kept: addresses are changed whole or not shown.
std::size_t least_header(Protocol protocol) {
  switch (protocol) {
    case Protocol::ethernet:
      return 14;
    case Protocol::linux_sll:
      return 16;
    case Protocol::linux_sll2:
    case Protocol::ipv4:
      return 20;
    case Protocol::ipv6:
      return 40;
    case Protocol::arp:
      return 28;
    default:
      return 1;
  }
}

/// Octets of an option that do not say who somebody is. MPTCP's third is its subtype and version (RFC 8684 3), an experiment's
/// first two its identifier (RFC 6994).
std::size_t harmless_octets(std::span<const std::byte> option) {
  using namespace wire::tcp_option;
  switch (load_u8(option.data())) {
    case end_of_list:
    case no_operation:
    case max_segment_size:
    case window_scale:
    case sack_permitted:
    case sack:
    case timestamps:
    case user_timeout:
    case accecn_0:
    case accecn_1:
      return option.size();
    case mptcp:
      return 3;
    case experiment_1:
    case experiment_2:
      return 4;
    default:
      return 2;
  }
}

/// Cookies, signatures and MPTCP's keys say who somebody is; timestamps, windows and SACK blocks do not. Behind an option of a
/// wrong length anything may stand.
void clean_tcp_options(std::span<std::byte> list) {
  std::size_t at = 0;
  const auto end = wire::each_tcp_option(list, [&](std::span<const std::byte> option) {
    const std::size_t kept = std::min(harmless_octets(option), option.size());
    fill(list.subspan(at + kept, option.size() - kept));
    at += option.size();
  });
  constexpr std::size_t kind_and_length = 2;
  if (end != wire::TcpOptionsEnd::proper) fill(list.subspan(std::min(at + kind_and_length, list.size())));
}

/// Options of hop-by-hop and destination headers: routers look at a few, the rest may hold anything.
void clean_ipv6_options(std::span<std::byte> header) {
  std::size_t at = 2;
  while (at + 1 < header.size()) {
    const std::uint8_t type = load_u8(&header[at]);
    if (type == 0) {
      ++at;
      continue;
    }
    const std::size_t length = load_u8(&header[at + 1]);
    if (at + 2 + length > header.size()) break;
    const bool harmless = type == 1 || type == 5 || type == 0xc2;  // padding, router alert, jumbo payload
    if (!harmless) fill(header.subspan(at + 2, length));
    at += 2 + length;
  }
}

bool in_address(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == '.' || c == ':'; }

/// "RFC 9293 3.10.7.4" has a section and no address.
bool follows_rfc(std::string_view before) {
  while (before.ends_with(' ')) before.remove_suffix(1);
  while (!before.empty() && std::isdigit(static_cast<unsigned char>(before.back())) != 0) before.remove_suffix(1);
  return before.ends_with("RFC ");
}

}  // namespace

void Anonymiser::map_mac(Octets at) {
  MacAddress mac;
  std::memcpy(mac.octets.data(), at.data(), mac.octets.size());
  mac = addresses_.map(mac);
  std::memcpy(at.data(), mac.octets.data(), mac.octets.size());
}

void Anonymiser::map_address(Family family, Octets at) {
  const std::size_t size = family == Family::ipv4 ? 4 : 16;
  const auto* octets = reinterpret_cast<const std::uint8_t*>(at.data());
  const IpAddress mapped = addresses_.map(IpAddress::from_octets(family, {octets, size}));
  std::memcpy(at.data(), mapped.octets().data(), size);
}

void Anonymiser::rewrite_link(Protocol protocol, Octets header) {
  if (protocol == Protocol::ethernet) {
    map_mac(header.first(6));
    map_mac(header.subspan(6, 6));
    return;
  }
  const bool second = protocol == Protocol::linux_sll2;
  const std::size_t length_at = second ? 11 : 5, address_at = second ? 12 : 6;
  const std::size_t length = second ? load_u8(&header[length_at]) : load_be16(&header[length_at - 1]);
  if (length == 6) {
    map_mac(header.subspan(address_at, 6));
  } else {
    fill(header.subspan(address_at, 8));
  }
}

void Anonymiser::rewrite_arp(Octets header) {
  const bool usual = load_be32(header.data()) == 0x00010800 && load_be16(header.data() + 4) == 0x0604;
  if (!usual) return fill(header.subspan(8));
  map_mac(header.subspan(8, 6));
  map_address(Family::ipv4, header.subspan(14, 4));
  map_mac(header.subspan(18, 6));
  map_address(Family::ipv4, header.subspan(24, 4));
}

void Anonymiser::rewrite_ip(const Layer& layer, Octets header) {
  if (layer.protocol == Protocol::ipv4) {
    map_address(Family::ipv4, header.subspan(12, 4));
    map_address(Family::ipv4, header.subspan(16, 4));
    fill(header.subspan(wire::ipv4_min_header), 1);  // options become NOPs: routes and records hold addresses
  } else {
    map_address(Family::ipv6, header.subspan(8, 16));
    map_address(Family::ipv6, header.subspan(24, 16));
  }
}

void Anonymiser::rewrite(const Layer& layer, Octets header) {
  switch (layer.protocol) {
    case Protocol::ethernet:
    case Protocol::linux_sll:
    case Protocol::linux_sll2:
      return rewrite_link(layer.protocol, header);
    case Protocol::arp:
      return rewrite_arp(header);
    case Protocol::ipv4:
    case Protocol::ipv6:
      return rewrite_ip(layer, header);
    case Protocol::hop_by_hop:
    case Protocol::destination_options:
      return clean_ipv6_options(header);
    case Protocol::routing:  // behind eight octets its addresses, whichever type it is (RFC 8200 4.4, RFC 6275 6.4, RFC 8754 2)
      for (std::size_t at = 8; at + 16 <= header.size(); at += 16) map_address(Family::ipv6, header.subspan(at, 16));
      return;
    case Protocol::authentication:
      if (header.size() > 12) fill(header.subspan(12));
      return;
    case Protocol::tcp:
      if (header.size() > wire::tcp_min_header) clean_tcp_options(header.subspan(wire::tcp_min_header));
      return;
    default:
      return;
  }
}

/// The first fragment of a segment keeps its header: without it nobody could tell to which connection the packet belonged.
void Anonymiser::keep_tcp_of_fragment(const Frame& frame, std::size_t index, Octets out) const {
  const auto layers = frame.layers();
  const Layer& data = layers[index];
  if (index == 0 || data.reassembled || data.quoted || data.length < wire::tcp_min_header) return;
  const Layer& before = layers[index - 1];
  const std::byte* header = frame.octets.data() + before.offset;
  const bool first4 = before.protocol == Protocol::ipv4 && load_u8(header + 9) == wire::protocol::tcp &&
                      (load_be16(header + 6) & 0x3fff) == 0x2000;
  const bool first6 =
      before.protocol == Protocol::fragment && load_u8(header) == wire::protocol::tcp && (load_be16(header + 2) & 0xfff9) == 1;
  if (!first4 && !first6) return;
  const std::size_t length = (load_u8(frame.octets.data() + data.offset + 12) >> 4) * std::size_t{4};
  if (length < wire::tcp_min_header || length > data.length) return;
  std::memcpy(out.data() + data.offset, frame.octets.data() + data.offset, length);
  fill(out.subspan(data.offset + 16, 2));
  clean_tcp_options(out.subspan(data.offset + wire::tcp_min_header, length - wire::tcp_min_header));
}

void Anonymiser::anonymise(const Frame& frame, std::vector<std::byte>& out) {
  out.assign(frame.octets.size(), std::byte{0});
  const auto layers = frame.layers();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = layers[i];
    if (layer.reassembled) break;
    if (layer.protocol == Protocol::data) {
      keep_tcp_of_fragment(frame, i, out);
      continue;
    }
    if (layer.header < least_header(layer.protocol)) continue;
    std::memcpy(out.data() + layer.offset, frame.octets.data() + layer.offset, layer.header);
    rewrite(layer, std::span(out).subspan(layer.offset, layer.header));
  }
  restore_checksums(frame, out);
}

std::string Anonymiser::anonymise(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const bool inside = at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0;
    if (!in_address(text[at]) || inside) {
      out += text[at++];
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && in_address(text[end])) ++end;
    const std::string_view word = text.substr(at, end - at);
    // A port, a full stop or a colon may follow: what is left when they are taken away piece by piece may be an address.
    std::size_t length = follows_rfc(out) ? 0 : word.size();
    std::optional<IpAddress> address;
    while (length > 0 && !(address = IpAddress::parse(word.substr(0, length)))) {
      const std::size_t cut = word.find_last_of(".:", length - 1);
      length = cut == std::string_view::npos ? 0 : cut;
    }
    if (address) out += addresses_.map(*address).to_string();
    out += word.substr(address ? length : 0);
    at = end;
  }
  return out;
}

}  // namespace ft::analysis
