// A whole IP engine in an unfriendly world. The input is a program: time passes, frames arrive (raw, or built from fields so that
// the checksums are right), the stack above asks for paths and sends. After each step everything that the engine says must be a
// well-formed packet, its timers must come to an end, and it must not have talked more than it is allowed to.
#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "net/engine.hpp"
#include "wire/arp.hpp"
#include "wire/checksum.hpp"
#include "wire/ethernet.hpp"
#include "wire/icmpv6.hpp"
#include "wire/ipv4.hpp"
#include "wire/ipv6.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace ft;

namespace {

using Octets = std::vector<std::byte>;

constexpr MacAddress our_mac{{2, 0, 0, 0, 0, 1}}, their_mac{{2, 0, 0, 0, 0, 2}};

const std::array<IpAddress, 12>& addresses(bool v6) {
  static const auto parse = [](auto... texts) { return std::array<IpAddress, 12>{*IpAddress::parse(texts)...}; };
  static const auto four = parse("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.254", "10.0.0.255", "255.255.255.255", "224.0.0.1",
                                 "127.0.0.1", "0.0.0.0", "198.51.100.1", "239.1.1.1", "10.0.1.1");
  static const auto six = parse("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::ff", "ff02::1", "ff02::1:ff00:1",
                                "fe80::1", "::1", "::", "2400::1", "fe80::2", "ff05::2");
  return v6 ? six : four;
}

StackConfig config_of(std::uint8_t choice) {
  StackConfig config;
  config.medium = (choice & 1) != 0 ? Medium::ethernet : Medium::ip;
  config.mac = our_mac;
  config.addresses = {{addresses(false)[0], 24}, {addresses(true)[0], 64}, {addresses(true)[6], 64}};
  config.routes = {{IpAddress::unspecified(Family::ipv4), 0, addresses(false)[3]}};
  config.accept_any_address = (choice & 2) != 0;
  config.max_reassembly_memory = (choice & 4) != 0 ? 4096 : 1 << 20;
  config.mtu = (choice & 8) != 0 ? 1280 : 1500;
  return config;
}

class World {
 public:
  explicit World(ByteReader program) : program_(program), choice_(program_.u8()), config_(config_of(choice_)), engine_(config_) {}

  void run() {
    while (program_.remaining() != 0) {
      step(program_.u8());
      listen();
      FT_ASSERT(!engine_.next_deadline() || *engine_.next_deadline() >= Instant{});
    }
    wind_down();
  }

 private:
  bool is_ethernet() const { return config_.medium == Medium::ethernet; }
  IpAddress any_address(bool v6) { return addresses(v6)[program_.u8() % 12]; }
  Octets take(std::size_t most) {
    const auto octets = program_.take(std::min<std::size_t>(program_.u8() % most, program_.remaining()));
    return {octets.begin(), octets.end()};
  }

  void step(std::uint8_t kind) {
    switch (kind % 8) {
      case 0:
        now_ += std::chrono::milliseconds(program_.u16());
        engine_.on_deadline(now_);
        break;
      case 1:
        arrive(take(200));
        break;
      case 2:
        arrive_framed(wire::ethertype::arp, arp());
        break;
      case 3:
        arrive_framed(wire::ethertype::ipv4, ipv4());
        break;
      case 4:
        arrive_framed(wire::ethertype::ipv6, ipv6());
        break;
      case 5:
        send((kind & 8) != 0);
        break;
      case 6:
        engine_.lower_path_mtu(now_, any_address((kind & 8) != 0), program_.u16());
        break;
      default:
        arrive_framed(program_.u16(), take(200));
        break;
    }
  }

  void arrive(const Octets& packet) {
    const auto input = engine_.on_packet(now_, packet, (choice_ & 16) != 0);
    if (const auto* delivered = std::get_if<net::Delivered>(&input)) {
      FT_ASSERT(delivered->protocol == net::protocol_tcp && engine_.is_local(delivered->destination));
      FT_ASSERT(!delivered->source.is_multicast() && !delivered->source.is_unspecified());
      std::uint8_t touched = 0;
      for (const std::byte octet : delivered->payload) touched ^= std::to_integer<std::uint8_t>(octet);
      sum_ ^= touched;
    }
    if (const auto* error = std::get_if<net::IcmpError>(&input)) FT_ASSERT(engine_.is_local(error->tuple.local.address));
    if (const auto* dropped = std::get_if<DropReason>(&input)) FT_ASSERT(*dropped != DropReason::none);
  }

  void arrive_framed(std::uint16_t type, const Octets& payload) {
    if (!is_ethernet()) return arrive(payload);
    Octets frame(wire::ethernet_header_length);
    const std::uint8_t to = program_.u8();
    const MacAddress destination = (to & 1) != 0 ? wire::broadcast_mac : our_mac;
    wire::write_ethernet({destination, their_mac, type}, frame);
    frame.insert(frame.end(), payload.begin(), payload.end());
    arrive(frame);
  }

  Octets arp() {
    Octets octets(wire::arp_length);
    const bool is_reply = (program_.u8() & 1) != 0;
    wire::write_arp({is_reply ? wire::ArpPacket::Operation::reply : wire::ArpPacket::Operation::request, their_mac,
                     any_address(false), our_mac, any_address(false)},
                    octets);
    return octets;
  }

