// What decides how much may be in flight, and how fast it leaves. The sender tells a controller what happened; a window and a
// pacing rate come out. TcpOptions::congestion picks one of ours; TcpOptions::controller brings your own.
//
// A controller sees octets of sequence space and instants, never a segment. It owns its state and nothing else: no clock, no
// entropy, no call back. All sums are 64-bit and saturate (a window that wraps after weeks is a classic).
//
// Which loss is a loss, and whether a reduction was needless, is decided before a controller hears of it (RFC 8985, 5682, 4015).
// While a loss is repaired, proportional rate reduction (RFC 9937) decides what leaves; window() is then what the sender goes
// back to, unless wants_prr() is false.
#pragma once

#include "fourtuple/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace ft {

/// Delivery rate over the flight of the newest segment that an ACK delivered (draft-ietf-ccwg-bbr, "Delivery Rate Samples").
struct RateSample {
  std::uint64_t delivered = 0;        // octets delivered between that segment's sending and now
  Duration interval{};                // the longer of the send and the acknowledge phase; zero: no valid sample
  std::uint64_t prior_delivered = 0;  // what `delivered` of CongestionAck was when that segment left
  std::uint64_t tx_in_flight = 0;     // octets in flight just after it left
  std::uint64_t lost = 0;             // octets marked lost since it left
  bool app_limited = false;           // the application, not the network, set the pace then
  /// Octets a second, saturating; 0 without a sample.
  std::uint64_t rate() const {
    constexpr std::uint64_t nano = 1'000'000'000;
    if (interval <= Duration::zero()) return 0;
    const auto time = static_cast<std::uint64_t>(interval.count());
    if (delivered <= UINT64_MAX / nano) return delivered * nano / time;
    const std::uint64_t whole = delivered / time;
    return whole > UINT64_MAX / nano ? UINT64_MAX : whole * nano;
  }
};

/// One ACK, after the scoreboard has taken it in.
struct CongestionAck {
  Instant now{};
  std::uint32_t acked = 0;            // octets by which SND.UNA moved
  std::uint32_t newly_delivered = 0;  // octets delivered by this ACK, cumulatively or selectively (RFC 9937's DeliveredData)
  std::uint32_t newly_lost = 0;       // octets marked lost because of it
  std::uint64_t delivered = 0;        // octets delivered since the connection opened, this ACK's included
  std::uint64_t lost = 0;             // octets marked lost since the connection opened
  std::uint64_t prior_in_flight = 0;  // octets in flight before it (RFC 6675's pipe)
  std::uint64_t in_flight = 0;        // and after it
  std::optional<Duration> rtt;        // of a segment delivered by it and sent once
  Duration srtt{};                    // zero: nothing measured yet
  Duration min_rtt{};                 // least seen lately (RFC 8985 6.2 step 1); zero: nothing measured
  RateSample rate;
  std::uint32_t ce = 0;       // octets newly reported as marked Congestion Experienced (AccECN, or ECE taken for all)
  bool in_recovery = false;   // a loss or an RTO is being repaired
  bool cwnd_limited = false;  // the window, not the application or the peer, held the sender back lately (RFC 7661 4.3)
};

/// A segment that was just marked lost.
struct LostSegment {
  std::uint32_t octets = 0;
  std::uint64_t tx_in_flight = 0;  // octets in flight just after it left
  std::uint64_t lost = 0;          // octets marked lost since it left, its own included
  bool app_limited = false;        // as in RateSample
};

enum class CongestionSignal : std::uint8_t { loss, ecn };

/// What a controller is born with.
struct CongestionStart {
  Instant now{};
  std::uint32_t mss = 536;              // octets of text in a full segment
  std::uint32_t initial_segments = 10;  // RFC 6928; 1 after a lost SYN (RFC 5681 3.1)
  std::optional<Duration> srtt;         // of the handshake
  bool sack = true;                     // agreed on: more than one loss in a round trip can be seen
  std::uint64_t seed = 0;               // for controllers that randomise; the connection's own
};

class CongestionController {
 public:
  virtual ~CongestionController() = default;
  virtual std::string_view name() const = 0;

  /// `octets` of new or repeated data left; `in_flight` counts them.
  virtual void on_sent(Instant now, std::uint32_t octets, std::uint64_t in_flight) { (void)now, (void)octets, (void)in_flight; }
  virtual void on_ack(const CongestionAck& ack) = 0;
  /// Each segment as it is marked lost, before the ACK or the timeout that told of it.
  virtual void on_lost(Instant now, const LostSegment& segment) { (void)now, (void)segment; }
  /// A recovery begins: at most once a round trip. `in_flight`: RFC 5681's FlightSize before this ACK.
  virtual void on_congestion(Instant now, CongestionSignal signal, std::uint64_t in_flight) = 0;
  /// The retransmission timer fired; `first`: not again for the same data (RFC 5681 3.1).
  virtual void on_rto(Instant now, std::uint64_t in_flight, bool first) = 0;
  /// All that was in flight when recovery began is acknowledged.
  virtual void on_recovered(Instant now, std::uint64_t in_flight) { (void)now, (void)in_flight; }
  /// The last reduction was needless: the windows of before it come back (RFC 4015 3.2).
  virtual void on_undo(Instant now) = 0;
  /// New data leaves after `idle` without anything in flight, longer than one RTO (RFC 5681 4.1, RFC 7661).
  virtual void on_restart(Instant now, Duration idle) { (void)now, (void)idle; }
  /// The path's MSS changed; a window of smaller segments has no more of them than before (RFC 5681 3.1).
  virtual void set_mss(std::uint32_t mss) = 0;

  /// Octets that may be in flight; at least one MSS.
  virtual std::uint64_t window() const = 0;
  /// Octets; UINT64_MAX: none was found yet.
  virtual std::uint64_t ssthresh() const = 0;
  /// Octets a second; 0: the sender paces by window and smoothed round-trip time.
  virtual std::uint64_t pacing_rate() const { return 0; }
  /// False: what leaves during recovery is the controller's window too (BBR).
  virtual bool wants_prr() const { return true; }
  /// A short word for the phase it is in ("slow start", "avoidance", "probe bandwidth up").
  virtual std::string_view phase() const = 0;

  /// Octets that it holds, for the account of its connection.
  virtual std::size_t memory() const = 0;
  virtual std::unique_ptr<CongestionController> clone() const = 0;
};

/// Makes controllers of your own. Shared by many connections: must not change.
class CongestionFactory {
 public:
  virtual ~CongestionFactory() = default;
  virtual std::unique_ptr<CongestionController> make(const CongestionStart& start) const = 0;
};

/// Ours.
enum class Congestion : std::uint8_t {
  cubic,     // RFC 9438 with HyStart++ (RFC 9406)
  new_reno,  // RFC 5681
  bbr,       // BBRv3, draft-ietf-ccwg-bbr
  dctcp,     // RFC 8257: only where the whole path marks; needs ECN
};

}  // namespace ft
