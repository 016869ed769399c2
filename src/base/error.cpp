// Names and sentences of the errors: one table each, so a name and its explanation cannot drift apart.
#include "fourtuple/error.hpp"

#include <array>
#include <cstddef>
#include <string>

namespace ft {
namespace {

template <typename Code>
struct Entry {
  Code code;
  std::string_view name;
  std::string_view sentence;
};

constexpr std::array error_table{
    Entry{Error::none, "none", "No error."},
    Entry{Error::would_block, "would_block",
          "Nothing to read, no room to write or nothing to accept yet; try again after the next event."},
    Entry{Error::invalid_handle, "invalid_handle",
          "The connection or listener was released already; an id ends with its close or abort."},
    Entry{Error::invalid_argument, "invalid_argument",
          "An argument cannot be right, for instance port 0 or a broadcast or multicast address as the peer."},
    Entry{Error::not_connected, "not_connected", "The handshake has not finished; wait for the connected event."},
    Entry{Error::already_shut_down, "already_shut_down",
          "The sending direction was shut down or closed; nothing can be written after the FIN."},
    Entry{Error::address_in_use, "address_in_use",
          "Another listener holds this address and port; close it or choose another port."},
    Entry{Error::address_not_local, "address_not_local",
          "The local address is none of the stack's; add it to the configuration or choose one that is there."},
    Entry{Error::no_route, "no_route",
          "No route leads to that destination, or no source address of its family is configured; add a route or an address."},
    Entry{Error::no_ephemeral_port, "no_ephemeral_port",
          "Every port of the ephemeral range is in use towards that peer; wait for one to become free or widen the range."},
    Entry{Error::four_tuple_in_use, "four_tuple_in_use",
          "This very connection exists already or is still in TIME-WAIT; choose another local port or wait."},
    Entry{Error::too_many_connections, "too_many_connections",
          "The limit of connections is reached; close some or raise max_connections."},
    Entry{Error::too_many_listeners, "too_many_listeners",
          "The limit of listeners is reached; close some or raise max_listeners."},
    Entry{Error::out_of_memory, "out_of_memory",
          "The ceiling of buffer memory is reached; read what waits, close connections or raise max_buffer_memory."},
    Entry{Error::connection_refused, "connection_refused", "The peer answered our SYN with a RST: nobody listens on that port."},
    Entry{Error::connection_reset, "connection_reset", "The peer reset the connection; data in flight may be lost."},
    Entry{Error::connection_aborted, "connection_aborted",
          "Our side aborted the connection, or closed it with data unread; data in flight may be lost."},
    Entry{Error::timed_out, "timed_out", "The peer did not answer in time; it or the path to it may be down."},
    Entry{Error::host_unreachable, "host_unreachable", "A router or the peer reported that the destination cannot be reached."},
};

constexpr std::array close_table{
    Entry{CloseReason::none, "none", "The connection is not closed."},
    Entry{CloseReason::normal, "normal", "Both sides sent and acknowledged a FIN: every octet arrived."},
    Entry{CloseReason::refused, "refused", "The peer answered our SYN with a RST: nobody listens on that port."},
    Entry{CloseReason::reset, "reset", "The peer sent a RST; data in flight may be lost."},
    Entry{CloseReason::aborted, "aborted", "Our side aborted the connection, or closed it with data unread."},
    Entry{CloseReason::timed_out, "timed_out",
          "The peer did not answer SYNs, retransmissions or keep-alive probes for as long as the timeout allows."},
    Entry{CloseReason::unreachable, "unreachable", "An ICMP error ended the handshake: the destination cannot be reached."},
};

constexpr std::array drop_table{
    Entry{DropReason::none, "none", "The packet was used."},
    Entry{DropReason::too_short, "too_short", "The packet ends before its header does."},
    Entry{DropReason::bad_version, "bad_version", "The IP version is neither 4 nor 6, or not the one expected here."},
    Entry{DropReason::bad_header_length, "bad_header_length",
          "The header length is below the minimum or reaches past the end of the packet."},
    Entry{DropReason::bad_total_length, "bad_total_length",
          "The length that the header states does not agree with the octets that arrived."},
    Entry{DropReason::bad_ip_checksum, "bad_ip_checksum", "The IPv4 header checksum is wrong: the header was damaged."},
    Entry{DropReason::bad_transport_checksum, "bad_transport_checksum",
          "The TCP, UDP or ICMP checksum is wrong: the packet was damaged, or an offloading sender never filled it in."},
    Entry{DropReason::bad_options, "bad_options", "The options of the IP header are malformed."},
    Entry{DropReason::not_for_us, "not_for_us", "The destination is none of our addresses."},
    Entry{DropReason::bad_source, "bad_source",
          "The source is an unspecified, broadcast, multicast or loopback address, which no answer could reach."},
    Entry{DropReason::not_unicast, "not_unicast",
          "TCP connects exactly two hosts: a broadcast or multicast destination is ignored."},
    Entry{DropReason::ttl_too_low, "ttl_too_low", "The packet came from further away than min_ttl allows (RFC 5082)."},
    Entry{DropReason::source_route, "source_route",
          "The packet carries an IP source route, which is taken only when the configuration accepts source routes."},
    Entry{DropReason::unknown_ethertype, "unknown_ethertype", "The Ethernet frame carries neither IPv4, IPv6 nor ARP."},
    Entry{DropReason::unknown_protocol, "unknown_protocol", "The IP packet carries a protocol that this stack does not speak."},
    Entry{DropReason::unsupported_extension, "unsupported_extension",
          "An IPv6 extension header is unknown or in a place where it cannot be processed."},
    Entry{DropReason::fragment_overlap, "fragment_overlap",
          "Two fragments claim the same octets, so the whole packet is discarded."},
    Entry{DropReason::fragment_limit, "fragment_limit", "The memory or time allowed for reassembly is used up."},
    Entry{DropReason::fragment_bad, "fragment_bad",
          "The fragment's length is no multiple of 8, or it would end past 65,535 octets."},
    Entry{DropReason::bad_arp, "bad_arp", "The ARP message is malformed or not about Ethernet and IPv4."},
    Entry{DropReason::bad_icmp, "bad_icmp", "The ICMP message is malformed or quotes too little of the packet it is about."},
    Entry{DropReason::icmp_unrelated, "icmp_unrelated",
          "The ICMP error quotes no connection of ours, or a sequence number that is not in flight: perhaps forged."},
    Entry{DropReason::icmp_ignored, "icmp_ignored", "The ICMP message is of a kind that is ignored on purpose."},
    Entry{DropReason::bad_neighbour, "bad_neighbour", "The neighbour discovery message fails the checks that RFC 4861 demands."},
    Entry{DropReason::syn_queue_full, "syn_queue_full",
          "The listener has as many half-open connections as it may; the peer will retry."},
    Entry{DropReason::accept_queue_full, "accept_queue_full",
          "The listener's backlog is full of connections that wait for accept; the peer will retry."},
    Entry{DropReason::no_listener_rst_sent, "no_listener_rst_sent", "Nobody listens on that port; a RST was sent back."},
    Entry{DropReason::rst_to_closed, "rst_to_closed", "A RST for a connection that does not exist is never answered."},
    Entry{DropReason::paws, "paws",
          "The timestamp is older than one already seen: a duplicate from an earlier turn of the sequence numbers."},
    Entry{DropReason::not_acceptable, "not_acceptable",
          "The segment lies outside the receive window; an ACK tells the peer where we are."},
    Entry{DropReason::rst_challenged, "rst_challenged",
          "The RST lies in the window but not at its edge: a challenge ACK asks the peer to confirm."},
    Entry{DropReason::syn_challenged, "syn_challenged", "A SYN on a synchronised connection is answered with a challenge ACK."},
    Entry{DropReason::ack_challenged, "ack_challenged",
          "The acknowledgement number is of data never sent or long acknowledged: a challenge ACK answers it."},
    Entry{DropReason::ack_missing, "ack_missing",
          "Every segment of a synchronised connection carries an ACK; this one does not."},
    Entry{DropReason::bad_handshake_ack, "bad_handshake_ack",
          "The segment acknowledges something other than our SYN; a RST was sent back."},
    Entry{DropReason::rst_unacceptable, "rst_unacceptable",
          "The RST carries a sequence or acknowledgement number that cannot be the peer's."},
    Entry{DropReason::time_wait, "time_wait", "The connection is over and in TIME-WAIT, which swallows what comes late."},
    Entry{DropReason::connection_limit, "connection_limit", "The limit of connections is reached."},
    Entry{DropReason::receive_buffer_full, "receive_buffer_full",
          "There is no buffer room for the text; the peer will retransmit it."},
    Entry{DropReason::signature_missing, "signature_missing",
          "We hold a key of that peer, and the segment is not signed: give the peer the key, or take it away here."},
    Entry{DropReason::signature_bad, "signature_bad",
          "The signature does not fit: another key at the other end, or somebody else's segment."},
    Entry{DropReason::signature_unexpected, "signature_unexpected",
          "The segment is signed by MD5, and we hold no key of that peer: give it here, or take it away there."},
};

/// Each table lists its enumerators in order, so a code is its own index.
template <typename Table>
constexpr bool in_order(const Table& table) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].code) != i) return false;
  }
  return true;
}
static_assert(in_order(error_table) && error_table.back().code == Error::host_unreachable);
static_assert(in_order(close_table) && close_table.back().code == CloseReason::unreachable);
static_assert(in_order(drop_table) && drop_table.size() == static_cast<std::size_t>(DropReason::count_));

