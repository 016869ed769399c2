// What goes next? The sender owns the send variables, the queued octets, the round-trip estimate and the windows, and answers
// that question; it builds no header. SYN and FIN are octets of sequence space like any other (RFC 9293 3.4).
#pragma once

#include "fourtuple/config.hpp"
#include "tcp/deadlines.hpp"
#include "tcp/decisions.hpp"
#include "tcp/send/buffer.hpp"
#include "tcp/send/min_rtt.hpp"
#include "tcp/send/pacing.hpp"
#include "tcp/send/pmtud.hpp"
#include "tcp/send/recovery.hpp"
#include "tcp/send/rto.hpp"
#include "tcp/variables.hpp"
#include "tcp/why.hpp"

#include <memory>
#include <optional>

namespace ft::tcp {

/// What the connection knows and the sender needs for one decision.
struct SendLimits {
  const ft::TcpOptions& options;
  std::uint32_t mss;       // octets of text in a full segment, this segment's options deducted
  std::uint32_t max_text;  // octets in one super-segment; at least mss
  std::uint32_t headers;   // octets of packet around the text: IP, TCP and the options that every segment has
  bool cork;               // what fills no segment waits for more
  bool sack;               // agreed on
  Duration r2;             // how long the peer may leave us without progress (RFC 9293 3.8.3)
  std::uint32_t syn_text;  // octets that the first SYN may carry (RFC 7413)

  RtoLimits rto() const { return {options.initial_rto, options.min_rto, options.max_rto}; }
};

/// A stretch of sequence space to be sent now.
struct Chunk {
  Seq seq;
  std::uint32_t length = 0;  // octets of text
  bool syn = false;
  bool fin = false;
  bool push = false;
  bool retransmission = false;
  bool path_probe = false;  // one segment, longer than the MSS in use
  Cause cause = Cause::none;
  Instant sent_before = never;  // a repeat: when the last copy left
};

struct AckOutcome {
  std::uint32_t acked = 0;  // octets of sequence space, SYN and FIN included
  bool entered_recovery = false;
  bool recovered = false;
  bool undone = false;
  bool duplicate_seen = false;  // a D-SACK
  std::uint32_t newly_lost = 0;
  std::optional<Duration> rtt;  // measured by this ACK
  RateSample rate;              // without an interval: none
};

/// What the timer in the slot Timer::retransmit is about.
enum class RetransmitTimer : std::uint8_t { rto, persist, tail_loss_probe, reordering };

/// What a sender keeps while something is in flight.
struct Flight {
  Recovery recovery;
  Pacing pacing{};
  Pace pace{};
  Instant rtt_round = Instant::min();  // segments that left since may give the next sample: one for each round trip
};

class Sender {
 public:
  void open(Seq iss);
  /// The SYN left already (a listener sent it); `at` times it, never: it was repeated.
  void assume_syn_sent(Instant at);
  /// And counts as acknowledged before it is (RFC 7413 4.2.2, passive side).
  void assume_syn_acked() { snd.una = snd.nxt = snd.max = snd.iss + 1; }
  /// The handshake is over: the controller may start.
  void start(std::uint32_t mss, std::uint32_t initial_segments, bool syn_was_retransmitted);
  /// The SYN is acknowledged, and of the text that went with it what lies before `ack`; the rest goes again.
  void on_syn_acked(BufferPool& pool, Instant now, Seq ack, Deadlines& deadlines);

  std::optional<Chunk> next(BufferPool& pool, Instant now, const SendLimits& limits, Deadlines& deadlines);

  /// An acceptable ACK, SEG.ACK in [una, max]. `timestamp_rtt` from TSecr, if any (RFC 7323 4).
  AckOutcome on_ack(BufferPool& pool, Instant now, const AckNews& news, std::optional<Duration> timestamp_rtt,
                    const SendLimits& limits, Deadlines& deadlines);
  /// SND.WND as the peer just said it.
  void on_window(BufferPool& pool, std::uint32_t wnd, Deadlines& deadlines);
  /// Anything acceptable came from the peer: a window that stays shut is no reason to give up (MUST-37).
  void on_heard() {
    if (!probing_) return;
    stalled_since_ = never;
    retries_ = 0;
  }
  /// The peer reports that so many octets of ours were marked: the controller hears of it with the next ACK.
  void note_marks(std::uint32_t octets) { marked_ += octets; }
  /// Marks call for a smaller window (RFC 3168 6.1.2); the caller sees to it that they do so once a round trip. False while a
  /// loss is repaired, for which the window has become smaller already.
  bool answer_marks(Instant now);

  enum class Timeout : std::uint8_t { goes_on, gave_up };
  Timeout on_timeout(BufferPool& pool, Instant now, const SendLimits& limits, Deadlines& deadlines);
  /// What the slot Timer::retransmit stands for now.
  RetransmitTimer timer_kind() const;

  /// The path takes less than we thought (RFC 1191 6.4): what is in flight goes again in smaller pieces.
  void on_smaller_path(BufferPool& pool, std::uint32_t mss, Cause why);
  /// The path or the options leave other room for text; windows stay in octets.
  void set_mss(std::uint32_t mss);

