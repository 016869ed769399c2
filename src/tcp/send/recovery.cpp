#include "tcp/send/recovery.hpp"

#include <algorithm>

namespace ft::tcp {

AckVerdict Recovery::on_ack(Instant now, Seq una, Seq max, const AckNews& news, const RecoveryRules& rules) {
  AckVerdict verdict;
  verdict.prior_in_flight = in_flight();
  const bool advanced = after(news.ack, una);
  if (rules.sack && rules.duplicate_sack) verdict.duplicate_seen = take_duplicate_report(news.ack, news.sack);
  take_delivery(now, una, max, news, rules, verdict);
  if (rules.sack && rules.rack) rack.on_ack(verdict.duplicate_seen, news.ack, max);

  if (was_needless(una, news, rules, verdict)) {
    verdict.undone = true;
    undo.end();
    board.unmark_all_lost();
    frto_ = Frto::off;
    if (phase_ != Phase::open) verdict.recovered = true;
    phase_ = Phase::open;
    duplicates_ = 0;
    recover_ = news.ack - 1;
  }
  if (phase_ != Phase::open && after_or_equal(news.ack, recover_)) {
    rack.on_recovered();  // after a timeout, too (8985 6.2 step 4)
    phase_ = Phase::open;
    frto_ = Frto::off;
    duplicates_ = 0;
    reno_sacked_ = 0;
    recover_ = news.ack - 1;  // nothing sent before is in doubt any more: the next loss may begin right here
    verdict.recovered = true;
  }
  take_probe(una, news, rules, verdict);
  find_losses(now, advanced, news, rules, verdict);
  // What left during a recovery and was lost after it is the next one's business.
  const bool more = verdict.recovered && !verdict.undone && board.lost() != 0;
  if ((verdict.newly_lost != 0 || more) && phase_ == Phase::open) enter(news.ack, max, rules.mss, verdict);

  if (after_or_equal(news.ack, round_end_)) {
    most_before_ = most_in_flight_;
    most_in_flight_ = in_flight();
    round_end_ = max;
    if (phase_ == Phase::open)
      recover_ = later(recover_, news.ack - 1);  // it must not fall behind by half a round of the numbers
    // Who would say that the repeats were needless has had a round trip's time.
    if (phase_ == Phase::open && !verdict.recovered) undo.end();
  }
  return verdict;
}

/// RFC 2883 4: the first block reports a duplicate when it lies below the ACK or inside the second block.
bool Recovery::take_duplicate_report(Seq ack, std::span<const wire::SackBlock> blocks) {
  if (blocks.empty()) return false;
  const auto& first = blocks[0];
  //= rfc2883 5-1
  const bool below = before(first.left, ack);
  const bool inside =
      blocks.size() > 1 && after_or_equal(first.left, blocks[1].left) && before_or_equal(first.right, blocks[1].right);
  if ((!below && !inside) || after_or_equal(first.left, first.right)) return false;
  undo.on_duplicate(first.left);
  if (probe_active_ && probe_repeated_ && first.right == probe_end_) probe_active_ = false;  // both copies arrived: no loss
  return true;
}

void Recovery::take_delivery(Instant now, Seq una, Seq max, const AckNews& news, const RecoveryRules& rules,
                             AckVerdict& verdict) {
  original_delivered_ = false;
  const auto delivered = [&](const SentSegment& record) {
    verdict.delivery.note(record);
    if (!record.retransmitted && before_or_equal(record.end(), recover_)) original_delivered_ = true;
    if (rules.sack && rules.rack)
      rack.on_delivered(now, record, rules.min_rtt, news.echo != never && news.echo <= record.sent_at);
  };
  const std::uint32_t held = board.sacked();
  board.acknowledge(news.ack, delivered);
  const std::uint32_t cumulative = after(news.ack, una) ? news.ack.value() - una.value() : 0;
  // Records count whole; an ACK into the middle of one counts as well.
  verdict.delivery.octets = cumulative - std::min(cumulative, held - board.sacked());
  if (rules.sack) {
    const std::uint32_t before_blocks = board.sacked();
    //= rfc2018 5-1
    for (const auto& block : news.sack)
      if (after(block.right, block.left) && after_or_equal(block.left, news.ack) && before_or_equal(block.right, max))
        board.sack(block.left, block.right, delivered);
    verdict.delivery.octets += board.sacked() - before_blocks;
  } else if (cumulative != 0) {
    // What duplicates stood for arrived before (Linux and RFC 9937 6 count alike); the rest is news.
    const std::uint32_t known = std::min(reno_sacked_, cumulative - std::min(cumulative, rules.mss));
    reno_sacked_ -= known;
    verdict.delivery.octets = cumulative - known;
  } else if (news.duplicate) {
    const std::uint32_t room = board.in_flight() - std::min(board.in_flight(), reno_sacked_);
    const std::uint32_t counted = room > rules.mss ? std::min(rules.mss, room - rules.mss) : 0;
    reno_sacked_ += counted;
    verdict.delivery.octets = counted;
  }
  if (verdict.delivery.newest_original != never) sampled_ = true;
  rate.on_delivered(now, verdict.delivery.octets);
}

bool Recovery::was_needless(Seq una, const AckNews& news, const RecoveryRules& rules, const AckVerdict& verdict) {
  const bool advanced = after(news.ack, una);
  if (frto_ != Frto::off && (advanced || verdict.delivery.octets != 0)) {
    // RFC 5682 3.1: what was never repeated arrives. Without SACK the first ACK proves nothing: the receiver may have had it.
    const bool conclusive = rules.sack || frto_ == Frto::probing;
    if (original_delivered_ && conclusive && before_or_equal(news.ack, recover_)) return rules.frto && undo.is_active();
    frto_ = frto_ == Frto::waiting && advanced ? Frto::probing : Frto::off;
  } else if (frto_ != Frto::off && news.duplicate) {
    frto_ = Frto::off;
  }
  if (!rules.undo) return false;
  if (advanced && phase_ != Phase::open && news.echo != never && undo.eifel(news.echo)) return true;
  return verdict.duplicate_seen && undo.all_duplicates();
}

void Recovery::take_probe(Seq una, const AckNews& news, const RecoveryRules& rules, AckVerdict& verdict) {
  if (!probe_active_) return;
  const bool advanced = after(news.ack, una);
  if (after_or_equal(news.ack, probe_end_)) {
    if (!probe_repeated_) {
      probe_active_ = false;
    } else if (after(news.ack, probe_end_) || !rules.duplicate_sack) {
      //= rfc8985 7.4.2-1
      // Both copies would have been reported; one of them was lost.
      probe_active_ = false;
      verdict.tail_was_lost = phase_ == Phase::open && !verdict.undone && !verdict.recovered;
    }
  } else if (!advanced && news.duplicate && news.sack.empty()) {
    probe_active_ = false;  // a duplicate from a receiver without D-SACK
  }
}

void Recovery::find_losses(Instant now, bool advanced, const AckNews& news, const RecoveryRules& rules, AckVerdict& verdict) {
  const std::uint32_t lost = board.lost();
  path_probe_lost_ = 0;
  //= rfc8985 4-1
  if (rules.sack && rules.rack) {
    find_by_time(now, rules, verdict);
  } else if (rules.sack) {
    find_by_sack(now, rules);
  } else {
    find_by_duplicates(now, advanced, news, rules);
  }
  verdict.newly_lost = board.lost() - lost - path_probe_lost_;
  verdict.path_probe_lost = path_probe_lost_ != 0;
}

void Recovery::mark_lost(Instant now, std::uint32_t position, Cause why, const RecoveryRules& rules) {
  const SentSegment& record = board[position];
  if (record.lost) return;
  if (record.path_probe) {  // nobody hears of it: the path was too narrow, not too busy
    path_probe_lost_ += record.length;
    board.mark_lost(position, Cause::retransmit_path_probe);
    return;
  }
  board.mark_lost(position, why);
  rate.on_lost(record.length);
  if (rules.controller == nullptr) return;
  rules.controller->on_lost(now, {.octets = record.length,
                                  .tx_in_flight = record.tx_in_flight,
                                  .lost = static_cast<std::uint32_t>(rate.totals().lost) - record.lost_before,
                                  .app_limited = record.app_limited});
}

void Recovery::find_by_time(Instant now, const RecoveryRules& rules, AckVerdict& verdict) {
  const Duration window = reordering_window(rules);
  while (const auto left = rack.oldest_lost_in(now, board, window)) {
    if (*left > Duration::zero()) {
      verdict.wait = left;  // the others left later
      return;
    }
    mark_lost(now, *board.oldest(), Cause::retransmit_rack, rules);
  }
}

/// RFC 6675 2, IsLost: more than two segments' worth was reported beyond it. What was repeated already is left to the timer.
void Recovery::find_by_sack(Instant now, const RecoveryRules& rules) {
  std::uint32_t beyond = 0;
  std::uint32_t position = board.tail();
  while (position != board.head() && beyond <= (threshold - 1u) * rules.mss) {
    --position;
    if (board[position].sacked) beyond += board[position].length;
  }
  if (beyond <= (threshold - 1u) * rules.mss) return;
  while (position-- != board.head()) {
    const SentSegment& record = board[position];
    if (record.sacked || record.lost || record.retransmitted) continue;
    mark_lost(now, position, Cause::retransmit_sack, rules);
  }
}

void Recovery::find_by_duplicates(Instant now, bool advanced, const AckNews& news, const RecoveryRules& rules) {
  if (board.empty() || board[board.head()].lost) return;
  if (advanced) {
    duplicates_ = 0;
    // A partial acknowledgement names the next hole (RFC 6582 3.2 step 3).
    if (phase_ == Phase::recovery) mark_lost(now, board.head(), Cause::retransmit_partial_ack, rules);
  } else if (news.duplicate && phase_ == Phase::open) {
    if (duplicates_ < threshold) ++duplicates_;
    // 6582 3.2 step 2: not for losses of the window that the last recovery or timeout dealt with.
    if (duplicates_ == threshold && after(news.ack, recover_)) mark_lost(now, board.head(), Cause::retransmit_fast, rules);
  }
}

void Recovery::enter(Seq una, Seq max, std::uint32_t mss, AckVerdict& verdict) {
  phase_ = Phase::recovery;
  recover_ = max;
  verdict.entered = true;
  probe_active_ = false;
  undo.begin(una, max);
  //= rfc9937 6.1-1
  prr.begin(static_cast<std::uint32_t>(verdict.prior_in_flight), mss);
}

AckVerdict Recovery::on_reordering_timer(Instant now, Seq una, Seq max, const RecoveryRules& rules) {
  AckVerdict verdict;
  verdict.prior_in_flight = in_flight();
  find_losses(now, false, {}, rules, verdict);
  if (verdict.newly_lost != 0 && phase_ == Phase::open) enter(una, max, rules.mss, verdict);
  return verdict;
}

void Recovery::on_rto(Instant now, Seq una, Seq max, const RecoveryRules& rules, bool first) {
  // Reports reach beyond the first octet that is missing; if that one itself was reported, the peer has thrown it away (2018 8).
  //= rfc2018 5-3
  if (!board.empty() && board[board.head()].sacked) board.renege();
  mark_lost(now, board.head(), Cause::retransmit_rto, rules);
  const bool by_time = rules.sack && rules.rack;
  const Duration window = reordering_window(rules);
  while (board.oldest() && (!by_time || rack.oldest_is_stale(now, board, window)))
    mark_lost(now, *board.oldest(), Cause::retransmit_rto, rules);
  if (first) undo.begin(una, max);
  // 5682 2.1: not for a timeout during the repair of another.
  frto_ = rules.frto && first && phase_ != Phase::loss ? Frto::waiting : Frto::off;
  phase_ = Phase::loss;
  recover_ = max;
  duplicates_ = 0;
  reno_sacked_ = 0;
  probe_active_ = false;
}

void Recovery::on_new(Instant now, SentSegment record) {
  rate.on_sent(now, record, board.in_flight());
  board.append(record);
  most_in_flight_ = std::max(most_in_flight_, in_flight());
  if (phase_ == Phase::recovery) prr.on_sent(record.length);
}

void Recovery::on_repeat(Instant now, std::uint32_t position) {
  SentSegment stamp;
  stamp.length = board[position].length;
  rate.on_sent(now, stamp, board.in_flight());
  board.repeat(position, stamp);
  undo.on_retransmitted(now);
  if (phase_ == Phase::recovery) prr.on_sent(stamp.length);
}

std::optional<Duration> Recovery::probe_timeout(const RecoveryRules& rules) const {
  constexpr Duration longest_ack_delay = std::chrono::milliseconds(200);  // 8985 7.2, TLP.max_ack_delay
  constexpr Duration first = std::chrono::seconds(1);
  //= rfc8985 7.2-1
  //= rfc8985 7.3-1
  //= rfc8985 7.3-2
  const bool possible = rules.tail_loss_probe && rules.rack && rules.sack && phase_ == Phase::open && !probe_active_ && sampled_;
  if (!possible || board.empty() || board.sacked() != 0 || board.lost() != 0) return std::nullopt;
  //= rfc8985 7.2-2
  if (rules.srtt == Duration::zero()) return first;
  //= rfc8985 7.2-3
  return 2 * rules.srtt + (board.size() == 1 ? longest_ack_delay : Duration::zero());
}

std::unique_ptr<Recovery> Recovery::copy(BufferPool& pool, const Recovery& other) {
  auto copy = std::make_unique<Recovery>(other.recover_, other.rate.totals(), other.rack.learnt());
  if (!copy->board.copy(pool, other.board)) return nullptr;
  copy->rate = other.rate;
  copy->rack = other.rack;
  copy->recover_ = other.recover_;
  copy->prr = other.prr;
  copy->undo = other.undo;
  copy->probe_end_ = other.probe_end_;
  copy->round_end_ = other.round_end_;
  copy->most_in_flight_ = other.most_in_flight_;
  copy->most_before_ = other.most_before_;
  copy->reno_sacked_ = other.reno_sacked_;
  copy->duplicates_ = other.duplicates_;
  copy->phase_ = other.phase_;
  copy->frto_ = other.frto_;
  copy->probe_active_ = other.probe_active_;
  copy->probe_repeated_ = other.probe_repeated_;
  copy->sampled_ = other.sampled_;
  return copy;
}

}  // namespace ft::tcp
