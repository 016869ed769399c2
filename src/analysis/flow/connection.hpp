// What is known of one TCP connection of a capture once all its packets were seen: identity, how it was opened and closed, what
// each side sent, and the findings. Made by flow/ from segments; printed by whoever prints.
#pragma once

#include "analysis/find/finding.hpp"
#include "analysis/flow/note.hpp"
#include "fourtuple/address.hpp"
#include "fourtuple/time.hpp"
#include "wire/seq.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ft::analysis {

/// Where the capture was taken, as far as delays, TTLs and offload patterns tell.
enum class Vantage : std::uint8_t { unknown, client, server, middle };
std::string_view to_string(Vantage vantage);

/// How a connection stood when the capture ended.
enum class FlowState : std::uint8_t {
  syn_sent,      // asked, no answer
  refused,       // answered by RST or ICMP
  syn_received,  // answered; the handshake was not finished
  established,   // open when the capture ended
  half_closed,   // one FIN acknowledged, the other side open
  closing,       // a FIN, or FINs of both, not all acknowledged
  closed,        // both FINs acknowledged
  reset,
  midstream,  // its beginning was not captured; open at the end
};
std::string_view to_string(FlowState state);  // "half-closed"

/// How it was opened.
enum class Opening : std::uint8_t {
  unseen,        // no SYN was captured
  normal,        // SYN, SYN-ACK, ACK (or as much of it as there was)
  simultaneous,  // SYN crossing SYN (RFC 9293 3.5)
  split,         // SYN, ACK, SYN, ACK
  fast_open,     // text in the SYN, and the SYN-ACK acknowledged it (RFC 7413)
};
std::string_view to_string(Opening opening);

/// RFC 9293 3.3.2, as the packets of both sides imply it.
enum class TcpState : std::uint8_t {
  unknown,
  closed,
  listen,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};
std::string_view to_string(TcpState state);  // "FIN-WAIT-1"

/// How a sender numbers its IP packets: what order of them can tell.
enum class IpIds : std::uint8_t { unknown, counter, zero, random };

/// What the capture cannot carry. Claims that need it are not made.
enum class Doubt : std::uint16_t {
  midstream = 1,      // the beginning is missing
  one_direction = 2,  // only one side was captured
  capture_drops = 4,  // octets were acknowledged that nobody captured
  clock_step = 8,     // time went backwards
  cut_short = 16,     // packets were kept in part (snap length) so that text is missing
  offloaded = 32,     // segments larger than the MSS: the network card split or joined them
  forgotten = 64,     // memory for live connections ran out: from some point on repeats were not judged
  notes_cut = 128,    // there were more notes than are kept
};

/// What a side's SYN (or SYN-ACK) offered.
struct Offer {
  bool seen = false;
  std::uint16_t has = 0;  // SegmentOptions::Has
  std::uint16_t mss = 0;
  std::uint8_t shift = 0;
  std::uint8_t fast_open_length = 0;
  std::uint8_t nops = 0;
  std::uint16_t window = 0;
  std::uint32_t text = 0;  // octets that the SYN carried
};

/// Round-trip times of a side's text, by how much was in flight when it was sent.
struct RttBand {
  std::uint32_t samples = 0;
  Duration mean{};
};
inline constexpr std::array<std::uint32_t, 4> rtt_band_limits{4, 16, 64, 0xffffffffu};  // segments in flight, below

/// One direction: 0 is from who opened (or, when that was not seen, who spoke first).
struct Side {
  Endpoint endpoint;
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;       // of IP packets
  std::uint64_t text = 0;         // octets of text, repeats counted
  std::uint64_t unique_text = 0;  // octets of text, each once
  std::uint64_t data_segments = 0;
  std::uint64_t retransmissions = 0;  // segments, needless ones among them; SYN and FIN too
  std::uint64_t needless = 0;
  std::uint64_t reordered = 0;
  std::uint64_t duplicates = 0;  // network and capture
  std::uint32_t syns = 0, fins = 0, resets = 0;
  std::uint32_t zero_windows = 0;  // segments that announced 0
  Seq isn;
  bool isn_known = false;
  std::uint8_t ttl = 0;               // of its first packet
  std::optional<std::uint8_t> shift;  // window scale in force
  std::uint16_t mss = 0;              // announced; 0 = not seen
  bool sack_permitted = false, timestamps = false;
  std::uint64_t least_window = 0, most_window = 0;  // octets, scaled; of segments with ACK after the SYN
  std::uint64_t most_in_flight = 0;
  Duration rtt_least{}, rtt_mean{}, rtt_most{};  // of this side's text until its ACK, as the capture shows it
  std::uint64_t rtt_samples = 0;