  void queue_fin() { fin_queued_ = true; }
  bool fin_queued() const { return fin_queued_; }
  /// The FIN left at least once.
  bool fin_sent() const { return fin_queued_ && after(snd.max, buffer.end()); }
  bool fin_acked() const { return fin_queued_ && after(snd.una, buffer.end()); }
  bool syn_acked() const { return snd.una != snd.iss; }
  /// Nothing is in flight that could be repeated: the timer that runs is the persist timer (RFC 9293 3.8.6.1).
  bool waits_for_window() const;
  std::uint32_t retries() const { return retries_; }
  /// What stands between the queued octets and the wire, when next() has just answered with nothing.
  HoldFacts hold_facts(const SendLimits& limits) const;

  /// Octets; of the first flight when nothing was sent yet.
  std::uint64_t cwnd() const { return controller_ ? controller_->window() : std::uint64_t{mss_} * initial_segments_; }
  std::uint64_t ssthresh() const { return controller_ ? controller_->ssthresh() : UINT64_MAX; }
  /// Null: nothing was sent yet.
  const CongestionController* controller() const { return controller_.get(); }
  /// Null: nothing is in flight.
  const Recovery* recovery() const { return flight_ ? &flight_->recovery : nullptr; }
  DeliveryTotals delivery_totals() const { return flight_ ? flight_->recovery.rate.totals() : totals_; }
  Rack::Learnt reordering() const { return flight_ ? flight_->recovery.rack.learnt() : learnt_; }
  /// A loss is being repaired.
  bool repairs() const { return phase() != Phase::open; }
  /// Zero while nothing is in flight.
  Pace pace() const { return flight_ ? flight_->pace : Pace{}; }

  void release(BufferPool& pool);
  /// Octets of memory held beyond the object itself, the pool's blocks not counted.
  std::size_t memory() const {
    return (flight_ ? sizeof(Flight) : 0) + (controller_ ? controller_->memory() : 0) + pmtud.memory();
  }

  SendVars snd;
  SendBuffer buffer;
  Rto rto;
  MinRtt min_rtt;
  Pmtud pmtud;

 private:
  friend class Fingerprint;

  Chunk send_syn(const SendLimits& limits);
  std::optional<Chunk> window_probe(BufferPool& pool);
  std::optional<Chunk> tail_probe(const SendLimits& limits);
  std::optional<Chunk> repair(const SendLimits& limits) const;
  /// `beyond`: octets that may leave although the congestion window is full.
  std::optional<Chunk> fresh(Instant now, const SendLimits& limits, std::uint32_t beyond);
  std::uint16_t path_probe_size(Instant now, const SendLimits& limits);
  std::optional<Chunk> path_probe(std::uint16_t size, const SendLimits& limits) const;
  void on_path_probe_lost(BufferPool& pool, Instant now);
  std::optional<Chunk> paced(Instant now, const SendLimits& limits, Deadlines& deadlines);
  Chunk repeat_of(std::uint32_t position) const;
  /// Notes what leaves; false when there is no memory for that, and then nothing may leave.
  bool remember(BufferPool& pool, Instant now, const Chunk& chunk, const SendLimits& limits);
  void begin_flight(Instant now, const SendLimits& limits);
  void end_flight(BufferPool& pool);
  void rewind(BufferPool& pool);
  void on_left(Instant now, const Chunk& chunk, const SendLimits& limits);
  void take_una(BufferPool& pool, Seq ack);
  void measure(Instant now, const Delivery& delivery, std::optional<Duration> timestamp_rtt);
  RateSample tell_controller(Instant now, const AckVerdict& verdict, std::uint32_t acked, const SendLimits& limits);
  void set_timers(Instant now, bool advanced, const AckVerdict& verdict, const SendLimits& limits);
  void start_rto(Instant now, const SendLimits& limits);
  void schedule_tail_probe(Instant now, const SendLimits& limits);
  void arm(Deadlines& deadlines) const;
  void on_early_timer(BufferPool& pool, Instant now, const SendLimits& limits);
  void on_rto(BufferPool& pool, Instant now, const SendLimits& limits);
  RecoveryRules rules(const SendLimits& limits) const;
  /// Octets that the congestion window lets leave now.
  std::uint64_t allowance(const SendLimits& limits) const;
  bool is_cwnd_limited() const;
  bool has_unsent() const;
  Phase phase() const { return flight_ ? flight_->recovery.phase() : Phase::open; }

  std::unique_ptr<Flight> flight_;                    // while something is in flight
  std::unique_ptr<CongestionController> controller_;  // from the first segment on
  DeliveryTotals totals_;                             // of flights that ended
  Instant last_sent_ = never;
  Instant stalled_since_ = never;  // when the octets left that the timer had to repeat
  Instant rto_at_ = never;
  Instant early_at_ = never;  // a tail loss probe, or the end of the wait for reordered segments
  std::uint32_t mss_ = 536;
  std::uint16_t initial_segments_ = 10;
  std::uint32_t marked_ = 0;  // octets reported as marked since the last ACK
  Rack::Learnt learnt_;
  std::uint8_t retries_ = 0;     // timeouts in a row
  Cause go_back_ = Cause::none;  // nxt fell back: why
  RetransmitTimer early_ = RetransmitTimer::tail_loss_probe;
  bool syn_timed_ = false;  // it left once, at last_sent_ (Karn)
  bool fin_queued_ = false;
  bool probe_due_ = false;
  bool tail_probe_due_ = false;
  bool probing_ = false;  // a probe left and the window has not opened since
};

}  // namespace ft::tcp
