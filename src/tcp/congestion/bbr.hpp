// BBRv3 (draft-ietf-ccwg-bbr): no window that waits for loss but a model of the path. How fast it delivers (max_bw) times how
// long an empty path takes (min_rtt) is what belongs in flight; pacing at that rate keeps the queue short. The model is refreshed
// by experiments: a little faster now and then (probe bandwidth up), a little emptier every five seconds (probe RTT). Loss and
// marks bound the model: inflight_longterm by what a probe found too much, the short-term pair by what was delivered of late.
//
// Names are the draft's; numbers without a unit are octets, rates octets a second, gains hundredths.
#pragma once

#include "tcp/congestion/arithmetic.hpp"
#include "tcp/congestion/bbr_filters.hpp"

#include "fourtuple/congestion.hpp"

namespace ft::tcp {

class Bbr final : public CongestionController {
 public:
  enum class State : std::uint8_t { startup, drain, down, cruise, refill, up, probe_rtt };

  explicit Bbr(const CongestionStart& start);

  std::string_view name() const override { return "bbr"; }
  void on_sent(Instant now, std::uint32_t octets, std::uint64_t in_flight) override;
  void on_ack(const CongestionAck& ack) override;
  void on_lost(Instant now, const LostSegment& segment) override;
  void on_congestion(Instant now, CongestionSignal signal, std::uint64_t in_flight) override;
  void on_rto(Instant now, std::uint64_t in_flight, bool first) override;
  void on_recovered(Instant now, std::uint64_t in_flight) override;
  void on_undo(Instant now) override;
  void set_mss(std::uint32_t mss) override;

  std::uint64_t window() const override { return cwnd_; }
  /// It has no threshold: the window once the pipe was full, so that what asks for slow start sees it end.
  std::uint64_t ssthresh() const override { return full_bw_reached_ ? cwnd_ : UINT64_MAX; }
  std::uint64_t pacing_rate() const override { return pacing_rate_; }
  bool wants_prr() const override { return false; }
  std::string_view phase() const override;
  std::size_t memory() const override { return sizeof *this; }
  std::unique_ptr<CongestionController> clone() const override { return std::make_unique<Bbr>(*this); }

  // The model, for those who watch it.
  State state() const { return state_; }
  std::uint64_t max_bw() const { return max_bw_.best(); }
  std::uint64_t bw() const { return bw_; }
  Duration min_rtt() const { return min_rtt_; }
  std::uint64_t inflight_longterm() const { return inflight_longterm_; }
  std::uint64_t bw_shortterm() const { return bw_shortterm_; }
  bool full_bw_reached() const { return full_bw_reached_; }

 private:
  enum class AckPhase : std::uint8_t { init, refilling, probe_starting, probe_feedback, probe_stopping };
  enum class Undo : std::uint8_t { none, startup, up };
  static constexpr std::uint64_t infinite = UINT64_MAX;
  static constexpr Duration unknown = Duration::max();

  // The model (bbr_model.cpp).
  void update_round(const CongestionAck& ack);
  void update_latest_signals(const CongestionAck& ack);
  void update_congestion_signals(const CongestionAck& ack);
  void update_ack_aggregation(const CongestionAck& ack);
  void update_min_rtt(const CongestionAck& ack);
  void adapt_lower_bounds();
  bool adapt_long_term_model(const CongestionAck& ack);
  void probe_inflight_upward(const CongestionAck& ack);
  void raise_inflight_slope();
  void note_loss();
  void note_marks(const CongestionAck& ack);
  void save_state_upon_loss();
  bool is_inflight_too_high(std::uint64_t lost, std::uint64_t tx_in_flight) const;
  void handle_inflight_too_high(Instant now, std::uint64_t tx_in_flight, bool app_limited);
  void reset_signals();
  void reset_short_term_model();
  std::uint64_t bdp(unsigned gain) const;
  std::uint64_t with_budget(std::uint64_t inflight) const;
  std::uint64_t inflight_with_headroom() const;
  std::uint64_t target_inflight() const;

