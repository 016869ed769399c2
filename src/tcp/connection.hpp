// One connection (RFC 9293 3.10): segments, deadlines and calls in; segments and events out. It owns its parts and wires them;
// what each part decides stands in its own file. It knows no address and no port.
#pragma once

#include "fourtuple/config.hpp"
#include "fourtuple/error.hpp"
#include "tcp/arrival/outcome.hpp"
#include "tcp/arrival/time_wait.hpp"
#include "tcp/challenge_limit.hpp"
#include "tcp/decisions.hpp"
#include "tcp/ecn_conversation.hpp"
#include "tcp/fast_open.hpp"
#include "tcp/half_open.hpp"
#include "tcp/recv/receiver.hpp"
#include "tcp/send/sender.hpp"
#include "tcp/state.hpp"
#include "tcp/traffic.hpp"

#include <expected>
#include <memory>
#include <optional>

namespace ft::tcp {

/// What every call into a connection borrows.
struct Context {
  Instant now;
  BufferPool& pool;
  ChallengeLimit* challenges = nullptr;  // of the whole stack
};

struct Opening {
  std::shared_ptr<const ft::TcpOptions> options;
  Path path;
  Seq iss;
  std::uint32_t ts_offset = 0;
  std::unique_ptr<FastOpen> fast_open{};  // active open only
};

/// What the timers did.
struct Expiry {
  std::uint8_t fired = 0;        // one bit a Timer
  std::optional<Trigger> ended;  // the connection left its state by this
  std::optional<Reply> reply;    // a last RST
};

/// A segment to be sent: a header without ports, and where its text lies in the send buffer.
struct Outgoing {
  wire::TcpHeader header;
  std::uint32_t length = 0;        // octets of text, from header.seq on
  std::uint32_t segment_size = 0;  // more than one segment's text: cut into pieces of this
  bool retransmission = false;
  std::uint8_t ip_ecn = 0;  // for the IP header: ECT(0) or not
  Cause cause = Cause::none;
  State before = State::closed;
  State after = State::closed;
  Instant last_sent = never;  // a repeat: when the last copy left
};

/// How octets are written (RFC 9293 3.9.1.2).
enum class Write : std::uint8_t {
  plain,
  more_follows,  // the end of it may wait for the next write, as if corked
  urgent,
};

namespace event {
inline constexpr std::uint8_t connected = 1, readable = 2, writable = 4, urgent = 8, trouble = 16, closed = 32;
}

class Connection {
 public:
  /// Active open: SYN-SENT.
  Connection(Opening opening, Instant now);
  /// Passive open, from the listener's record: SYN-RECEIVED.
  Connection(Opening opening, const HalfOpen& half_open, Instant now);

  Arrival on_segment(Context context, const Segment& segment);
  Expiry on_deadline(Context context);
  std::optional<Outgoing> next_segment(Context context, std::uint32_t max_text);
  Instant deadline() const { return deadlines_.earliest(); }
  /// Text of an Outgoing, in at most two pieces.
  std::array<std::span<const std::byte>, 2> text(const Outgoing& out) const {
    if (out.length == 0) return {};
    return sender_.buffer.view(out.header.seq + (out.header.has(wire::tcp_flag::syn) ? 1u : 0u), out.length);
  }
  /// Events since the last call, as bits.
  std::uint8_t take_events();
  bool has_events() const { return events_ != 0; }

  // --- calls (RFC 9293 3.9.1); all but abort leave the sending to next_segment ---------------------------
  std::expected<std::size_t, Error> write(BufferPool& pool, std::span<const std::byte> from, Write how);
  std::span<std::byte> reserve(BufferPool& pool);
  void commit(std::uint32_t octets);
  /// What is corked may leave now.
  void push() { cork_flushed_ = unsent() != 0; }
  /// As after a write that met would_block: event::writable is due once there is room.
  void want_room() { write_blocked_ = true; }
  std::expected<std::size_t, Error> read(BufferPool& pool, std::span<std::byte> into);
  std::span<const std::byte> peek() const { return receiver_.text.peek(); }
  void consume(BufferPool& pool, std::uint32_t octets);
  std::expected<void, Error> shutdown();
  /// The application goes away. A RST comes back when data is lost by it.
  std::optional<Reply> close(Context context);
  std::optional<Reply> abort(Context context, Cause cause);
  /// A RST by `cause`, as close and abort send it; nullopt in states that send none.
  std::optional<Reply> make_abort(Instant now, Cause cause) const;

