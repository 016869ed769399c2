// Every knob with its unit, its default and its source. Plain values: copy, change, hand over.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/congestion.hpp"
#include "fourtuple/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ft {

struct Authentication;  // authentication.hpp

/// When a connection looks for its path's MTU by itself (RFC 4821).
enum class PathSearch : std::uint8_t {
  off,               // routers alone decide (RFC 1191, 8201)
  after_black_hole,  // when full-sized segments time out in a row: down until something gets through, then up by probes
  always,            // from 1280 octets up, from the start
};

/// Explicit Congestion Notification: routers mark instead of dropping. What is the best that we agree to?
enum class Ecn : std::uint8_t {
  off,
  classic,   // RFC 3168: one mark a round trip is told
  accurate,  // RFC 9768: every mark is told; with a peer that knows only RFC 3168, that
};

/// One connection's behaviour. The stack has a default set; connect and listen may bring their own.
struct TcpOptions {
  bool window_scale = true;  // RFC 7323 2
  bool sack = true;          // RFC 2018
  bool timestamps = true;    // RFC 7323 3
  bool nagle = true;         // RFC 9293 3.7.4 (MUST-17: may be switched off)
  // Rings begin at 128 KiB, or at these if they are less, and grow with the path up to these (docs/internals/windows.md).
  std::uint32_t send_buffer = 4 * 1024 * 1024;            // octets, the most that waits to be sent or acknowledged
  std::uint32_t receive_buffer = 6 * 1024 * 1024;         // octets, the largest window offered
  bool autotune = true;                                   // off: the rings may be filled to these from the start
  std::uint16_t mss = 0;                                  // octets; 0 = what the path's MTU allows
  std::uint32_t initial_window = 10;                      // segments (RFC 6928)
  Congestion congestion = Congestion::cubic;              // which of our controllers
  std::shared_ptr<const CongestionFactory> controller{};  // not null: yours instead
  bool pacing = true;            // spread a window over the round trip, after an initial quantum of one initial window
  bool hystart = true;           // leave slow start when delay grows (RFC 9406)
  bool rack = true;              // loss by time (RFC 8985); off: by duplicates alone (RFC 6675, 6582)
  bool tail_loss_probe = true;   // RFC 8985 7
  bool limited_transmit = true;  // RFC 3042
  bool duplicate_sack = true;    // RFC 2883: report duplicates, and believe the peer's reports
  bool frto = true;              // RFC 5682
  bool undo = true;              // needless reductions are taken back, by timestamps or D-SACK (RFC 4015)
  // ECN is on and asked for: it never hurts a path that knows nothing of it, and falls back where one dislikes it.
  Ecn ecn = Ecn::accurate;
  bool ecn_request = true;                            // ask in our SYNs; off: agree when the peer asks, as Linux does by default
  bool ecn_retry_after_reset = true;                  // a RST answers a SYN that asks: once more without (RFC 3168 6.1.1.1)
  Duration initial_rto = std::chrono::seconds(1);     // RFC 6298 2.1
  Duration min_rto = std::chrono::milliseconds(200);  // house policy, as Linux; RFC 6298 2.4 says 1 s SHOULD
  Duration max_rto = std::chrono::seconds(120);       // RFC 6298 2.5: at least 60 s
  Duration delayed_ack = std::chrono::milliseconds(40);  // RFC 9293 MUST-40: under 500 ms
  unsigned r1 = 3;                                       // retransmissions until "trouble" is told (RFC 9293 SHLD-10)
  bool tell_trouble = true;                              // RFC 9293 SHLD-20: Event::Kind::trouble may be switched off
  Duration user_timeout = std::chrono::minutes(5);       // R2: no progress for so long ends the connection (3.8.3; >= 100 s)
  Duration connect_timeout = std::chrono::minutes(3);    // R2 of SYNs (MUST-23: at least 3 minutes by default)
  bool keepalive = false;                                // RFC 9293 MUST-25
  Duration keepalive_idle = std::chrono::hours(2);       // MUST-28
  Duration keepalive_interval = std::chrono::seconds(75);
  unsigned keepalive_count = 9;                           // unanswered probes until the connection is given up (MUST-29)
  Duration fin_wait_2_timeout = std::chrono::minutes(1);  // after close (not after shutdown) with the peer silent; 0 = no limit
  Duration msl = std::chrono::seconds(30);              // TIME-WAIT lasts 2 MSL (RFC 9293 3.6.1; the RFC's own MSL is 2 minutes)
  std::uint8_t challenge_acks = 10;                     // so many challenge ACKs, at least one ...
  Duration challenge_period = std::chrono::seconds(5);  // ... in such a time, each connection (RFC 5961 7)
  std::uint8_t ttl = 64;                                // MUST-49
  std::uint8_t dscp = 0;                                // Diffserv code point, 6 bits (MUST-48)
  std::uint8_t min_ttl = 0;        // packets that come with less are dropped (RFC 5082: 255 for neighbours); 0 = off
  bool path_mtu_discovery = true;  // RFC 1191, 8201; off: IPv4 leaves without DF, and Packet Too Big is not heard
  PathSearch path_search = PathSearch::after_black_hole;    // RFC 4821
  bool user_timeout_option = false;                         // RFC 5482: tell ours, and adopt the peer's within these limits
  bool user_timeout_changeable = true;                      // ... by the peer; set_user_timeout makes it false (RFC 5482 3)
  Duration user_timeout_least = std::chrono::seconds(100);  // L_LIMIT
  Duration user_timeout_most = std::chrono::hours(1);       // U_LIMIT
  std::optional<Duration> linger{};                         // 0: close is a RST; more: a blocking close waits so long
  bool cork = false;                                        // partial segments wait until uncorked, at most 200 ms
  bool quick_ack = false;                                   // acknowledge every segment at once
  std::uint32_t not_sent_low_water = UINT32_MAX;            // octets: "writable" only while less waits to be sent
  std::uint32_t receive_low_water = 1;                      // octets: "readable" only when so many wait, or the end
};

