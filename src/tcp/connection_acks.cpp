// SEGMENT ARRIVES, fifth step (RFC 9293 3.10.7.4): what an ACK acknowledges, the window it carries, and what it closes.
#include "tcp/arrival/ack.hpp"
#include "tcp/arrival/sequence.hpp"
#include "tcp/connection.hpp"

namespace ft::tcp {

//= rfc9293 MAY-12
//= rfc9293 UNL-10
//= rfc5961 5.2-2
bool Connection::check_ack(Context context, const Segment& segment, Arrival& arrival) {
  if (!segment.has_ack()) return arrival::stop(arrival, DropReason::ack_missing);
  const auto meaning = arrival::judge_ack(segment.ack(), sender_.snd);
  if (state_ == State::syn_received) {
    const bool known = is_fast_open_pending() && meaning == arrival::AckMeaning::same;
    if (meaning == arrival::AckMeaning::fresh || known) return establish(context, segment, arrival);
    arrival.reply = make_reset(segment, Cause::rst_bad_ack);
    return arrival::stop(arrival, DropReason::bad_handshake_ack);
  }
  switch (meaning) {
    case arrival::AckMeaning::not_sent:
    case arrival::AckMeaning::too_old:
      challenge(context, Cause::ack_challenge_ack);
      return arrival::stop(arrival, DropReason::ack_challenged);
    case arrival::AckMeaning::old:
      arrival::note(arrival, Effect::ack_old);
      return true;
    default:
      take_ack(context, segment, arrival);
      return state_ != State::closed;
  }
}

/// The echoed segment left before the end of the tick that TSecr names.
AckNews Connection::ack_news(Instant now, const Segment& segment) const {
  AckNews news;
  news.ack = segment.ack();
  const auto& options = segment.header.options;
  if (negotiated_.sack) news.sack = std::span(options.sack).first(options.sack_count);
  if (!negotiated_.timestamps || !options.timestamps || options.timestamps->ecr == 0) return news;
  const std::uint32_t ago = timestamp_clock(now, ts_offset_) - options.timestamps->ecr;
  if (ago > std::uint32_t{INT32_MAX}) return news;
  const auto tick = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()) - std::chrono::milliseconds(ago);
  news.echo = Instant(tick + std::chrono::milliseconds(1));
  return news;
}

void Connection::take_stale_ack(Context context, const Segment& segment, Arrival& arrival) {
  if (state_ == State::syn_received || !segment.has_ack() || !arrival::is_stale(segment, receiver_.rcv, stale_reach())) return;
  const auto meaning = arrival::judge_ack(segment.ack(), sender_.snd);
  if (meaning == arrival::AckMeaning::fresh) {
    take_ack(context, segment, arrival);
  } else if (meaning == arrival::AckMeaning::same) {
    take_window(context, segment, arrival);  // not counted as a duplicate: it may be a keep-alive probe
  }
}

void Connection::take_ack(Context context, const Segment& segment, Arrival& arrival) {
  // MUST-37 is for the user's patience. Whom nobody waits for any more must not hold our memory by answering probes for ever
  // (RFC 6429 4): then R2 counts, as if the window's silence were the peer's.
  if (!detached_) sender_.on_heard();
  // Text that brings the last ACK once more, as in a transfer one way, acknowledges nothing.
  const bool repeats = segment.ack() == sender_.snd.una && !segment.text.empty() && segment.header.options.sack_count == 0;
  if (repeats) {
    take_feedback(context.now, segment, 0, arrival);
  } else {
    take_ack_news(context, segment, arrival);
  }
  take_window(context, segment, arrival);
  if (sender_.fin_acked()) take_ack_of_fin(context, arrival);
}

void Connection::take_ack_news(Context context, const Segment& segment, Arrival& arrival) {
  const std::uint32_t window = static_cast<std::uint32_t>(segment.header.window) << negotiated_.snd_shift;
  const std::uint32_t sacked = negotiated_.sack ? arrival::sacked_octets(segment, sender_.snd) : 0;
  const std::uint64_t delivered = sender_.delivery_totals().delivered;
  const std::uint64_t ssthresh = sender_.ssthresh();
  const bool advances = segment.ack() != sender_.snd.una;
  AckNews news = ack_news(context.now, segment);
  news.duplicate = !advances && arrival::is_duplicate(segment, sender_.snd, window, sacked);
  if (advances || news.duplicate || !news.sack.empty()) {
    std::optional<Duration> measured;
    if (news.echo != never)
      measured = std::chrono::floor<std::chrono::milliseconds>(context.now) - (news.echo - std::chrono::milliseconds(1));
    note_ack(sender_.on_ack(context.pool, context.now, news, measured, send_limits(0), deadlines_));
    note_reduction(ssthresh);
    adopt_path(context.pool);
  }
  if (advances) {
    arrival::note(arrival, Effect::ack_new);
    widen_send_ring(context.pool);
    note_writable();
  } else if (news.duplicate) {
    arrival::note(arrival, Effect::ack_duplicate);
  }
  take_feedback(context.now, segment, static_cast<std::uint32_t>(sender_.delivery_totals().delivered - delivered), arrival);
}

void Connection::take_ack_of_fin(Context context, Arrival& arrival) {
  if (state_ == State::fin_wait_1) {
    move(Transition::ack_of_fin);
    arrival::note(arrival, Effect::our_fin_acked);
    if (detached_ && options_->fin_wait_2_timeout > Duration::zero())
      deadlines_.set(Timer::close, context.now + options_->fin_wait_2_timeout);
  } else if (state_ == State::closing) {
    move(Transition::ack_of_fin);
    enter_time_wait(context.now);
    arrival::note(arrival, Effect::our_fin_acked);
  } else if (state_ == State::last_ack) {
    finish(context.pool, Transition::ack_of_fin, CloseReason::normal);
    arrival::note(arrival, Effect::our_fin_acked);
  }
}

//= rfc9293 MUST-34
//= rfc9293 REC-1
//= rfc7323 2.3-4
//= rfc7323 2.4-1
void Connection::take_window(Context context, const Segment& segment, Arrival& arrival) {
  if (!arrival::updates_window(segment, sender_.snd)) return;
  const std::uint32_t window = static_cast<std::uint32_t>(segment.header.window) << negotiated_.snd_shift;
  if (window != sender_.snd.wnd) arrival::note(arrival, Effect::window_update);
  sender_.on_window(context.pool, window, deadlines_);
  sender_.snd.wl1 = segment.seq();
  sender_.snd.wl2 = segment.ack();
}

}  // namespace ft::tcp
