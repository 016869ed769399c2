// The stack: TCP over IPv4 and IPv6 as a value that you drive. No clock, no entropy, no system call, no
// thread, no global: time and packets are arguments, packets and events are results.
//
//   on_packet / on_deadline / connect / write ... change state;
//   then: poll_transmit until empty, poll_event until empty, arm next_deadline.
//
// Ids stay valid until close() or abort() of that id, also after Event::Kind::closed; a stale id answers Error::invalid_handle.
// Once a connection is over, calls answer why (error_of in error.hpp), reads only when what had arrived was read.
//
// No call blocks. One thread at a time for each stack; stacks share nothing. Instants must not step back. How to drive it:
// docs/howto/embedding.md, examples/own_loop.cpp.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/config.hpp"
#include "fourtuple/error.hpp"
#include "fourtuple/info.hpp"
#include "fourtuple/time.hpp"
#include "fourtuple/trace.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ft {

/// What the link vouches for.
struct Offload {
  bool checksum_verified = false;
};

/// What became of a packet: used, or dropped and why.
struct Verdict {
  DropReason dropped = DropReason::none;
  explicit operator bool() const { return dropped == DropReason::none; }
};

/// One packet, or one super-segment that the link cuts into pieces of segment_size octets of text.
struct Transmit {
  std::size_t length = 0;           // octets written to `out`
  std::uint32_t segment_size = 0;   // 0: a plain packet
  std::uint16_t header_length = 0;  // super-segment only: octets before the text (link, IP and TCP headers)
};

struct ConnectionId {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;  // 0 = no connection
  explicit operator bool() const { return generation != 0; }
  friend bool operator==(ConnectionId, ConnectionId) = default;
};
struct ListenerId {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
  explicit operator bool() const { return generation != 0; }
  friend bool operator==(ListenerId, ListenerId) = default;
};

struct Event {
  enum class Kind : std::uint8_t {
    acceptable,  // `listener` has a connection to accept
    connected,   // an active open finished
    readable,    // octets or the end of the peer's stream wait (edge: told again after a read that drained it)
    writable,    // room after a write that met would_block
    urgent,      // urgent data is pending or its end moved (RFC 9293 MUST-32)
    trouble,     // R1 retransmissions without an answer (SHLD-9) or a soft ICMP error (SHLD-25); see info()
    closed,      // the connection is over (also TIME-WAIT entered): `why`
  };
  Kind kind = Kind::readable;
  ConnectionId connection{};
  ListenerId listener{};
  CloseReason why = CloseReason::none;
};

/// Who holds a local port, in what state, and when it becomes free.
struct PortEntry {
  FourTuple tuple;         // remote is zero for a listener
  std::string_view state;  // RFC name: "LISTEN", "ESTABLISHED", "TIME-WAIT", ...
  /// When it is free at the latest if nothing more happens: the end of TIME-WAIT, of a FIN-WAIT-2 that nobody reads any more, of
  /// the repeats of a SYN or SYN-ACK. None: peer or user decide.
  std::optional<Instant> free_at{};
  // Listeners only:
  std::uint32_t waiting = 0;    // connections in the accept queue ...
  std::uint32_t backlog = 0;    // ... of so many at most
  std::uint32_t half_open = 0;  // records in the SYN queue ...
  std::uint32_t syn_queue = 0;  // ... of so many at most
};

/// Why listen or connect failed. For address_in_use, four_tuple_in_use and no_ephemeral_port also who stands in the way (of many,
/// the one that goes first) and when the port is free.
struct OpenError {
  Error code = Error::none;
  std::optional<Instant> free_at{};
  std::optional<PortEntry> holder{};
  constexpr operator Error() const { return code; }
};

/// What a call would do now, without doing it: for poll, epoll and the like.
struct Readiness {
  bool opening = false;        // the handshake has not finished
  bool end_of_stream = false;  // the peer's FIN was taken: after `unread` octets comes the end
  bool shut = false;           // we said FIN, or may not send any more
  CloseReason closed = CloseReason::none;
  std::uint32_t unread = 0;           // octets in order
  std::uint32_t unacknowledged = 0;   // octets written and not acknowledged
  std::uint32_t unsent = 0;           // of these, octets that never left
  std::uint32_t room = 0;             // octets that write would take
  std::uint32_t urgent_left = 0;      // octets to read up to the end of the urgent data
  std::uint64_t octets_received = 0;  // in order since the opening: it grew, so something new came
};

/// Octets of memory that the stack holds now, and what for. Each connection's part is in it, charged when it is taken.
struct StackMemory {
  std::uint64_t connections = 0;  // records, with places kept for reuse
  std::uint64_t half_open = 0;
  std::uint64_t time_wait = 0;
  std::uint64_t listeners = 0;  // with their accept queues
  std::uint64_t buffers = 0;    // text to send and to read, and what is known of segments in flight (max_buffer_memory)
  std::uint64_t cached = 0;     // blocks that wait for reuse
  std::uint64_t parts = 0;      // of connections, beyond all that: controllers, recovery, islands, own options, signatures
  std::uint64_t queues = 0;     // RSTs and other answers that wait to leave
  std::uint64_t tables = 0;     // four-tuples, listening ports, fast-open servers
  std::uint64_t total() const {
    return connections + half_open + time_wait + listeners + buffers + cached + parts + queues + tables;
  }
};