struct PortRange {
  std::uint16_t first = 49152;  // RFC 6335 6: the dynamic ports
  std::uint16_t last = 65535;
};

/// RFC 6056 3.3, in its order. What the outside cannot guess all five keep; they differ in how soon a port comes again.
enum class PortAlgorithm : std::uint8_t {
  random_start,       // 1: a random port, then the next that is free
  random,             // 2: random ports until one is free
  hash,               // 3: one counter, and an offset for each peer
  double_hash,        // 4: many counters, and an offset for each peer (3.5 recommends it)
  random_increments,  // 5: one counter that grows by a random step
};

enum class Medium : std::uint8_t { ip, ethernet };

/// When a SYN is answered without being remembered (RFC 4987 3.6). A cookie keeps the MSS, and with timestamps also window
/// scale, SACK and ECN; a SYN-ACK that was lost is not repeated, the peer repeats its SYN.
enum class SynCookieUse : std::uint8_t {
  off,        // a SYN that finds the SYN queue full is dropped
  when_full,  // only then
  always,     // never remember; for tests, and for listeners that are always under attack
};

/// What happens when the accept queue is full (`backlog` connections wait for accept).
enum class BacklogPolicy : std::uint8_t {
  drop,    // as Linux: a SYN is dropped, a final ACK not heard, so the peer tries again and gets in when there is room
  reset,   // as Linux with tcp_abort_on_overflow: a SYN is dropped, but a final ACK is answered by RST
  refuse,  // a SYN is answered by RST as well: the peer learns at once (as from a closed port)
};

struct InterfaceAddress {
  IpAddress address;
  std::uint8_t prefix_length = 24;
};

struct Route {
  IpAddress prefix;
  std::uint8_t prefix_length = 0;
  std::optional<IpAddress> gateway{};  // none: on link
};

/// What the fast-open cookies of a server are made with: SipHash-2-4 of the client's and the server's address, the way that Linux
/// makes them, so that servers behind one address may take each other's (RFC 7413 4.1.2, 6.3.4).
struct FastOpenKeys {
  using Key = std::array<std::uint8_t, 16>;
  Key newest{};
  std::optional<Key> older{};  // cookies made with it are good as well; whoever shows one is given a new one
};

