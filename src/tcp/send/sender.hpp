// What goes next? The sender owns the send variables, the queued octets, the round-trip estimate and the windows, and answers
// that question; it builds no header. SYN and FIN are octets of sequence space like any other (RFC 9293 3.4).
#pragma once

#include "tcp/congestion/new_reno.hpp"
#include "tcp/deadlines.hpp"
#include "tcp/send/buffer.hpp"
#include "tcp/send/recovery.hpp"
#include "tcp/send/rto.hpp"
#include "tcp/variables.hpp"
#include "tcp/why.hpp"

#include <optional>

namespace ft::tcp {

/// What the connection knows and the sender needs for one decision.
struct SendLimits {
  std::uint32_t mss;             // octets of text in a full segment, this segment's options deducted
  std::uint32_t max_text;        // octets in one super-segment; at least mss
  std::uint32_t initial_window;  // segments
  bool nagle;
  RtoLimits rto;
  Duration r2;  // how long the peer may leave us without progress (RFC 9293 3.8.3)
};

/// A stretch of sequence space to be sent now.
struct Chunk {
  Seq seq;
  std::uint32_t length = 0;  // octets of text
  bool syn = false;
  bool fin = false;
  bool push = false;
  bool retransmission = false;
  Cause cause = Cause::none;
};

struct AckOutcome {
  std::uint32_t acked = 0;  // octets of sequence space, SYN and FIN included
  bool entered_recovery = false;
};

class Sender {
 public:
  void open(Seq iss);
  /// The SYN left already (a listener sent it); `at` times it, never: it was repeated.
  void assume_syn_sent(Instant at);
  /// The handshake is over: the controller learns its MSS.
  void start(std::uint32_t mss, std::uint32_t initial_segments, bool syn_was_retransmitted);

  std::optional<Chunk> next(Instant now, const SendLimits& limits, Deadlines& deadlines);

  /// `ack` in (una, max]. `timestamp_rtt` from TSecr, if any (RFC 7323 4).
  AckOutcome on_new_ack(BufferPool& pool, Instant now, Seq ack, std::optional<Duration> timestamp_rtt, const SendLimits& limits,
                        Deadlines& deadlines);
  /// A duplicate ACK. `sacked`: octets beyond the hole that it names; more than two segments' worth says as much as three
  /// duplicates (RFC 6675 2).
  AckOutcome on_duplicate_ack(std::uint32_t sacked, std::uint32_t mss);
  /// SND.WND as the peer just said it.
  void on_window(std::uint32_t wnd, Deadlines& deadlines);
  /// Anything acceptable came from the peer: a window that stays shut is no reason to give up (MUST-37).
  void on_heard() {
    if (!probing_) return;
    stalled_since_ = never;
    retries_ = 0;
  }

  enum class Timeout : std::uint8_t { goes_on, gave_up };
  Timeout on_timeout(Instant now, const SendLimits& limits);

  /// The path takes less than we thought (RFC 1191 6.4): send again from una in smaller pieces.
  void on_smaller_path(std::uint32_t mss);

  void queue_fin() { fin_queued_ = true; }
  bool fin_queued() const { return fin_queued_; }
  /// The FIN left at least once.
  bool fin_sent() const { return fin_queued_ && after(snd.max, buffer.end()); }
  bool fin_acked() const { return fin_queued_ && after(snd.una, buffer.end()); }
  bool syn_acked() const { return snd.una != snd.iss; }
  /// Nothing is in flight that could be repeated: the timer that runs is the persist timer (RFC 9293 3.8.6.1).
  bool waits_for_window() const;
  std::uint32_t retries() const { return retries_; }

  SendVars snd;
  SendBuffer buffer;
  Rto rto;
  NewReno congestion;

 private:
  Chunk send_syn();
  Chunk resend_first(const SendLimits& limits);
  std::optional<Chunk> probe(const SendLimits& limits);
  std::optional<Chunk> fresh(Instant now, const SendLimits& limits);
  void sent(Instant now, Chunk& chunk, const SendLimits& limits, Deadlines& deadlines);
  void arm(Instant now, const SendLimits& limits, Deadlines& deadlines) const;
  bool has_unsent() const;

  Recovery recovery_;
  Instant timed_at_ = never;  // when the timed segment left; never: none is timed
  Instant last_sent_ = never;
  Instant stalled_since_ = never;  // when the octets left that the timer had to repeat
  Seq timed_end_;
  std::uint8_t retries_ = 0;     // timeouts in a row
  Cause resend_ = Cause::none;   // the first outstanding segment is to be repeated
  Cause go_back_ = Cause::none;  // nxt fell back: why
  bool fin_queued_ = false;
  bool probe_due_ = false;
  bool probing_ = false;     // a probe left and the window has not opened since
  bool timer_kept_ = false;  // recovery restarted the timer once (RFC 6582 3.2, impatient)
};

}  // namespace ft::tcp
