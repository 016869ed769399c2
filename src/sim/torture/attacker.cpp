#include "sim/torture/attacker.hpp"

#include <algorithm>

#include "sim/icmp_packet.hpp"
#include "sim/packet.hpp"

namespace ft::sim::torture {
namespace {

using namespace wire::tcp_flag;
using Packet = std::vector<std::byte>;

std::uint32_t any32(Rng& rng) { return static_cast<std::uint32_t>(rng.next()); }

Packet blind(Rng& rng, const Victim& victim) {
  wire::TcpHeader header;
  header.seq = Seq{any32(rng)};
  header.ack = Seq{any32(rng)};
  header.window = static_cast<std::uint16_t>(rng.next());
  constexpr std::uint8_t kinds[] = {rst, rst | ack, syn, syn | ack, ack, ack | psh, ack | fin, fin, 0, ack | urg};
  header.flags = kinds[rng.below(std::size(kinds))];
  header.urgent = static_cast<std::uint16_t>(rng.next());
  if (rng.chance(0.3)) header.options.timestamps = wire::Timestamps{any32(rng), any32(rng)};
  Packet text(static_cast<std::size_t>(rng.chance(0.4) ? rng.below(100) : 0));
  return make_tcp_packet(victim.tuple.remote, victim.tuple.local, header, text);
}

Packet icmp(Rng& rng, const Victim& victim) {
  // The quote: what the victim is said to have sent.
  wire::TcpHeader header;
  header.seq = Seq{any32(rng)};
  header.flags = ack;
  Packet quoted = make_tcp_packet(victim.tuple.local, victim.tuple.remote, header, {});
  if (rng.chance(0.3)) quoted.resize(victim.tuple.local.address.is_v4() ? 28 : 48);
  const auto code = static_cast<std::uint8_t>(rng.below(16));
  const bool v4 = victim.tuple.local.address.is_v4();
  constexpr std::uint8_t types4[] = {3, 4, 5, 11, 12};
  constexpr std::uint8_t types6[] = {1, 2, 3, 4};
  const std::uint8_t type = v4 ? types4[rng.below(std::size(types4))] : types6[rng.below(std::size(types6))];
  return make_icmp_error(victim.tuple.remote.address, victim.tuple.local.address, type, code,
                         static_cast<std::uint32_t>(rng.below(1500)), quoted);
}

/// A copy of an old segment, whole and with right checksums, that says what can only be ignored or answered with an ACK.
Packet mutant(Rng& rng, std::span<const std::byte> old) {
  const auto seen = look_at_tcp(old);
  if (!seen) return {};
  wire::TcpHeader header = seen->tcp.header;
  if (header.has(syn) || header.has(rst)) return {};
  switch (rng.below(6)) {
    case 0:  // a number far from any window
      header.seq += 0x4000'0000u + static_cast<std::uint32_t>(rng.below(0x4000'0000));
      break;
    case 1:  // of octets that were not sent for long
      header.ack += 0x4000'0000u + static_cast<std::uint32_t>(rng.below(0x3000'0000));
      break;
    case 2:  // RFC 5961 4: a SYN in the middle
      header.flags |= syn;
      header.seq += 0x4000'0000u;
      header.options.mss = static_cast<std::uint16_t>(rng.next());
      break;
    case 3:  // no ACK
      header.flags = fin;
      break;
    case 4:  // PAWS: older than anything, or without what was agreed on
      if (!header.options.timestamps) return {};
      header.options.timestamps->val -= 0x1000'0000u;
      break;
    default: {  // SACK blocks about nothing
      header.options.sack_count = static_cast<std::uint8_t>(1 + rng.below(header.options.timestamps ? 3 : 4));
      for (std::uint8_t i = 0; i < header.options.sack_count; ++i) {
        const Seq left = header.ack + 0x4000'0000u + any32(rng) % 0x1000'0000u;
        header.options.sack[i] = {left, left + any32(rng) % 100'000u};
      }
      header.seq = header.seq - 1;  // and nothing that counts as news, even where the octet before was lost
      header.flags &= static_cast<std::uint8_t>(~fin);
      return make_tcp_packet(seen->source, seen->destination, header, {});
    }
  }
  return make_tcp_packet(seen->source, seen->destination, header, seen->tcp.text);
}

Packet flood(Rng& rng, const Victim& victim) {
  wire::TcpHeader header;
  header.seq = Seq{any32(rng)};
  header.flags = syn;
  header.window = static_cast<std::uint16_t>(rng.next());
  if (rng.chance(0.7)) header.options.mss = static_cast<std::uint16_t>(rng.next());
  if (rng.chance(0.5)) header.options.window_scale = static_cast<std::uint8_t>(rng.below(256));
  header.options.sack_permitted = rng.chance(0.5);
  if (rng.chance(0.5)) header.options.timestamps = wire::Timestamps{any32(rng), 0};
  Endpoint nobody = victim.tuple.remote;
  nobody.port = static_cast<std::uint16_t>(1 + rng.below(65535));
  if (nobody.port == victim.tuple.remote.port) return {};
  // From addresses that nobody has.
  nobody.address = victim.tuple.local.address.is_v4() ? IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(100 + rng.below(100)))
                                                      : *IpAddress::parse("fd00::" + std::to_string(100 + rng.below(100)));
  return make_tcp_packet(nobody, victim.tuple.local, header, {});
}

Packet garbage(Rng& rng, std::span<const std::byte> old) {
  Packet packet(old.begin(), old.end());
  if (packet.empty()) packet.resize(40);
  switch (rng.below(3)) {
    case 0:  // cut
      packet.resize(static_cast<std::size_t>(rng.below(packet.size())));
      break;
    case 1:  // nothing but noise
      for (std::byte& octet : packet) octet = static_cast<std::byte>(rng.next() & 0xff);
      break;
    default: {  // a damaged header: bits next to each other, which no checksum misses
      const auto at = static_cast<std::size_t>(rng.below(std::min<std::size_t>(packet.size(), 60)));
      packet[at] ^= static_cast<std::byte>(1 + rng.below(255));
      if (packet.size() >= 40 && (std::to_integer<unsigned>(packet[0]) >> 4) == 6 && at < 8) return {};  // not summed
      break;
    }
  }
  return packet;
}

}  // namespace

Packet make_attack(Attack attack, Rng& rng, const Victim& victim, std::span<const std::byte> old) {
  switch (attack) {
    case Attack::blind:
      return blind(rng, victim);
    case Attack::replay:
      return {old.begin(), old.end()};
    case Attack::icmp:
      return icmp(rng, victim);
    case Attack::mutant:
      return mutant(rng, old);
    case Attack::flood:
      return flood(rng, victim);
    default:
      return garbage(rng, old);
  }
}

}  // namespace ft::sim::torture
