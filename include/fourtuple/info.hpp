// What a connection tells about itself: all that TCP_INFO gives, and what it lacks (why nothing leaves, which timer comes next
// and why, every retransmission by cause, the octets in each ring). A copy: asking costs nothing until it is asked.
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/config.hpp"
#include "fourtuple/error.hpp"
#include "fourtuple/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace ft {

/// Why octets were sent again.
enum class Repeat : std::uint8_t {
  syn,              // a SYN or SYN-ACK without an answer (RFC 6298 5.4)
  timeout,          // the retransmission timer fired (RFC 6298 5.4)
  fast,             // duplicate acknowledgements or the SACK scoreboard (RFC 5681 3.2, RFC 6675)
  rack,             // lost by time: something sent later was delivered (RFC 8985 6.2)
  tail_loss_probe,  // the end of a flight stayed unanswered (RFC 8985 7.3)
  partial_ack,      // NewReno: the next hole of the same recovery (RFC 6582 3.2)
  path_mtu,         // the path takes smaller packets (RFC 1191 6.4, RFC 4821)
  fin,              // a FIN alone (RFC 6298 5.4)
  probe,            // an octet into a window that stayed shut (RFC 9293 3.8.6.1)
  other,
  count_,
};
std::string_view to_string(Repeat cause);

struct Repeated {
  std::uint64_t segments = 0;
  std::uint64_t octets = 0;  // of text
};

/// Retransmissions, and how many of them nobody needed.
struct RetransmissionInfo {
  std::array<Repeated, static_cast<std::size_t>(Repeat::count_)> by_cause{};
  std::uint64_t timeouts = 0;         // times that the retransmission timer fired
  std::uint64_t recoveries = 0;       // times that a loss was repaired without it
  std::uint64_t undone = 0;           // reductions of cwnd taken back as needless (RFC 4015, RFC 3708)
  std::uint64_t duplicate_sacks = 0;  // D-SACKs that the peer sent: so many arrived twice (RFC 2883)

  const Repeated& operator[](Repeat cause) const { return by_cause[static_cast<std::size_t>(cause)]; }
};

/// Disorder on the path.
struct ReorderingInfo {
  bool seen = false;                       // RACK.reordering_seen (RFC 8985 6.2 step 3)
  Duration window{};                       // RACK.reo_wnd now
  std::uint64_t out_of_order = 0;          // segments that came before their turn
  std::uint64_t duplicates = 0;            // segments with octets that had come before
  std::uint64_t duplicate_sacks_sent = 0;  // D-SACKs that we sent because of them (RFC 2883)
};

/// The congestion controller and what it knows of the path.
struct CongestionInfo {
  std::string_view controller;       // "cubic"
  std::string_view phase;            // "slow start"
  std::string_view recovery;         // "" while no loss is repaired, else how: "fast recovery", "loss" (after a timeout)
  std::uint64_t pacing_rate = 0;     // octets a second; 0: not paced
  std::uint64_t delivery_rate = 0;   // octets a second, of the latest sample; 0: none yet
  bool application_limited = false;  // of that sample: the application set the pace
  std::uint64_t delivered = 0;       // octets known to have arrived
  std::uint64_t delivered_ce = 0;    // of these, marked Congestion Experienced
  std::uint64_t lost = 0;            // octets ever marked lost
  std::uint64_t in_flight = 0;       // octets (RFC 6675's pipe)
  std::uint64_t ecn_reductions = 0;  // times that marks made cwnd smaller
};

/// Where the time went while there was something to send or to be acknowledged. The four add up to `busy`.
struct LimitInfo {
  std::string_view now;  // the limit that holds: "idle", "application", "congestion window", "receive window", "send buffer"
  Duration busy{};
  Duration application{};     // it wrote no more
  Duration congestion{};      // cwnd or the pacing rate
  Duration receive_window{};  // the peer's window
  Duration send_buffer{};     // all that fits had left, and the application waited for room
  /// Why what is queued does not leave now: an id ("hold-nagle") and its source; empty when nothing is held.
  std::string_view hold;
  std::string_view hold_clause;
};

