// What can happen, as one small struct each. A stack, a link and a simulator report into a TraceSink;
// ladders, JSON lines and pcapng comments are made of these records alone.
//
// Strings are static or live for the call only: a sink that keeps an Event keeps copies of what it needs
// (every string_view below points to static storage).
#pragma once

#include "fourtuple/address.hpp"
#include "fourtuple/error.hpp"
#include "fourtuple/particular.hpp"
#include "fourtuple/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace ft::trace {

/// Why a thing was done: `id` is stable and names a sentence in the catalogue ("retransmit-rto"), `clause` the source
/// ("RFC 6298 5.4"), `particulars` the numbers that made it so.
struct Why {
  std::string_view id;
  std::string_view clause;
  Particulars particulars{};
};

/// Octets that arrived by codepoint, 24 bits each (RFC 9768 3.2.3); order 0: ECT(0), CE, ECT(1), order 1 the other way round.
struct AccEcn {
  std::uint8_t order = 0;
  std::uint8_t fields = 0;  // how many of them are there
  std::array<std::uint32_t, 3> octets{};
};

/// A TCP header as numbers: what a ladder prints.
struct SegmentFields {
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;    // CWR ECE URG ACK PSH RST SYN FIN, as in the header's octet 13
  std::uint16_t window = 0;  // as on the wire, unscaled
  std::uint16_t urgent = 0;
  std::uint32_t length = 0;  // octets of text
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;
  bool sack_permitted = false;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> timestamps;  // TSval, TSecr
  std::uint8_t sack_count = 0;
  std::array<std::pair<std::uint32_t, std::uint32_t>, 4> sack{};
  bool ae = false;          // the flag before CWR (RFC 9768 3.2.2)
  std::uint8_t ip_ecn = 0;  // the IP header's ECN field: 0 not ECT, 1 ECT(1), 2 ECT(0), 3 CE (RFC 3168 5)
  std::optional<AccEcn> accecn;
};

struct SegmentSent {
  FourTuple tuple;  // local = the sender
  SegmentFields segment;
  Why why;
  std::string_view state_before;  // RFC names: "SYN-SENT"; "CLOSED" where there is no connection
  std::string_view state_after;
};

struct SegmentReceived {
  FourTuple tuple;  // local = the receiver
  SegmentFields segment;
  Why effect;  // "ack-new", "text-in-order", "out-of-order", "reset", ... or the drop's reason
  DropReason dropped = DropReason::none;
  std::string_view state_before;
  std::string_view state_after;
};

/// A change of state that no segment caused: a call or a timer.
struct StateChanged {
  FourTuple tuple;
  std::string_view from;
  std::string_view to;
  Why why;  // "call-close", "timer-time-wait", "user-timeout", ...
};

/// A call of the application: "connect", "listen", "accept", "write", "read", "shutdown", "close", "abort".
struct Call {
  FourTuple tuple;
  std::string_view name;
  std::uint64_t octets = 0;  // written or read
  std::string_view result;   // "" = done, or an Error's name
};

struct TimerFired {
  FourTuple tuple;
  std::string_view timer;  // "retransmit", "tail-loss-probe", "reordering", "pacing", "delayed-ack", "persist", "keepalive", ...
};

/// Octets are queued and do not leave: "hold-nagle", "hold-congestion-window", ... Told when the reason begins to hold, and again
/// when something left in between.
struct SegmentHeld {
  FourTuple tuple;
  Why why;
};

/// Octets were taken as lost: "lost-rack", "lost-sack", ... They will be sent again.
struct SegmentLost {
  FourTuple tuple;
  std::uint32_t seq = 0;
  std::uint32_t length = 0;
  Why why;
};

/// The congestion controller changed its phase, or a recovery began, ended or was undone. The words are the controller's
/// ("slow start") or "recovery", "loss".
struct CongestionChanged {
  FourTuple tuple;
  std::string_view from;
  std::string_view to;
  Why why;
};

/// What changed of the path's numbers, and only that.
struct MetricsUpdated {
  FourTuple tuple;
  std::optional<std::uint64_t> cwnd{};         // octets
  std::optional<std::uint64_t> ssthresh{};     // octets
  std::optional<std::uint64_t> in_flight{};    // octets
  std::optional<std::uint64_t> pacing_rate{};  // octets a second
  std::optional<Duration> latest_rtt{};        // a new sample
  std::optional<Duration> srtt{};
  std::optional<Duration> rttvar{};
  std::optional<Duration> min_rtt{};
  std::optional<Duration> rto{};
  std::optional<std::uint32_t> window{};  // octets that the peer offers
};

/// A timer was set (`at`) or given up (none).
struct TimerChanged {
  FourTuple tuple;
  std::string_view timer;
  std::optional<Instant> at;
  std::string_view clause;
};

/// A packet that never reached TCP, or an ICMP message and what it did.
struct PacketDropped {
  DropReason reason = DropReason::none;
  std::uint32_t length = 0;
};

/// A packet that the stack itself made below TCP: "icmp-echo-reply", "arp-request", ...
struct PacketMade {
  Why why;
  std::uint32_t length = 0;
};

/// What a link did with a packet. `packet` numbers packets per link and direction from 1; a SegmentSent of the sending host
/// comes right before its LinkSent, a SegmentReceived of the receiving host right after its LinkDelivered.
struct LinkSent {
  std::uint64_t packet = 0;
  std::uint8_t from = 0;  // host index
  std::uint8_t to = 0;
  std::span<const std::byte> octets;  // borrowed for the call
};
struct LinkDelivered {
  std::uint64_t packet = 0;
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  bool duplicate = false;
  bool corrupted = false;
};
struct LinkLost {
  std::uint64_t packet = 0;
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  std::string_view why;  // "random", "burst", "chosen", "queue", "mtu", "filter"
};

struct Event {
  Instant at{};
  std::uint8_t host = 0;  // index of the host that reports; links report the sender's
  std::variant<SegmentSent, SegmentReceived, StateChanged, Call, TimerFired, PacketDropped, PacketMade, LinkSent, LinkDelivered,
               LinkLost, SegmentHeld, SegmentLost, CongestionChanged, MetricsUpdated, TimerChanged>
      what;
};

class Sink {
 public:
  virtual void on_event(const Event&) = 0;

 protected:
  ~Sink() = default;
};

}  // namespace ft::trace