template <typename Table, typename Code>
constexpr auto entry_of(const Table& table, Code code) {
  const auto index = static_cast<std::size_t>(code);
  return index < table.size() ? table[index] : Entry<Code>{code, "unknown", "A code that this version does not know."};
}

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "fourtuple"; }
  std::string message(int value) const override { return std::string(describe(static_cast<Error>(value))); }
  std::error_condition default_error_condition(int value) const noexcept override;
};

/// The portable conditions that socket code tests for, e.g. `ec == std::errc::connection_refused`.
std::error_condition Category::default_error_condition(int value) const noexcept {
  switch (static_cast<Error>(value)) {
    case Error::would_block:
      return std::errc::operation_would_block;
    case Error::invalid_handle:
      return std::errc::bad_file_descriptor;
    case Error::invalid_argument:
      return std::errc::invalid_argument;
    case Error::not_connected:
      return std::errc::not_connected;
    case Error::already_shut_down:
      return std::errc::broken_pipe;
    case Error::address_in_use:
    case Error::four_tuple_in_use:
      return std::errc::address_in_use;
    case Error::address_not_local:
    case Error::no_ephemeral_port:
      return std::errc::address_not_available;
    case Error::no_route:
      return std::errc::network_unreachable;
    case Error::too_many_connections:
    case Error::too_many_listeners:
      return std::errc::too_many_files_open;
    case Error::out_of_memory:
      return std::errc::no_buffer_space;
    case Error::connection_refused:
      return std::errc::connection_refused;
    case Error::connection_reset:
      return std::errc::connection_reset;
    case Error::connection_aborted:
      return std::errc::connection_aborted;
    case Error::timed_out:
      return std::errc::timed_out;
    case Error::host_unreachable:
      return std::errc::host_unreachable;
    case Error::none:
      break;
  }
  return {value, *this};
}

}  // namespace

std::string_view to_string(Error e) { return entry_of(error_table, e).name; }
std::string_view to_string(CloseReason r) { return entry_of(close_table, r).name; }
std::string_view to_string(DropReason r) { return entry_of(drop_table, r).name; }
std::string_view describe(Error e) { return entry_of(error_table, e).sentence; }
std::string_view describe(CloseReason r) { return entry_of(close_table, r).sentence; }
std::string_view describe(DropReason r) { return entry_of(drop_table, r).sentence; }

Error error_of(CloseReason why) {
  switch (why) {
    case CloseReason::none:
    case CloseReason::normal:
      return Error::none;
    case CloseReason::refused:
      return Error::connection_refused;
    case CloseReason::reset:
      return Error::connection_reset;
    case CloseReason::aborted:
      return Error::connection_aborted;
    case CloseReason::timed_out:
      return Error::timed_out;
    case CloseReason::unreachable:
      return Error::host_unreachable;
  }
  return Error::none;
}

const std::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

}  // namespace ft
