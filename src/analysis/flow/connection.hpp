// What is known of one TCP connection of a capture once all its packets were seen: identity, how it was opened and closed, what
// each side sent, and the findings. Made by flow/ from segments; printed by whoever prints.
#pragma once

#include "analysis/find/finding.hpp"
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

/// What a segment is, judged with all that the capture holds.
enum class Label : std::uint8_t {
  original,
  retransmission,
  needless,  // a retransmission of what had arrived
  reordered,
  network_duplicate,
  capture_duplicate,
  probe,  // of a shut window
  keep_alive,
  injected,
};
std::string_view to_string(Label label);  // "network-duplicate"

/// What made a sender repeat itself.
enum class RepeatCause : std::uint8_t { none, fast, rack, tlp, rto, go_back_n, syn, fin, mtu_probe, unknown };
std::string_view to_string(RepeatCause cause);  // "go-back-n"

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
  closing,       // FINs of both, not all acknowledged
  closed,        // both FINs acknowledged
  reset,
  midstream,  // its beginning was not captured; open at the end
};
std::string_view to_string(FlowState state);  // "half-closed"

/// One direction: 0 is from who opened (or, when that was not seen, who spoke first).
struct Side {
  Endpoint endpoint;
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;       // of IP packets
  std::uint64_t text = 0;         // octets of text, repeats counted
  std::uint64_t unique_text = 0;  // octets of text, each once
  std::uint64_t data_segments = 0;
  std::uint64_t retransmissions = 0;  // segments
  std::uint64_t needless = 0;
  std::uint64_t reordered = 0;
  std::uint64_t duplicates = 0;  // network and capture
  std::uint32_t syns = 0, fins = 0, resets = 0;
  std::uint32_t zero_windows = 0;
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
};

struct Connection {
  std::uint32_t stream = 0;  // numbered from 0 in order of first packets, as Wireshark's tcp.stream
  std::array<Side, 2> sides;
  Instant first{}, last{};
  std::uint64_t first_frame = 0, last_frame = 0;
  FlowState state = FlowState::midstream;
  std::string history;  // Zeek's letters; see docs
  Vantage vantage = Vantage::unknown;
  float vantage_confidence = 0;
  std::optional<Duration> handshake;  // SYN to the ACK that ends the handshake
  std::optional<Duration> syn_to_syn_ack, syn_ack_to_ack;
  std::array<std::uint64_t, 3> handshake_frames{};  // SYN, SYN-ACK, ACK; 0 = not seen
  std::uint8_t closer = 2;                          // whose FIN or RST came first: a side, 2 = nobody's
  std::string_view verdict;                         // one word or two: "complete", or the id of the gravest finding
  std::vector<Finding> findings;                    // gravest first
};

}  // namespace ft::analysis