  /// What changes in the middle of a connection takes effect at once; what the SYNs agreed on stays (connection_options.cpp).
  void set_options(std::shared_ptr<const ft::TcpOptions> options, Instant now);
  const std::shared_ptr<const ft::TcpOptions>& options() const { return options_; }
  void on_keepalive_changed(Instant now);
  /// R2 in force: ours, or what the peer's option made of it (RFC 5482).
  Duration user_timeout() const;
  /// Octets written and never sent.
  std::uint32_t unsent() const;

  // --- fast open (RFC 7413; connection_fast_open.cpp) -----------------------------------------------------
  /// What goes as soon as may be: with the SYN if that is allowed. False when there is no room for all of it.
  bool queue_first(BufferPool& pool, std::span<const std::byte> text);
  /// A passive open whose SYN brought a good cookie: its text is taken, and ours may leave. `fresh` goes with the SYN-ACK.
  void begin_fast_open(Context context, const Segment& syn, std::optional<wire::FastOpenCookie> fresh);
  /// Null when there is none, or no longer.
  const FastOpen* fast_open() const { return fast_open_.get(); }
  void forget_fast_open() { fast_open_.reset(); }

  // --- what IP tells ---------------------------------------------------------------------------------------
  /// An ICMP error is about octets in flight (RFC 5927 4.1); others are forgeries.
  bool is_outstanding(Seq seq) const { return in_range(seq, sender_.snd.una, sender_.snd.max); }
  /// A router says that a packet of `mtu` octets is the most that passes (0: it does not say how much), about `seq` in flight.
  void on_too_big(Context context, Seq seq, std::uint32_t mtu);
  /// Octets of IP options that every packet carries from now on: they are taken from the text (RFC 9293 3.7.1).
  void set_ip_options(Context context, std::uint16_t octets);
  /// Octets of IP packet that the path takes, once they are sure and worth telling other connections.
  std::optional<std::uint16_t> take_path_finding() { return sender_.pmtud.take_finding(); }
  /// IPv4 only: routers may cut what leaves into pieces (DF clear).
  bool may_be_fragmented() const { return !options_->path_mtu_discovery || sender_.pmtud.size() <= 576; }
  /// Aborts a handshake only (RFC 5927 5.2); true when it did.
  bool on_icmp_hard(BufferPool& pool, Error meaning);
  void on_icmp_soft(Error meaning);

  // --- views -----------------------------------------------------------------------------------------------
  State state() const { return state_; }
  CloseReason why() const { return why_; }
  /// What a call on a dead connection answers.
  Error dead_error() const;
  /// The user holds nothing of it any more and only 2 MSL is left: a small record will do.
  bool can_become_record() const { return state_ == State::time_wait && detached_ && sends_nothing(); }
  TimeWait time_wait_record() const;
  /// When it ends if nothing more arrives and the user does nothing; nullopt: never, or nobody knows.
  std::optional<Instant> free_at() const;
  Instant time_wait_end() const { return deadlines_[Timer::close]; }
  void release(BufferPool& pool);
  /// Octets of pool memory: both rings and the records of what is in flight.
  std::uint64_t pool_memory() const;
  /// Octets of other memory beyond the object itself.
  std::uint64_t heap_memory() const;
  const Sender& sender() const { return sender_; }
  const Receiver& receiver() const { return receiver_; }
  /// Octets that the rings may hold now: what they have grown to (docs/internals/windows.md).
  std::uint32_t send_limit() const;
  std::uint32_t receive_limit() const;
  const Negotiated& negotiated() const { return negotiated_; }
  const EcnConversation& ecn() const { return ecn_; }
  Duration rto() const { return sender_.rto.value(rto_limits()); }
  Error soft_error() const { return soft_error_; }
  std::uint64_t octets_sent() const { return traffic_ ? traffic_->octets_sent : 0; }
  std::uint64_t octets_received() const { return traffic_ ? traffic_->octets_received : 0; }
  std::uint32_t retransmissions() const { return traffic_ ? traffic_->retransmissions : 0; }
  std::uint32_t urgent_left() const;
  std::uint64_t segments_sent() const { return segments_sent_; }
  std::uint64_t segments_received() const { return segments_received_; }
  Instant last_heard() const { return last_heard_; }
  const Deadlines& deadlines() const { return deadlines_; }
  /// Null: no octet was sent or received yet.
  const Diary* diary() const { return traffic_ ? &traffic_->diary : nullptr; }
  /// Why what is queued stays, when next_segment() has just answered with nothing.
  Held held(Instant now) const;