struct StackCounters {
  std::uint64_t packets_in = 0, packets_out = 0, segments_in = 0, segments_out = 0;
  std::uint64_t connections_opened = 0, connections_accepted = 0, resets_sent = 0, retransmissions = 0;
  std::uint64_t syn_cookies_sent = 0, syn_cookies_accepted = 0,
                syn_cookies_refused = 0;  // refused: an ACK with none, or a bad one
  std::uint64_t fast_opens_sent = 0;      // SYNs with text
  std::uint64_t fast_opens_accepted = 0;  // listeners' connections whose SYN brought a good cookie
  std::uint64_t fast_opens_refused = 0;   // bad cookies, or too many were pending: ordinary handshakes instead
  std::array<std::uint64_t, static_cast<std::size_t>(DropReason::count_)> dropped{};
};

class Stack {
 public:
  explicit Stack(StackConfig config);
  ~Stack();
  Stack(Stack&&) noexcept;
  Stack& operator=(Stack&&) noexcept;

  // --- the driver's side -------------------------------------------------------------------------------
  /// `packet` is an IP packet (Medium::ip) or an Ethernet frame without FCS; borrowed for the call.
  Verdict on_packet(Instant now, std::span<const std::byte> packet, Offload offload = {});
  /// Harmless when early.
  void on_deadline(Instant now);
  /// Fills `out` with the next packet; nullopt: nothing to say now. `out` has room for mtu + 14 octets, with super-segments for
  /// max_super_segment + 200.
  std::optional<Transmit> poll_transmit(Instant now, std::span<std::byte> out);
  std::optional<Event> poll_event();
  /// When on_deadline must be called at the latest; O(1). May be earlier than needed.
  std::optional<Instant> next_deadline() const;

  // --- the user's side ---------------------------------------------------------------------------------
  /// An unspecified address stands for all of its family (RFC 9293 3.9.1.1). Errors: invalid_argument (port or backlog 0),
  /// address_not_local, address_in_use, too_many_listeners.
  std::expected<ListenerId, OpenError> listen(Endpoint local, ListenOptions options = {});
  /// The connection that has waited longest; would_block: none does.
  std::expected<ConnectionId, Error> accept(ListenerId listener);
  /// Connections that wait for accept.
  std::size_t acceptable(ListenerId listener) const;
  void close(ListenerId listener);  // half-open and unaccepted connections are reset
  /// Begins the handshake; Event::Kind::connected or closed tells its end. Errors: invalid_argument, no_route, address_not_local,
  /// four_tuple_in_use, no_ephemeral_port, too_many_connections, out_of_memory.
  std::expected<ConnectionId, OpenError> connect(Instant now, Endpoint remote, ConnectOptions options = {});

  /// Octets read; 0 = end of the peer's stream. Errors: would_block, or why the connection died.
  std::expected<std::size_t, Error> read(ConnectionId id, std::span<std::byte> into);
  /// What is there to read, in place; empty when nothing is (or at the end of the stream). Valid until the next call.
  std::span<const std::byte> peek(ConnectionId id) const;
  /// Copies what is there from `offset` octets on, and leaves it there. Returns how much that was.
  std::size_t peek(ConnectionId id, std::size_t offset, std::span<std::byte> into) const;
  /// At most what peek showed.
  void consume(ConnectionId id, std::size_t octets);
  /// Copies what fits, at least one octet, else would_block; also before the handshake is over. already_shut_down after shutdown.
  std::expected<std::size_t, Error> write(ConnectionId id, std::span<const std::byte> from);
  /// As write, but more will follow: what fills no segment may wait for it, at most 200 ms.
  std::expected<std::size_t, Error> write_more(ConnectionId id, std::span<const std::byte> from);
  /// What a cork or write_more holds back may leave now; what is written later waits again.
  void push(ConnectionId id);
  /// Event::writable comes when there is room worth waking for, as after a write that met would_block.
  void want_room(ConnectionId id);
  /// Room to write in place, then commit what was filled in. Valid until the next call.
  std::span<std::byte> reserve(ConnectionId id);
  void commit(ConnectionId id, std::size_t octets);
  /// FIN after what is queued; reading goes on (half-close).
  std::expected<void, Error> shutdown(ConnectionId id);
  /// Gives the id back. The stack finishes the close in the background; unread data turns it into a RST (SHLD-3).
  std::expected<void, Error> close(ConnectionId id);
  /// RST at once, and the id is given back.
  std::expected<void, Error> abort(ConnectionId id);

