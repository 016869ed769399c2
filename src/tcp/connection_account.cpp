// What a connection writes into its diary, and what it answers when it is asked why nothing leaves. Nothing here is read by a
// decision.
#include "tcp/connection.hpp"

namespace ft::tcp {

void Connection::note_ack(const AckOutcome& outcome) {
  if (!traffic_) return;  // it acknowledged a SYN or a FIN
  Diary& diary = traffic_->diary;
  RetransmissionInfo& r = diary.retransmitted;
  if (outcome.entered_recovery) ++r.recoveries;
  if (outcome.undone) ++r.undone;
  if (outcome.duplicate_seen) ++r.duplicate_sacks;
  if (outcome.rtt) {
    ++diary.samples;
    diary.latest_rtt = *outcome.rtt;
  }
  if (const std::uint64_t rate = outcome.rate.rate(); rate != 0) {
    diary.delivery_rate = rate;
    diary.application_limited = outcome.rate.app_limited;
  }
}

void Connection::note_text(Instant now, Receiver::Arrived arrived, bool repeats) {
  Diary& diary = keep_diary();
  diary.data_received = now;
  if (repeats || arrived == Receiver::Arrived::duplicate) {
    ++diary.duplicates;
  } else if (arrived == Receiver::Arrived::out_of_order) {
    ++diary.out_of_order;
  }
}

void Connection::note_sent(Instant now, const Outgoing& out) {
  segments_sent_ += out.segment_size == 0 ? 1 : (out.length + out.segment_size - 1) / out.segment_size;
  if (out.length != 0 || out.retransmission) {
    Diary& diary = keep_diary();
    if (out.length != 0) diary.data_sent = now;
    if (out.retransmission) diary.on_repeat(out.cause, out.length, 0);
  }
  if (traffic_ && out.header.has(wire::tcp_flag::ack)) traffic_->diary.ack_sent = now;
}

HoldFacts Connection::hold_facts(Instant now) const {
  HoldFacts facts = sender_.hold_facts(send_limits(0));
  if (deadlines_.is_set(Timer::pacing)) facts.wait = std::max(deadlines_[Timer::pacing] - now, Duration::zero());
  return facts;
}

Held Connection::held(Instant now) const {
  if (state_ == State::closed || state_ == State::listen || state_ == State::time_wait) return {};
  return judge_hold(hold_facts(now));
}

void Connection::note_limit(Instant now) {
  const std::int32_t unsent = distance(sender_.snd.nxt, sender_.buffer.end());
  if (!traffic_ && unsent <= 0) return;
  LimitFacts facts;
  facts.synchronized = sender_.syn_acked() && state_ != State::closed;
  facts.outstanding = sender_.snd.una != sender_.snd.max;
  facts.write_refused = write_blocked_;
  facts.queued = unsent > 0 || (sender_.recovery() != nullptr && sender_.recovery()->board.lost() != 0);
  if (facts.queued) {
    const Hold hold = which_hold(hold_facts(now));
    facts.held_by_window = hold == Hold::receive_window || hold == Hold::silly_window;
    facts.held_by_choice = hold == Hold::nagle || hold == Hold::corked;
  }
  keep_diary().limits.turn(judge_limit(facts), now);
}

}  // namespace ft::tcp