  TcpState state = TcpState::unknown;  // at the end
  Offer offer;
  std::array<std::uint32_t, repeat_causes> repeats{};  // by RepeatCause
  std::uint32_t probes = 0, keep_alives = 0, injected = 0;
  std::uint32_t network_duplicates = 0, capture_duplicates = 0;
  std::uint32_t pure_acks = 0, duplicate_acks = 0, ack_jumps = 0;  // jumps: one ACK for more than two full segments
  std::uint32_t sack_segments = 0, dsacks = 0;                     // sent by this side
  std::uint32_t checksums_bad = 0, checksums_partial = 0, checksums_good = 0;
  std::uint32_t ect = 0, ce = 0, ece = 0, cwr = 0, urgent = 0, pushes = 0;
  std::uint32_t dont_fragment = 0;
  std::uint32_t largest_text = 0;        // octets, of one segment
  std::uint32_t largest_acked_text = 0;  // ... of those acknowledged
  std::uint64_t unseen_acked = 0;        // octets of this side that were acknowledged and never captured
  std::uint64_t in_flight_at_end = 0;
  std::uint64_t last_window = 0;  // announced last, scaled
  IpIds ip_ids = IpIds::unknown;
  std::array<RttBand, 4> rtt_bands{};
  std::uint64_t rtt_most_frame = 0;      // the ACK of the longest one
  Duration window_limited{};             // in flight stood at nine tenths of the other side's window or more
  Duration idle{};                       // nothing in flight and nothing sent, between its first and last text
  Duration busy{};                       // something in flight
  std::uint32_t turns = 0;               // times that it spoke after the other side had spoken
  Duration think_total{}, think_most{};  // from the other side's last octet to the first of this one's answer
  std::uint64_t think_most_frame = 0;
  Instant think_most_at{};  // of that frame
  std::uint64_t first_text_frame = 0, last_text_frame = 0;
  Instant first_text{}, last_text{}, last_packet{};
  std::uint64_t fin_frame = 0, reset_frame = 0;  // first
  Instant fin_at{}, reset_at{};
  bool fin_acked = false;
  std::uint64_t fin_acked_frame = 0;
  std::uint32_t text_after_close = 0;  // segments to this side after its FIN
};

struct Connection {
  std::uint32_t stream = 0;  // numbered from 0 in order of first packets, as Wireshark's tcp.stream
  std::array<Side, 2> sides;
  Instant first{}, last{};
  std::uint64_t first_frame = 0, last_frame = 0;
  FlowState state = FlowState::midstream;
  std::string history;  // Zeek's letters; see docs/reference/history.md
  Vantage vantage = Vantage::unknown;
  float vantage_confidence = 0;
  std::optional<Duration> handshake;     // the last SYN to the ACK that ends the handshake, as Wireshark's initial RTT
  std::optional<Duration> connect_time;  // the same from the first SYN: what the caller waited
  std::optional<Duration> syn_to_syn_ack, syn_ack_to_ack;  // each from the last copy before its answer
  std::array<std::uint64_t, 3> handshake_frames{};         // SYN, SYN-ACK, ACK; 0 = not seen
  std::uint8_t closer = 2;                                 // whose FIN or RST came first: a side, 2 = nobody's
  std::string_view verdict;                                // one word or two: "complete", or the id of the gravest finding
  std::vector<Finding> findings;                           // gravest first

  Opening opening = Opening::unseen;
  bool ipv6 = false;
  std::uint16_t doubts = 0;                    // Doubt, as bits
  std::uint8_t time_wait_holder = 2;           // a side, 2 = nobody, 3 = both
  std::optional<Instant> half_closed_since;    // the first FIN was acknowledged, the other side has sent none yet
  std::optional<std::uint32_t> reused_from;    // the stream that had this four-tuple before
  Duration reused_after{};                     // since its last packet
  FlowState reused_state = FlowState::closed;  // how that one stood
  bool reused_newer_isn = false;               // the new ISN lies after all that the old one had sent
  std::uint32_t interface = 0;                 // of its first packet
  std::uint32_t icmp_errors = 0;

  constexpr bool doubtful(Doubt doubt) const { return (doubts & static_cast<std::uint16_t>(doubt)) != 0; }
};

/// How a connection came about, and whether it was used: what it tells of the hosts at its ends. Made in a fraction of the time
/// that a Connection takes, whose fields of the same names hold the same.
struct Outline {
  struct Side {
    Endpoint endpoint;
    std::uint64_t text = 0;
    std::uint32_t syns = 0;
    std::uint8_t ttl = 0;
  };
  std::array<Side, 2> sides;
  Instant first{}, last{};
  std::uint64_t first_frame = 0;
  std::array<std::uint64_t, 3> handshake_frames{};
  std::optional<Duration> syn_to_syn_ack;
  FlowState state = FlowState::midstream;
  Offer answer;  // of side 1
};

}  // namespace ft::analysis