/// Octets in the two rings.
struct RingInfo {
  std::uint32_t unsent = 0;             // queued, never sent
  std::uint32_t unacknowledged = 0;     // sent, not cumulatively acknowledged
  std::uint32_t selectively_acked = 0;  // of these, the peer holds so many (RFC 2018)
  std::uint32_t lost = 0;               // of these, so many are taken as lost
  std::uint32_t send_limit = 0;         // the most that may be queued
  std::uint32_t readable = 0;           // in order, unread
  std::uint32_t out_of_order = 0;       // beyond a hole
  std::uint32_t receive_limit = 0;      // the most that may be held, read or unread
};

/// What the SYNs agreed on.
struct AgreedInfo {
  bool window_scale = false;       // RFC 7323 2
  std::uint8_t send_shift = 0;     // the peer's windows are shifted by
  std::uint8_t receive_shift = 0;  // ours are shifted by
  bool sack = false;               // RFC 2018
  bool timestamps = false;         // RFC 7323 3
  bool ecn = false;                // RFC 3168
  bool accurate_ecn = false;       // RFC 9768
  bool fast_open = false;          // RFC 7413: data of our SYN was taken, or the peer's by us
  std::uint16_t peer_mss = 0;      // octets, the peer's MSS option or its default (RFC 9293 3.7.1)
  std::uint16_t path_mss = 0;      // octets that the path's MTU leaves for text and options
};

/// What happens next if nothing comes.
struct DeadlineInfo {
  std::optional<Instant> at;  // none: nothing is waited for
  std::string_view timer;     // "retransmit", "tail-loss-probe", "pacing", "persist", "delayed-ack", "keepalive", ...
  std::string_view clause;    // its source
};

/// When something happened last; none: never.
struct ActivityInfo {
  std::optional<Instant> data_sent;
  std::optional<Instant> data_received;
  std::optional<Instant> ack_sent;
  std::optional<Instant> heard;  // any acceptable segment
};

/// What the path takes, in octets of IP packet (RFC 1191, RFC 8201, RFC 4821).
struct PathInfo {
  std::uint16_t mtu = 0;          // segments are cut for it
  std::uint16_t proven = 0;       // the largest packet that the peer acknowledged since mtu last shrank
  bool searching = false;         // larger ones are being tried
  std::uint32_t probes_lost = 0;  // of those
};

struct ConnectionInfo {
  FourTuple tuple;
  std::string_view state;  // RFC name, "ESTABLISHED"
  CloseReason closed = CloseReason::none;
  std::uint32_t snd_una = 0, snd_nxt = 0, snd_wnd = 0, rcv_nxt = 0, rcv_wnd = 0;  // RFC 9293 3.3.1; windows in octets
  std::uint64_t cwnd = 0, ssthresh = 0;                                           // octets
  std::optional<Duration> srtt;                                                   // RFC 6298 2; none: nothing measured yet
  Duration rttvar{}, rto{};                                                       // the same; rto with its backoff
  std::optional<Duration> min_rtt;                                                // least seen lately (RFC 8985 6.2 step 1)
  std::optional<Duration> latest_rtt;                                             // the last one measured
  unsigned backoff = 0;                                                           // timeouts in a row without an answer
  std::uint16_t mss = 0;             // SMSS less options: text octets of a full segment
  std::uint32_t send_queued = 0;     // octets not yet acknowledged, sent or not
  std::uint32_t receive_queued = 0;  // octets in order, unread
  std::uint64_t octets_sent = 0, octets_received = 0, retransmissions = 0;
  std::uint64_t segments_sent = 0, segments_received = 0;  // all of them, acknowledgements too
  std::uint32_t urgent_left = 0;                           // octets to read up to the urgent pointer (MUST-33)
  bool window_scale = false, sack = false, timestamps = false;
  Error soft_error = Error::none;             // last ICMP soft error
  Duration user_timeout{};                    // R2 in force, after what the peer's option made of it (RFC 5482)
  std::shared_ptr<const TcpOptions> options;  // every knob as it is set now

  CongestionInfo congestion;
  PathInfo path;
  LimitInfo limits;
  RetransmissionInfo retransmitted;
  ReorderingInfo reordering;
  RingInfo rings;
  AgreedInfo agreed;
  DeadlineInfo deadline;
  ActivityInfo last;
};

}  // namespace ft
