// The IP layer of one interface: one engine for two families. It judges and unwraps what arrives, answers what is its own
// business (ICMP echo, ARP, neighbour discovery, ICMP errors), reassembles fragments, remembers path MTUs, and wraps what TCP
// sends. It never sees a TCP header except the ports and sequence number quoted in an ICMP error.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/config.hpp"
#include "fourtuple/error.hpp"
#include "fourtuple/time.hpp"
#include "wire/ipv4_options.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace ft::net {

inline constexpr std::uint8_t protocol_tcp = 6;

/// A transport segment for us: addresses as in the packet, payload borrowed (from the packet or from the reassembly buffer)
/// until the next call on the engine.
struct Delivered {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = protocol_tcp;
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;  // DSCP and ECN as on the wire
  bool checksum_verified = false;  // the link vouched (never true for a reassembled packet unless each part was)
  std::span<const std::byte> payload;
  std::span<const std::byte> ip_options;  // IPv4, judged and otherwise unread; borrowed like the payload
};

/// An ICMP error about a TCP segment of ours. The caller checks that `sequence` is in flight (RFC 5927 4).
struct IcmpError {
  enum class Kind : std::uint8_t {
    soft,            // ICMP 3/0, 3/1, 3/5, 11, 12; ICMPv6 1/0, 1/3, 3, 4: report, never abort (RFC 9293 MUST-56)
    hard,            // ICMP 3/2, 3/3, 3/9, 3/10, 3/13; ICMPv6 1/1, 1/4 ...: aborts a handshake only (RFC 5927)
    packet_too_big,  // ICMP 3/4, ICMPv6 2: mtu below
  };
  Kind kind = Kind::soft;
  Error meaning = Error::host_unreachable;
  FourTuple tuple;             // as quoted: local is ours
  std::uint32_t sequence = 0;  // SEQ of the quoted segment
  std::uint32_t mtu = 0;       // packet_too_big: octets; 0 = the router did not say (RFC 1191 5: caller uses plateaus)
};

/// The engine dealt with it alone (echo, ARP, ND, a fragment stored): something may wait in poll_transmit.
struct Handled {};

using Input = std::variant<DropReason, Handled, Delivered, IcmpError>;

/// How to reach a peer; asked once when a connection opens, and again after icmp or route changes.
struct Path {
  IpAddress source;
  std::uint32_t mtu = 0;  // octets of IP packet
};

/// Whether a packet can leave now.
enum class Reach : std::uint8_t {
  ready,
  resolving,    // a neighbour is being asked; see resolution_count()
  unreachable,  // no answer to ARP/ND, or no route
};

/// What goes into the IP header.
struct Envelope {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = protocol_tcp;
  std::uint8_t ttl = 64;
  std::uint8_t traffic_class = 0;
  bool dont_fragment = true;                 // IPv4 DF
  const wire::SourceRoute* route = nullptr;  // IPv4 only: the hops that the packet passes first
};

class Engine {
 public:
  explicit Engine(const StackConfig& config);  // keeps what it needs by value
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// A drop too may leave something in poll_transmit: an ICMP error that says why.
  Input on_packet(Instant now, std::span<const std::byte> packet, bool checksum_verified);
  /// A packet without link header that we sent to ourselves: loops_back(its destination).
  Input on_looped(Instant now, std::span<const std::byte> packet);
  void on_deadline(Instant now);
  std::optional<Instant> next_deadline() const;

  /// The engine's own packets (echo replies, ARP, ND, errors), a bounded queue. Returns octets written, 0 = none.
  std::size_t poll_transmit(Instant now, std::span<std::byte> out, std::string_view* why_id, std::string_view* why_clause);

  bool is_local(const IpAddress& address) const;      // one of ours (or accept_any_address)
  bool is_broadcast(const IpAddress& address) const;  // limited or a subnet's
  /// Ours, or a loopback address: what goes there is sealed without a link header and given to on_looped(), not to the link.
  bool loops_back(const IpAddress& address) const;
  /// The source address (RFC 6724 in small) and MTU towards `destination`. no_route when there is none.
  std::expected<Path, Error> path_to(const IpAddress& destination, std::optional<IpAddress> wanted_source = {}) const;

  /// Starts neighbour resolution if needed.
  Reach reach(Instant now, const IpAddress& destination);
  /// Negative advice (RFC 9293 3.8.3): what goes to `destination` is not answered. The next hop is asked whether it is there.
  void on_trouble(const IpAddress& destination);
  /// Grows each time a neighbour resolves or fails: parked flows look again.
  std::uint64_t resolution_count() const;
  /// Octets that seal() needs before the transport header: link and IP header.
  std::size_t header_length(const IpAddress& destination, const wire::SourceRoute* route = nullptr) const;
  /// Writes link and IP headers in front of a transport packet of `transport_length` octets that starts at
  /// out[header_length()]; reach() must be ready. Returns header_length().
  std::size_t seal(Instant now, const Envelope& envelope, std::size_t transport_length, std::span<std::byte> out);
  /// Octets to hand to the link for a sealed packet of `length` octets, headers included: Ethernet frames shorter than 60 are
  /// padded (seal() has written the zeros when `out` had room).
  std::size_t frame_length(std::size_t length) const;

  /// Remembers a smaller path MTU for ten minutes (RFC 1191 6.3), never below 576 / 1280. Returns the MTU now in force.
  std::uint32_t lower_path_mtu(Instant now, const IpAddress& destination, std::uint32_t mtu);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ft::net
