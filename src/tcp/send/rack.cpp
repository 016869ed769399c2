#include "tcp/send/rack.hpp"

namespace ft::tcp {

void Rack::on_delivered(Instant now, const SentSegment& record, Duration min_rtt, bool echoes_earlier) {
  if (!any_ || after(record.end(), fack_)) {
    fack_ = record.end();
  } else if (before(record.end(), fack_) && !record.retransmitted) {
    learnt_.reordering_seen = true;  // 6.2 step 3
  }
  const Duration rtt = now - record.sent_at;
  // 6.2 step 2: a repeat acknowledged sooner than any round trip takes was acknowledged for an earlier copy.
  if (record.retransmitted && (echoes_earlier || rtt < min_rtt)) {
    any_ = true;
    return;
  }
  if (!any_ || sent_after(record.sent_at, record.end(), xmit_ts_, end_seq_)) {
    xmit_ts_ = record.sent_at;
    end_seq_ = record.end();
    rtt_ = rtt;
  }
  any_ = true;
}

void Rack::on_ack(bool dsack, Seq una, Seq nxt) {
  constexpr std::uint8_t most = 255;
  constexpr std::uint8_t recoveries = 16;
  if (dsack_round_ && after_or_equal(una, round_end_)) dsack_round_ = false;
  if (!dsack || dsack_round_) return;
  // Repeated although nothing was lost: wait longer, one quarter of the round trip more (6.2 step 4).
  //= rfc8985 3.3.2-2
  //= rfc8985 4-4
  dsack_round_ = true;
  round_end_ = nxt;
  if (learnt_.multiplier < most) ++learnt_.multiplier;
  learnt_.persist = recoveries;
}

std::optional<Duration> Rack::oldest_lost_in(Instant now, const Scoreboard& board, Duration window) const {
  const auto position = board.oldest();
  if (!any_ || !position) return std::nullopt;
  const SentSegment& record = board[*position];
  if (!sent_after(xmit_ts_, end_seq_, record.sent_at, record.end())) return std::nullopt;
  // A repeat that left when that delivery was heard did not leave before it, whatever their numbers. On a path without delay, or
  // by a coarse clock, it would be lost again at once, and again.
  if (record.retransmitted && record.sent_at >= xmit_ts_ + rtt_) return std::nullopt;
  return record.sent_at + rtt_ + window - now;
}

bool Rack::oldest_is_stale(Instant now, const Scoreboard& board, Duration window) const {
  const auto position = board.oldest();
  return position && (!any_ || board[*position].sent_at + rtt_ + window <= now);
}

}  // namespace ft::tcp