 private:
  friend class Fingerprint;

  // arrival, one function a step of 3.10.7; true = go on
  Arrival arrive_in_syn_sent(Context context, const Segment& segment);
  Arrival arrive_in_time_wait(Context context, const Segment& segment);
  Arrival arrive(Context context, const Segment& segment);
  /// The segment passed the steps that judge it by its numbers alone.
  void use(Context context, const Segment& segment, Arrival& arrival);
  bool check_timestamps(Context context, const Segment& segment, Arrival& arrival);
  bool check_sequence(Context context, const Segment& segment, Arrival& arrival);
  /// Octets behind RCV.NXT up to which a segment may be the peer's.
  std::uint32_t stale_reach() const { return std::max<std::uint32_t>(options_->receive_buffer, UINT16_MAX); }
  void note_old_text(const Segment& segment);
  bool answer_old_text(const Segment& segment);
  void take_stale_ack(Context context, const Segment& segment, Arrival& arrival);
  bool check_reset(Context context, const Segment& segment, Arrival& arrival);
  bool check_syn(Context context, const Segment& segment, Arrival& arrival);
  bool check_ack(Context context, const Segment& segment, Arrival& arrival);
  bool establish(Context context, const Segment& segment, Arrival& arrival);
  void take_ack(Context context, const Segment& segment, Arrival& arrival);
  /// It advances SND.UNA, or may be a duplicate.
  void take_ack_news(Context context, const Segment& segment, Arrival& arrival);
  void take_ack_of_fin(Context context, Arrival& arrival);
  void take_window(Context context, const Segment& segment, Arrival& arrival);
  void check_urgent(const Segment& segment);
  bool take_text(Context context, const Segment& trimmed, bool had_text, Arrival& arrival);
  void take_fin(Context context, const Segment& trimmed, Arrival& arrival);
  void learn_syn(Context context, const Segment& segment);
  /// The IP header's mark of an acceptable segment (RFC 3168 6.1.3, RFC 9768 3.2).
  void take_mark(const Segment& segment);
  /// What the peer reports of marks on our packets: a smaller window, at most once a round trip (RFC 3168 6.1.2).
  void take_feedback(Instant now, const Segment& segment, std::uint32_t newly_delivered, Arrival& arrival);
  /// The window is smaller than it was with this ssthresh: the peer is told (CWR).
  void note_reduction(std::uint64_t ssthresh);
  /// Octets of options that still fit beside so much text.
  std::uint32_t option_room(const wire::TcpHeader& header, std::uint32_t text) const;

  // fast open
  bool is_fast_open_pending() const { return fast_open_ && fast_open_->pending; }
  std::optional<Outgoing> fast_open_syn_ack(Context context);
  bool on_fast_open_timer();
  void end_fast_open();
  void close_direction();
  bool is_direction_closed() const { return sender_.fin_queued() || (fast_open_ && fast_open_->fin_wanted); }
  void learn_fast_open(const Segment& syn_ack);

