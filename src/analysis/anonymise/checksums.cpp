#include "analysis/anonymise/checksums.hpp"

#include "base/cursor.hpp"
#include "wire/checksum.hpp"
#include "wire/ipv4.hpp"
#include "wire/tcp.hpp"

namespace ft::analysis {
namespace {

using Octets = std::span<std::byte>;

IpAddress address_at(Octets out, std::size_t at, Family family) {
  const std::size_t size = family == Family::ipv4 ? 4 : 16;
  return IpAddress::from_octets(family, {reinterpret_cast<const std::uint8_t*>(out.data()) + at, size});
}

/// The pseudo-header that the IP header before the layer gives.
wire::PartialSum pseudo_of(const Layer& ip, std::span<const std::byte> octets, std::uint8_t protocol, std::uint64_t length) {
  const Octets all{const_cast<std::byte*>(octets.data()), octets.size()};
  const bool v4 = ip.protocol == Protocol::ipv4;
  const Family family = v4 ? Family::ipv4 : Family::ipv6;
  const IpAddress source = address_at(all, ip.offset + (v4 ? 12 : 8), family);
  const IpAddress destination = address_at(all, ip.offset + (v4 ? 16 : 24), family);
  return wire::pseudo_header(source, destination, protocol, static_cast<std::uint32_t>(length));
}

/// Writes the sum at `at`, wrong by a fixed amount when it was wrong.
void store(Octets out, std::size_t at, std::uint16_t sum, bool wrong) {
  store_be16(out.data() + at, wrong ? static_cast<std::uint16_t>(sum ^ 0x5555) : sum);
}

/// A layer's own checksum at `field` octets into it, over all of the layer and what `pseudo` holds.
void restore(const Layer& layer, std::size_t field, wire::PartialSum before, wire::PartialSum after, const Frame& frame,
             Octets out, bool zero_means_none) {
  const std::size_t at = layer.offset + field;
  if (layer.header < field + 2) return;
  const std::uint16_t stored = load_be16(frame.octets.data() + at);
  if (zero_means_none && stored == 0) return store_be16(out.data() + at, 0);
  const bool whole = layer.length == layer.wire;
  const bool wrong = whole && !wire::is_valid(wire::add_octets(before, frame.octets.subspan(layer.offset, layer.length)));
  store_be16(out.data() + at, 0);
  std::uint16_t sum = wire::finish(wire::add_octets(after, out.subspan(layer.offset, layer.length)));
  if (zero_means_none && sum == 0) sum = 0xffff;  // RFC 768
  store(out, at, sum, wrong && !layer.quoted);
}

void restore_tcp(const Layer& layer, const Layer& ip, const Frame& frame, Octets out) {
  constexpr std::size_t field = 16;
  if (layer.header < field + 2) return;
  const std::size_t at = layer.offset + field;
  const std::uint16_t stored = load_be16(frame.octets.data() + at);
  const auto before = pseudo_of(ip, frame.octets, wire::protocol::tcp, layer.wire);
  const auto after = pseudo_of(ip, out, wire::protocol::tcp, layer.wire);
  const auto folded = [](wire::PartialSum sum) { return static_cast<std::uint16_t>(~wire::finish(sum)); };
  const bool whole = layer.length == layer.wire;
  const bool good = whole && wire::is_valid(wire::add_octets(before, frame.octets.subspan(layer.offset, layer.length)));
  if (!good && stored == 0) return store_be16(out.data() + at, 0);
  if (!good && stored == folded(before)) return store_be16(out.data() + at, folded(after));
  restore(layer, field, before, after, frame, out, false);
}

void restore_ipv4(const Layer& layer, const Frame& frame, Octets out) {
  const auto header = frame.octets.subspan(layer.offset, layer.header);
  if (header.size() < wire::ipv4_min_header) return;
  if (load_be16(header.data() + 10) == 0) return;  // left to the network card
  const bool wrong = !wire::is_valid(wire::add_octets(0, header)) && !layer.quoted;
  store_be16(out.data() + layer.offset + 10, 0);
  store(out, layer.offset + 10, wire::finish(wire::add_octets(0, out.subspan(layer.offset, layer.header))), wrong);
}

void restore_gre(const Layer& layer, const Frame& frame, Octets out) {
  const bool has_sum = layer.header >= 8 && (load_be16(frame.octets.data() + layer.offset) & 0x8000) != 0;
  if (has_sum) restore(layer, 4, 0, 0, frame, out, false);
}

}  // namespace

/// From the inside out, for outer sums cover inner ones.
void restore_checksums(const Frame& frame, Octets out) {
  const auto layers = frame.layers();
  for (std::size_t i = layers.size(); i-- > 0;) {
    const Layer& layer = layers[i];
    if (layer.reassembled || layer.header == 0) continue;
    const Layer* ip = nullptr;
    for (std::size_t j = i; j-- > 0 && ip == nullptr;) {
      const bool is_ip = layers[j].protocol == Protocol::ipv4 || layers[j].protocol == Protocol::ipv6;
      if (is_ip && layers[j].header >= (layers[j].protocol == Protocol::ipv4 ? 20u : 40u)) ip = &layers[j];
    }
    switch (layer.protocol) {
      case Protocol::tcp:
        if (ip != nullptr) restore_tcp(layer, *ip, frame, out);
        break;
      case Protocol::udp:
        if (ip != nullptr) {
          restore(layer, 6, pseudo_of(*ip, frame.octets, wire::protocol::udp, layer.wire),
                  pseudo_of(*ip, out, wire::protocol::udp, layer.wire), frame, out, true);
        }
        break;
      case Protocol::icmp:
        restore(layer, 2, 0, 0, frame, out, false);
        break;
      case Protocol::icmpv6:
        if (ip != nullptr) {
          restore(layer, 2, pseudo_of(*ip, frame.octets, wire::protocol::icmpv6, layer.wire),
                  pseudo_of(*ip, out, wire::protocol::icmpv6, layer.wire), frame, out, false);
        }
        break;
      case Protocol::ipv4:
        restore_ipv4(layer, frame, out);
        break;
      case Protocol::gre:
        restore_gre(layer, frame, out);
        break;
      default:
        break;
    }
  }
}

}  // namespace ft::analysis