struct StackConfig {
  Medium medium = Medium::ip;
  MacAddress mac{};                         // Medium::ethernet only
  std::uint32_t mtu = 1500;                 // octets of IP packet that the link carries
  std::vector<InterfaceAddress> addresses;  // ours; each brings its on-link route
  std::vector<Route> routes;                // others; longest prefix wins
  std::array<std::uint8_t, 32> secret{};    // entropy of the caller's: keys ISN, ports, hashing. Fresh at every start.
  PortRange ephemeral{};
  PortAlgorithm port_algorithm = PortAlgorithm::double_hash;
  TcpOptions tcp{};
  bool accept_source_routes = false;    // IPv4 packets with a source route: taken, and answered the same way back (RFC 7126 4.3)
  bool accept_any_address = false;      // deliver packets for every destination (tunnels, transparent proxies)
  std::uint32_t max_super_segment = 0;  // octets of text in one Transmit; 0 = never more than one MSS
  std::uint32_t max_connections = 1u << 20;
  std::uint32_t max_listeners = 1024;
  std::uint32_t max_half_open = 16384;  // SYN-queue records of all listeners together
  SynCookieUse syn_cookies = SynCookieUse::when_full;
  std::uint32_t max_fast_open_servers = 1024;  // whose fast-open cookies are remembered; the oldest gives way
  Duration fast_open_pause =
      std::chrono::hours(1);  // no fast open to a server that swallowed such SYNs; doubles, 64 times at most; 0: always
  std::optional<FastOpenKeys> fast_open_keys{};    // none: made of `secret`
  std::uint32_t max_challenge_acks = 10'000;       // a second, of all connections together, on average; 0 = no limit (RFC 5961 7)
  std::uint32_t max_time_wait = 65536;             // records; when full, the oldest gives way
  std::uint64_t max_buffer_memory = 1ull << 30;    // octets in all send and receive buffers
  std::uint32_t max_reassembly_memory = 1u << 20;  // octets of IP fragments held
};

struct ListenOptions {
  std::uint32_t backlog = 128;     // connections that wait for accept
  std::uint32_t syn_queue = 1024;  // half-open records of this listener
  BacklogPolicy when_full = BacklogPolicy::drop;
  std::optional<SynCookieUse> syn_cookies{};               // none: the stack's
  std::shared_ptr<const Authentication> authentication{};  // keys of peers (RFC 2385, RFC 5925)
  std::uint32_t fast_open = 0;  // connections whose handshake is not over that may have been opened so (RFC 7413 5.1); 0 = off
  std::optional<FastOpenKeys> fast_open_keys{};  // none: the stack's
  bool fast_open_without_cookie = false;         // whoever sends text with a SYN is believed (RFC 7413 7.3)
  std::optional<TcpOptions> tcp{};               // none: the stack's
};

struct ConnectOptions {
  /// Sent as soon as may be: behind the handshake, or with the SYN when fast_open is on and the server gave us a cookie before.
  /// Copied; it must fit into the send buffer. With fast_open the server may see it twice (RFC 7413 2.1, 6.1).
  std::span<const std::byte> first_text{};
  bool fast_open = false;                     // RFC 7413, for this connection
  bool fast_open_without_cookie = false;      // text rides on the SYN although the server gave no cookie, and none is asked for
  std::optional<IpAddress> local_address{};   // MUST-43; none: the route's (MUST-44)
  std::vector<IpAddress> source_route{};      // MUST-51: IPv4 only, at most nine hops that packets pass first; empty: none
  bool strict_source_route = false;           // nobody else on the way
  std::optional<std::uint16_t> local_port{};  // none or 0: StackConfig::port_algorithm chooses
  std::optional<TcpOptions> tcp{};
  std::shared_ptr<const Authentication> authentication{};  // keys of peers (RFC 2385, RFC 5925)
};

}  // namespace ft