  // output
  std::optional<Outgoing> segment_for(Context context, const Chunk& chunk, std::uint32_t mss);
  /// A fresh header, where it stands in what leaves.
  void fill_in(wire::TcpHeader& header, Instant now, Seq seq, std::uint8_t flags, std::uint32_t text);
  /// SACK blocks for a segment with `text` octets, as many as fit; true when all that is new was said.
  bool report_received(wire::TcpHeader& header, std::uint32_t text);
  std::optional<Outgoing> pure(Context context, Seq seq, Cause cause);
  /// The mirrored ECE of octets before a change (RFC 8257 3.2).
  std::optional<Outgoing> earlier_ack(Context context);
  /// ECN of a segment with text or FIN: the IP header's field and the TCP header's flags.
  void mark(Outgoing& out, const Chunk& chunk);
  SendLimits send_limits(std::uint32_t max_text) const;
  AckNews ack_news(Instant now, const Segment& segment) const;
  std::uint8_t sack_limit() const;
  Cause syn_cause(bool again) const;
  Seq acceptable_seq() const;
  bool sends_nothing() const;

  // the account (connection_account.cpp)
  /// From the first octets on.
  Traffic& traffic() {
    if (!traffic_) traffic_ = std::make_unique<Traffic>();
    return *traffic_;
  }
  Diary& keep_diary() { return traffic().diary; }
  void note_ack(const AckOutcome& outcome);
  void note_text(Instant now, Receiver::Arrived arrived, bool repeats);
  void note_sent(Instant now, const Outgoing& out);
  void note_limit(Instant now);
  HoldFacts hold_facts(Instant now) const;

  void move(Transition by);
  void enter_time_wait(Instant now);
  void finish(BufferPool& pool, Transition by, CloseReason why);
  /// An acknowledgement that a stranger may have provoked: throttled (RFC 5961 7).
  void challenge(Context context, Cause cause);
  void note_readable();
  void note_writable();
  /// Readable octets that are worth an event.
  std::uint32_t readable_mark() const;
  Duration ack_delay() const { return options_->quick_ack ? Duration::zero() : options_->delayed_ack; }
  void hear_user_timeout(const std::optional<std::uint16_t>& field);
  void tell_user_timeout(wire::TcpHeader& header);
  void open_path(Instant now);
  void adopt_path(BufferPool& pool);
  bool is_corked() const { return (options_->cork || more_follows_) && !cork_flushed_; }
  void hold_cork(Instant now);
  /// False when the last probe stayed unanswered.
  bool on_keepalive_timer(Context context);
  void announce_window();
  RtoLimits rto_limits() const { return {options_->initial_rto, options_->min_rto, options_->max_rto}; }
  WindowSpace window_space() const;
  void widen_send_ring(BufferPool& pool);
  void widen_receive_ring(Context context, const Segment& segment);

  std::shared_ptr<const ft::TcpOptions> options_;
  Sender sender_;
  Receiver receiver_;
  Deadlines deadlines_;
  std::unique_ptr<Traffic> traffic_;  // from the first octets on
  Negotiated negotiated_;
  EcnConversation ecn_;
  Path path_;
  std::unique_ptr<FastOpen> fast_open_;  // while the handshake lasts, if at all
  std::uint64_t segments_sent_ = 0;
  std::uint64_t segments_received_ = 0;
  Instant last_heard_{};
  Instant challenge_window_{};
  std::uint32_t ts_offset_ = 0;
  Seq last_ack_sent_;
  State state_ = State::syn_sent;
  CloseReason why_ = CloseReason::none;
  Error soft_error_ = Error::none;
  std::uint8_t events_ = 0;
  std::uint8_t challenges_ = 0;
  std::uint8_t keepalive_probes_ = 0;
  bool passive_ = false;
  bool detached_ = false;
  bool write_blocked_ = false;
  bool readable_told_ = false;
  bool keepalive_due_ = false;
  bool simultaneous_ = false;
  bool syn_retransmitted_ = false;
  bool tell_user_timeout_ = true;  // when the option is on: in the first segment without SYN, and after a change (RFC 5482 3)
  bool more_follows_ = false;
  bool cork_flushed_ = false;            // what was held long enough may leave
  std::uint16_t path_size_ = 0;          // octets of packet that path_mss stands for
  std::uint16_t peer_user_timeout_ = 0;  // as in the option; 0: it said none
};

}  // namespace ft::tcp
