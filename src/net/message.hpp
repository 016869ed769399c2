// What the engine itself sends: a transport payload with its envelope, or an ARP packet, and why. make_* build them, checksums
// included.
#pragma once

#include "net/datagram.hpp"
#include "net/engine.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ft::net {

struct Message {
  Envelope envelope;
  std::vector<std::byte> payload;
  std::string_view why_id;
  std::string_view why_clause;
  std::optional<MacAddress> to_mac;  // set: no neighbour has to be asked
  bool is_arp = false;               // `payload` is an ARP packet for `to_mac`; there is no envelope
};

/// The errors that a host sends about a datagram it received.
enum class Complaint : std::uint8_t { port_unreachable, protocol_unreachable, parameter_problem, reassembly_timeout };

/// The reply to an echo request whose ICMP message is `datagram.payload` (RFC 1122 3.2.2.6, RFC 4443 4.2).
Message make_echo_reply(const IpAddress& source, const Datagram& datagram);

/// An ICMP or ICMPv6 error about `datagram`, which it quotes as far as RFC 1812 4.3.2.3 and RFC 4443 2.4 (c) allow. `problem`
/// is used for an IPv6 parameter problem. IPv4 complains about a protocol where IPv6 has a parameter problem.
Message make_complaint(const IpAddress& source, const Datagram& datagram, Complaint complaint, Rejection::Problem problem = {});

/// True when `datagram` may be answered with an error at all: never errors, groups, broadcasts, fragments but the first, or
/// sources that are nobody in particular (RFC 1122 3.2.2, RFC 4443 2.4 (e)).
bool may_complain(const Datagram& datagram, bool destination_is_unicast, bool source_is_unicast, bool also_to_groups = false);

}  // namespace ft::net