  std::expected<void, Error> set_nagle(ConnectionId id, bool on);
  std::expected<void, Error> set_cork(ConnectionId id, bool on);
  std::expected<void, Error> set_quick_ack(ConnectionId id, bool on);
  std::expected<void, Error> set_delayed_ack(ConnectionId id, Duration delay);  // 0 = off; under 500 ms (MUST-40)
  std::expected<void, Error> set_keepalive(Instant now, ConnectionId id, bool on);
  std::expected<void, Error> set_keepalive(Instant now, ConnectionId id, Duration idle, Duration interval, unsigned count);
  std::expected<void, Error> set_user_timeout(ConnectionId id, Duration r2);  // MUST-21; ends the peer's say (RFC 5482 3)
  std::expected<void, Error> set_user_timeout_option(ConnectionId id, bool on);
  std::expected<void, Error> set_linger(ConnectionId id, std::optional<Duration> linger);
  std::expected<void, Error> set_not_sent_low_water(ConnectionId id, std::uint32_t octets);
  std::expected<void, Error> set_receive_low_water(ConnectionId id, std::uint32_t octets);
  std::expected<void, Error> set_dscp(ConnectionId id, std::uint8_t dscp);  // MUST-48
  std::expected<void, Error> set_ttl(ConnectionId id, std::uint8_t ttl);    // MUST-49
  std::expected<void, Error> set_min_ttl(ConnectionId id, std::uint8_t ttl);
  /// The next octets written are urgent up to here (RFC 9293 3.8.5).
  std::expected<std::size_t, Error> write_urgent(ConnectionId id, std::span<const std::byte> from);

  /// All that may change while a connection lives, at once. What is settled when it opens stays (window scale, SACK, timestamps,
  /// MSS, initial window, controller); buffers that shrink keep what they promised. invalid_argument: a knob is out of its
  /// limits.
  std::expected<void, Error> set_options(Instant now, ConnectionId id, const TcpOptions& options);
  /// For the connections that it accepts from now on.
  std::expected<void, Error> set_options(ListenerId id, const TcpOptions& options);
  std::expected<void, Error> set_backlog(ListenerId id, std::uint32_t backlog);
  /// ListenOptions::fast_open, for the SYNs that come from now on.
  std::expected<void, Error> set_fast_open(ListenerId id, std::uint32_t pending);
  /// ListenOptions::fast_open_keys and fast_open_without_cookie, likewise.
  std::expected<void, Error> set_fast_open_cookies(ListenerId id, const std::optional<FastOpenKeys>& keys, bool without = false);
  std::optional<TcpOptions> options(ConnectionId id) const;

  /// TCP-AO: ask the peer to sign with the key of this receive_id from now on (RFC 5925 7.5.2); invalid_argument: no such key.
  std::expected<void, Error> use_key(ConnectionId id, std::uint8_t receive_id);
  /// New keys for everything that outsiders must not guess: initial sequence and port numbers, timestamp offsets, cookies, the
  /// connection table (rebuilt, so this takes time in proportion to its size). Connections live on; cookies that left before are
  /// taken for two minutes more. The tables of the IP engine keep the keys of their beginning.
  void rotate_secrets(Instant now, std::array<std::uint8_t, 32> secret);

  std::optional<ConnectionInfo> info(ConnectionId id) const;
  std::optional<Readiness> readiness(ConnectionId id) const;
  std::vector<PortEntry> ports() const;
  /// Only those with this local port.
  std::vector<PortEntry> ports(std::uint16_t local_port) const;
  /// Who holds just this four-tuple, else the listener at tuple.local. One look-up.
  std::optional<PortEntry> holder(const FourTuple& tuple) const;
  /// Somebody listens there, is connected from there, or waits in TIME-WAIT. An unspecified address stands for all of its family.
  bool is_port_held(Endpoint local) const;
  /// One of ours, so that listen and connect may use it.
  bool is_local(const IpAddress& address) const;
  /// Octets of text that the SYN of a fast open to that server would carry now; 0: none, it gave us no cookie (RFC 7413 4.2.1).
  std::uint32_t fast_open_room(Instant now, const IpAddress& server, bool without_cookie = false);
  /// A dynamic port that nobody holds on this address (RFC 6056), for a bind that names none.
  std::expected<std::uint16_t, Error> choose_port(IpAddress local);
  const StackCounters& counters() const;
  const StackConfig& config() const;
  /// Counts everything: in time proportional to the connections.
  StackMemory memory() const;
  /// The same for one connection; nullopt: no such id.
  std::optional<std::uint64_t> memory(ConnectionId id) const;
  /// What memory().total() cannot exceed with this configuration: every limit reached at the same time.
  std::uint64_t memory_ceiling() const;
  /// Charged equals held: what the connections hold of the buffers, recounted, is what was charged. For tests and torture.
  bool is_memory_balanced() const;
  /// Octets held in connection buffers now.
  std::uint64_t buffer_memory() const;

  /// Not owned; null = off. `host` is stamped into every event. The sink is called inside other calls: it must not call the
  /// stack.
  void set_trace(trace::Sink* sink, std::uint8_t host = 0);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ft
