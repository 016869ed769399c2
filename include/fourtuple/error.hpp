// Errors, four kinds and no more: a bad packet is dropped with a DropReason and counted; a wrong call
// returns std::expected with an Error; a dead connection ends in one event that says CloseReason, and
// later calls repeat it; our own mistake is an assertion.
#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>

namespace ft {

enum class Error : std::uint8_t {
  none = 0,
  would_block,           // nothing to read, no room to write, nothing to accept: try after the next event
  invalid_handle,        // the connection or listener was released
  invalid_argument,      // e.g. port 0 to connect to, a broadcast or multicast peer (RFC 9293 MUST-46)
  not_connected,         // the handshake has not finished
  already_shut_down,     // write after shutdown or close (RFC 9293 3.10.2: "connection closing")
  address_in_use,        // another listener holds that address and port
  address_not_local,     // the local address is none of the stack's
  no_route,              // no route, or no source address of that family
  no_ephemeral_port,     // every port of the range has its four-tuple in use
  four_tuple_in_use,     // the very connection exists already (or is in TIME-WAIT)
  too_many_connections,  // a limit of StackConfig
  too_many_listeners,
  out_of_memory,  // the stack's accounted buffer ceiling
  // What a dead connection answers to every later call; see CloseReason.
  connection_refused,
  connection_reset,
  connection_aborted,
  timed_out,
  host_unreachable,
};

enum class CloseReason : std::uint8_t {
  none = 0,     // not closed
  normal,       // FIN in both directions (RFC 9293 MUST-12: told apart from an abort)
  refused,      // a RST answered our SYN
  reset,        // the peer sent an acceptable RST
  aborted,      // we called abort, or closed with data unread
  timed_out,    // R2 passed, SYNs or keep-alives unanswered
  unreachable,  // a hard ICMP error during the handshake (RFC 5927 4.1)
};

/// Why a packet was not used. Each has a counter in the stack.
enum class DropReason : std::uint8_t {
  none = 0,
  too_short,
  bad_version,
  bad_header_length,
  bad_total_length,
  bad_ip_checksum,
  bad_transport_checksum,
  bad_options,
  not_for_us,    // destination is none of our addresses
  bad_source,    // unspecified, broadcast, multicast or loopback source (RFC 9293 MUST-63)
  not_unicast,   // TCP to broadcast or multicast (RFC 9293 MUST-57)
  ttl_too_low,   // came from further away than min_ttl allows (RFC 5082)
  source_route,  // carried one, and StackConfig::accept_source_routes is off (RFC 7126 4.3, 4.4)
  unknown_ethertype,
  unknown_protocol,
  unsupported_extension,
  fragment_overlap,  // RFC 5722, RFC 8200 4.5
  fragment_limit,
  fragment_bad,  // length not a multiple of 8, past 65535
  bad_arp,
  bad_icmp,
  icmp_unrelated,  // quotes no connection of ours, or a sequence number not in flight (RFC 5927)
  icmp_ignored,    // source quench and other deliberately silent cases
  bad_neighbour,   // ND message that RFC 4861 says to discard
  syn_queue_full,
  accept_queue_full,
  no_listener_rst_sent,  // closed port: answered by RST (RFC 9293 3.10.7.1)
  rst_to_closed,         // a RST for no connection is never answered
  paws,                  // RFC 7323 5
  not_acceptable,        // outside the receive window (RFC 9293 3.10.7.4 first)
  rst_challenged,        // RFC 5961 3
  syn_challenged,        // RFC 5961 4
  ack_challenged,        // RFC 5961 5
  ack_missing,           // no ACK bit in a synchronised state
  bad_handshake_ack,     // SYN-SENT, SYN-RECEIVED: answered by RST
  rst_unacceptable,      // RST with a sequence or acknowledgement number that cannot be the peer's
  time_wait,             // swallowed by TIME-WAIT (RFC 1337)
  connection_limit,
  receive_buffer_full,
  signature_missing,     // the peer has a key, and this is not signed (RFC 2385, RFC 5925)
  signature_bad,         // signed with another key, or changed on its way
  signature_unexpected,  // signed by MD5, and we hold no key of that peer
  count_,
};

std::string_view to_string(Error);        // "would_block"
std::string_view to_string(CloseReason);  // "normal"
std::string_view to_string(DropReason);   // "bad_ip_checksum"
/// What later calls on a connection that ended so answer; none for none and normal.
Error error_of(CloseReason);
/// One sentence for a person: what was wrong and what to do.
std::string_view describe(Error);
std::string_view describe(CloseReason);
std::string_view describe(DropReason);

const std::error_category& error_category() noexcept;
inline std::error_code make_error_code(Error e) noexcept { return {static_cast<int>(e), error_category()}; }

}  // namespace ft

template <>
struct std::is_error_code_enum<ft::Error> : std::true_type {};