  // The state machine (bbr.cpp).
  void start_round() { next_round_delivered_ = delivered_; }
  void reset_full_bw() { full_bw_ = 0, full_bw_count_ = 0, full_bw_now_ = false; }
  void check_full_bw_reached(const CongestionAck& ack);
  void check_startup_high_loss(const CongestionAck& ack);
  void enter_drain();
  void check_drain_done(const CongestionAck& ack);
  void start_down(Instant now);
  void start_refill();
  void start_up(const CongestionAck& ack);
  void update_cycle(const CongestionAck& ack);
  bool is_time_to_probe(Instant now);
  bool is_time_to_cruise(const CongestionAck& ack) const;
  bool is_time_to_go_down(const CongestionAck& ack);
  void check_probe_rtt(const CongestionAck& ack);
  void handle_probe_rtt(const CongestionAck& ack);
  void check_probe_rtt_done(Instant now);
  void exit_probe_rtt(Instant now);
  bool in_probe_bw() const { return state_ >= State::down && state_ <= State::up; }
  bool is_probing_bw() const { return state_ == State::startup || state_ == State::refill || state_ == State::up; }

  // What comes out.
  void init_pacing_rate(Duration srtt);
  void set_pacing_rate(unsigned gain);
  void set_cwnd(const CongestionAck& ack);
  void bound_cwnd_for_model();
  void save_cwnd();
  void restore_cwnd() { cwnd_ = cwnd_ > prior_cwnd_ ? cwnd_ : prior_cwnd_; }
  std::uint64_t probe_rtt_cwnd() const;
  unsigned pacing_gain() const;
  unsigned cwnd_gain() const;
  std::uint64_t min_pipe_cwnd() const { return 4ull * mss_; }
  std::uint64_t quantum() const;
  /// A sample that the application or our own probe for the round trip held down.
  bool is_app_limited(const CongestionAck& ack) const;

  MaxOfTwo max_bw_;
  MaxOfTwo extra_acked_;
  std::uint64_t bw_ = 0;
  std::uint64_t bw_shortterm_ = infinite;
  std::uint64_t bw_latest_ = 0;
  std::uint64_t inflight_longterm_ = infinite;
  std::uint64_t inflight_shortterm_ = infinite;
  std::uint64_t inflight_latest_ = 0;
  std::uint64_t undo_bw_shortterm_ = 0;
  std::uint64_t undo_inflight_shortterm_ = 0;
  std::uint64_t undo_inflight_longterm_ = 0;
  std::uint64_t delivered_ = 0;             // C.delivered at the last ACK
  std::uint64_t next_round_delivered_ = 0;  // where the packet-timed round ends
  std::uint64_t loss_round_delivered_ = 0;  // and the one that losses are counted in
  std::uint64_t limited_until_ = 0;         // samples sent before this much was delivered: our probe held them down
  std::uint64_t full_bw_ = 0;
  std::uint64_t extra_acked_delivered_ = 0;
  std::uint64_t probe_up_acked_ = 0;
  std::uint64_t probe_up_acked_per_inc_ = infinite;
  std::uint64_t marked_in_round_ = 0;
  std::uint64_t cwnd_;
  std::uint64_t prior_cwnd_ = 0;
  std::uint64_t initial_cwnd_;
  std::uint64_t pacing_rate_ = 0;
  std::uint64_t random_;
  Duration min_rtt_ = unknown;
  Duration probe_rtt_min_delay_ = unknown;
  Duration probe_wait_{};
  Instant min_rtt_stamp_;
  Instant probe_rtt_min_stamp_;
  Instant probe_rtt_done_stamp_ = never;  // never: not yet that empty
  Instant extra_acked_since_;
  Instant cycle_stamp_{};
  std::uint32_t mss_;
  std::uint32_t round_count_ = 0;
  std::uint32_t extra_acked_round_ = 0;  // when its slot began
  std::uint32_t rounds_since_probe_up_ = 0;
  std::uint32_t drain_start_round_ = 0;
  std::uint8_t probe_up_rounds_ = 0;
  std::uint8_t full_bw_count_ = 0;
  std::uint8_t loss_events_ = 0;  // ACKs of this loss round that told of losses
  State state_ = State::startup;
  AckPhase ack_phase_ = AckPhase::init;
  Undo undo_ = Undo::none;
  bool round_start_ = false;
  bool loss_round_start_ = false;
  bool loss_in_round_ = false;
  bool lost_since_ack_ = false;
  bool full_bw_now_ = false;
  bool full_bw_reached_ = false;
  bool bw_probe_sample_ = false;
  bool prev_probe_too_high_ = false;
  bool prev_probe_precautionary_ = false;
  bool probe_rtt_expired_ = false;
  bool probe_rtt_round_done_ = false;
  bool idle_restart_ = false;
  bool in_recovery_ = false;
  bool saved_ = false;     // what undo brings back is from before this episode of losses
  bool undoable_ = false;  // and was not brought back yet
  bool seen_rtt_;
  bool sack_;
};

}  // namespace ft::tcp