  Octets ipv4() {
    wire::Ipv4Header header;
    header.source = any_address(false);
    header.destination = any_address(false);
    header.protocol = program_.u8();
    header.traffic_class = program_.u8();
    const std::uint16_t fragment = program_.u16();
    header.more_fragments = (fragment & 0x8000) != 0;
    header.fragment_offset = (fragment & 0x4000) != 0 ? std::uint32_t{8} * (fragment & 0x1fff) : 0;
    header.id = fragment & 0x1f;
    Octets payload = take(256);
    mend_transport(header.source, header.destination, header.protocol, payload);
    Octets packet(wire::ipv4_min_header);
    header.total_length = static_cast<std::uint16_t>(packet.size() + payload.size());
    wire::write_ipv4(header, packet);
    packet.insert(packet.end(), payload.begin(), payload.end());
    return packet;
  }

  Octets ipv6() {
    wire::Ipv6Header header;
    header.source = any_address(true);
    header.destination = any_address(true);
    header.next_header = program_.u8();
    header.hop_limit = (program_.u8() & 1) != 0 ? 255 : 64;
    Octets payload = take(256);
    mend_transport(header.source, header.destination, header.next_header, payload);
    Octets packet(wire::ipv6_header_length);
    header.payload_length = static_cast<std::uint16_t>(payload.size());
    wire::write_ipv6(header, packet);
    packet.insert(packet.end(), payload.begin(), payload.end());
    return packet;
  }

  static void mend_transport(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol, Octets& payload) {
    const std::size_t at = protocol == wire::protocol::udp ? 6 : 2;
    if (payload.size() < 8 || protocol == wire::protocol::tcp) return;
    const bool has_pseudo_header = !(protocol == wire::protocol::icmp && source.is_v4());
    store_be16(&payload[at], 0);
    const auto length = static_cast<std::uint32_t>(payload.size());
    const auto start = has_pseudo_header ? wire::pseudo_header(source, destination, protocol, length) : wire::PartialSum{0};
    store_be16(&payload[at], wire::finish(wire::add_octets(start, payload)));
  }

  void send(bool v6) {
    const IpAddress destination = any_address(v6);
    const auto path = engine_.path_to(destination);
    if (!path || engine_.reach(now_, destination) != net::Reach::ready) return;
    FT_ASSERT(path->mtu <= config_.mtu && path->source.family() == destination.family());
    const std::size_t header = engine_.header_length(destination);
    const std::size_t length = program_.u8();
    std::vector<std::byte> out(header + length);
    net::Envelope envelope;
    envelope.source = path->source;
    envelope.destination = destination;
    envelope.dont_fragment = (length & 1) != 0;
    FT_ASSERT(engine_.seal(now_, envelope, length, out) == header);
    if (engine_.loops_back(destination)) return check_ip(out);  // it never sees a link
    check_frame(out);
  }

  /// Everything that the engine has to say: at most what its queues hold.
  void listen() {
    std::array<std::byte, 1600> out;
    for (int packets = 0;; ++packets) {
      const std::size_t length = engine_.poll_transmit(now_, out, nullptr, nullptr);
      if (length == 0) return;
      FT_ASSERT(packets < 4096);
      FT_ASSERT(length <= config_.mtu + wire::ethernet_header_length);
      check_frame(std::span{out}.first(length));
    }
  }

  void check_frame(std::span<const std::byte> octets) const {
    if (!is_ethernet()) return check_ip(octets);
    const auto frame = wire::parse_ethernet(octets);
    FT_ASSERT(frame.has_value() && frame->header.source == our_mac);
    if (frame->header.type == wire::ethertype::arp) {
      FT_ASSERT(wire::parse_arp(frame->payload).has_value());
    } else {
      check_ip(frame->payload);
    }
  }

  /// RFC 1122 3.2.1.3: a loopback address leaves no host, but may well call its own.
  bool may_bear(const IpAddress& source, const IpAddress& destination) const {
    return engine_.is_local(source) || (source.is_loopback() && engine_.loops_back(destination));
  }

  void check_ip(std::span<const std::byte> packet) const {
    if (load_u8(packet.data()) >> 4 == 4) {
      const auto parsed = wire::parse_ipv4(packet);
      FT_ASSERT(parsed.has_value() && may_bear(parsed->header.source, parsed->header.destination));
      FT_ASSERT(!parsed->header.destination.is_unspecified());
    } else {
      const auto parsed = wire::parse_ipv6(packet);
      FT_ASSERT(parsed.has_value() && may_bear(parsed->header.source, parsed->header.destination));
      if (parsed->header.next_header == wire::protocol::icmpv6)
        FT_ASSERT(wire::parse_icmpv6(parsed->header.source, parsed->header.destination, parsed->payload).has_value());
    }
  }

  /// Left alone, the engine falls silent.
  void wind_down() {
    for (int alarms = 0; engine_.next_deadline(); ++alarms) {
      FT_ASSERT(alarms < 10000);
      now_ = std::max(now_, *engine_.next_deadline());
      engine_.on_deadline(now_);
      listen();
    }
  }

  ByteReader program_;
  std::uint8_t choice_;
  StackConfig config_;
  net::Engine engine_;
  Instant now_{std::chrono::seconds(1)};
  std::uint8_t sum_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World(ByteReader(std::as_bytes(std::span{data, size}))).run();
  return 0;
}
