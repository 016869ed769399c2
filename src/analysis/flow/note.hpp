// What was out of the ordinary in a connection, one note each, in the order of the capture: every segment whose label is not
// `original`, every RST and ICMP error, a window shut and opened, silences, acknowledgements of what nobody saw. This is the
// diary from which find/ draws its conclusions, and from which a second pass takes the label of a frame. What is ordinary leaves
// only counters (Side).
//
// A note may learn more after it was written: a repeat turns `needless` when a D-SACK (RFC 2883) or an old timestamp echo (RFC
// 3522) says that the first copy had arrived. So notes are read once the capture has ended.
#pragma once

#include "fourtuple/time.hpp"
#include "wire/seq.hpp"

#include <cstdint>
#include <string_view>

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
inline constexpr std::size_t repeat_causes = 10;

struct Note {
  enum class Kind : std::uint8_t {
    segment,         // its label is not `original`
    reset,           // a segment with RST
    icmp,            // an ICMP error that quotes the connection; side: whose packet it quotes
    window_shut,     // this side's window became 0
    window_opened,   // ... and is open again: `waited` since it was shut, of_frame where
    unseen_acked,    // this side acknowledges `value` octets that the capture does not hold
    foreign_ack,     // answers a SYN with an ACK of what this connection never sent
    challenge_ack,   // a bare ACK in answer to an RST or SYN inside the window (RFC 5961); of_frame: the one answered
    silence,         // nothing from either side for `waited` before this segment
    waited_for_ack,  // text held back until an ACK that came late (Nagle against delayed ACK): of_frame the ACK, `waited` for it
    text_after_close,  // text for a side that had sent its FIN, or anybody's after a RST
    bad_checksum,
    syn_again,  // a SYN or SYN-ACK inside an open connection that is no repeat
  };
  /// Evidence, as bits.
  enum Is : std::uint32_t {
    by_dsack = 1,      // needless: a D-SACK told
    by_timestamp = 2,  // needless: the ACK echoed the first copy's time
    by_ack = 4,        // needless: all of it had been acknowledged when it was sent
    hole_filled = 8,   // its octets had not been captured before
    tail = 16,         // nothing newer than it had been sent
    partly_new = 32,   // some of its octets were sent here first
    sack_seen = 64,    // SACK blocks or duplicate ACKs above it had come
    acked = 128,       // what it carries was acknowledged later
    answered = 256,    // probe, keep-alive: an ACK came back
    dont_fragment = 512,
    exact = 1024,          // RST: its number is exactly the one the other side expects next
    other_ttl = 2048,      // its TTL is not the one that this side's packets have here
    other_link = 4096,     // duplicate: other MAC addresses, VLAN or interface
    clocked_after = 8192,  // reordered or filling: by IP ID or timestamp it was sent after what lies above the hole
    proven = 16384,        // order told by IP ID or timestamp, not by delays alone
    had_ack = 32768,       // SYN or SYN-ACK repeated although its answer was captured
    old_clock = 131072,   // a repeat whose timestamp is older than that of text sent before it: an old packet; value: by how much
    by_witness = 262144,  // needless: another capture has the first copy where it was bound for
    other_id = 65536,     // RST: its IP identification does not follow those of this side's other packets
  };

  std::uint64_t frame = 0;
  Instant at{};
  std::uint64_t of_frame = 0;  // what it repeats, doubles, answers or follows; 0 = not known
  Duration waited{};           // since of_frame; for a hole filled: since the hole showed
  Seq seq;
  Seq ack;
  std::uint32_t length = 0;     // octets of text
  std::uint32_t in_flight = 0;  // this side's octets not acknowledged, this segment counted
  std::uint32_t window = 0;     // that the other side granted last, scaled
  std::uint32_t value = 0;      // icmp: the MTU told; unseen_acked: octets; text_after_close: octets; reset: its own
                                // window, as on the wire; old_clock: ticks of its sender's clock
  std::uint32_t is = 0;
  std::uint16_t tries = 0;          // how often these octets were sent so far, this time counted, as far as captured
  std::uint8_t type = 0, code = 0;  // icmp
  std::uint8_t ttl = 0;
  std::uint8_t flags = 0;  // of the TCP header
  std::uint8_t side = 0;   // who sent it
  Kind kind = Kind::segment;
  Label label = Label::original;
  RepeatCause cause = RepeatCause::none;

  constexpr bool any(std::uint32_t bits) const { return (is & bits) != 0; }
};

}  // namespace ft::analysis
